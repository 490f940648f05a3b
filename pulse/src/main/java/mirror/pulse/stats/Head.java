package mirror.pulse.stats;

import java.time.Instant;
import mirror.bus.Event;

/**
 * The last event that a number was computed from; before the first one there is none.
 *
 * @param hash of that event, which stands for all before it
 * @param time of that event
 */
public record Head(String origin, long seq, String hash, Instant time) {
    static Head of(Event event) {
        return new Head(event.origin(), event.seq(), event.hash(), event.time());
    }
}
