package mirror.bus.organism;

import java.util.List;
import java.util.Locale;

/**
 * How one organism is at this moment.
 *
 * @param reason why it is not running; {@code ""} when it is
 * @param types what it hears
 * @param seen the last event it has looked at
 * @param behind how many durable events it has not looked at yet
 * @param open events it has taken up and not dealt with
 * @param waiting of these, how many subjects wait for another attempt
 * @param handled deliveries that ended well since the daemon started
 * @param cut events not delivered because the organism itself had led to them, since the daemon started
 * @param uncovered events not delivered because no lease of it covers them, since the daemon started
 * @param trouble what the last delivery that did not end well said; {@code ""} when none did
 * @param letters its dead letters
 */
public record OrganismStatus(
        String name,
        State state,
        String reason,
        List<String> types,
        long seen,
        long behind,
        int open,
        int waiting,
        long handled,
        long cut,
        long uncovered,
        String trouble,
        int letters) {
    /** What an organism does. */
    public enum State {
        RUNNING,
        /** The owner has paused it. */
        PAUSED,
        /** It has no permit. */
        WITHHELD,
        /** It does not know where it was, and waits for the owner's word. */
        LOST;

        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
