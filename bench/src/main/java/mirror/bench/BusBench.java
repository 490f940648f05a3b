package mirror.bench;

import static mirror.bench.Main.percentile;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;
import mirror.bus.DiskStorage;
import mirror.bus.Draft;
import mirror.bus.Event;
import mirror.bus.EventLog;
import mirror.bus.Home;
import mirror.bus.Json;
import mirror.bus.VerifyReport;
import mirror.trust.DeviceKey;
import org.jspecify.annotations.Nullable;

/** The log beside Redis, PostgreSQL, the disk itself and the hash function itself; everything in one run, in turns. */
final class BusBench {
    private static final int WRITERS = 64;
    private static final int DATA = 500;
    private static final int ROUNDS = 7;
    private static final long ROUND_NANOS = 2_000_000_000L;
    private static final String TYPE = "mirror.note.written.v1";

    private final Path folder;
    private final boolean large;
    private final List<Row> rows = new ArrayList<>();

    /** @param large also writes and opens a log of ten million events, about 8 GB */
    BusBench(Path folder, boolean large) {
        this.folder = folder;
        this.large = large;
    }

    List<Row> run() throws IOException, InterruptedException {
        appends();
        oneWriter();
        logOf(300_000, this::verify);
        logOf(1_000_000, (home, log) -> open(home, "1 million", 100));
        if (large) {
            logOf(10_000_000, (home, log) -> open(home, "10 million", 150));
        }
        transitions();
        return rows;
    }

    private static Draft draft(SplittableRandom random) {
        byte[] bytes = new byte[(DATA - 11) / 2];
        random.nextBytes(bytes);
        return Draft.of(TYPE, "bench", Json.object().put("text", HexFormat.of().formatHex(bytes)));
    }

    // ---- durable appends

    private void appends() throws IOException, InterruptedException {
        double[] ours = new double[ROUNDS];
        double[] redis = new double[ROUNDS];
        double[] postgres = new double[ROUNDS];
        try (Bed mirror = new Bed(folder.resolve("appends"));
                @Nullable Peer redisPeer = Peer.redis(folder.resolve("redis"));
                @Nullable Peer postgresPeer = Peer.postgres(folder.resolve("postgres"))) {
            for (int i = -1; i < ROUNDS; i++) {
                double a = appendsPerSecond(mirror.log);
                double b = redisPeer == null ? 0 : redisPeer.perSecond(WRITERS, DATA);
                double c = postgresPeer == null ? 0 : postgresPeer.perSecond(WRITERS, DATA);
                if (i >= 0) {
                    ours[i] = a;
                    redis[i] = b;
                    postgres[i] = c;
                }
            }
            double mine = percentile(ours, 50);
            row(
                    "durable appends, 64 writers, 500 bytes of data",
                    mine,
                    "1/s",
                    "Redis XADD, appendfsync always",
                    redisPeer == null ? null : percentile(redis, 50),
                    "at least 1.5 times Redis",
                    1.5,
                    true);
            row(
                    "durable appends, 64 writers, 500 bytes of data",
                    mine,
                    "1/s",
                    "PostgreSQL INSERT, synchronous",
                    postgresPeer == null ? null : percentile(postgres, 50),
                    "at least 5 times PostgreSQL",
                    5,
                    true);
        }
    }

    private static double appendsPerSecond(EventLog log) throws InterruptedException {
        LongAdder done = new LongAdder();
        AtomicBoolean stop = new AtomicBoolean();
        List<Thread> writers = new ArrayList<>();
        long start = System.nanoTime();
        for (int w = 0; w < WRITERS; w++) {
            SplittableRandom random = new SplittableRandom(w);
            writers.add(Thread.ofVirtual().start(() -> {
                while (!stop.get()) {
                    log.append(draft(random));
                    done.increment();
                }
            }));
        }
        Thread.sleep(ROUND_NANOS / 1_000_000);
        stop.set(true);
        for (Thread writer : writers) {
            writer.join();
        }
        return done.sum() / ((System.nanoTime() - start) / 1e9);
    }

