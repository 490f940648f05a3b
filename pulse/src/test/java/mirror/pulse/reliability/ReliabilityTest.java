package mirror.pulse.reliability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.random.RandomGenerator;
import mirror.bus.DiskStorage;
import mirror.bus.Draft;
import mirror.bus.EventLog;
import mirror.bus.Home;
import mirror.bus.Json;
import mirror.bus.Projector;
import mirror.bus.Seed;
import mirror.trust.DeviceKey;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ReliabilityTest {
    private static final Instant START = Instant.parse("2026-05-01T08:00:00Z");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private volatile Instant now = START;
    private final Reliability reliability = new Reliability();

    @SuppressWarnings("NullAway.Init")
    private EventLog log;

    @SuppressWarnings("NullAway.Init")
    private Projector projector;

    @BeforeEach
    void open() throws IOException {
        Home home = new Home(folder);
        DeviceKey key = DeviceKey.create(home.keys().resolve("device.key"));
        log = EventLog.open(home, "t-" + key.shortId(), new DiskStorage(), () -> now, key);
        projector = new Projector(log, List.of(reliability));
    }

    @AfterEach
    void close() {
        log.close();
    }

    private void happens(String what) {
        projector.record(Draft.of(
                "mirror.service." + what + ".v1",
                "mirror-pulse",
                Json.object().put("service", "web").put("expected", false)));
    }

    private Score score() {
        return reliability.score("restart of web");
    }

    /** Beta(1 + s, 1 + 0) has the quantile q^(1 / (1 + s)), and the one of failures alone mirrors it. */
    @ParameterizedTest
    @CsvSource({"0, 0.05", "1, 0.2236068", "9, 0.7411344", "58, 0.9504924"})
    void theLowerBoundIsTheBetaDistributionsFivePercent(int successes, double bound) {
        Score score = Score.UNTESTED;
        for (int i = 0; i < successes; i++) {
            score = score.plus(true, START);
        }
        assertThat(score.least()).isCloseTo(bound, within(1e-6));
        assertThat(new Score(0, successes, successes, START).most()).isCloseTo(1 - bound, within(1e-6));
    }

    @Test
    void whatWasNeverNeededIsUntestedAndNotReliable() {
        happens("started");
        happens("settled");
        assertThat(score().isTested()).isFalse();
        assertThat(reliability.scores()).isEmpty();
    }

    @Test
    void aRestartThatHoldsIsASuccessAndOneThatDoesNotIsAFailure() {
        happens("exited");
        assertThat(score().isTested()).as("not known yet").isFalse();
        happens("settled");
        assertThat(score()).isEqualTo(new Score(1, 0, 1, START));
        happens("exited");
        happens("failed");
        happens("exited");
        happens("quarantined");
        assertThat(score()).isEqualTo(new Score(1, 3, 4, START));
        happens("settled");
        assertThat(score().runs())
                .as("a canary that holds was not a restart after a failure")
                .isEqualTo(4);
        happens("exited");
        happens("stopped");
        happens("settled");
        assertThat(score().runs()).as("the owner took it away").isEqualTo(4);
    }

    @Test
    void whatIsNinetyDaysAgoCountsHalf() {
        happens("exited");
        happens("settled");
        now = START.plus(Score.HALF_LIFE);
        happens("exited");
        happens("settled");
        assertThat(score().successes()).isCloseTo(1.5, within(1e-9));
        assertThat(score().at(now.plus(Score.HALF_LIFE)).successes()).isCloseTo(0.75, within(1e-9));
        assertThat(score().at(now.plus(Duration.ofDays(3_650))).least())
                .as("what was long ago says as much as nothing")
                .isCloseTo(0.05, within(1e-6));
    }

    /** A failure never raises the bound, a success never lowers it, and time alone always widens what is likely. */
    @Test
    void theBoundsMoveTheWayTheRunsDo() {
        Seed seed = Seed.fresh();
        RandomGenerator random = seed.random();
        for (int round = 0; round < 200; round++) {
            Score score = Score.UNTESTED;
            Instant when = START;
            for (int run = random.nextInt(30); run >= 0; run--) {
                when = when.plusSeconds(random.nextInt(10_000_000));
                Score before = score.at(when);
                boolean success = random.nextBoolean();
                score = score.plus(success, when);
                assertThat(score.least() >= before.least() == success)
                        .as("%s", seed)
                        .isTrue();
                assertThat(score.least()).as("%s", seed).isLessThan(score.most());
                Score later = score.at(when.plusSeconds(40_000_000));
                assertThat(later.successes() + later.failures())
                        .as("%s", seed)
                        .isLessThan(score.successes() + score.failures());
            }
        }
    }

    @Test
    void theStateIsAFoldAndIsSavedWhole() {
        happens("exited");
        happens("settled");
        happens("exited");
        Reliability again = new Reliability();
        new Projector(log, List.of(again)).catchUp();
        assertThat(again.save()).isEqualTo(reliability.save());
        Reliability restored = new Reliability();
        restored.restore(reliability.save());
        assertThat(restored.save()).isEqualTo(reliability.save());
    }
}
