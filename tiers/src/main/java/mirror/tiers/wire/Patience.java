package mirror.tiers.wire;

import java.time.Duration;

/**
 * How long an upstream is waited for.
 *
 * @param connect until the connection stands, with TLS
 * @param answer from the request's last byte to the end of the answer's head
 * @param idle between two parts of the body, and for a part of the request to be taken
 * @param first from the end of the head to the first byte of the body, if that is less
 */
public record Patience(Duration connect, Duration answer, Duration idle, Duration first) {
    public Patience(Duration connect, Duration answer, Duration idle) {
        this(connect, answer, idle, idle);
    }

    /** The same, with less time until the first byte of the body. */
    public Patience untilFirst(Duration most) {
        return new Patience(connect, shorter(answer, most), idle, shorter(first, most));
    }

    private static Duration shorter(Duration a, Duration b) {
        return a.compareTo(b) <= 0 ? a : b;
    }

    public static final Patience STANDARD =
            new Patience(Duration.ofSeconds(5), Duration.ofMinutes(10), Duration.ofMinutes(2));
}
