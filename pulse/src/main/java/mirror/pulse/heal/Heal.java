package mirror.pulse.heal;

import java.time.Duration;

/**
 * A fix, what it is for, and how often it is tried.
 *
 * @param name lower case letters, digits and dashes
 * @param when id of a check, or a beginning of ids that ends in {@code *}
 * @param cooldown from the end of one attempt to the beginning of the next about the same thing
 * @param attempts at most so many within a day about the same thing
 * @param settle by then the check has to be well after the fix
 * @param builtIn whether it is Mirror's own
 */
public record Heal(
        String name, String when, Fix fix, Duration cooldown, int attempts, Duration settle, boolean builtIn) {
    static final Duration COOLDOWN = Duration.ofMinutes(10);
    static final int ATTEMPTS = 5;
    static final Duration SETTLE = Duration.ofMinutes(1);

    static Heal builtIn(String name, String when, Fix fix) {
        return new Heal(name, when, fix, COOLDOWN, ATTEMPTS, SETTLE, true);
    }

    boolean isFor(String check) {
        return when.endsWith("*") ? check.startsWith(when.substring(0, when.length() - 1)) : check.equals(when);
    }
}
