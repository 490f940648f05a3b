package mirror.pulse.supervise;

import java.util.Locale;

/** Where a service is in its life. */
public enum Phase {
    /** Nobody wants it to run, or it has ended as wanted. */
    STOPPED,
    /** It is to run, and waits for services it needs or for its turn. */
    WAITING,
    STARTING,
    /** Its process is there; it is not ready yet. */
    RUNNING,
    READY,
    STOPPING,
    /** It failed and is started again when the delay is over. */
    BACKOFF,
    /** It failed too often and is left alone for a while. */
    QUARANTINED,
    /** It may not be started: no lease, the kill switch, an unsigned file, a no of the gate. */
    WITHHELD;

    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Whether there is a process, or may be one. */
    boolean isUp() {
        return this == STARTING || this == RUNNING || this == READY || this == STOPPING;
    }
}
