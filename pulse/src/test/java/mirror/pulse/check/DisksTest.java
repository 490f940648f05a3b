package mirror.pulse.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.time.Instant;
import java.util.random.RandomGenerator;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.bus.Seed;
import org.junit.jupiter.api.Test;

final class DisksTest {
    private static final long GB = 1_000_000_000L;
    private static final Instant START = Instant.parse("2026-03-01T00:00:00Z");

    private final Disks disks = new Disks();

    private void free(double day, double gigabytes) {
        Instant at = START.plus(Duration.ofMinutes((long) (day * 24 * 60)));
        disks.accept(new Event(
                "e",
                "daemon",
                Disks.MEASURED,
                at,
                null,
                "t",
                1,
                1,
                null,
                null,
                Json.object().put("folder", "/").put("free", (long) (gigabytes * GB)),
                "",
                "",
                "{}"));
    }

    @Test
    void aDiskThatFillsEvenlyIsFullWhenTheLineSaysSo() {
        for (int i = 0; i <= 40; i++) {
            free(i / 4.0, 100 - i / 4.0 * 2);
        }
        Disks.Forecast forecast = disks.forecast("/").orElseThrow();
        assertThat(forecast.days()).isCloseTo(40, within(0.01));
        assertThat(forecast.earliest()).isCloseTo(40, within(0.01));
        assertThat(disks.forecast("/other")).isEmpty();
    }

    @Test
    void aFewOddMeasurementsMoveItLittleAndTheIntervalHoldsTheTruthMostly() {
        Seed seed = Seed.fresh();
        RandomGenerator random = seed.random();
        int held = 0;
        for (int round = 0; round < 200; round++) {
            disks.restore(Json.object());
            double last = 0;
            for (int i = 0; i <= 40; i++) {
                double odd = i % 13 == 5 ? -30 : 0;
                last = 100 - i / 4.0 * 2 + random.nextGaussian();
                free(i / 4.0, last + odd);
            }
            Disks.Forecast forecast = disks.forecast("/").orElseThrow();
            double truth = last / 2;
            held += forecast.earliest() <= truth && truth <= forecast.latest() ? 1 : 0;
            assertThat(forecast.days()).as("%s", seed).isCloseTo(truth, within(truth / 4));
        }
        assertThat(held).as("of 200, %s", seed).isGreaterThan(160);
    }

    @Test
    void whatDoesNotSurelyFillHasNoEnd() {
        RandomGenerator random = Seed.fresh().random();
        for (int i = 0; i <= 40; i++) {
            free(i / 4.0, 100 + 10 * random.nextGaussian() + i / 4.0);
        }
        assertThat(disks.forecast("/")).isEmpty();
        disks.restore(Json.object());
        for (int i = 0; i < 7; i++) {
            free(i / 4.0, 100 - i);
        }
        assertThat(disks.forecast("/")).as("too little is known").isEmpty();
    }

    @Test
    void aDiskIsMeasuredEachSixHoursAndOldMeasurementsAreForgotten() {
        assertThat(disks.measured("/", GB, GB, START)).isPresent();
        for (int i = 0; i <= 200; i++) {
            free(i / 4.0, 100);
        }
        Instant last = START.plus(Duration.ofDays(50));
        assertThat(disks.measured("/", GB, GB, last.plus(Duration.ofHours(5)))).isEmpty();
        assertThat(disks.measured("/", GB, GB, last.plus(Duration.ofHours(6)))).isPresent();
        assertThat(disks.save().path("/")).hasSize(14 * 4 + 1);
        Disks restored = new Disks();
        restored.restore(disks.save());
        assertThat(restored.save()).isEqualTo(disks.save());
    }
}
