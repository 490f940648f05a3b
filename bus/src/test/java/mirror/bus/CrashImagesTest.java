package mirror.bus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import mirror.bus.VerifyReport.Verdict;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Power cuts, enumerated. A {@link Life} of a log is played on a simulated disk; after every change of the disk the power is cut, and
 * {@link Crash} makes every disk that may be left. On each of them the log must open, hold all that was acknowledged and nothing that
 * was refused, keep what was torn off, go on, and be intact.
 */
class CrashImagesTest {
    private static final String ORIGIN = "test-0badcafe";
    private static final int ENOUGH = 100_000;
    private static final int ALL = Integer.MAX_VALUE;

    private final Home home = new Home(Path.of("/home/owner/.mirror"));
    private final Path chain = home.chain(ORIGIN);
    private final NoteSigner signer = TestSigner.ofRfc8032();
    private final Seed seed = Seed.fresh();
    private int drafts;

    @BeforeAll
    static void remember() {
        CheapEd25519.install(TestSigner.ofRfc8032());
    }

    @AfterAll
    static void forget() {
        CheapEd25519.remove();
    }

    /**
     * The disk at one moment of a life, and what had been said by then.
     *
     * @param crash what a power cut may leave
     * @param killed what the next process finds when this one is killed
     * @param acknowledged hashes of the events that a caller or a reader knew, in order
     * @param refused texts of the events whose callers were told that they are not in the log and never will be
     */
    private record Moment(
            String life,
            int number,
            Crash crash,
            SimStorage killed,
            List<String> acknowledged,
            Set<String> refused,
            Instant now) {}

    /** Plays a log on a disk and keeps each moment. */
    private final class Life implements AutoCloseable {
        private final String name;
        private final SimStorage disk;
        private final List<Moment> moments = new ArrayList<>();
        private volatile List<String> acknowledged = List.of();
        private volatile Set<String> refused = Set.of();
        private volatile Instant now = Instant.parse("2026-03-01T10:00:00Z");
        private EventLog log;

        Life(String name) {
            this.name = name;
            disk = new SimStorage();
            log = start();
        }

        /** Goes on where a power cut has left another life. */
        Life(Moment before, Map<Path, byte[]> image) {
            name = before.life + " at " + before.number + ", recovering";
            disk = new SimStorage(image);
            acknowledged = before.acknowledged;
            refused = before.refused;
            now = before.now;
            log = start();
        }

        private EventLog start() {
            disk.watch(this::moment);
            EventLog opened = EventLog.open(home, ORIGIN, disk, () -> now, signer);
            // From here on readers may have seen every event.
            acknowledged = hashes(opened);
            moment(disk.crash());
            return opened;
        }

        /** Called by the log's own thread too, which then holds the disk. */
        private void moment(Crash crash) {
            SimStorage killed = disk.copy();
            synchronized (moments) {
                moments.add(new Moment(name, moments.size(), crash, killed, acknowledged, refused, now));
            }
        }

        /** One event for each size of text, in one group. */
        Life append(int... sizes) {
            List<String> more = new ArrayList<>(acknowledged);
            log.append(group(sizes)).forEach(event -> more.add(event.hash()));
            acknowledged = List.copyOf(more);
            moment(disk.crash());
            return this;
        }

        Life appendOnAFullDisk(int... sizes) {
            List<Draft> group = group(sizes);
            disk.failWriteTo(".jsonl");
            assertThatThrownBy(() -> log.append(group)).isInstanceOf(BusException.NotDurable.class);
            Set<String> more = new HashSet<>(refused);
            group.forEach(draft -> more.add(draft.data().path("text").asString()));
            refused = Set.copyOf(more);
            disk.forgetOldBlocks();
            moment(disk.crash());
            return this;
        }

        Life at(String time) {
            now = Instant.parse(time);
            return this;
        }

        Life tend() {
            try {
                log.tend();
            } catch (IOException e) {
                throw new AssertionError(e);
            }
            moment(disk.crash());
            return this;
        }

        Life reopen() {
            log.close();
            moment(disk.crash());
            log = start();
            return this;
        }

        /** Ends the life, too. */
        List<Moment> moments() {
            close();
            return moments;
        }

        @Override
        public void close() {
            log.close();
            moment(disk.crash());
        }
    }

    private List<Draft> group(int... sizes) {
        List<Draft> group = new ArrayList<>();
        for (int size : sizes) {
            group.add(draft(drafts++ + " " + "x".repeat(size)));
        }
        return group;
    }

