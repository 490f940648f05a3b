package mirror.mesh;

import java.time.Duration;
import java.util.random.RandomGenerator;

/** How long to wait after something failed. Thread-safe. */
@FunctionalInterface
public interface Backoff {
    /** @param failures how often it failed without success between, from 1 */
    Duration after(int failures);

    /** From 100 ms, doubling, to 30 s, each cut by up to a half so that many do not come back at once. */
    static Backoff standard(RandomGenerator random) {
        return failures -> {
            long most = Math.min(30_000, 100L << Math.min(failures - 1, 20));
            return Duration.ofMillis(most / 2 + random.nextLong(most / 2 + 1));
        };
    }
}
