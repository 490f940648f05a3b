package mirror.trust;

import java.time.Instant;
import java.util.List;
import mirror.bus.organism.EventFilter;

/**
 * What its holder may do until when.
 *
 * @param holder who may use it, such as {@code organism:notify}
 * @param events prefixes of event types the holder may hear, in full
 * @param effects what it may bring about: {@code run:<program>} and {@code egress:<host>}, each also with {@code *}
 * @param by who gave it: {@code owner}, or {@code daemon} for the parts of Mirror itself
 */
public record Lease(
        String id,
        String holder,
        List<String> events,
        List<String> effects,
        Instant granted,
        Instant expires,
        String by,
        boolean revoked) {
    public Lease {
        events = List.copyOf(events);
        effects = List.copyOf(effects);
    }

    public boolean covers(String type) {
        return events.stream().anyMatch(prefix -> EventFilter.covers(prefix, type));
    }

    /**
     * Whether its holder may do this.
     *
     * @param kind {@code run} or {@code egress}
     * @param target the program as written, or the host
     */
    public boolean allows(String kind, String target) {
        return effects.contains(kind + ":" + target) || effects.contains(kind + ":*");
    }

    /** {@code valid}, {@code revoked} or {@code expired}. */
    public String state(Instant now) {
        return revoked ? "revoked" : now.isBefore(expires) ? "valid" : "expired";
    }

    Lease asRevoked() {
        return new Lease(id, holder, events, effects, granted, expires, by, true);
    }
}
