package mirror.pulse.supervise;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What {@link Supervision} knows of one service. Times as there; used under the same lock. */
final class Unit {
    private static final Service.Readiness RUNNING = new Service.Readiness(
            new Probe.Running(), Duration.ofSeconds(1), Duration.ofSeconds(1), Duration.ofDays(1));

    /** What a look found, and when. */
    record Looked(Probe.Finding finding, long at) {}

    Service service;
    Restarts restarts;
    Phase phase = Phase.STOPPED;

    /** Whether somebody wants it to run. */
    boolean desired;

    /** Whether its file is gone, so that it is forgotten once it has ended. */
    boolean removed;

    /** Why it cannot be started, such as an edit that nobody signed; null when it can. */
    @Nullable
    String refusal;

    /** Number of its last start. */
    int run;

    Step.Cause cause = Step.Cause.BOOT;
    String reason = "";
    String waits = "";

    /** The reason that was last recorded of why it is withheld, so that it is recorded once. */
    String said = "";

    /** Whether it waits for something other than time. */
    boolean blocked;

    /** When its phase has something to do next. */
    long due = Supervision.NEVER;

    long starting;
    long readyBy = Supervision.NEVER;
    long stableAt = Supervision.NEVER;
    boolean stable;

    /** The look whose answer is awaited, or 0. */
    long looking;

    long lookedAt;
    long timeout;
    long lookAt = Supervision.NEVER;
    long pace;
    int misses;

    /** Since when it computes and does not answer. */
    long busySince = Supervision.NEVER;

    @Nullable
    Looked ready;

    @Nullable
    Looked live;

    /** While it is being stopped: whether there is a process to be ended, it was told to end, and it was killed. */
    boolean launched;

    boolean halted;
    boolean killed;

    /** Whether it is to be started again once it has ended. */
    boolean again;

    /** Why it is being stopped, when that is a failure. */
    @Nullable
    String failure;

    @Nullable
    Ending lastExit;

    long lastExitAt;

    Unit(Service service, Restarts restarts) {
        this.service = service;
        this.restarts = restarts;
    }

    String name() {
        return service.name();
    }

    Service.Readiness readiness() {
        Service.Readiness ready = service.ready();
        return ready == null ? RUNNING : ready;
    }

    Service.Liveness liveness() {
        return java.util.Objects.requireNonNull(service.live());
    }

    void to(Phase next, String why) {
        phase = next;
        reason = why;
        waits = "";
        blocked = false;
    }
}