    private static Draft draft(String text) {
        return Draft.of("mirror.note.written.v1", "owner", Json.object().put("text", text));
    }

    private static List<String> hashes(EventLog log) {
        List<String> hashes = new ArrayList<>();
        log.replay(1, event -> hashes.add(event.hash()));
        return List.copyOf(hashes);
    }

    private List<Moment> small() {
        try (Life life = new Life("small groups")) {
            life.append(0).append(20, 40, 60).append(0, 0, 0, 0, 0).append(200).append(1, 2);
            return life.moments();
        }
    }

    private List<Moment> wide() {
        try (Life life = new Life("events wider than a sector")) {
            life.append(700).append(1300).append(300, 900).append(100, 100, 700).append(2000);
            return life.moments();
        }
    }

    private List<Moment> reopened() {
        try (Life life = new Life("closed and opened again")) {
            life.append(10)
                    .reopen()
                    .append(300, 10)
                    .reopen()
                    .append(500)
                    .append(30)
                    .reopen()
                    .append(5, 5);
            return life.moments();
        }
    }

    private List<Moment> rolling() {
        try (Life life = new Life("a new segment every month")) {
            life.append(10)
                    .at("2026-03-31T23:59:59.999999Z")
                    .append(20, 300)
                    .at("2026-04-01T00:00:00Z")
                    .append(10, 10)
                    .append(400)
                    .at("2026-07-05T00:00:00Z")
                    .append(10)
                    .tend()
                    .reopen()
                    .at("2027-01-05T00:00:00Z")
                    .append(30, 30)
                    .tend()
                    .append(100)
                    .tend();
            return life.moments();
        }
    }

    private List<Moment> full() {
        try (Life life = new Life("a full disk now and then")) {
            life.append(10)
                    .appendOnAFullDisk(300, 300)
                    .append(5)
                    .appendOnAFullDisk(10, 10, 10, 10)
                    .appendOnAFullDisk(900)
                    .append(400, 5)
                    .reopen()
                    .append(10);
            return life.moments();
        }
    }

    private List<Moment> blobs() {
        try (Life life = new Life("payloads in blobs")) {
            life.append(10).append(EventLog.INLINE_LIMIT).append(10, EventLog.INLINE_LIMIT + 5_000);
            return life.moments();
        }
    }

    private List<Moment> thousands() {
        try (Life life = new Life("a thousand events at once")) {
            life.append(10).append(new int[1200]).append(10);
            return life.moments();
        }
    }

    private List<Moment> atRandom(RandomGenerator random, int number) {
        try (Life life = new Life("random " + number)) {
            for (int g = 0; g < 6; g++) {
                int[] sizes = new int[1 + random.nextInt(4)];
                Arrays.setAll(sizes, i -> random.nextInt(random.nextBoolean() ? 40 : 600));
                switch (random.nextInt(9)) {
                    case 0 -> life.reopen();
                    case 1 -> life.appendOnAFullDisk(sizes);
                    case 3 -> life.tend();
                    case 2 -> life.now = life.now.plusSeconds(20 * 86_400);
                    default -> life.append(sizes);
                }
            }
            return life.moments();
        }
    }

    @Test
    void onEveryDiskThatAPowerCutMayLeaveTheLogOpensAndHoldsAllThatWasAcknowledged() throws Exception {
        RandomGenerator random = seed.random();
        List<Moment> moments = new ArrayList<>();
        moments.addAll(small());
        moments.addAll(wide());
        moments.addAll(reopened());
        moments.addAll(rolling());
        moments.addAll(full());
        long images = checkAll(moments, ALL) + checkAll(blobs(), 300) + checkAll(thousands(), 50);
        for (int life = 0; images < ENOUGH; life++) {
            images += checkAll(atRandom(random, life), ALL);
        }
        System.out.println(images + " crash images");
    }

    @Test
    void aSecondPowerCutDuringRecoveryLosesNothingEither() throws Exception {
        List<Moment> first = Stream.of(small(), wide(), reopened(), rolling(), full())
                .flatMap(List::stream)
                .toList();
        List<Moment> second = new ArrayList<>();
        for (Moment moment : first) {
            AtomicLong number = new AtomicLong();
            moment.crash.each(seed.value(), this::disposable, image -> {
                if (number.getAndIncrement() % 997 == 0) {
                    try (Life recovery = new Life(moment, image)) {
                        recovery.append(10);
                        second.addAll(recovery.moments());
                    }
                }
            });
        }
        long images = checkAll(second, 4);
        System.out.println(images + " crash images of recoveries");
        assertThat(images).isGreaterThan(10_000);
    }