    private void oneWriter() throws IOException {
        int n = 2_000;
        double[] ours = new double[n];
        double[] disk = new double[n];
        try (Bed mirror = new Bed(folder.resolve("one"));
                FileChannel raw = FileChannel.open(
                        folder.resolve("raw"),
                        StandardOpenOption.CREATE,
                        StandardOpenOption.WRITE,
                        StandardOpenOption.APPEND)) {
            SplittableRandom random = new SplittableRandom(1);
            for (int i = -500; i < n; i++) {
                Draft draft = draft(random);
                long a = System.nanoTime();
                Event event = mirror.log.append(draft);
                long b = System.nanoTime();
                ByteBuffer line = ByteBuffer.wrap((event.line() + "\n").getBytes(StandardCharsets.UTF_8));
                long c = System.nanoTime();
                while (line.hasRemaining()) {
                    raw.write(line);
                }
                raw.force(false);
                long d = System.nanoTime();
                if (i >= 0) {
                    ours[i] = (b - a) / 1e3;
                    disk[i] = (d - c) / 1e3;
                }
            }
        }
        row(
                "durable append, one writer, median",
                percentile(ours, 50),
                "\u00b5s",
                "write and fdatasync of the same bytes",
                percentile(disk, 50),
                "at most 1.5 times the disk",
                1.5,
                false);
    }

    // ---- a long log

    private interface WithLog {
        void use(Home home, String origin) throws IOException, InterruptedException;
    }

    private void logOf(long events, WithLog use) throws IOException, InterruptedException {
        Path at = folder.resolve("log" + events);
        String origin;
        try (Bed mirror = new Bed(at)) {
            origin = mirror.log.origin();
            SplittableRandom random = new SplittableRandom(2);
            while (mirror.log.durable() < events) {
                mirror.log.append(
                        Stream.generate(() -> draft(random)).limit(1_000).toList());
            }
        }
        use.use(new Home(at), origin);
        delete(at);
    }

    private void verify(Home home, String origin) throws IOException {
        DeviceKey key = DeviceKey.load(home.keys().resolve("device.key"));
        long bytes = 0;
        long events = 0;
        double[] one = new double[ROUNDS];
        double[] two = new double[ROUNDS];
        double[] raw = new double[ROUNDS];
        try (Stream<Path> files = Files.list(home.chain(origin))) {
            bytes = files.filter(file -> file.toString().endsWith(".jsonl"))
                    .mapToLong(file -> file.toFile().length())
                    .sum();
        }
        for (int i = -2; i < ROUNDS; i++) {
            for (int threads = 1; threads <= 2; threads++) {
                long start = System.nanoTime();
                VerifyReport report =
                        EventLog.verify(home, origin, new DiskStorage(), key.key(origin), List.of(), threads, _ -> {});
                double speed = bytes / ((System.nanoTime() - start) / 1e9) / 1e6;
                if (!report.intact()) {
                    throw new IllegalStateException("the log of the bench is " + report);
                }
                events = report.events();
                if (i >= 0) {
                    (threads == 1 ? one : two)[i] = speed;
                }
            }
            double speed = rawSha256();
            if (i >= 0) {
                raw[i] = speed;
            }
        }
        double peer = percentile(raw, 50);
        row(
                "verify, one thread",
                percentile(one, 50),
                "MB/s",
                "MessageDigest SHA-256 on 512-byte blocks, one thread",
                peer,
                "at least 0.85 times",
                0.85,
                true);
        row(
                "verify, two threads",
                percentile(two, 50),
                "MB/s",
                "MessageDigest SHA-256 on 512-byte blocks, one thread",
                peer,
                "at least 1.7 times",
                1.7,
                true);
        overhead(home, origin, bytes, events);
    }

