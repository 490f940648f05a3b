package mirror.pulse.supervise;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How much Mirror does about failures in all: at most ten remediations within any minute. Three services that fail within one second
 * fail for one reason: they are one incident, and restarting its members, each once, is one remediation. Failures that follow within a
 * second of the last one join it, for ten seconds at most. Used under its owner's lock; times as in {@link Restarts}.
 */
final class Remediations {
    static final int MOST = 10;
    static final Duration WITHIN = Duration.ofMinutes(1);
    static final int TOGETHER = 3;
    static final Duration AT_ONCE = Duration.ofSeconds(1);
    static final Duration LONGEST_INCIDENT = Duration.ofSeconds(10);

    /** Failures of several services at once. */
    static final class Incident {
        private final long opened;
        private long last;
        private boolean paid;
        private final Set<String> services = new LinkedHashSet<>();
        private final Set<String> restarted = new HashSet<>();

        private Incident(long opened) {
            this.opened = opened;
        }

        Set<String> services() {
            return Set.copyOf(services);
        }
    }

    private record Failure(String service, long at) {}

    private final Deque<Long> taken = new ArrayDeque<>();
    private final Deque<Failure> recent = new ArrayDeque<>();
    private @Nullable Incident open;

    /** A service failed. */
    void failed(String service, long now) {
        recent.addLast(new Failure(service, now));
        recent.removeIf(failure -> now - failure.at > AT_ONCE.toNanos());
        Incident incident = open;
        if (incident != null && isOpen(incident, now)) {
            if (incident.services.add(service)) {
                incident.last = now;
            }
            return;
        }
        Set<String> services = new LinkedHashSet<>();
        recent.forEach(failure -> services.add(failure.service));
        if (incident == null && services.size() >= TOGETHER) {
            open = new Incident(now);
            open.last = now;
            open.services.addAll(services);
        }
    }

    private static boolean isOpen(Incident incident, long now) {
        return now - incident.last <= AT_ONCE.toNanos() && now - incident.opened <= LONGEST_INCIDENT.toNanos();
    }

    /** The incident that a failure of this moment is part of, or null. */
    @Nullable
    Incident incident(String service, long now) {
        Incident incident = open;
        return incident != null && isOpen(incident, now) && incident.services.contains(service) ? incident : null;
    }

    /** The incident that is over, once. */
    @Nullable
    Incident close(long now) {
        Incident incident = open;
        if (incident == null || isOpen(incident, now)) {
            return null;
        }
        open = null;
        return incident;
    }

    /** When {@link #close} may have something to tell; {@link Long#MAX_VALUE} when nothing is open. */
    long due() {
        Incident incident = open;
        return incident == null
                ? Long.MAX_VALUE
                : Math.min(incident.last + AT_ONCE.toNanos(), incident.opened + LONGEST_INCIDENT.toNanos()) + 1;
    }

    /** Whether the remediation of this service may begin now; it is counted then. */
    boolean take(String service, @Nullable Incident incident, long now) {
        if (incident != null && incident.paid && incident.restarted.add(service)) {
            return true;
        }
        taken.removeIf(at -> now - at >= WITHIN.toNanos());
        if (taken.size() >= MOST) {
            return false;
        }
        taken.addLast(now);
        if (incident != null) {
            incident.paid = true;
            incident.restarted.add(service);
        }
        return true;
    }

    /** When the next one may begin, given that none may now. */
    long free(long now) {
        Long first = taken.peekFirst();
        return first == null || taken.size() < MOST ? now : first + WITHIN.toNanos();
    }
}
