package mirror.pulse.reliability;

import java.time.Duration;
import java.time.Instant;
import org.apache.commons.statistics.distribution.BetaDistribution;

/**
 * How often a mechanism worked when it was exercised, where what was long ago counts for less: half after {@link #HALF_LIFE}, a quarter after
 * two of them. Immutable.
 *
 * @param successes weighted as of {@code at}
 * @param failures likewise
 * @param runs how often it was exercised in all, without weights
 * @param at when it was last exercised
 */
public record Score(double successes, double failures, long runs, Instant at) {
    public static final Duration HALF_LIFE = Duration.ofDays(90);

    /** Never exercised: that says nothing about how reliable it is. */
    public static final Score UNTESTED = new Score(0, 0, 0, Instant.EPOCH);

    /** The share of likely values below the lower bound, and above the upper one. */
    private static final double TAIL = 0.05;

    /** With one more run. */
    Score plus(boolean success, Instant when) {
        // A clock that went back makes no run count for more than one.
        Score now = when.isAfter(at) ? at(when) : this;
        return new Score(
                now.successes + (success ? 1 : 0),
                now.failures + (success ? 0 : 1),
                runs + 1,
                when.isAfter(at) ? when : at);
    }

    /** The same, weighted as of a later time. */
    public Score at(Instant when) {
        if (runs == 0 || !when.isAfter(at)) {
            return this;
        }
        double weight = Math.pow(0.5, (double) Duration.between(at, when).toSeconds() / HALF_LIFE.toSeconds());
        return new Score(successes * weight, failures * weight, runs, when);
    }

    public boolean isTested() {
        return runs > 0;
    }

    /** What the chance of success is at least, with 95 %: the 5 % quantile of Beta(1 + successes, 1 + failures). */
    public double least() {
        return BetaDistribution.of(1 + successes, 1 + failures).inverseCumulativeProbability(TAIL);
    }

    /** What it is at most, with 95 %. */
    public double most() {
        return BetaDistribution.of(1 + successes, 1 + failures).inverseSurvivalProbability(TAIL);
    }
}
