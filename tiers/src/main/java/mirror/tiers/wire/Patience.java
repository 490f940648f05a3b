package mirror.tiers.wire;

import java.time.Duration;

/**
 * How long an upstream is waited for.
 *
 * @param connect until the connection stands, with TLS
 * @param answer from the request's last byte to the end of the answer's head
 * @param idle between two parts of the body, and for a part of the request to be taken
 */
public record Patience(Duration connect, Duration answer, Duration idle) {
    public static final Patience STANDARD =
            new Patience(Duration.ofSeconds(5), Duration.ofMinutes(10), Duration.ofMinutes(2));
}
