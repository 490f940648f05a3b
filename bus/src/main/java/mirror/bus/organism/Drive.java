package mirror.bus.organism;

import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;

/**
 * What moves the engine: threads, time and chance. A test hands in its own and drives everything by hand.
 *
 * @param executor runs deliveries; must not run them in the calling thread
 * @param random thread-safe
 */
public record Drive(Executor executor, Timer timer, InstantSource clock, RandomGenerator random) {
    /** Runs a short task once after a delay. */
    @FunctionalInterface
    public interface Timer {
        void after(Duration delay, Runnable task);
    }
}
