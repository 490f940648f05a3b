package mirror.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import mirror.bus.BusException;
import mirror.bus.DiskStorage;
import mirror.bus.Event;
import mirror.bus.EventLog;
import mirror.bus.Home;
import mirror.bus.Json;
import mirror.bus.Projector;
import mirror.trust.Budgets.Unit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BudgetsTest {
    private static final String AGENT = "claude-code";
    private static final int LIMIT = 500;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private volatile Instant now = Instant.parse("2026-03-01T10:00:00Z");

    /** One life of a process: a log and what follows from it. */
    private final class Life {
        private final Home home;
        private final EventLog log;
        private final Budgets budgets = new Budgets(() -> now);
        private final Projector projector;

        Life(Path root) throws IOException {
            home = new Home(root);
            Path file = home.keys().resolve("device.key");
            DeviceKey key = Files.exists(file) ? DeviceKey.load(file) : DeviceKey.create(file);
            log = EventLog.open(home, "t-" + key.shortId(), new DiskStorage(), () -> now, key);
            projector = new Projector(log, List.of(budgets));
            projector.catchUp();
        }

        /** What the gateway does: hold, record, and only then spend. */
        boolean spend(String id, long amount) {
            var hold = budgets.hold(AGENT, Unit.TOKENS, amount);
            if (hold.isEmpty()) {
                return false;
            }
            try (Budgets.Hold _ = hold.get()) {
                projector.record(budgets.reserve(id, AGENT, Unit.TOKENS, amount));
                return true;
            } catch (BusException.NotDurable e) {
                return false;
            }
        }

        long spent() {
            return budgets.list().stream()
                    .filter(line -> line.unit() == Unit.TOKENS)
                    .mapToLong(Budgets.Line::spent)
                    .sum();
        }
    }

    @Test
    void tenThousandConcurrentCallsAndAKillSpendExactlyTheLimit() throws Exception {
        Path root = folder.resolve("a");
        Life first = new Life(root);
        first.projector.record(first.budgets.set(AGENT, Unit.TOKENS, LIMIT));
        AtomicLong granted = new AtomicLong();
        List<Thread> callers = new ArrayList<>();
        for (int i = 0; i < 4_000; i++) {
            String id = "a" + i;
            callers.add(Thread.ofVirtual().start(() -> {
                if (granted.get() < LIMIT / 2 && first.spend(id, 1)) {
                    granted.incrementAndGet();
                }
            }));
        }
        // What a kill leaves: the files as they are at some moment, while callers are at work.
        while (granted.get() < LIMIT / 4) {
            Thread.onSpinWait();
        }
        long told = granted.get();
        Path killed = folder.resolve("b");
        copy(root, killed);
        Life second = new Life(killed);
        assertThat(second.spent()).isBetween(told, (long) LIMIT);
        AtomicLong more = new AtomicLong();
        for (int i = 0; i < 10_000; i++) {
            String id = "b" + i;
            callers.add(Thread.ofVirtual().start(() -> {
                if (second.spend(id, 1)) {
                    more.incrementAndGet();
                }
            }));
        }
        for (Thread caller : callers) {
            caller.join();
        }
        assertThat(second.spent()).isEqualTo(LIMIT);
        assertThat(more).hasValueLessThanOrEqualTo(LIMIT - told);
        first.log.close();
        second.log.close();
    }

    private static void copy(Path from, Path to) throws IOException {
        List<Path> files;
        try (Stream<Path> walk = Files.walk(from)) {
            files = walk.toList();
        }
        for (Path file : files) {
            Path copy = to.resolve(from.relativize(file).toString());
            if (Files.isDirectory(file)) {
                Files.createDirectories(copy);
            } else {
                Files.copy(file, copy, java.nio.file.StandardCopyOption.COPY_ATTRIBUTES);
            }
        }
    }

    @Test
    void aSettlementGivesBackWhatWasNotSpentAndANewDayBeginsAnew() throws IOException {
        Life life = new Life(folder.resolve("c"));
        life.projector.record(life.budgets.set(AGENT, Unit.TOKENS, 100));
        assertThat(life.spend("r1", 80)).isTrue();
        assertThat(life.spend("r2", 30)).isFalse();
        life.projector.record(life.budgets.settle("r1", 20));
        assertThat(life.spend("r2", 30)).isTrue();
        life.projector.record(life.budgets.settle("r1", 0));
        assertThat(life.spent()).as("settled once").isEqualTo(50);
        life.projector.record(life.budgets.grant(AGENT, Unit.TOKENS, 10));
        assertThat(life.spend("r3", 61)).isFalse();
        assertThat(life.spend("r3", 60)).isTrue();
        now = now.plusSeconds(86_400);
        assertThat(life.spent()).isZero();
        assertThat(life.spend("r4", 101)).as("what was granted was for one day").isFalse();
        assertThat(life.spend("r4", 100)).isTrue();
        life.projector.record(life.budgets.set(AGENT, Unit.TOKENS, -1));
        assertThat(life.spend("r5", 1_000_000)).isTrue();
        life.log.close();
    }

    @Test
    void askingWhatIsLeftChangesNothingThatWouldBeSaved() throws IOException {
        Life life = new Life(folder.resolve("d"));
        life.projector.record(life.budgets.set(AGENT, Unit.TOKENS, 100));
        var before = life.budgets.save();
        now = now.plusSeconds(86_400);
        assertThat(life.budgets.hold(AGENT, Unit.TOKENS, 5)).isPresent();
        assertThat(life.budgets.hold("other", Unit.MONEY, 5)).isPresent();
        life.budgets.list();
        assertThat(life.budgets.save()).isEqualTo(before);
        Budgets fresh = new Budgets(() -> now);
        life.log.replay(1, (Event event) -> fresh.accept(event));
        assertThat(fresh.save()).isEqualTo(before);
        life.log.close();
    }

    @Test
    void whatIsSetAsideIsTellableFromWhatWasSpent() throws IOException {
        Life life = new Life(folder);
        Budgets.Block block = new Budgets.Block("b1", List.of(AGENT, Budgets.ALL), List.of(), 10, 900, 5_000);
        life.projector.record(Budgets.reserve(block, Json.object()));
        assertThat(life.budgets.list())
                .filteredOn(line -> line.agent().equals(AGENT))
                .extracting(Budgets.Line::unit, Budgets.Line::spent, Budgets.Line::aside)
                .containsExactlyInAnyOrder(tuple(Unit.TOKENS, 900L, 900L), tuple(Unit.MONEY, 5_000L, 5_000L));
        life.projector.record(Budgets.settle(block, 2, 30, 400));
        assertThat(life.budgets.list())
                .extracting(Budgets.Line::unit, Budgets.Line::spent, Budgets.Line::aside)
                .contains(tuple(Unit.TOKENS, 30L, 0L), tuple(Unit.MONEY, 400L, 0L))
                .allMatch(line -> line.toList().get(2).equals(0L));
        life.log.close();
    }
}
