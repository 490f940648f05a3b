package mirror.pulse.supervise;

import java.time.Duration;
import tools.jackson.databind.node.ObjectNode;

/** What {@link Supervision} wants done. None of it is waited for; how it went comes back as an input. */
sealed interface Step {
    /** Why a service is started. */
    enum Cause {
        /** Mirror starts. */
        BOOT,
        OWNER,
        /** Its definition changed. */
        CHANGED,
        /** It failed. */
        RESTART,
        /** A quarantine is over: one trial. */
        CANARY;

        String text() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }

        /** Whether it follows from a decision of the owner or of a new daemon, so that it is an intention of its own. */
        boolean isIntention() {
            return this == BOOT || this == OWNER || this == CHANGED;
        }
    }

    /** @param run number of the start, which every later word about it carries */
    record Launch(Service service, int run, Cause cause) implements Step {}

    /** @param kill at once and without asking */
    record Halt(Service service, int run, boolean kill) implements Step {}

    /** @param id tells this look from later ones of the same service */
    record Look(Service service, int run, long id, Probe probe, Duration timeout) implements Step {}

    /** Something happened that belongs into the log. */
    record Note(String type, String service, ObjectNode data) implements Step {}
}
