package mirror.pulse.supervise;

import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** What starts, finds and ends services of one kind. Calls may take long, so they are made on threads of their own. Thread-safe. */
sealed interface Backend permits OwnProcess, SystemdUnit, LaunchdAgent, DockerContainer {
    /**
     * Something that runs.
     *
     * @param pid number of its main process, or 0 when it cannot be seen from here
     * @param key what tells that process from others; see {@link Proc#key}
     * @param end completes when it has ended; never exceptionally
     */
    record Started(long pid, String key, CompletableFuture<Ending> end) {}

    /**
     * Starts it; when this returns, it runs.
     *
     * @param mark what its environment says in {@link Proc#MARK}, where it has one
     * @throws IOException with a sentence for the owner when it could not be started; then it does not run
     */
    Started start(Service service, String mark) throws IOException, InterruptedException;

    /** What runs already, whoever started it; empty when nothing does, or when that is told by other means. */
    Optional<Started> find(Service service) throws IOException, InterruptedException;

    /** Tells it to end, or kills it; its end is heard of by {@link Started#end}. */
    void halt(Service service, Started started, boolean kill) throws IOException, InterruptedException;
}
