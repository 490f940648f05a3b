package mirror.bus.organism;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import mirror.bus.Draft;
import mirror.bus.Event;
import mirror.bus.EventLog;
import mirror.bus.Home;
import mirror.bus.Json;
import mirror.bus.Projector;
import mirror.bus.Seed;
import mirror.bus.TestSigner;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The engine as the daemon runs it, with real threads. */
final class OrganismsThreadsTest {
    private static final int ORGANISMS = 50;
    private static final int WRITERS = 8;
    private static final int EACH = 100;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private final Seed seed = Seed.fresh();
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();

    @SuppressWarnings("NullAway.Init")
    private EventLog log;

    @SuppressWarnings("NullAway.Init")
    private Organisms organisms;

    @BeforeEach
    void open() {
        Home home = new Home(folder);
        log = EventLog.open(
                home, "test-0badcafe", new QuickDisk(new boolean[1]), InstantSource.system(), new TestSigner());
        OrganismLedger ledger = new OrganismLedger();
        organisms = new Organisms(
                new Projector(log, List.of(ledger)),
                ledger,
                home.cursors(),
                (name, _) -> new Permit.Valid(_ -> "lease"),
                _ -> false,
                new Drive(
                        task -> Thread.ofVirtual().start(task),
                        (delay, task) -> {
                            var _ = timer.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
                        },
                        InstantSource.system(),
                        new java.util.Random(seed.value())));
    }

    @AfterEach
    void close() {
        organisms.close();
        log.close();
        timer.shutdownNow();
    }

    /** Notes what it hears, and when two of one subject or more than may be are heard at once. */
    private static final class Witness implements Organism.Handler {
        final int limit;
        final CountDownLatch all;
        final List<String> faults;
        final Map<String, List<Long>> heard = new ConcurrentHashMap<>();
        final Set<String> busy = ConcurrentHashMap.newKeySet();
        final AtomicInteger running = new AtomicInteger();

        Witness(int limit, CountDownLatch all, List<String> faults) {
            this.limit = limit;
            this.all = all;
            this.faults = faults;
        }

        @Override
        public Outcome handle(Delivery delivery) {
            String subject = Objects.requireNonNull(delivery.event().subject());
            if (!busy.add(subject) || running.incrementAndGet() > limit) {
                faults.add("two at once: " + delivery);
            }
            heard.computeIfAbsent(subject, _ -> new ArrayList<>())
                    .add(delivery.event().seq());
            running.decrementAndGet();
            busy.remove(subject);
            all.countDown();
            return Outcome.done();
        }
    }

    @Test
    void fiftyOrganismsHearManyWritersAndAStuckOneKeepsNobodyWaiting() throws Exception {
        CountDownLatch all = new CountDownLatch(ORGANISMS * WRITERS * EACH);
        CountDownLatch stuck = new CountDownLatch(1);
        CountDownLatch caughtUp = new CountDownLatch(WRITERS * EACH);
        Map<String, Map<String, List<Long>>> heard = new HashMap<>();
        List<String> faults = java.util.Collections.synchronizedList(new ArrayList<>());
        List<Organism> definitions = new ArrayList<>();
        for (int i = 0; i < ORGANISMS; i++) {
            Witness witness = new Witness(1 + i % 5, all, faults);
            heard.put("o" + i, witness.heard);
            definitions.add(
                    Organism.of("o" + i, EventFilter.types("note"), witness).parallel(witness.limit));
        }
        definitions.add(Organism.of("stuck", EventFilter.types("note"), _ -> {
            stuck.await();
            caughtUp.countDown();
            return Outcome.done();
        }));
        organisms.define(definitions);
        organisms.start();
        Map<String, List<Long>> written = write();
        assertThat(all.await(2, TimeUnit.MINUTES)).as("all heard, %s", seed).isTrue();
        assertThat(faults).isEmpty();
        heard.forEach((name, subjects) ->
                assertThat(subjects).as("%s, %s", name, seed).isEqualTo(written));
        assertThat(caughtUp.getCount()).isEqualTo(WRITERS * EACH);
        stuck.countDown();
        assertThat(caughtUp.await(2, TimeUnit.MINUTES)).isTrue();
    }

    /** Each subject has one writer, so the order in which it was acknowledged is the order of the log. */
    private Map<String, List<Long>> write() throws Exception {
        Map<String, List<Long>> written = new HashMap<>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Map<String, List<Long>>>> writers = new ArrayList<>();
            for (int w = 0; w < WRITERS; w++) {
                int writer = w;
                RandomGenerator random = new Seed(seed.value() + writer).random();
                writers.add(threads.submit(() -> {
                    Map<String, List<Long>> mine = new HashMap<>();
                    for (int i = 0; i < EACH; i++) {
                        String subject = "s" + writer + "-" + random.nextInt(3);
                        Event event = log.append(Draft.of("mirror.note.written.v1", "owner", Json.object())
                                .subject(subject));
                        mine.computeIfAbsent(subject, _ -> new ArrayList<>()).add(event.seq());
                    }
                    return mine;
                }));
            }
            for (Future<Map<String, List<Long>>> writer : writers) {
                written.putAll(writer.get());
            }
        }
        return written;
    }

    @Test
    void closingInterruptsWhatRunsAndKeepsItsEventForTheNextStart() throws Exception {
        CountDownLatch started = new CountDownLatch(1);
        CountDownLatch interrupted = new CountDownLatch(1);
        organisms.define(List.of(Organism.of("o", EventFilter.types("note"), _ -> {
                    started.countDown();
                    try {
                        new CountDownLatch(1).await();
                    } catch (InterruptedException e) {
                        interrupted.countDown();
                        Thread.currentThread().interrupt();
                        throw new java.nio.channels.ClosedByInterruptException();
                    }
                    return Outcome.done();
                })
                .retrying(new Retry(
                        1,
                        java.time.Duration.ofSeconds(1),
                        java.time.Duration.ofSeconds(1),
                        java.time.Duration.ofHours(1)))));
        organisms.start();
        Event event = log.append(Draft.of("mirror.note.written.v1", "owner", Json.object()));
        started.await();
        organisms.close();
        interrupted.await();
        assertThat(new Cursors(new Home(folder).cursors())
                        .get("o")
                        .orElseThrow()
                        .open())
                .containsExactly(event.seq());
        assertThat(organisms.letters()).isEmpty();
    }
}
