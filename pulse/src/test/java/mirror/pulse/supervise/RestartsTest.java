package mirror.pulse.supervise;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import mirror.bus.Seed;
import org.junit.jupiter.api.Test;

/** The numbers of the restart policy. */
final class RestartsTest {
    private static final long SECOND = 1_000_000_000L;
    private static final RestartPolicy PATIENT = new RestartPolicy(
            Duration.ofMillis(250),
            Duration.ofSeconds(300),
            0.25,
            Duration.ofSeconds(60),
            1_000,
            Duration.ofMinutes(10),
            Duration.ofMinutes(15),
            Duration.ofHours(6));

    @Test
    void theFirstFailureIsAnsweredAtOnceAndEachFurtherOneAfterTwiceTheTimeUpToFiveMinutesWithAQuarterOfJitter() {
        Seed seed = Seed.fresh();
        RandomGenerator random = seed.random();
        for (int round = 0; round < 200; round++) {
            Restarts restarts = new Restarts(PATIENT, random);
            for (int n = 1; n <= 60; n++) {
                Duration delay = ((Restarts.Answer.Again) restarts.failed(n)).delay();
                double whole = n == 1 ? 0 : Math.min(300, 0.25 * Math.pow(2, n - 2));
                assertThat(delay.toNanos() / 1e9)
                        .as("%s, failure %d", seed, n)
                        .isBetween(whole * 0.75 - 1e-9, whole * 1.25 + 1e-9);
            }
        }
    }

    @Test
    void aStableTimeBeginsANewRow() {
        Restarts restarts = new Restarts(PATIENT, Seed.fresh().random());
        restarts.failed(1);
        restarts.failed(2);
        restarts.stable();
        assertThat(restarts.failed(3)).isEqualTo(new Restarts.Answer.Again(Duration.ZERO));
    }

    @Test
    void fiveFailuresInTenMinutesAreQuarantinedAndEachTrialThatFailsDoublesItUpToSixHours() {
        Restarts restarts = new Restarts(RestartPolicy.STANDARD, Seed.fresh().random());
        for (int i = 0; i < 4; i++) {
            assertThat(restarts.failed(i * SECOND)).isInstanceOf(Restarts.Answer.Again.class);
        }
        List<Long> minutes = new ArrayList<>();
        long now = 4 * SECOND;
        for (int i = 0; i < 8; i++) {
            Restarts.Answer.Quarantine quarantine = (Restarts.Answer.Quarantine) restarts.failed(now);
            minutes.add(quarantine.length().toMinutes());
            assertThat(quarantine.newly()).isEqualTo(i == 0);
            now += quarantine.length().toNanos() + SECOND;
        }
        assertThat(minutes).containsExactly(15L, 30L, 60L, 120L, 240L, 360L, 360L, 360L);
    }

    @Test
    void fourFailuresInTenMinutesAndAFifthAfterThemAreNoCrashLoop() {
        Restarts restarts = new Restarts(RestartPolicy.STANDARD, Seed.fresh().random());
        for (int i = 0; i < 4; i++) {
            restarts.failed(i);
        }
        assertThat(restarts.failed(601 * SECOND)).isInstanceOf(Restarts.Answer.Again.class);
    }

    @Test
    void aServiceThatLivesALittleLongerThanTheStableTimeAndDiesAgainIsACrashLoopToo() {
        Restarts restarts = new Restarts(RestartPolicy.STANDARD, Seed.fresh().random());
        Restarts.Answer answer = restarts.failed(0);
        for (int i = 1; i < 5; i++) {
            restarts.stable();
            answer = restarts.failed(i * 70L * SECOND);
        }
        assertThat(answer).isInstanceOf(Restarts.Answer.Quarantine.class);
    }

    @Test
    void aTrialThatProvesItselfIsForgivenEverything() {
        Restarts restarts = new Restarts(RestartPolicy.STANDARD, Seed.fresh().random());
        for (int i = 0; i < 5; i++) {
            restarts.failed(i);
        }
        restarts.stable();
        assertThat(restarts.failed(1_000 * SECOND)).isEqualTo(new Restarts.Answer.Again(Duration.ZERO));
    }

    @Test
    void inNoMinuteAreThereMoreThanTenRemediationsHoweverFailuresFall() {
        Seed seed = Seed.fresh();
        RandomGenerator random = seed.random();
        for (int round = 0; round < 100; round++) {
            Remediations remediations = new Remediations();
            List<Long> taken = new ArrayList<>();
            long now = 0;
            for (int i = 0; i < 500; i++) {
                now += random.nextLong(10 * SECOND);
                // Never three at once, so that there is no incident.
                if (remediations.take("s" + i, null, now)) {
                    taken.add(now);
                } else {
                    assertThat(remediations.free(now)).as("%s", seed).isGreaterThan(now);
                }
            }
            for (long at : taken) {
                assertThat(taken.stream()
                                .filter(other -> other >= at && other - at < 60 * SECOND)
                                .count())
                        .as("%s", seed)
                        .isLessThanOrEqualTo(Remediations.MOST);
            }
        }
    }

    @Test
    void anIncidentIsOneRemediationButRestartsEachOfItsMembersOnlyOnce() {
        Remediations remediations = new Remediations();
        for (int i = 0; i < 60; i++) {
            remediations.failed("s" + i, i);
        }
        for (int i = 0; i < 60; i++) {
            assertThat(remediations.take("s" + i, remediations.incident("s" + i, 60), 60))
                    .isTrue();
        }
        // Nine are left of the minute's ten.
        for (int i = 0; i < 9; i++) {
            assertThat(remediations.take("s0", remediations.incident("s0", 70), 70))
                    .isTrue();
        }
        assertThat(remediations.take("s0", remediations.incident("s0", 70), 70)).isFalse();
    }
}