    @Test
    void whatTheNextProcessReadsAfterAKillSurvivesAPowerCutToo() {
        for (Moment moment : Stream.of(small(), reopened(), rolling(), full(), blobs())
                .flatMap(List::stream)
                .toList()) {
            // In the month of the last event, and so much later that the next event begins a new segment.
            for (Instant now : List.of(moment.now, moment.now.plusSeconds(40 * 86_400))) {
                SimStorage disk = moment.killed.copy();
                List<String> seen;
                try (EventLog log = EventLog.open(home, ORIGIN, disk, () -> now, signer)) {
                    seen = hashes(log);
                    assertThat(seen)
                            .as("%s, moment %d", moment.life, moment.number)
                            .containsAll(moment.acknowledged);
                    survives(disk, moment, seen);
                    log.append(draft("after the kill"));
                    survives(disk, moment, hashes(log));
                }
                survives(disk, moment, seen);
            }
        }
    }

    private void survives(SimStorage disk, Moment moment, List<String> seen) {
        SimStorage image = disk.crashedToWhatWasForced();
        assertThat(verify(image).verdict()).isEqualTo(Verdict.INTACT);
        try (EventLog log = EventLog.open(home, ORIGIN, image, () -> moment.now, signer)) {
            assertThat(hashes(log))
                    .as("%s, moment %d", moment.life, moment.number)
                    .containsAll(seen);
        }
    }

    @Test
    void aLogThatCrashesAgainAndAgainKeepsAllThatWasEverAcknowledged() {
        RandomGenerator random = seed.random();
        for (int round = 0; round < 100; round++) {
            List<Moment> life = atRandom(random, round);
            Moment last = life.get(random.nextInt(life.size()));
            for (int crash = 0; crash < 8; crash++) {
                Map<Path, byte[]> image = last.crash.any(random);
                check(last, image, random.nextBoolean());
                try (Life recovery = new Life(last, image)) {
                    recovery.append(random.nextInt(300)).append(random.nextInt(900), 3);
                    List<Moment> more = recovery.moments();
                    last = more.get(random.nextInt(more.size()));
                }
            }
        }
    }

    /** @param most how many images of each moment; some are taken at random when there are more */
    private long checkAll(List<Moment> moments, int most) throws InterruptedException {
        AtomicLong images = new AtomicLong();
        List<Callable<Void>> tasks = new ArrayList<>();
        for (int i = 0; i < moments.size(); i++) {
            Moment moment = moments.get(i);
            long garbage = seed.value() + i;
            tasks.add(() -> {
                AtomicLong number = new AtomicLong();

                Consumer<Map<Path, byte[]>> check = image -> {
                    images.incrementAndGet();
                    check(moment, image, number.getAndIncrement() % 8 == 0);
                };
                if (most == ALL) {
                    moment.crash.each(garbage, this::disposable, check);
                } else {
                    moment.crash.some(new SplittableRandom(garbage), most, check);
                }
                return null;
            });
        }
        // A check waits for the log's own thread again and again, so twice as many checks as cores keep the cores busy.
        try (var threads = Executors.newFixedThreadPool(2 * Runtime.getRuntime().availableProcessors())) {
            for (Future<Void> done : threads.invokeAll(tasks)) {
                done.get();
            }
        } catch (ExecutionException e) {
            throw new AssertionError(e.getCause());
        }
        return images.get();
    }

