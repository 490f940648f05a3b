package mirror.bus;

import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/** Randomness of a test: a new seed each run, printed by whoever fails, repeated with {@code -Dmirror.seed=<n>}. */
public record Seed(long value) {
    public static Seed fresh() {
        return new Seed(Long.getLong("mirror.seed", System.nanoTime()));
    }

    public RandomGenerator random() {
        return RandomGeneratorFactory.of("L64X128MixRandom").create(value);
    }

    @Override
    public String toString() {
        return "seed " + value + " (repeat with -Dmirror.seed=" + value + ")";
    }
}
