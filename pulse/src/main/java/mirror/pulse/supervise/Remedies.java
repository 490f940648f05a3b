package mirror.pulse.supervise;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What a healer asks about services, and does about them. Names of services that there are none of know and do nothing. Thread-safe. */
public interface Remedies {
    /**
     * Who holds a service's port and is not its process.
     *
     * @param pid 0 when that cannot be seen
     * @param key what tells that process from others of its number
     * @param mark of its environment, or empty
     * @param told in words
     */
    record Holder(long pid, String key, String mark, String told) {}

    /** Counts one remediation, when there may be one now: there are at most ten a minute, restarts and fixes together. */
    boolean mayRemedy(String who);

    /** Starts it before its delay or quarantine is over, as the trial that would follow; nothing it did before is forgotten. */
    void tryNow(String name);

    /**
     * Restarts it as if it had failed: within the budget of all of them, and counted as a failure of the service. Does nothing when it
     * does not run.
     */
    void remedy(String name, String reason);

    /** Where the services write that are child processes of Mirror's, by their names. */
    Map<String, Path> logs();

    /** Puts its log aside now, should it have so many bytes; empty when it has not. */
    Optional<Rotated> rotate(String name, long least) throws IOException;

    /** The folder that it would start in, when that is not there. */
    Optional<Path> missingFolder(String name);

    /**
     * Variables that a service's file gives it and its process does not have, or not with that value, for each service of which that is
     * known. Names alone: values may be secrets.
     */
    Map<String, List<String>> lostVariables();

    /** Who holds the port of a service that does not run; empty when nobody does, or that is not known. */
    Optional<Holder> portHolder(String name);

    /** Whether it carries a mark that was made for this service: they are random, and in the log before any process carries them. */
    boolean isLeftover(String name, Holder holder);

    /** Ends it, and kills it after the service's grace, should it still be the process that was found; false when it is still there. */
    boolean endLeftover(String name, Holder holder) throws InterruptedException;
}