    /** @param closing whether the log is closed at the end, or the power goes off instead */
    private void check(Moment moment, Map<Path, byte[]> image, boolean closing) {
        try {
            SimStorage disk = new SimStorage(image);
            Verdict found = verify(disk).verdict();
            expect(found == Verdict.INTACT || found == Verdict.TORN_TAIL, "verify takes a legal image for " + found);

            List<Event> events = new ArrayList<>();
            EventLog log = EventLog.open(home, ORIGIN, disk, () -> moment.now, signer);
            log.replay(1, events::add);
            survivors(moment, image, disk, events);
            String after = log.append(draft("after the crash")).hash();
            if (!closing) {
                disk.powerOff();
            }
            log.close();
            expect(disk.open().isEmpty(), "left open: " + disk.open());

            // What was acknowledged must be there although nothing but what was forced survives.
            SimStorage again = disk.crashedToWhatWasForced();
            expect(verify(again).verdict() == Verdict.INTACT, "not intact after recovery: " + verify(again));
            Map<Path, byte[]> before = kept(again);
            try (EventLog reopened = EventLog.open(home, ORIGIN, again, () -> moment.now, signer)) {
                expect(
                        reopened.durable() == events.size() + 1,
                        "the second open has " + reopened.durable() + " events");
                expect(reopened.head().equals(after), "the second open has another head");
            }
            same(before, kept(again));
        } catch (RuntimeException | AssertionError e) {
            throw new AssertionError(
                    seed + ", life '" + moment.life + "', moment " + moment.number + ", disk " + image.keySet(), e);
        }
    }

    private VerifyReport verify(SimStorage disk) {
        return EventLog.verify(home, ORIGIN, disk, signer.key(ORIGIN), List.of(), 1, _ -> {});
    }

    private void survivors(Moment moment, Map<Path, byte[]> image, SimStorage disk, List<Event> events) {
        Set<String> hashes = new HashSet<>();
        for (Event event : events) {
            hashes.add(event.hash());
            expect(!moment.refused.contains(event.text("text")), "refused, but there: event " + event.seq());
            String hash = BlobRef.of(event).map(BlobRef::hash).orElse(null);
            if (hash != null && moment.acknowledged.contains(event.hash())) {
                byte[] blob = disk.get(home.blobs().resolve(hash));
                expect(AtomicFiles.digest(blob).equals(hash), "the blob of event " + event.seq());
            }
        }
        List<String> lost = new ArrayList<>(moment.acknowledged);
        lost.removeAll(hashes);
        expect(lost.isEmpty(), lost.size() + " acknowledged events are lost");
        image.forEach((file, bytes) -> {
            if (chain.equals(file.getParent()) && file.toString().endsWith(".jsonl")) {
                aside(disk, file, Arrays.copyOfRange(bytes, provenLines(bytes, hashes), bytes.length));
            } else if (file.equals(chain.resolve("checkpoints"))) {
                byte[] now = disk.get(file);
                int same = Arrays.mismatch(bytes, now);
                aside(disk, file, same < 0 ? new byte[0] : Arrays.copyOfRange(bytes, same, bytes.length));
            }
        });
    }

    /** Bytes at the start of a segment whose lines are all in the log. */
    private static int provenLines(byte[] segment, Set<String> hashes) {
        int start = 0;
        for (int i = 0; i < segment.length; i++) {
            if (segment[i] == '\n') {
                if (i - start < EventLine.SUFFIX
                        || !hashes.contains(
                                new String(segment, i - 66, EventLine.HASH_HEX, StandardCharsets.ISO_8859_1))) {
                    return start;
                }
                start = i + 1;
            }
        }
        return start;
    }

    private void aside(SimStorage disk, Path from, byte[] torn) {
        if (torn.length > 0) {
            expect(
                    disk.paths().stream()
                            .filter(path -> path.startsWith(home.torn()))
                            .anyMatch(path -> contains(disk.get(path), torn)),
                    torn.length + " torn bytes of " + from + " are not in torn/");
        }
    }

    private static boolean contains(byte[] all, byte[] part) {
        for (int at = all.length - part.length; at >= 0; at--) {
            if (Arrays.equals(all, at, at + part.length, part, 0, part.length)) {
                return true;
            }
        }
        return false;
    }

    private boolean disposable(Path file) {
        return file.startsWith(home.index());
    }

    /** What an open without a crash must leave as it is; a checkpoint that is due may be added. */
    private Map<Path, byte[]> kept(SimStorage disk) {
        Map<Path, byte[]> files = new TreeMap<>(disk.files());
        files.keySet().removeIf(file -> file.equals(chain.resolve("checkpoints")) || disposable(file));
        return files;
    }

    private static void same(Map<Path, byte[]> before, Map<Path, byte[]> after) {
        expect(before.keySet().equals(after.keySet()), "the second open changed files: " + after.keySet());
        before.forEach(
                (file, bytes) -> expect(Arrays.equals(bytes, after.get(file)), "the second open changed " + file));
    }

    /** Cheaper than an assertion object, of which there would be millions. */
    private static void expect(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }
}
