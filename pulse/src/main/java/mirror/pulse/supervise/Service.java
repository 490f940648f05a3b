package mirror.pulse.supervise;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One service as the owner wrote and signed it; docs/services.md is the contract. Immutable.
 *
 * @param digest SHA-256 of all that decides what runs: with another one, what runs is not this service any more
 * @param needs services that must be ready before this one is started
 * @param critical whether Mirror is unhealthy while it does not run
 * @param boot whether it is started with Mirror
 * @param port the TCP port it is to listen on, which nobody else may hold when it is started; 0 for none
 * @param ready what tells that others may use it; without it, a service is ready when it runs
 * @param live what tells that it still works, besides its process being there
 */
record Service(
        String name,
        String digest,
        Kind kind,
        List<String> needs,
        boolean critical,
        boolean boot,
        int port,
        @Nullable Readiness ready,
        @Nullable Liveness live,
        Stop stop,
        Limits limits,
        LogFiles log,
        RestartPolicy restart) {

    /** What starts and stops it. */
    sealed interface Kind {
        /** A child process of Mirror's. */
        record Own(List<String> argv, Path cwd, Map<String, String> env) implements Kind {}

        /** A unit of systemd, {@code user} for one of the person's own manager. */
        record Systemd(String unit, boolean user) implements Kind {}

        /** An agent of launchd: its label, and the property list that defines it. */
        record Launchd(String label, Path plist) implements Kind {}

        /** A container that is there already, by name. */
        record Docker(String container) implements Kind {}
    }

    /**
     * @param every longest time between two looks; the first ones follow one another faster
     * @param within not ready after so long is a failure
     */
    record Readiness(Probe probe, Duration every, Duration timeout, Duration within) {}

    /**
     * @param misses so many looks in a row that found nothing are a failure
     * @param busy for so long at most a process that computes is excused for not answering
     */
    record Liveness(Probe probe, Duration every, Duration timeout, int misses, Duration busy) {}

    /**
     * @param signal without SIG
     * @param grace how long it may take before it is killed
     */
    record Stop(String signal, Duration grace) {}

    /**
     * Zero for none.
     *
     * @param memory bytes that its processes may hold; with more it is ended and started again
     * @param addressSpace bytes of address space of each process
     * @param fileSize bytes of each file
     * @param cpu seconds of each process
     */
    record Limits(long memory, long addressSpace, long fileSize, int files, int cpu) {
        boolean any() {
            return addressSpace > 0 || fileSize > 0 || files > 0 || cpu > 0;
        }
    }

    /**
     * @param size bytes after which a part is put aside
     * @param keep parts that are kept
     */
    record LogFiles(long size, int keep) {}

    /** The program that its start runs, as a lease names it. */
    String program() {
        return switch (kind) {
            case Kind.Own own -> own.argv.getFirst();
            case Kind.Systemd _ -> "systemctl";
            case Kind.Launchd _ -> "launchctl";
            case Kind.Docker _ -> "docker";
        };
    }

    /** What its start runs, in words. */
    String does() {
        return switch (kind) {
            case Kind.Own own -> String.join(" ", own.argv);
            case Kind.Systemd unit -> "systemctl " + (unit.user ? "--user " : "") + "start " + unit.unit;
            case Kind.Launchd agent -> "launchctl bootstrap " + agent.plist;
            case Kind.Docker docker -> "docker start " + docker.container;
        };
    }
}
