package mirror.trust.claims;

import java.util.List;
import java.util.Set;

/**
 * A statement that somebody must have measured or looked up.
 *
 * @param line from 1
 * @param column from 1, in characters
 * @param text the span as written, without line feeds
 * @param sentence what stands around it, at most a few hundred characters, white space made single
 * @param estimate whether the sentence says ESTIMATE
 * @param context words that tell what it is about
 * @param what what is stated
 */
public record Claim(
        int line, int column, String text, String sentence, boolean estimate, Set<String> context, What what) {
    /** What is stated. */
    sealed interface What {}

    /**
     * A number of something.
     *
     * @param ranges each reading's lowest and highest true value, in base units
     */
    record Amount(String dimension, List<Range> ranges) implements What {}

    record Range(double low, double high) {
        boolean holds(double value) {
            double grain = Math.abs(value) * 1e-9;
            return value >= low - grain && value <= high + grain;
        }

        double distance(double value) {
            double middle = Double.isInfinite(low) ? high : Double.isInfinite(high) ? low : (low + high) / 2;
            return Math.abs(value - middle) / Math.max(Math.abs(middle), 1e-12);
        }
    }

    /**
     * A version of something.
     *
     * @param product lower case, or {@code ""} when the text does not say of what
     */
    record Version(String product, String number) implements What {}

    /** A make and model; each token must be in the fact. */
    record Model(Set<String> tokens) implements What {}

    /** The same claim in the same sentence, however the lines are broken. */
    String key() {
        return text + "\n" + sentence;
    }
}
