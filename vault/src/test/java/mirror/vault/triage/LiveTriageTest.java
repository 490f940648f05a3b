package mirror.vault.triage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import mirror.bus.BusException;
import mirror.bus.DiskCalls;
import mirror.bus.Draft;
import mirror.bus.Staging;
import mirror.vault.change.Change;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Triage by itself: the clock is moved, and the hints are given, by the test. */
final class LiveTriageTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @Test
    void aDropIsTakenWithoutBeingAskedForAndAFaultOfTheLogDoesNotEndIt() throws Exception {
        Dropped world = new Dropped(folder);
        world.drop("vault/Inbox/a.pdf", "%PDF-1");
        CountDownLatch looked = new CountDownLatch(1);
        CountDownLatch moved = new CountDownLatch(1);
        AtomicBoolean full = new AtomicBoolean(true);
        Moves through = Moves.of(world.changes);
        Moves watched = new Moves() {
            @Override
            public Change move(Path from, String to, String why) throws java.io.IOException {
                return through.move(from, to, why);
            }

            @Override
            public void rollback(String id) throws java.io.IOException {
                through.rollback(id);
            }

            @Override
            public java.util.List<Change> changes() throws java.io.IOException {
                looked.countDown();
                return through.changes();
            }

            @Override
            public void recover() throws java.io.IOException {
                through.recover();
            }
        };
        Triage triage = new Triage(
                world.vault,
                world.home,
                world.user,
                watched,
                new Staging(world.home, new DiskCalls()),
                world.runs,
                (Draft draft) -> {
                    if (full.getAndSet(false)) {
                        throw new BusException.NotDurable("the log is full");
                    }
                    world.hear(draft);
                    if (draft.type().equals(TriageRuns.MOVED)) {
                        moved.countDown();
                    }
                },
                // Each question of the time is ten minutes later than the one before.
                () -> world.now = world.now.plusSeconds(600),
                ZoneOffset.UTC,
                _ -> false);
        try (LiveTriage live = new LiveTriage(triage, () -> world.now).start()) {
            assertThat(looked.await(60, TimeUnit.SECONDS)).isTrue();
            while (!moved.await(1, TimeUnit.SECONDS)) {
                live.heard("Inbox/a.pdf");
            }
        }
        assertThat(world.vault.resolve("Documents/2026/a.pdf")).exists();
        // The move whose event the log refused is recorded by the next run, once.
        assertThat(world.events(TriageRuns.MOVED)).hasSize(1);
        assertThat(Files.exists(world.vault.resolve("Inbox/a.pdf"))).isFalse();
    }
}
