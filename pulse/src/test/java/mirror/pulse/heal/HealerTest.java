package mirror.pulse.heal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import mirror.bus.Event;
import mirror.bus.Projector;
import mirror.bus.Seed;
import mirror.pulse.check.Finding;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A fix is for what is wrong, is done under a lease, is looked after, and stops when it does not help. */
final class HealerTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @SuppressWarnings("NullAway.Init")
    private Ward ward;

    @BeforeEach
    void open() throws IOException {
        ward = new Ward(folder);
    }

    @AfterEach
    void close() {
        ward.close();
    }

    private Heal helps() {
        return ward.heal("x", "file:*", () -> {
            ward.truth.clear();
            return "did it";
        });
    }

    private Heal isInVain() {
        return ward.heal("x", "file:*", () -> "did it");
    }

    private void later(Duration time) {
        ward.now = ward.now.plus(time);
        ward.healer.turn();
    }

    @Test
    void whatIsWrongIsMendedAndWhetherItHelpedIsLookedAtAndTold() {
        helps();
        ward.breaks("file:/a", "it is not there");
        ward.healer.turn();
        assertThat(ward.done).containsExactly("x file:/a");
        assertThat(ward.results()).containsExactly("fixed");
        Event begun = ward.events("heal.begun").getFirst();
        assertThat(begun.permit()).isEqualTo("l1");
        assertThat(begun.text("reason")).isEqualTo("it is not there");
        assertThat(ward.reliability.score("fix x").runs()).isEqualTo(1);
        assertThat(ward.reliability.score("fix x").successes()).isEqualTo(1);
    }

    @Test
    void whatIsWellUnknownOrNoneOfItsBusinessIsLeftAlone() {
        helps();
        ward.seen.put("file:/a", Finding.ok("well"));
        ward.seen.put("file:/b", Finding.unknown("not looked at"));
        ward.seen.put("disk:/", Finding.failing("full"));
        ward.healer.turn();
        assertThat(ward.done).isEmpty();
        assertThat(ward.healer.preview()).isEmpty();
    }

    /** A watchdog that cries wolf: the look right before the fix finds it well. */
    @Test
    void whatIsWellAgainWhenItIsLookedAtOnceMoreIsNotTouched() {
        helps();
        ward.seen.put("file:/a", Finding.failing("no answer, but only for a moment"));
        ward.healer.turn();
        assertThat(ward.done).isEmpty();
        assertThat(ward.events("heal.begun")).isEmpty();
    }

    @Test
    void aFixThatChangedNothingIsAFailedOneWhateverItSays() {
        isInVain();
        ward.breaks("file:/a", "it is not there");
        ward.healer.turn();
        assertThat(ward.results()).containsExactly("failed");
        assertThat(ward.events("heal.ended").getFirst().text("found")).isEqualTo("failing: it is not there");
        assertThat(ward.reliability.score("fix x").failures()).isEqualTo(1);
    }

    @Test
    void aFixThatThrowsOrLeavesItUnknownIsAFailedOne() {
        ward.heal("x", "file:*", () -> {
            throw new IOException("no room");
        });
        ward.breaks("file:/a", "it is not there");
        ward.healer.turn();
        assertThat(ward.events("heal.ended").getFirst().text("found")).contains("no room");
        ward.heals.clear();
        ward.heal("y", "file:*", () -> {
            ward.truth.put("file:/a", Finding.unknown("cannot be read"));
            return "";
        });
        ward.healer.turn();
        assertThat(ward.results()).containsExactly("failed", "failed");
    }

    @Test
    void itHasTimeToSettle() {
        Instant[] well = {Instant.MAX};
        ward.heal("x", "file:*", () -> {
            well[0] = ward.now.plusSeconds(40);
            return "";
        });
        ward.breaks("file:/a", "starting");
        ward.truth.put("file:/a", Finding.failing("starting"));
        Healer.Looks slow = new Healer.Looks() {
            @Override
            public List<mirror.pulse.check.Checkups.Checkup> board() {
                return ward.board();
            }

            @Override
            public void look(String check) {
                if (!ward.now.isBefore(well[0])) {
                    ward.truth.clear();
                }
                ward.look(check);
            }
        };
        new Healer(
                        ward.ledger,
                        () -> ward.heals,
                        new Yes(),
                        _ -> true,
                        slow,
                        ward.projector,
                        () -> ward.now,
                        length -> ward.now = ward.now.plus(length),
                        Runnable::run)
                .turn();
        assertThat(ward.results()).containsExactly("fixed");
    }

    private record Yes() implements Permits {
        @Override
        public Answer look(Deed deed) {
            return new Answer.Yes("l1");
        }

        @Override
        public Answer ask(Deed deed) {
            return look(deed);
        }

        @Override
        public Answer rehearse(Deed deed) {
            return look(deed);
        }
    }

    @Test
    void twoFailuresInARowStopItWithOneAlarmUntilTheOwnerLetsItGoOn() {
        isInVain();
        ward.breaks("file:/a", "it is not there");
        for (int i = 0; i < 20; i++) {
            later(Duration.ofMinutes(15));
        }
        assertThat(ward.done).hasSize(2);
        assertThat(ward.events("heal.stopped")).hasSize(1);
        assertThat(ward.events("alarm.raised"))
                .singleElement()
                .satisfies(alarm -> assertThat(alarm.text("text"))
                        .contains(
                                "x for file:/a",
                                "did not help 2 times in a row",
                                "it is not there",
                                "mirror heal retry x"));
        assertThat(ward.healer.preview()).extracting(Healer.Case::standing).containsExactly(Healer.Standing.STOPPED);
        assertThat(ward.healer.run("x")).extracting(Healer.Case::standing).containsExactly(Healer.Standing.STOPPED);
        ward.healer.retry("x");
        assertThat(ward.done).hasSize(3);
    }

    @Test
    void whatIsStoppedForOneThingGoesOnForOthers() {
        ward.heal("x", "file:*", () -> {
            ward.truth.remove("file:/b");
            return "";
        });
        ward.breaks("file:/a", "gone");
        for (int i = 0; i < 3; i++) {
            later(Duration.ofMinutes(15));
        }
        ward.breaks("file:/b", "gone");
        later(Duration.ofMinutes(15));
        assertThat(ward.done).containsExactly("x file:/a", "x file:/a", "x file:/b");
    }

    @Test
    void itWaitsForItsCooldownUnlessTheOwnerRunsIt() {
        helps();
        ward.breaks("file:/a", "gone");
        ward.healer.turn();
        ward.breaks("file:/a", "gone");
        later(Duration.ofMinutes(9));
        assertThat(ward.done).hasSize(1);
        assertThat(ward.healer.preview()).extracting(Healer.Case::standing).containsExactly(Healer.Standing.COOLING);
        ward.healer.run("x");
        assertThat(ward.done).hasSize(2);
    }

    @Test
    void aClockThatWentBackDoesNotPutItOffForEver() {
        helps();
        ward.breaks("file:/a", "gone");
        ward.healer.turn();
        ward.breaks("file:/a", "gone");
        later(Duration.ofDays(-400));
        assertThat(ward.done).hasSize(2);
    }

    /** It helps each time, and each time it is wrong again: something else is the matter. */
    @Test
    void tooManyAttemptsWithinADayStopItToo() {
        helps();
        for (int i = 0; i < 10; i++) {
            ward.breaks("file:/a", "gone");
            later(Duration.ofMinutes(15));
        }
        assertThat(ward.done).hasSize(3);
        assertThat(ward.events("alarm.raised"))
                .singleElement()
                .satisfies(alarm -> assertThat(alarm.text("text")).contains("tried 3 times within a day"));
    }

    @Test
    void withoutALeaseOrAYesOfTheGateNothingIsDoneAndThatIsSaidOnce() {
        helps();
        ward.answer = new Permits.Answer.No("it holds no valid lease", false);
        ward.breaks("file:/a", "gone");
        for (int i = 0; i < 5; i++) {
            later(Duration.ofMinutes(1));
        }
        ward.answer = null;
        ward.gate = new Permits.Answer.No("waits for your answer", true);
        for (int i = 0; i < 5; i++) {
            later(Duration.ofMinutes(1));
        }
        assertThat(ward.done).isEmpty();
        assertThat(ward.events("heal.withheld"))
                .extracting(event -> event.text("reason"))
                .containsExactly("it holds no valid lease", "waits for your answer");
        ward.gate = null;
        later(Duration.ofMinutes(1));
        assertThat(ward.done).hasSize(1);
    }

    @Test
    void whatMayNotBeDoneIsNotLookedAtAgainAndAgain() {
        helps();
        ward.answer = new Permits.Answer.No("it holds no valid lease", false);
        ward.breaks("file:/a", "gone");
        int before = ward.looks.getOrDefault("file:/a", 0);
        for (int i = 0; i < 100; i++) {
            later(Duration.ofSeconds(30));
        }
        assertThat(ward.looks).containsEntry("file:/a", before);
    }

    @Test
    void itSharesTheTenRemediationsAMinuteAndIsTriedLater() {
        helps();
        ward.budget = 0;
        ward.breaks("file:/a", "gone");
        ward.healer.turn();
        assertThat(ward.done).isEmpty();
        ward.budget = 1;
        later(Duration.ofMinutes(1));
        assertThat(ward.done).hasSize(1);
    }

    @Test
    void whileHealingIsOffNothingIsBegun() {
        helps();
        ward.healer.turn(false);
        ward.breaks("file:/a", "gone");
        later(Duration.ofMinutes(15));
        assertThat(ward.done).isEmpty();
        ward.healer.turn(true);
        assertThat(ward.done).hasSize(1);
    }

    @Test
    void aDryRunTellsWhatWouldBeDoneAndDoesAndRecordsNothing() {
        helps();
        ward.breaks("file:/a", "gone");
        long before = ward.log.durable();
        assertThat(ward.healer.preview())
                .containsExactly(new Healer.Case("x", "file:/a", Healer.Standing.READY, "mends file:/a"));
        ward.gate = new Permits.Answer.No("blocked by rule r", false);
        assertThat(ward.healer.preview()).singleElement().satisfies(each -> {
            assertThat(each.standing()).isEqualTo(Healer.Standing.WITHHELD);
            assertThat(each.why()).contains("rule r");
        });
        assertThat(ward.done).isEmpty();
        assertThat(ward.log.durable()).isEqualTo(before);
    }

    @Test
    void anAttemptThatACrashCutOffCountsAsFailedAndWhatWasStoppedStaysSo() throws IOException {
        ward.heal("x", "file:*", () -> {
            throw new StackOverflowError("the daemon dies in the middle");
        });
        ward.breaks("file:/a", "gone");
        for (int i = 0; i < 2; i++) {
            try {
                later(Duration.ofMinutes(15));
            } catch (StackOverflowError e) {
                // No record of an end.
            }
            ward.close();
            Ward next = new Ward(folder);
            next.heals.addAll(ward.heals);
            next.now = ward.now;
            next.breaks("file:/a", "gone");
            ward = next;
            assertThat(ward.healer.preview())
                    .as("nothing is begun before it is known how the last one ended")
                    .extracting(Healer.Case::standing)
                    .containsExactly(Healer.Standing.WORKING);
            ward.healer.recover();
        }
        assertThat(ward.results()).containsExactly("unknown", "unknown");
        assertThat(ward.events("alarm.raised")).hasSize(1);
        ward.close();
        Ward last = new Ward(folder);
        last.heals.addAll(ward.heals);
        last.now = ward.now.plus(Duration.ofDays(2));
        last.breaks("file:/a", "gone");
        ward = last;
        ward.healer.recover();
        ward.healer.turn();
        assertThat(ward.results()).hasSize(2);
        assertThat(ward.healer.preview()).extracting(Healer.Case::standing).containsExactly(Healer.Standing.STOPPED);
    }

    /** Whatever breaks and however fixes turn out: never more attempts than allowed, and what goes on unmended ends with one alarm. */
    @Test
    void noFixIsTriedMoreOftenThanItMayAndAllThatIsInVainEndsWithAnAlarm() {
        Seed seed = Seed.fresh();
        RandomGenerator random = seed.random();
        for (String name : List.of("a", "b", "c")) {
            ward.heal(name, "file:/" + name + "*", () -> {
                switch (random.nextInt(4)) {
                    case 0 -> throw new IOException("no");
                    case 1 -> ward.truth.clear();
                    case 2 -> ward.truth.replaceAll((_, _) -> Finding.unknown("?"));
                    default -> {
                        // In vain.
                    }
                }
                return "";
            });
        }
        for (int i = 0; i < 600; i++) {
            if (random.nextInt(3) == 0) {
                ward.breaks("file:/" + "abc".charAt(random.nextInt(3)) + random.nextInt(2), "gone");
            }
            if (random.nextInt(50) == 0) {
                ward.healer.retry(List.of("a", "b", "c").get(random.nextInt(3)));
            }
            later(Duration.ofSeconds(random.nextInt(1_800)));
            ward.seen.keySet().forEach(ward::look);
        }
        List<Event> begun = ward.events("heal.begun");
        List<Event> released = ward.events("heal.released");
        assertThat(begun).as("%s", seed).isNotEmpty();
        for (Event one : begun) {
            String key = one.text("heal") + one.text("check");
            long within = begun.stream()
                    .filter(other -> (other.text("heal") + other.text("check")).equals(key)
                            && !other.time().isAfter(one.time())
                            && other.time().isAfter(one.time().minus(Duration.ofDays(1)))
                            && released.stream()
                                    .noneMatch(each -> each.text("heal").equals(one.text("heal"))
                                            && each.seq() > other.seq()
                                            && each.seq() < one.seq()))
                    .count();
            assertThat(within).as("%s %s", seed, key).isLessThanOrEqualTo(3);
        }
        List<String> open = new ArrayList<>();
        ward.ledger.all().forEach((which, known) -> {
            assertThat(known.failures() < Healer.FAILURES || !known.stopped().isEmpty())
                    .as("%s %s", seed, which)
                    .isTrue();
            if (known.open()) {
                open.add(which.toString());
            }
        });
        assertThat(open).isEmpty();
        assertThat(ward.events("alarm.raised")).hasSameSizeAs(ward.events("heal.stopped"));
        HealLedger again = new HealLedger();
        new Projector(ward.log, List.of(again)).catchUp();
        assertThat(again.save()).isEqualTo(ward.ledger.save());
        HealLedger restored = new HealLedger();
        restored.restore(again.save());
        assertThat(restored.save()).isEqualTo(again.save());
    }
}