    private static double rawSha256() {
        byte[] block = new byte[512];
        byte[] out = new byte[32];
        try {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            long start = System.nanoTime();
            int n = 0;
            for (; n < 400_000; n++) {
                block[n & 511]++;
                sha256.update(block);
                sha256.digest(out, 0, 32);
            }
            return n * 512.0 / ((System.nanoTime() - start) / 1e9) / 1e6;
        } catch (NoSuchAlgorithmException | DigestException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }

    /** What an event costs beside its data: as it lies there, and after zstd -3. */
    private void overhead(Home home, String origin, long bytes, long events) throws IOException {
        row(
                "bytes of an event beside its data",
                (double) bytes / events - DATA,
                "bytes",
                null,
                null,
                "at most 350",
                350,
                false);
        Path segment = home.chain(origin).resolve("000001.jsonl");
        byte[] lines = Files.readAllBytes(segment);
        StringBuilder data = new StringBuilder();
        long count = 0;
        for (String line : new String(lines, StandardCharsets.UTF_8).lines().toList()) {
            data.append(Json.MAPPER.writeValueAsString(
                            Json.MAPPER.readTree(line).path("data")))
                    .append('\n');
            count++;
        }
        byte[] alone = data.toString().getBytes(StandardCharsets.UTF_8);
        double packed = com.github.luben.zstd.Zstd.compress(lines, 3).length
                - com.github.luben.zstd.Zstd.compress(alone, 3).length;
        row("the same after zstd -3", packed / count, "bytes", null, null, "at most 80", 80, false);
    }

    /** In a fresh process each time, with the launcher's flags and a class cache as it makes one: from main to the open log. */
    private void open(Home home, String size, int target) throws IOException, InterruptedException {
        Path cache = folder.resolve("open.aot");
        openOnce(home, "-XX:AOTCacheOutput=" + cache);
        double[] times = new double[ROUNDS];
        for (int i = 0; i < times.length; i++) {
            times[i] = openOnce(home, "-XX:AOTCache=" + cache);
        }
        Files.delete(cache);
        row(
                "open a log of " + size + " events, after the start of the JVM",
                percentile(times, 50),
                "ms",
                null,
                null,
                "at most " + target + " ms",
                target,
                false);
    }

    private static double openOnce(Home home, String cache) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(Main.daemonFlags());
        command.addAll(List.of(
                cache,
                "-Xlog:disable",
                "-cp",
                System.getProperty("java.class.path"),
                "mirror.bench.OpenLog",
                home.root().toString()));
        Process child = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String said = new String(child.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        if (child.waitFor() != 0) {
            throw new IOException("the log in " + home.root() + " did not open");
        }
        return Long.parseLong(said.lines().findFirst().orElseThrow()) / 1e6;
    }

    // ---- in memory

    private void transitions() throws IOException {
        int n = 1_005;
        double[] times = new double[300];
        for (int i = -300; i < times.length; i++) {
            try (Bed mirror = new Bed(folder.resolve("memory"), new MemoryStorage())) {
                SplittableRandom random = new SplittableRandom(i);
                List<Draft> drafts = new ArrayList<>();
                for (int k = 0; k < n; k++) {
                    drafts.add(Draft.of(TYPE, "bench", Json.object().put("state", random.nextInt())));
                }
                long start = System.nanoTime();
                long state = 0;
                for (Event event : mirror.log.append(drafts)) {
                    state = state * 31 + event.data().path("state").asInt();
                }
                double time = (System.nanoTime() - start) / 1e6;
                if (i >= 0) {
                    times[i] = state == 0 ? Double.MAX_VALUE : time;
                }
            }
        }
        row(
                "1,005 chained state transitions in memory, median",
                percentile(times, 50),
                "ms",
                null,
                null,
                "less than 5.3 ms",
                5.3,
                false);
    }

    // ----

    private void row(
            String name,
            double value,
            String unit,
            @Nullable String peer,
            @Nullable Double peerValue,
            String target,
            double bound,
            boolean more) {
        double figure = peer == null ? value : peerValue == null ? Double.NaN : value / peerValue;
        rows.add(new Row(name, value, unit, peer, peerValue, target, more ? figure >= bound : figure <= bound));
    }

    /** A copy of all files below {@code from}, as they are at the moment. */
    static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(from.relativize(file).toString()));
            }
        }
    }

    static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    /** A home with a key of its own and its open log. */
    private static final class Bed implements AutoCloseable {
        private final EventLog log;

        Bed(Path folder) throws IOException {
            this(folder, new DiskStorage());
        }

        Bed(Path folder, mirror.bus.Storage storage) throws IOException {
            Home home = new Home(folder);
            Path file = home.keys().resolve("device.key");
            DeviceKey key = Files.exists(file) ? DeviceKey.load(file) : DeviceKey.create(file);
            log = EventLog.open(home, "bench-" + key.shortId(), storage, InstantSource.system(), key);
        }

        @Override
        public void close() {
            log.close();
        }
    }
}
