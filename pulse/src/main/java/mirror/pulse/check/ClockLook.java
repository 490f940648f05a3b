package mirror.pulse.check;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Whether the wall clock goes as time does. A clock that went back, or is behind what was already recorded, makes times in the log lie; one
 * that went forward cannot be told from a machine that slept. Used by one thread at a time.
 */
public final class ClockLook implements Check.Look {
    private static final Duration TOLERANCE = Duration.ofSeconds(2);

    private final InstantSource clock;
    private final LongSupplier nanoTime;
    private final Supplier<Instant> latest;
    private @Nullable Instant wall;
    private long steady;

    /** @param latest the time of the last event, or {@link Instant#EPOCH} */
    public ClockLook(InstantSource clock, LongSupplier nanoTime, Supplier<Instant> latest) {
        this.clock = clock;
        this.nanoTime = nanoTime;
        this.latest = latest;
    }

    @Override
    public Map<String, Finding> look() {
        Instant before = wall;
        long from = steady;
        Instant now = clock.instant();
        wall = now;
        steady = nanoTime.getAsLong();
        Duration ahead = Duration.between(now, latest.get());
        if (ahead.compareTo(TOLERANCE) > 0) {
            return Map.of(
                    "",
                    Finding.failing("the clock is " + ahead.toSeconds()
                            + " s behind what was recorded already; set it, and have it synchronised"));
        }
        if (before == null) {
            return Map.of("", Finding.unknown("a clock is compared with the look before, and this is the first"));
        }
        Duration drift = Duration.between(before, now).minusNanos(steady - from);
        if (drift.compareTo(TOLERANCE.negated()) < 0) {
            return Map.of(
                    "",
                    Finding.warning(
                            "the clock went back by " + drift.negated().toSeconds() + " s since the last look"));
        }
        return Map.of(
                "",
                Finding.ok(
                        drift.compareTo(TOLERANCE) > 0
                                ? "the machine slept for, or the clock went forward by, " + drift.toSeconds() + " s"
                                : "it went as time did since the last look"));
    }
}
