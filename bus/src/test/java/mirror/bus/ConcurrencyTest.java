package mirror.bus;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;
import mirror.bus.VerifyReport.Verdict;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Many callers at once, some of them interrupted. A test that does not end has found a deadlock; the timeout only ends it then. */
@Timeout(300)
class ConcurrencyTest {
    private static final String ORIGIN = "test-0badcafe";
    private static final int WRITERS = 64;

    private final NoteSigner signer = TestSigner.ofRfc8032();
    private final Seed seed = Seed.fresh();

    private static Draft draft(String text) {
        return Draft.of("mirror.note.written.v1", "owner", Json.object().put("text", text));
    }

    /** A clock that jumps a few hours at each look, so that segments roll. */
    private static InstantSource hasty() {
        AtomicLong hours = new AtomicLong();
        return () -> Instant.parse("2026-03-01T10:00:00Z").plus(Duration.ofHours(hours.incrementAndGet()));
    }

    @Test
    void nobodyHearsOfAnEventBeforeItsFlushIsDone() throws Exception {
        Home home = new Home(Path.of("/home/owner/.mirror"));
        SimStorage disk = new SimStorage();
        AtomicBoolean holding = new AtomicBoolean();
        CountDownLatch flushing = new CountDownLatch(1);
        CountDownLatch flushed = new CountDownLatch(1);
        Storage storage = HookedStorage.over(disk, call -> {
            if (holding.get() && call.name().equals("Appender.force")) {
                flushing.countDown();
                await(flushed);
            }
            return call.proceed();
        });
        try (EventLog log = EventLog.open(home, ORIGIN, storage, hasty(), signer)) {
            holding.set(true);
            AtomicBoolean acknowledged = new AtomicBoolean();
            Thread writer = Thread.ofVirtual().start(() -> {
                log.append(draft("x"));
                acknowledged.set(true);
            });
            await(flushing);
            assertThat(log.durable()).isEqualTo(1);
            assertThat(log.read(1, 10)).hasSize(1);
            assertThat(log.read(2, 10)).isEmpty();
            assertThat(log.awaitAfter(1, Duration.ZERO)).isFalse();
            assertThat(acknowledged).isFalse();
            flushed.countDown();
            writer.join();
            assertThat(log.read(2, 10)).hasSize(1);
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void readersSeeDurableEventsOnlyInOrderAndOnceWhileSixtyFourWrite() throws Exception {
        Home home = new Home(Path.of("/home/owner/.mirror"));
        SimStorage disk = new SimStorage();
        int each = 30;
        long all = 1 + (long) WRITERS * each;
        try (EventLog log = EventLog.open(home, ORIGIN, disk, hasty(), signer);
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Void>> done = new ArrayList<>();
            for (int w = 0; w < WRITERS; w++) {
                int writer = w;
                done.add(threads.submit(() -> {
                    for (int i = 0; i < each; i++) {
                        Event event = log.append(draft(writer + "/" + i));
                        assertThat(log.read(event.seq(), 1)).containsExactly(event);
                    }
                    return null;
                }));
            }
            for (int r = 0; r < 4; r++) {
                done.add(threads.submit(() -> {
                    String prev = EventLine.GENESIS_PREV;
                    for (long at = 1; at <= all; ) {
                        log.awaitAfter(at - 1, Duration.ofMinutes(1));
                        List<Event> events = log.read(at, 64);
                        long forced = forcedEvents(home, disk);
                        for (Event event : events) {
                            assertThat(event.seq()).isEqualTo(at++).isLessThanOrEqualTo(forced);
                            assertThat(event.prev()).isEqualTo(prev);
                            prev = event.hash();
                        }
                    }
                    return null;
                }));
            }
            done.add(threads.submit(() -> {
                long before = 0;
                while (before < all) {
                    VerifyReport report = EventLog.verify(home, ORIGIN, disk, signer.key(ORIGIN));
                    assertThat(report.verdict()).as("%s", report).isIn(Verdict.INTACT, Verdict.TORN_TAIL);
                    assertThat(report.events()).isGreaterThanOrEqualTo(before);
                    before = report.events();
                }
                return null;
            }));
            for (Future<Void> task : done) {
                task.get();
            }
        }
        assertThat(EventLog.verify(home, ORIGIN, disk, signer.key(ORIGIN)).verdict())
                .isEqualTo(Verdict.INTACT);
    }

    private static long forcedEvents(Home home, SimStorage disk) {
        long lines = 0;
        for (Path file : disk.list(home.chain(ORIGIN))) {
            if (file.toString().endsWith(".jsonl")) {
                // In this order: the file grows meanwhile, and what was forced stays.
                int forced = disk.forcedBytes(file);
                byte[] bytes = disk.get(file);
                for (int i = forced - 1; i >= 0; i--) {
                    lines += bytes[i] == '\n' ? 1 : 0;
                }
            }
        }
        return lines;
    }

    /** A caller that is interrupted at random, at most once between two looks at its flag, so that none goes unnoticed. */
    private static final class Caller {
        private final AtomicInteger sent = new AtomicInteger();
        private final AtomicInteger seen = new AtomicInteger();
        private volatile boolean finished;

        void interrupt(Thread thread) {
            if (!finished && sent.get() == seen.get()) {
                thread.interrupt();
                sent.incrementAndGet();
            }
        }

        /** Whatever was sent before this call must still show. */
        void kept() {
            if (sent.get() > seen.get()) {
                assertThat(Thread.interrupted())
                        .as("the caller's interrupt was swallowed")
                        .isTrue();
                seen.incrementAndGet();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void interruptsOfCallersCostNoEventAndNoFileAndAreKept(boolean virtual, @TempDir Path root) throws Exception {
        Home home = new Home(root);
        Map<Long, String> told = new ConcurrentHashMap<>();
        Set<String> refused = ConcurrentHashMap.newKeySet();
        List<Throwable> failures = new ArrayList<>();
        try (EventLog log = EventLog.open(home, ORIGIN, new DiskStorage(), hasty(), signer)) {
            Map<Thread, Caller> callers = new HashMap<>();
            CountDownLatch working = new CountDownLatch(16);
            for (int w = 0; w < 16; w++) {
                int number = w;
                Caller caller = new Caller();
                RandomGenerator random = new Seed(seed.value() + w).random();
                Thread thread = (virtual ? Thread.ofVirtual() : Thread.ofPlatform()).unstarted(() -> {
                    try {
                        for (int i = 0; i < 60; i++) {
                            String text = number + "/" + i;
                            try {
                                boolean large = random.nextInt(8) == 0;
                                Event event =
                                        log.append(draft(large ? text + "x".repeat(EventLog.INLINE_LIMIT) : text));
                                told.put(event.seq(), event.hash());
                            } catch (BusException.NotDurable e) {
                                refused.add(text + ": " + e.getMessage());
                            }
                            caller.kept();
                            assertThat(log.read(1, 1 + random.nextInt(20))).isNotEmpty();
                            caller.kept();
                        }
                    } catch (Throwable e) {
                        synchronized (failures) {
                            failures.add(e);
                        }
                    } finally {
                        caller.finished = true;
                        working.countDown();
                    }
                });
                callers.put(thread, caller);
            }
            callers.keySet().forEach(Thread::start);
            while (working.getCount() > 0) {
                callers.forEach((thread, caller) -> caller.interrupt(thread));
                Thread.onSpinWait();
            }
            for (Thread thread : callers.keySet()) {
                thread.join();
            }
            assertThat(failures).as("%s", seed).isEmpty();
            assertThat(log.trouble()).isNull();
            assertThat(refused).as("%s", seed).isEmpty();
            assertThat(told).as("%s", seed).hasSize(16 * 60);
            for (Map.Entry<Long, String> event : told.entrySet()) {
                assertThat(log.read(event.getKey(), 1).getFirst().hash()).isEqualTo(event.getValue());
            }
        }
        VerifyReport report = EventLog.verify(home, ORIGIN, new DiskStorage(), signer.key(ORIGIN));
        assertThat(report.verdict()).isEqualTo(Verdict.INTACT);
        assertThat(report.events()).isEqualTo(1 + 16 * 60);
    }

    @Test
    void callersThatWaitWhenTheLogClosesHearWhatBecameOfTheirEvents() throws Exception {
        for (int round = 0; round < 50; round++) {
            Home home = new Home(Path.of("/home/owner/.mirror"));
            SimStorage disk = new SimStorage();
            Set<String> told = ConcurrentHashMap.newKeySet();
            Set<String> refused = ConcurrentHashMap.newKeySet();
            try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
                EventLog log = EventLog.open(home, ORIGIN, disk, hasty(), signer);
                CountDownLatch writing = new CountDownLatch(WRITERS);
                List<Callable<Void>> writers = new ArrayList<>();
                for (int w = 0; w < WRITERS; w++) {
                    int writer = w;
                    writers.add(() -> {
                        for (int i = 0; ; i++) {
                            String text = writer + "/" + i;
                            try {
                                log.append(draft(text));
                                told.add(text);
                            } catch (BusException.NotDurable e) {
                                refused.add(text);
                                return null;
                            } finally {
                                writing.countDown();
                            }
                        }
                    });
                }
                List<Future<Void>> done = writers.stream().map(threads::submit).toList();
                writing.await();
                log.close();
                for (Future<Void> writer : done) {
                    writer.get();
                }
            }
            Set<String> there = ConcurrentHashMap.newKeySet();
            try (EventLog log = EventLog.open(home, ORIGIN, disk, hasty(), signer)) {
                log.replay(2, event -> there.add(event.text("text")));
            }
            assertThat(there).isEqualTo(told);
            assertThat(refused).hasSize(WRITERS).doesNotContainAnyElementsOf(there);
        }
    }

    @Test
    void verifyOfALogThatIsBeingWrittenNeverTakesItForDamaged(@TempDir Path root) throws Exception {
        Home home = new Home(root);
        try (EventLog log = EventLog.open(home, ORIGIN, new DiskStorage(), hasty(), signer);
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            AtomicBoolean verified = new AtomicBoolean();
            List<Future<Void>> writers = new ArrayList<>();
            for (int w = 0; w < WRITERS; w++) {
                writers.add(threads.submit(() -> {
                    while (!verified.get()) {
                        log.append(List.of(draft("x".repeat(300)), draft("y"), draft("z".repeat(5_000))));
                    }
                    return null;
                }));
            }
            try {
                while (log.durable() < 30_000) {
                    VerifyReport report = EventLog.verify(home, ORIGIN, new DiskStorage(), signer.key(ORIGIN));
                    assertThat(report.verdict()).as("%s", report).isIn(Verdict.INTACT, Verdict.TORN_TAIL);
                }
            } finally {
                verified.set(true);
            }
            for (Future<Void> writer : writers) {
                writer.get();
            }
        }
    }
}
