package mirror.bus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.random.RandomGenerator;
import mirror.bus.VerifyReport.Verdict;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class EventLogTest {
    private static final String ORIGIN = "test-0badcafe";
    private static final InstantSource CLOCK = InstantSource.fixed(Instant.parse("2026-03-01T10:00:00.123456Z"));

    private final Home home = new Home(Path.of("/home/owner/.mirror"));
    private final Path segment = home.chain(ORIGIN).resolve("000001.jsonl");
    private final Path checkpoints = home.chain(ORIGIN).resolve("checkpoints");
    private final NoteSigner signer = new TestSigner();

    private EventLog open(Storage storage) {
        return EventLog.open(home, ORIGIN, storage, CLOCK, signer);
    }

    private VerifyReport verify(Storage storage) {
        return EventLog.verify(home, ORIGIN, storage, signer.key(ORIGIN));
    }

    private static Draft draft(String text) {
        return Draft.of("mirror.note.written.v1", "owner", Json.object().put("text", text));
    }

    /** A closed log of {@code count} events besides the first. */
    private SimStorage written(int count) {
        SimStorage storage = new SimStorage();
        try (EventLog log = open(storage)) {
            for (int i = 0; i < count; i++) {
                log.append(draft("n" + i));
            }
        }
        return storage;
    }

    private static List<String> lines(byte[] file) {
        return new String(file, StandardCharsets.UTF_8).lines().toList();
    }

    @Test
    void aNewLogStartsWithItsPublicKeyAndSixtyFourZeros() {
        SimStorage storage = written(0);
        JsonNode first = Json.MAPPER.readTree(lines(storage.get(segment)).getFirst());
        assertThat(first.path("type").asString()).isEqualTo("mirror.log.created.v1");
        assertThat(first.path("prev").asString()).isEqualTo("0".repeat(64));
        assertThat(NoteKey.parse(first.path("data").path("key").asString())).isEqualTo(signer.key(ORIGIN));
    }

    @Test
    void everyLineIsACloudEventWhoseHashAnyShaToolRecomputes() {
        SimStorage storage = new SimStorage();
        try (EventLog log = open(storage)) {
            log.append(draft("quotes \" and ,\"seq\":9,\"hash\":\" and \u2028 and \ud83d\ude80")
                    .subject("su\"bj,\"seq\":7")
                    .session("s-1")
                    .permit("p-1"));
        }
        String previous = "0".repeat(64);
        long seq = 1;
        for (String line : lines(storage.get(segment))) {
            byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
            byte[] prefix = java.util.Arrays.copyOf(bytes, bytes.length - 75);
            JsonNode event = Json.MAPPER.readTree(bytes);
            assertThat(event.path("hash").asString())
                    .isEqualTo(HexFormat.of().formatHex(EventLine.sha256().digest(prefix)));
            assertThat(event.path("prev").asString()).isEqualTo(previous);
            assertThat(event.path("seq").asLong()).isEqualTo(seq);
            assertThat(event.path("id").asString()).isEqualTo(ORIGIN + "-" + seq);
            assertThat(event.path("specversion").asString()).isEqualTo("1.0");
            assertThat(event.path("time").asString()).isEqualTo("2026-03-01T10:00:00.123456Z");
            assertThat(event.path("source").asString()).startsWith("mirror://" + ORIGIN + "/");
            previous = event.path("hash").asString();
            seq++;
        }
        assertThat(verify(storage).verdict()).isEqualTo(Verdict.INTACT);
    }

    @Test
    void whatWasAppendedIsReadBackAfterReopening() {
        SimStorage storage = written(300);
        try (EventLog log = open(storage)) {
            assertThat(log.durable()).isEqualTo(301);
            assertThat(log.append(draft("more")).seq()).isEqualTo(302);
            assertThat(log.read(150, 3))
                    .extracting(event -> event.text("text"))
                    .containsExactly("n148", "n149", "n150");
            assertThat(log.read(302, 10))
                    .extracting(event -> event.text("text"))
                    .containsExactly("more");
            assertThat(log.read(303, 10)).isEmpty();
        }
        assertThat(verify(storage).events()).isEqualTo(302);
    }

    @Test
    void theCheckpointsRootIsTheRfc6962RootOverTheEventHashes() {
        for (int count : new int[] {0, 1, 2, 6, 7, 30}) {
            SimStorage storage = written(count);
            List<byte[]> leaves = new ArrayList<>();
            for (String line : lines(storage.get(segment))) {
                leaves.add(HexFormat.of()
                        .parseHex(Json.MAPPER.readTree(line).path("hash").asString()));
            }
            List<String> note = lines(storage.get(checkpoints));
            int last = note.lastIndexOf(ORIGIN);
            assertThat(note.get(last + 1)).isEqualTo(String.valueOf(count + 1));
            assertThat(note.get(last + 2)).isEqualTo(Base64.getEncoder().encodeToString(naiveRoot(leaves)));
        }
    }

    /** MTH of RFC 6962, section 2.1, word for word. */
    private static byte[] naiveRoot(List<byte[]> leaves) {
        var sha256 = EventLine.sha256();
        if (leaves.size() == 1) {
            sha256.update((byte) 0);
            return sha256.digest(leaves.getFirst());
        }
        int k = Integer.highestOneBit(leaves.size() - 1);
        byte[] left = naiveRoot(leaves.subList(0, k));
        byte[] right = naiveRoot(leaves.subList(k, leaves.size()));
        sha256.update((byte) 1);
        sha256.update(left);
        return sha256.digest(right);
    }

    @Test
    void theFirstLineOfAGroupTellsWhatWasDurableBefore() {
        SimStorage storage = new SimStorage();
        try (EventLog log = open(storage)) {
            log.append(List.of(draft("a"), draft("b"), draft("c")));
            log.append(draft("d"));
        }
        assertThat(lines(storage.get(segment)))
                .extracting(line -> Json.MAPPER.readTree(line).path("ack").asLong(-1))
                .containsExactly(0L, 1L, -1L, -1L, 4L);
    }

    @Test
    void manyWritersShareFlushesAndKeepTheirOwnOrder() throws Exception {
        SimStorage storage = new SimStorage();
        Set<Long> seqs = ConcurrentHashMap.newKeySet();
        try (EventLog log = open(storage);
                var writers = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Callable<Boolean>> tasks = new ArrayList<>();
            for (int w = 0; w < 64; w++) {
                tasks.add(() -> {
                    long last = 0;
                    boolean ordered = true;
                    for (int i = 0; i < 40; i++) {
                        long seq = log.append(draft("x")).seq();
                        ordered &= seq > last;
                        last = seq;
                        seqs.add(seq);
                    }
                    return ordered;
                });
            }
            for (var done : writers.invokeAll(tasks)) {
                assertThat(done.get()).isTrue();
            }
        }
        assertThat(seqs).hasSize(64 * 40);
        assertThat(verify(storage)).satisfies(report -> {
            assertThat(report.verdict()).isEqualTo(Verdict.INTACT);
            assertThat(report.events()).isEqualTo(64 * 40 + 1);
        });
    }

    @Test
    void anInterruptedCallerLearnsWhatBecameOfItsEventAndTheLogGoesOn() throws Exception {
        SimStorage storage = new SimStorage();
        try (EventLog log = open(storage)) {
            boolean[] still = new boolean[1];
            Thread caller = Thread.ofPlatform().start(() -> {
                Thread.currentThread().interrupt();
                log.append(draft("interrupted"));
                log.read(1, 10);
                still[0] = Thread.interrupted();
            });
            caller.join();
            assertThat(still[0]).isTrue();
            assertThat(log.append(draft("after")).seq()).isEqualTo(3);
        }
    }

    @Test
    void aFullDiskIsAnErrorToTheCallerAndNothingElse() {
        SimStorage storage = new SimStorage();
        try (EventLog log = open(storage)) {
            log.append(draft("kept"));
            storage.failWrite(0);
            assertThatThrownBy(() -> log.append(draft("refused")))
                    .isInstanceOf(BusException.NotDurable.class)
                    .hasMessageContaining("No space left on device");
            assertThat(log.read(1, 10)).hasSize(2);
            assertThat(log.append(draft("after")).seq()).isEqualTo(3);
        }
        assertThat(verify(storage).verdict()).isEqualTo(Verdict.INTACT);
    }

    @Test
    void aFailedFlushPoisonsTheLogAndIsNeverRetried() {
        SimStorage storage = new SimStorage();
        try (EventLog log = open(storage)) {
            log.append(draft("kept"));
            storage.failForce(0);
            assertThatThrownBy(() -> log.append(draft("lost"))).isInstanceOf(BusException.NotDurable.class);
            assertThatThrownBy(() -> log.append(draft("refused"))).isInstanceOf(BusException.NotDurable.class);
            assertThat(log.trouble()).contains("flush");
            assertThat(log.read(1, 10)).hasSize(2);
        }
    }

    @Test
    void aTailHearsEventsOnlyWhenTheyAreDurable() throws InterruptedException {
        SimStorage storage = new SimStorage();
        try (EventLog log = open(storage)) {
            assertThat(log.awaitAfter(1, Duration.ZERO)).isFalse();
            Thread writer = Thread.ofVirtual().start(() -> log.append(draft("x")));
            assertThat(log.awaitAfter(1, Duration.ofMinutes(1))).isTrue();
            assertThat(log.read(2, 1)).hasSize(1);
            writer.join();
        }
    }

    @Test
    void aDamagedLogIsNotWrittenTo() {
        SimStorage storage = written(5);
        byte[] bad = storage.get(segment);
        bad[bad.length / 2] ^= 1;
        storage.put(segment, bad);
        assertThatThrownBy(() -> open(storage))
                .isInstanceOf(BusException.Damaged.class)
                .hasMessageContaining("line ");
        assertThat(storage.get(segment)).isEqualTo(bad);
    }

    @Test
    void missingReorderedTruncatedRewrittenAndUnsignedHistoriesAreToldApart() {
        SimStorage storage = written(6);
        List<String> good = lines(storage.get(segment));

        assertThat(verdict(storage, without(good, 3))).isEqualTo(Verdict.MISSING);

        List<String> swapped = new ArrayList<>(good);
        java.util.Collections.swap(swapped, 3, 4);
        assertThat(verdict(storage, swapped)).isEqualTo(Verdict.REORDERED);

        assertThat(verdict(storage, good.subList(0, 4))).isEqualTo(Verdict.TRUNCATED);
        assertThat(verdict(storage, List.of())).isEqualTo(Verdict.TRUNCATED);

        SimStorage other = new SimStorage();
        try (EventLog log = open(other)) {
            for (int i = 0; i < 6; i++) {
                log.append(draft("another history"));
            }
        }
        assertThat(verdict(storage, lines(other.get(segment)))).isEqualTo(Verdict.FORKED);

        storage.put(segment, text(good));
        assertThat(EventLog.verify(home, ORIGIN, storage, new TestSigner().key(ORIGIN))
                        .verdict())
                .isEqualTo(Verdict.UNVERIFIABLE);
    }

    private Verdict verdict(SimStorage storage, List<String> lines) {
        storage.put(segment, text(lines));
        return verify(storage).verdict();
    }

    private static List<String> without(List<String> lines, int index) {
        List<String> rest = new ArrayList<>(lines);
        rest.remove(index);
        return rest;
    }

    private static byte[] text(List<String> lines) {
        return lines.stream()
                .map(line -> line + "\n")
                .reduce("", String::concat)
                .getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void noCrashLosesAnAcknowledgedEventAndNoLegalImageIsRefused() {
        Seed seed = Seed.fresh();
        RandomGenerator random = seed.random();
        for (int round = 0; round < 600; round++) {
            SimStorage disk = new SimStorage();
            Set<String> acknowledged = new HashSet<>();
            SimStorage image;
            try (EventLog log = open(disk)) {
                int groups = random.nextInt(4);
                for (int g = 0; g < groups; g++) {
                    acknowledged.add(log.append(group(random)).getLast().hash());
                }
                // The flush of the last group never returns: what it wrote is lost or kept at random.
                disk.failForce(0);
                assertThatThrownBy(() -> log.append(group(random))).isInstanceOf(BusException.NotDurable.class);
                image = disk.crash(random);
            }
            try (EventLog log = open(image)) {
                Set<String> found = new HashSet<>();
                log.replay(1, event -> found.add(event.hash()));
                assertThat(found).as("%s, round %d", seed, round).containsAll(acknowledged);
                log.append(draft("after the crash"));
            } catch (BusException.Damaged e) {
                throw new AssertionError(seed + ", round " + round + ": a legal crash image was refused", e);
            }
            assertThat(verify(image).verdict()).as("%s, round %d", seed, round).isEqualTo(Verdict.INTACT);
        }
    }

    private static List<Draft> group(RandomGenerator random) {
        List<Draft> group = new ArrayList<>();
        for (int i = random.nextInt(4); i >= 0; i--) {
            group.add(draft("x".repeat(random.nextInt(900))));
        }
        return group;
    }

    @Test
    void aTornTailIsKeptByteForByteBesideTheLog() {
        SimStorage storage = written(2);
        byte[] good = storage.get(segment);
        byte[] torn = java.util.Arrays.copyOf(good, good.length + 100);
        storage.put(segment, torn);
        assertThat(verify(storage).verdict()).isEqualTo(Verdict.TORN_TAIL);
        try (EventLog log = open(storage)) {
            assertThat(log.read(4, 1).getFirst().type()).isEqualTo("mirror.tail.torn.v1");
        }
        Path aside = storage.paths().stream()
                .filter(path -> path.startsWith(home.torn()))
                .findFirst()
                .orElseThrow();
        assertThat(storage.get(aside)).hasSize(100).containsOnly(0);
    }

    @Test
    void segmentsRollOverWhenTheMonthChangesAndTheChainGoesOn() {
        SimStorage storage = new SimStorage();
        Instant[] now = {Instant.parse("2026-03-31T23:59:59Z")};
        try (EventLog log = EventLog.open(home, ORIGIN, storage, () -> now[0], signer)) {
            log.append(draft("march"));
            now[0] = Instant.parse("2026-04-01T00:00:01Z");
            log.append(draft("april"));
            assertThat(log.read(1, 10)).hasSize(3);
        }
        assertThat(lines(storage.get(home.chain(ORIGIN).resolve("000002.jsonl"))))
                .hasSize(1);
        assertThat(verify(storage).events()).isEqualTo(3);
    }
}
