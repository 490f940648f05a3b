package mirror.pulse.drift;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import java.util.function.LongToDoubleFunction;
import java.util.random.RandomGenerator;
import mirror.bus.Json;
import mirror.bus.Seed;
import mirror.pulse.drift.Detector.Change;
import mirror.pulse.drift.Detector.Point;
import org.junit.jupiter.api.Test;

final class DetectorTest {
    private final Seed seed = Seed.fresh();
    private final RandomGenerator random = seed.random();

    private double passes(double rate) {
        return random.nextDouble() < rate ? 1 : 0;
    }

    private double time(double median) {
        return Math.round(median * Math.exp(0.5 * random.nextGaussian()));
    }

    private int alarms(int rows, int length, LongToDoubleFunction values) {
        int alarms = 0;
        for (int row = 0; row < rows; row++) {
            Detector detector = new Detector();
            for (int i = 1; i <= length; i++) {
                if (detector.add(new Point(i, values.applyAsDouble(i)), random.nextDouble())
                        .isPresent()) {
                    alarms++;
                }
            }
        }
        return alarms;
    }

    /** How many numbers after the change the first alarm comes, or more than there were. */
    private int delay(int before, int after, LongToDoubleFunction values) {
        Detector detector = new Detector();
        for (int i = 1; i <= before + after; i++) {
            if (detector.add(new Point(i, values.applyAsDouble(i)), random.nextDouble())
                            .isPresent()
                    && i > before) {
                return i - before;
            }
        }
        return after + 1;
    }

    /** The stated rate is one in a thousand; three standard deviations above it would be a broken promise. */
    @Test
    void withoutAChangeThereIsNoMoreThanOneAlarmInAThousandNumbersOfWhateverKind() {
        int numbers = 50_000;
        double most = numbers / 1000.0 + 3 * Math.sqrt(numbers / 1000.0);
        assertThat(alarms(50, 1000, _ -> passes(0.95))).as("passes, " + seed).isLessThan((int) most);
        assertThat(alarms(50, 1000, _ -> passes(0.5))).as("coins, " + seed).isLessThan((int) most);
        assertThat(alarms(50, 1000, _ -> time(900))).as("times, " + seed).isLessThan((int) most);
        assertThat(alarms(50, 1000, _ -> 7)).as("always the same, " + seed).isLessThan((int) most);
    }

    @Test
    void aDropFrom95To70PercentIsFoundInFourOfFiveCasesWithin80Runs() {
        int found = 0;
        for (int i = 0; i < 100; i++) {
            found += delay(200, 80, at -> passes(at <= 200 ? 0.95 : 0.7)) <= 80 ? 1 : 0;
        }
        assertThat(found).as(seed.toString()).isGreaterThan(80);
    }

    @Test
    void aModelThatTakesTwiceAsLongIsFoundInFourOfFiveCasesWithin30Runs() {
        int found = 0;
        for (int i = 0; i < 100; i++) {
            found += delay(100, 30, at -> time(at <= 100 ? 900 : 1800)) <= 30 ? 1 : 0;
        }
        assertThat(found).as(seed.toString()).isGreaterThan(80);
    }

    @Test
    void theChangeIsNamedWithWhatWasBeforeAndAfterIt() {
        Detector detector = new Detector();
        Optional<Change> change = Optional.empty();
        for (int i = 1; i <= 300 && change.isEmpty(); i++) {
            // Before the change nothing is left to chance: it may give a false alarm, one in a thousand numbers.
            change = i <= 60 ? detector.add(new Point(i, 1), 0.5) : detector.add(new Point(i, 0), random.nextDouble());
        }
        assertThat(change).as(seed.toString()).isPresent();
        Change found = change.orElseThrow();
        assertThat(found.before()).hasSize(60).allMatch(each -> each.value() == 1);
        assertThat(found.after()).isNotEmpty().allMatch(each -> each.value() == 0);
        assertThat(found.evidence()).isGreaterThanOrEqualTo(Detector.RUNS_PER_FALSE_ALARM);
        assertThat(detector.size()).as("begins anew").isZero();
    }

    @Test
    void whatIsHeldIsBounded() {
        Detector detector = new Detector();
        for (int i = 1; i <= 3 * Detector.MOST; i++) {
            detector.add(new Point(i, 1), 0.5);
            assertThat(detector.size()).isLessThanOrEqualTo(Detector.MOST);
        }
    }

    @Test
    void whatWasSavedGoesOnAsIfNothingHadBeen() {
        Detector whole = new Detector();
        Detector parts = new Detector();
        for (int i = 1; i <= 200; i++) {
            Point point = new Point(i, time(i));
            double chance = random.nextDouble();
            assertThat(parts.add(point, chance)).as(seed.toString()).isEqualTo(whole.add(point, chance));
            parts = Detector.of(Json.MAPPER.readTree(Json.MAPPER.writeValueAsString(parts.save())));
            assertThat(parts.save().toString())
                    .as(seed.toString())
                    .isEqualTo(whole.save().toString());
        }
    }
}
