package mirror.tiers.gateway;

import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How long each model usually takes to the first event of a stream, over its last {@value #KEPT} streams, and from when on a call that waits for it hangs. A
 * provider that accepts a call and then says nothing is not seen by any other sign. A wait that was given up counts as one that took
 * so long, so that a model which has become slow is soon waited for again. Forgotten at a restart. Thread-safe.
 */
final class FirstEvents {
    private static final int KEPT = 64;

    /** Fewer say nothing about what is usual. */
    private static final int FEWEST = 8;

    private static final int TIMES = 5;

    private final Map<String, Times> byName = new ConcurrentHashMap<>();

    private static final class Times {
        private final long[] nanos = new long[KEPT];
        private long count;

        synchronized void add(long time) {
            nanos[(int) (count++ % KEPT)] = time;
        }

        /** Below zero: not known yet. */
        synchronized long usual() {
            int known = (int) Math.min(count, KEPT);
            if (known < FEWEST) {
                return -1;
            }
            long[] sorted = Arrays.copyOf(nanos, known);
            Arrays.sort(sorted);
            return sorted[Math.ceilDiv(95 * known, 100) - 1];
        }
    }

    /** @param name of the candidate */
    void took(String name, Duration time) {
        byName.computeIfAbsent(name, _ -> new Times()).add(time.toNanos());
    }

    /** How long it usually takes, in nanoseconds; below zero: not known yet. */
    long usualNanos(String name) {
        Times times = byName.get(name);
        return times == null ? -1 : times.usual();
    }

    /**
     * How long the first event is waited for: {@value #TIMES} times as long as 95 of 100 took, and not less than {@code least}. Empty
     * when it is not known what is usual.
     */
    Optional<Duration> wait(String name, Duration least) {
        long usual = usualNanos(name);
        return usual < 0 ? Optional.empty() : Optional.of(Duration.ofNanos(Math.max(least.toNanos(), TIMES * usual)));
    }
}
