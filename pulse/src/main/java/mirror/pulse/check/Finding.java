package mirror.pulse.check;

import java.util.Locale;
import java.util.Optional;

/**
 * How a thing was found.
 *
 * @param reason one sentence for a person; what was measured, and what to do when something is wrong
 */
public record Finding(State state, String reason) {
    private static final int LONGEST = 400;

    /** From good to bad; what could not be found out is no better than what is wrong. */
    public enum State {
        OK,
        WARNING,
        UNKNOWN,
        FAILING;

        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }

        public static Optional<State> of(String text) {
            for (State state : values()) {
                if (state.text().equals(text)) {
                    return Optional.of(state);
                }
            }
            return Optional.empty();
        }
    }

    public Finding {
        reason = reason.strip().replaceAll("[\\p{Cntrl}\\s]+", " ");
        if (reason.codePointCount(0, reason.length()) > LONGEST) {
            reason = reason.substring(0, reason.offsetByCodePoints(0, LONGEST)) + "\u2026";
        }
    }

    public static Finding ok(String reason) {
        return new Finding(State.OK, reason);
    }

    public static Finding warning(String reason) {
        return new Finding(State.WARNING, reason);
    }

    public static Finding failing(String reason) {
        return new Finding(State.FAILING, reason);
    }

    public static Finding unknown(String reason) {
        return new Finding(State.UNKNOWN, reason);
    }

    /** Whether something is known to be wrong. */
    public boolean isWrong() {
        return state == State.WARNING || state == State.FAILING;
    }
}
