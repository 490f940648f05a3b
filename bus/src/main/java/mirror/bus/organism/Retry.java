package mirror.bus.organism;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How failed deliveries are tried again: after {@code first}, then twice as long each time up to {@code max}, each delay shortened
 * by a random part of up to its half, so that many organisms that failed together do not all come back together.
 *
 * @param attempts how often a delivery may fail before its event becomes a dead letter, 1 … 100
 * @param first delay after the first failure
 * @param max longest delay
 * @param patience how long {@link Outcome.Later} may keep an event waiting before it becomes a dead letter
 */
public record Retry(int attempts, Duration first, Duration max, Duration patience) {
    public static final Retry DEFAULT =
            new Retry(5, Duration.ofSeconds(1), Duration.ofMinutes(5), Duration.ofHours(24));

    public Retry {
        if (attempts < 1 || attempts > 100) {
            throw new IllegalArgumentException("attempts must be 1 to 100, and not " + attempts);
        }
        if (!first.isPositive() || max.compareTo(first) < 0 || !patience.isPositive()) {
            throw new IllegalArgumentException("delays must be longer than nothing, and max not shorter than first");
        }
    }

    /** @param failures how often it went wrong so far, from 1 */
    Duration delay(int failures, RandomGenerator random) {
        Duration delay = first;
        for (int i = 1; i < failures && delay.compareTo(max) < 0; i++) {
            delay = delay.multipliedBy(2);
        }
        long millis = Math.max(1, Math.min(delay.toMillis(), max.toMillis()));
        return Duration.ofMillis(millis - random.nextLong(millis / 2 + 1));
    }
}
