package mirror.bus.organism;

import java.time.Instant;

/**
 * An event that an organism could not deal with.
 *
 * @param id {@code <organism>/<event id>}
 * @param event id of the event that was to be delivered
 * @param seq its place in the log
 * @param type its type
 * @param attempts how often the delivery failed; 0 when it was not tried
 * @param requeued whether the owner has asked for another delivery that has not ended yet
 */
public record DeadLetter(
        String id,
        String organism,
        String event,
        long seq,
        String type,
        int attempts,
        String reason,
        Instant buried,
        boolean requeued) {
    DeadLetter asRequeued() {
        return new DeadLetter(id, organism, event, seq, type, attempts, reason, buried, true);
    }
}
