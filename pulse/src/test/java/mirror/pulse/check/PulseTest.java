package mirror.pulse.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import mirror.bus.DiskStorage;
import mirror.bus.Event;
import mirror.bus.EventLog;
import mirror.bus.Home;
import mirror.bus.Projector;
import mirror.bus.Seed;
import mirror.pulse.check.Checkups.Checkup;
import mirror.pulse.check.Finding.State;
import mirror.trust.DeviceKey;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PulseTest {
    private static final Duration FRESH = Duration.ofMinutes(11);

    /** Long enough for any look that answers at all; a look that hangs is waited for once. */
    private static final Duration DEADLINE = Duration.ofSeconds(20);

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private volatile Instant now = Instant.parse("2026-05-01T08:00:00Z");
    private final Checkups checkups = new Checkups();

    @SuppressWarnings("NullAway.Init")
    private EventLog log;

    @SuppressWarnings("NullAway.Init")
    private Projector projector;

    @BeforeEach
    void open() throws IOException {
        Home home = new Home(folder);
        DeviceKey key = DeviceKey.create(home.keys().resolve("device.key"));
        log = EventLog.open(home, "t-" + key.shortId(), new DiskStorage(), () -> now, key);
        projector = new Projector(log, List.of(checkups));
    }

    @AfterEach
    void close() {
        log.close();
    }

    private Pulse pulse(Duration deadline, Check... checks) {
        return new Pulse(
                List.of(checks),
                checkups,
                projector,
                () -> now,
                task -> Thread.ofVirtual().start(task),
                deadline,
                "a:y"::equals);
    }

    private static Check check(String id, Check.Look look) {
        return new Check(id, false, false, look);
    }

    private Finding at(String id) {
        return checkups.get(id).map(Checkup::finding).orElseThrow();
    }

    private List<Event> events(String type) {
        List<Event> events = new ArrayList<>();
        log.replay(1, event -> {
            if (event.type().equals(type)) {
                events.add(event);
            }
        });
        return events;
    }

    @Test
    void whatHasNotBeenLookedAtIsUnknownAndSoIsWhatWasLookedAtTooLongAgo() throws IOException {
        Pulse pulse = pulse(DEADLINE, check("a", () -> Map.of("", Finding.ok("well"))));
        assertThat(pulse.board(FRESH)).singleElement().satisfies(each -> {
            assertThat(each.finding().state()).isEqualTo(State.UNKNOWN);
            assertThat(each.finding().reason()).contains("not been looked at yet");
        });
        pulse.take(Set.of());
        assertThat(pulse.board(FRESH).getFirst().finding()).isEqualTo(Finding.ok("well"));
        now = now.plus(FRESH).plusSeconds(1);
        assertThat(pulse.board(FRESH).getFirst().finding().state()).isEqualTo(State.UNKNOWN);
        pulse.take(Set.of());
        assertThat(pulse.board(FRESH).getFirst().finding()).isEqualTo(Finding.ok("well"));
    }

    @Test
    void everyRoundIsAnEventAndEveryChangeIsOneAndNothingElse() throws IOException {
        AtomicInteger round = new AtomicInteger();
        Pulse pulse = pulse(
                DEADLINE,
                check("a", () -> Map.of("x", round.incrementAndGet() < 3 ? Finding.ok("1") : Finding.failing("2"))));
        for (int i = 0; i < 4; i++) {
            pulse.take(Set.of());
            now = now.plusSeconds(300);
        }
        assertThat(events("mirror.pulse.taken.v1")).hasSize(4);
        assertThat(events("mirror.check.changed.v1"))
                .extracting(event -> event.subject() + " " + event.text("from") + ">" + event.text("to"))
                .containsExactly("a:x >ok", "a:x ok>failing");
        assertThat(checkups.get("a:x").orElseThrow().since()).isEqualTo("2026-05-01T08:10:00Z");
        assertThat(checkups.get("a:x").orElseThrow().looked()).isEqualTo("2026-05-01T08:15:00Z");

        Checkups again = new Checkups();
        new Projector(log, List.of(again)).catchUp();
        assertThat(again.save()).isEqualTo(checkups.save());
        Checkups restored = new Checkups();
        restored.restore(checkups.save());
        assertThat(restored.list()).isEqualTo(checkups.list());
    }

    @Test
    void tenThatHangOfSixtyDelayNobodyAndAreNotBegunTwice() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        CountDownLatch ended = new CountDownLatch(10);
        AtomicInteger begun = new AtomicInteger();
        Check[] checks = IntStream.range(0, 60)
                .mapToObj(i -> check("c" + i, () -> {
                    if (i % 6 == 0) {
                        begun.incrementAndGet();
                        end.await();
                        ended.countDown();
                    }
                    return Map.of("", Finding.ok("well"));
                }))
                .toArray(Check[]::new);
        Pulse pulse = pulse(Duration.ofSeconds(2), checks);
        pulse.take(Set.of());
        now = now.plusSeconds(300);
        pulse.take(Set.of());
        List<Checkup> board = pulse.board(FRESH);
        assertThat(board).filteredOn(each -> each.finding().state() == State.OK).hasSize(50);
        assertThat(board)
                .filteredOn(each -> each.finding().state() == State.UNKNOWN)
                .hasSize(10)
                .allSatisfy(each -> assertThat(each.finding().reason()).contains("has not come back"));
        assertThat(begun).as("a look that hangs is not begun again").hasValue(10);
        end.countDown();
        assertThat(ended.await(20, TimeUnit.SECONDS)).isTrue();
        // Who came back is looked at again; its late answer counted for nothing.
        while (begun.get() < 20) {
            pulse.take(Set.of());
        }
        assertThat(pulse.board(FRESH)).allMatch(each -> each.finding().state() == State.OK);
    }

    @Test
    void aCheckThatThrowsMakesAllThatItToldOfUnknownAndNotGreen() throws IOException {
        AtomicInteger round = new AtomicInteger();
        Pulse pulse = pulse(DEADLINE, check("a", () -> {
            if (round.incrementAndGet() == 2) {
                throw new IOException("the disk is away");
            }
            return Map.of("x", Finding.ok("1"), "y", Finding.failing("2"));
        }));
        pulse.take(Set.of());
        pulse.take(Set.of());
        assertThat(at("a:x").state()).isEqualTo(State.UNKNOWN);
        assertThat(at("a:y").reason()).contains("the disk is away");
        pulse.take(Set.of());
        assertThat(at("a:x").state()).isEqualTo(State.OK);
        assertThat(checkups.get("a"))
                .as("the whole is not known beside its parts")
                .isEmpty();
    }

    @Test
    void aCheckWithNothingToLookAtIsNothingToWorryAbout() throws IOException {
        Pulse pulse = pulse(DEADLINE, check("a", Map::of));
        assertThat(pulse.board(FRESH)).hasSize(1);
        pulse.take(Set.of());
        assertThat(pulse.board(FRESH)).isEmpty();
    }

    @Test
    void whatIsKnownOnlyInComparisonIsLookedAtAgainSoonAndOnce() throws IOException {
        Pulse pulse = pulse(DEADLINE, check("a", () -> Map.of("", Finding.unknown("the first look"))));
        assertThat(pulse.take(Set.of())).containsExactly("a");
        assertThat(pulse.take(Set.of())).isEmpty();
    }

    @Test
    void theReasonIsTheLastOneAlsoWhenTheStateStays() throws IOException {
        AtomicInteger round = new AtomicInteger();
        Pulse pulse =
                pulse(DEADLINE, check("a", () -> Map.of("", Finding.failing("reason " + round.incrementAndGet()))));
        pulse.take(Set.of());
        pulse.take(Set.of());
        assertThat(pulse.board(FRESH).getFirst().finding()).isEqualTo(Finding.failing("reason 2"));
        assertThat(events("mirror.check.changed.v1")).hasSize(1);
    }

    @Test
    void whatIsNotToldOfAnyMoreIsGone() throws IOException {
        Map<String, Finding> found = new HashMap<>(Map.of("x", Finding.ok("1"), "y", Finding.failing("2")));
        Pulse pulse = pulse(DEADLINE, check("a", () -> found));
        pulse.take(Set.of());
        found.remove("y");
        pulse.take(Set.of());
        assertThat(checkups.list()).extracting(Checkup::id).containsExactly("a:x");
    }

    /** Whatever is found, something that was wrong for one look is never called wrong, and what was twice is. */
    @Test
    void oneBadLookIsNoAlarmAndTwoInARowAre() throws IOException {
        Seed seed = Seed.fresh();
        RandomGenerator random = seed.random();
        Finding[] next = {Finding.ok("")};
        Pulse pulse = pulse(DEADLINE, new Check("a", true, true, () -> Map.of("", next[0])));
        Finding before = Finding.ok("");
        boolean wrong = false;
        for (int round = 0; round < 300; round++) {
            next[0] = random.nextInt(3) == 0 ? Finding.failing("bad") : Finding.ok("good");
            Set<String> again = pulse.take(Set.of());
            boolean expected = next[0].isWrong() && (before.isWrong() || wrong);
            assertThat(again)
                    .as("%s round %d", seed, round)
                    .isEqualTo(next[0].isWrong() && !expected ? Set.of("a") : Set.of());
            wrong = expected;
            assertThat(at("a").isWrong()).as("%s round %d", seed, round).isEqualTo(wrong);
            before = next[0];
        }
    }
}
