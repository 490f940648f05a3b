package mirror.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import mirror.bus.DiskStorage;
import mirror.bus.Draft;
import mirror.bus.EventLog;
import mirror.bus.Home;
import mirror.bus.Json;
import mirror.bus.Projector;
import mirror.bus.organism.Drive;
import mirror.bus.organism.EventFilter;
import mirror.bus.organism.Organism;
import mirror.bus.organism.OrganismLedger;
import mirror.bus.organism.Organisms;
import mirror.bus.organism.Outcome;
import mirror.bus.organism.Permit;
import mirror.trust.DeviceKey;

/**
 * How long fifty organisms take to hear an event, on the real disk with the real flush. Measured for each delivery from the moment
 * the writer knows that its event is durable to the first line of the handler; one event at a time, as a person's agents make them.
 */
final class OrganismBench {
    private static final int ORGANISMS = 50;
    private static final int WARM = 500;
    private static final int EVENTS = 2_000;
    private static final int BURST = 5_000;

    private OrganismBench() {}

    static List<Row> run() throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory("mirror-organisms");
        ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
        Home home = new Home(folder);
        DeviceKey key = DeviceKey.create(home.keys().resolve("device.key"));
        OrganismLedger ledger = new OrganismLedger();
        try (EventLog log =
                        EventLog.open(home, "bench-" + key.shortId(), new DiskStorage(), InstantSource.system(), key);
                Organisms engine = new Organisms(
                        new Projector(log, List.of(ledger)),
                        ledger,
                        home.cursors(),
                        (_, _) -> new Permit.Valid(_ -> "bench"),
                        _ -> false,
                        new Drive(
                                task -> Thread.ofVirtual().start(task),
                                (delay, task) -> {
                                    var _ = timer.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
                                },
                                InstantSource.system(),
                                RandomGenerator.getDefault()))) {
            return measure(log, engine);
        } finally {
            timer.shutdownNow();
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    private static List<Row> measure(EventLog log, Organisms engine) throws InterruptedException {
        Ear ear = new Ear();
        List<Organism> organisms = new ArrayList<>();
        for (int i = 0; i < ORGANISMS; i++) {
            organisms.add(Organism.of("o" + i, EventFilter.types("note"), delivery -> {
                ear.hear(System.nanoTime());
                return Outcome.done();
            }));
        }
        engine.define(organisms);
        engine.start();
        double[] latencies = new double[EVENTS * ORGANISMS];
        for (int i = -WARM; i < EVENTS; i++) {
            ear.expect(ORGANISMS);
            log.append(note(i));
            long durable = System.nanoTime();
            long[] heard = ear.all();
            for (int k = 0; i >= 0 && k < ORGANISMS; k++) {
                latencies[i * ORGANISMS + k] = Math.max(0, heard[k] - durable) / 1e6;
            }
        }
        ear.expect(BURST * ORGANISMS);
        long start = System.nanoTime();
        for (int at = 0; at < BURST; at += 100) {
            List<Draft> drafts = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                drafts.add(note(at + i));
            }
            log.append(drafts);
        }
        ear.all();
        double perSecond = BURST * (double) ORGANISMS / ((System.nanoTime() - start) / 1e9);
        double middle = Main.percentile(latencies, 50);
        double slowest = Main.percentile(latencies, 99);
        return List.of(
                new Row(
                        "a durable event heard by 50 organisms, p50 of " + latencies.length + " deliveries",
                        middle,
                        "ms",
                        null,
                        null,
                        "at most 1 ms",
                        middle <= 1),
                new Row(
                        "a durable event heard by 50 organisms, p99",
                        slowest,
                        "ms",
                        null,
                        null,
                        "less than 10 ms",
                        slowest < 10),
                new Row(
                        "deliveries a second in a burst of " + BURST + " events to 50 organisms",
                        perSecond,
                        "/s",
                        null,
                        null,
                        "at least 20000/s",
                        perSecond >= 20_000));
    }

    private static Draft note(int i) {
        return Draft.of(
                        "mirror.note.written.v1",
                        "owner",
                        Json.object().put("text", "a note of usual length, number " + i))
                .subject("s" + i % 8);
    }

    /** Collects when each delivery came. */
    private static final class Ear {
        private long[] times = new long[0];
        private int count;
        private CountDownLatch latch = new CountDownLatch(0);

        synchronized void expect(int deliveries) {
            times = new long[deliveries];
            count = 0;
            latch = new CountDownLatch(deliveries);
        }

        synchronized void hear(long time) {
            times[count++] = time;
            latch.countDown();
        }

        long[] all() throws InterruptedException {
            CountDownLatch all;
            synchronized (this) {
                all = latch;
            }
            all.await();
            return times;
        }
    }
}
