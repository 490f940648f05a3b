package mirror.pulse.supervise;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * What follows from the failures of one service. The first failure after a stable time is answered at once, the n-th in a row after
 * min(longest, first·2ⁿ⁻²) with jitter; too many within the window end in quarantine, after which one trial start decides. Being
 * stable ends a row and a trial, but failures count towards the window until they are that old: a service that lives a little
 * longer than the stable time and dies again is a crash loop too. Pure but for the random numbers it is given; used under its owner's lock.
 *
 * <p>All times are nanoseconds of one monotonic clock, which neither a set clock nor a sleeping machine moves.
 */
final class Restarts {
    /** What to do about a failure. */
    sealed interface Answer {
        /** Start it again after so long. */
        record Again(Duration delay) implements Answer {}

        /**
         * Leave it alone for so long, then try once.
         *
         * @param newly whether it was not in quarantine before, so that the owner has to hear of it
         */
        record Quarantine(Duration length, boolean newly) implements Answer {}
    }

    private final RestartPolicy policy;
    private final RandomGenerator random;
    private final Deque<Long> failures = new ArrayDeque<>();
    private int row;
    private int level;
    private boolean trial;

    Restarts(RestartPolicy policy, RandomGenerator random) {
        this.policy = policy;
        this.random = random;
    }

    /** Goes on from what a daemon before this one knew; the times may be negative. */
    void restore(List<Long> failed, int quarantines) {
        failures.clear();
        failures.addAll(failed);
        row = failed.isEmpty() ? 0 : 1;
        level = quarantines;
        trial = quarantines > 0;
    }

    Answer failed(long now) {
        failures.addLast(now);
        failures.removeIf(at -> now - at > policy.window().toNanos());
        row++;
        if (trial || failures.size() >= policy.failures()) {
            boolean newly = level == 0;
            Duration length = doubled(policy.quarantine(), level, policy.longestQuarantine());
            level++;
            trial = true;
            return new Answer.Quarantine(length, newly);
        }
        if (row == 1) {
            return new Answer.Again(Duration.ZERO);
        }
        Duration delay = doubled(policy.first(), row - 2, policy.longest());
        double factor = 1 + policy.jitter() * (2 * random.nextDouble() - 1);
        return new Answer.Again(Duration.ofNanos((long) (delay.toNanos() * factor)));
    }

    private static Duration doubled(Duration first, int times, Duration most) {
        Duration length = times < 40 ? first.multipliedBy(1L << times) : most;
        return length.compareTo(most) < 0 ? length : most;
    }

    /** It was ready and up for the stable time. */
    void stable() {
        row = 0;
        if (trial) {
            forgive();
        }
    }

    /** Forgets everything: the owner said so, or a trial start proved itself. */
    void forgive() {
        failures.clear();
        row = 0;
        level = 0;
        trial = false;
    }

    /** Whether the next start is the one trial after a quarantine. */
    boolean trial() {
        return trial;
    }

    /** Failures within the window, oldest first. */
    List<Long> recent(long now) {
        return new ArrayList<>(failures.stream()
                .filter(at -> now - at <= policy.window().toNanos())
                .toList());
    }
}
