package mirror.bus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import mirror.bus.VerifyReport.Verdict;
import org.junit.jupiter.api.Test;

class SegmentsTest {
    private static final String ORIGIN = "test-0badcafe";
    private static final EventLog.Limits SMALL = new EventLog.Limits(64 * 1024, 10, 4, Duration.ofDays(30));

    private final Home home = new Home(Path.of("/home/owner/.mirror"));
    private final Path chain = home.chain(ORIGIN);
    private final NoteSigner signer = new TestSigner();
    private final Clock clock = new Clock();
    private final SimStorage storage = new SimStorage();

    private static final class Clock implements InstantSource {
        private Instant now = Instant.parse("2026-03-01T10:00:00Z");

        @Override
        public Instant instant() {
            return now;
        }
    }

    private EventLog open() {
        return EventLog.open(home, ORIGIN, storage, clock, signer, SMALL);
    }

    private void fill(EventLog log, int count) {
        for (int i = 0; i < count; i++) {
            log.append(Draft.of(
                    "mirror.note.written.v1",
                    "owner",
                    Json.object().put("text", "note " + i + " " + "x".repeat(i % 50))));
        }
    }

    private VerifyReport verify() {
        return EventLog.verify(home, ORIGIN, storage, signer.key(ORIGIN));
    }

    private static List<String> lines(EventLog log) {
        List<String> lines = new ArrayList<>();
        log.replay(1, event -> lines.add(event.line()));
        return lines;
    }

    private List<String> names() {
        return storage.list(chain).stream()
                .map(file -> file.getFileName().toString())
                .toList();
    }

    @Test
    void aFullSegmentIsSealedWithADigestThatSha256sumReads() throws IOException {
        try (EventLog log = open()) {
            fill(log, 25);
            log.tend();
            assertThat(names())
                    .contains("000001.jsonl", "000001.jsonl.sha256", "000002.jsonl.sha256", "000003.jsonl")
                    .doesNotContain("000003.jsonl.sha256");
            String digest =
                    HexFormat.of().formatHex(EventLine.sha256().digest(storage.get(chain.resolve("000002.jsonl"))));
            assertThat(new String(storage.get(chain.resolve("000002.jsonl.sha256")), StandardCharsets.US_ASCII))
                    .isEqualTo(digest + "  000002.jsonl\n");
        }
    }

    @Test
    void afterThirtyDaysASealedSegmentIsCompressedAndReadsTheSame() throws IOException {
        try (EventLog log = open()) {
            fill(log, 95);
            List<String> before = lines(log);
            clock.now = clock.now.plus(Duration.ofDays(30));
            log.tend();
            assertThat(names()).contains("000001.jsonl");
            clock.now = clock.now.plus(Duration.ofSeconds(1));
            log.tend();
            log.tend();
            assertThat(names())
                    .contains("000001.jsonl.zst", "000001.jsonl.zst.sha256", "000009.jsonl.zst", "000010.jsonl")
                    .doesNotContain("000001.jsonl", "000001.jsonl.sha256");
            assertThat(lines(log)).isEqualTo(before);
            assertThat(log.read(37, 2)).extracting(Event::seq).containsExactly(37L, 38L);
            fill(log, 1);
        }
        assertThat(verify().verdict()).isEqualTo(Verdict.INTACT);
        try (EventLog log = open()) {
            assertThat(log.durable()).isEqualTo(97);
            assertThat(lines(log)).hasSize(97);
        }
    }

    @Test
    void aCompressedSegmentUnpacksWithTheToolEverybodyHas() throws IOException {
        try (EventLog log = open()) {
            fill(log, 25);
            byte[] plain = storage.get(chain.resolve("000001.jsonl"));
            clock.now = clock.now.plus(Duration.ofDays(31));
            log.tend();
            byte[] packed = storage.get(chain.resolve("000001.jsonl.zst"));
            assertThat(com.github.luben.zstd.Zstd.decompress(packed, plain.length))
                    .isEqualTo(plain);
        }
    }

    @Test
    void everyFlippedBitOfACompressedSegmentIsFound() throws IOException {
        try (EventLog log = open()) {
            fill(log, 12);
            clock.now = clock.now.plus(Duration.ofDays(31));
            log.tend();
        }
        Path file = chain.resolve("000001.jsonl.zst");
        byte[] good = storage.get(file);
        for (int bit = 0; bit < good.length * 8; bit += 3) {
            byte[] bad = good.clone();
            bad[bit / 8] ^= (byte) (1 << bit % 8);
            storage.put(file, bad);
            VerifyReport report = verify();
            // The frame's header has bits that change nothing of the text; the events are then all there and proven.
            if (report.intact()) {
                assertThat(report.events()).as("bit %d", bit).isEqualTo(13);
                try (LineReader lines = new LineReader(Segment.open(storage, file), 0)) {
                    int n = 0;
                    while (lines.next()) {
                        n++;
                    }
                    assertThat(n).isEqualTo(10);
                }
            } else {
                assertThat(report.verdict()).as("bit %d", bit).isNotEqualTo(Verdict.TORN_TAIL);
            }
        }
    }

    @Test
    void aSegmentThatIsNotWhatItsDigestSaysIsNotCompressed() throws IOException {
        try (EventLog log = open()) {
            fill(log, 25);
            log.tend();
            Path file = chain.resolve("000001.jsonl");
            byte[] bytes = storage.get(file);
            storage.put(
                    chain.resolve("000001.jsonl.sha256"),
                    ("0".repeat(64) + "  000001.jsonl\n").getBytes(StandardCharsets.US_ASCII));
            clock.now = clock.now.plus(Duration.ofDays(31));
            assertThatThrownBy(log::tend)
                    .isInstanceOf(BusException.Damaged.class)
                    .hasMessageContaining("000001.jsonl");
            assertThat(storage.get(file)).isEqualTo(bytes);
        }
    }

    @Test
    void aCrashAtAnyPointOfTheCompressionLosesNothing() throws IOException {
        List<String> before;
        try (EventLog log = open()) {
            fill(log, 25);
            before = lines(log);
        }
        clock.now = clock.now.plus(Duration.ofDays(31));
        for (int n = 0; ; n++) {
            SimStorage disk = storage.copy();
            boolean failed = false;
            try (EventLog log = EventLog.open(home, ORIGIN, disk, clock, signer, SMALL)) {
                disk.failCall(n);
                try {
                    log.tend();
                } catch (IOException e) {
                    failed = true;
                }
                disk.failCall(-1);
            }
            for (int seed = 0; seed < 5; seed++) {
                SimStorage image = disk.crash(new Seed(n * 100L + seed).random());
                try (EventLog log = EventLog.open(home, ORIGIN, image, clock, signer, SMALL)) {
                    assertThat(lines(log)).as("call %d seed %d", n, seed).isEqualTo(before);
                    log.tend();
                    assertThat(lines(log)).as("call %d seed %d", n, seed).isEqualTo(before);
                }
            }
            if (!failed) {
                assertThat(n).isGreaterThan(20);
                return;
            }
        }
    }

    @Test
    void aLogThatWasClosedOpensWithoutReadingItsSegments() throws IOException {
        try (EventLog log = open()) {
            fill(log, 95);
        }
        storage.forgetReads();
        try (EventLog log = open()) {
            assertThat(log.durable()).isEqualTo(96);
            assertThat(storage.readBytes(chain.resolve("000001.jsonl"))).isZero();
            assertThat(storage.readBytes(chain.resolve("000005.jsonl"))).isZero();
            fill(log, 3);
        }
        assertThat(verify().verdict()).isEqualTo(Verdict.INTACT);
    }

    @Test
    void aLogThatWasNotClosedReadsOnlyItsLastSegment() throws IOException {
        EventLog killed = open();
        fill(killed, 95);
        SimStorage disk = storage.copy();
        killed.close();
        disk.forgetReads();
        try (EventLog log = EventLog.open(home, ORIGIN, disk, clock, signer, SMALL)) {
            assertThat(log.durable()).isEqualTo(96);
            assertThat(disk.readBytes(chain.resolve("000001.jsonl"))).isZero();
            assertThat(disk.readBytes(chain.resolve("000010.jsonl"))).isPositive();
        }
    }

    @Test
    void aTouchedSegmentIsProvenAgainAndItsDamageFoundAtTheStart() {
        try (EventLog log = open()) {
            fill(log, 95);
        }
        Path file = chain.resolve("000003.jsonl");
        byte[] bytes = storage.get(file);
        bytes[200] ^= 1;
        storage.put(file, bytes);
        assertThatThrownBy(this::open).isInstanceOf(BusException.Damaged.class).hasMessageContaining("000003.jsonl");
    }

    @Test
    void anIndexThatThisDeviceDidNotSignCountsForNothing() throws IOException {
        try (EventLog log = open()) {
            fill(log, 95);
        }
        Path index = ChainIndex.file(home, ORIGIN);
        byte[] good = storage.get(index);
        for (int at = 0; at < good.length; at += 7) {
            byte[] bad = good.clone();
            bad[at] ^= 2;
            storage.put(index, bad);
            storage.forgetReads();
            try (EventLog log = open()) {
                assertThat(log.durable()).isEqualTo(96);
                assertThat(storage.readBytes(chain.resolve("000001.jsonl"))).isPositive();
            }
        }
        storage.delete(index);
        try (EventLog log = open()) {
            assertThat(log.durable()).isEqualTo(96);
        }
    }

    @Test
    void aWholeButOlderStateIsCalledRolledBackAndNotContinued() {
        try (EventLog log = open()) {
            fill(log, 20);
        }
        SimStorage older = storage.copy();
        try (EventLog log = open()) {
            fill(log, 20);
        }
        older.put(ChainIndex.file(home, ORIGIN), storage.get(ChainIndex.file(home, ORIGIN)));
        assertThat(EventLog.verify(home, ORIGIN, older, signer.key(ORIGIN)).verdict())
                .isEqualTo(Verdict.ROLLED_BACK);
        assertThatThrownBy(() -> EventLog.open(home, ORIGIN, older, clock, signer, SMALL))
                .isInstanceOf(BusException.Damaged.class)
                .hasMessageContaining("41 events");
    }

    @Test
    void aWitnessTellsARolledBackLogFromAForkedOne() {
        try (EventLog log = open()) {
            fill(log, 10);
        }
        SimStorage older = storage.copy();
        try (EventLog log = open()) {
            fill(log, 10);
        }
        String checkpoints = new String(storage.get(chain.resolve("checkpoints")), StandardCharsets.UTF_8);
        String last = checkpoints.substring(checkpoints.lastIndexOf(ORIGIN + "\n"));
        List<Witness> witness = List.of(Witness.of(last, ORIGIN, signer.key(ORIGIN), "my phone"));
        assertThat(EventLog.verify(home, ORIGIN, storage, signer.key(ORIGIN), witness, 1, _ -> {})
                        .verdict())
                .isEqualTo(Verdict.INTACT);
        VerifyReport behind = EventLog.verify(home, ORIGIN, older, signer.key(ORIGIN), witness, 1, _ -> {});
        assertThat(behind.verdict()).isEqualTo(Verdict.ROLLED_BACK);
        assertThat(behind.findings().getLast().sentence()).contains("my phone saw 21 events");
        clock.now = clock.now.plusSeconds(1);
        try (EventLog log = EventLog.open(home, ORIGIN, older, clock, signer, SMALL)) {
            fill(log, 11);
        }
        assertThat(EventLog.verify(home, ORIGIN, older, signer.key(ORIGIN), witness, 1, _ -> {})
                        .verdict())
                .isEqualTo(Verdict.FORKED);
    }

    @Test
    void severalThreadsFindWhatOneFinds() {
        try (EventLog log = open()) {
            fill(log, 95);
        }
        for (int segment = 1; segment <= 10; segment++) {
            Path file = chain.resolve("%06d.jsonl".formatted(segment));
            byte[] good = storage.get(file);
            byte[] bad = good.clone();
            bad[bad.length / 2] ^= 4;
            storage.put(file, bad);
            VerifyReport one = EventLog.verify(home, ORIGIN, storage, signer.key(ORIGIN), List.of(), 1, _ -> {});
            VerifyReport four = EventLog.verify(home, ORIGIN, storage, signer.key(ORIGIN), List.of(), 4, _ -> {});
            assertThat(four).isEqualTo(one);
            assertThat(one.verdict()).isEqualTo(Verdict.ALTERED);
            assertThat(one.findings().getFirst().line()).isPositive();
            storage.put(file, good);
        }
        assertThat(verify().intact()).isTrue();
    }

    @Test
    void afterAFailedFlushTheUnacknowledgedLinesGoToANewSegment() {
        EventLog log = open();
        fill(log, 5);
        storage.failForce(0);
        assertThatThrownBy(() -> fill(log, 1)).isInstanceOf(BusException.NotDurable.class);
        assertThatThrownBy(() -> fill(log, 1)).isInstanceOf(BusException.NotDurable.class);
        log.close();
        byte[] first = storage.get(chain.resolve("000001.jsonl"));
        try (EventLog again = open()) {
            assertThat(again.durable()).isEqualTo(8);
            assertThat(again.read(7, 2))
                    .extracting(Event::type)
                    .containsExactly("mirror.note.written.v1", "mirror.tail.rewritten.v1");
            fill(again, 1);
        }
        assertThat(storage.get(chain.resolve("000001.jsonl")).length).isLessThan(first.length);
        assertThat(names()).contains("000002.jsonl").doesNotContain("unflushed", "unflushed.tail");
        assertThat(verify().verdict()).isEqualTo(Verdict.INTACT);
        assertThat(verify().events()).isEqualTo(9);
    }

    @Test
    void aCrashWhileTheUnflushedLinesAreWrittenAnewLosesNothing() {
        EventLog log = open();
        fill(log, 5);
        storage.failForce(0);
        assertThatThrownBy(() -> fill(log, 1)).isInstanceOf(BusException.NotDurable.class);
        log.close();
        for (int n = 0; ; n++) {
            SimStorage disk = storage.copy();
            disk.failCall(n);
            boolean failed = false;
            try (EventLog cut = EventLog.open(home, ORIGIN, disk, clock, signer, SMALL)) {
                fill(cut, 1);
            } catch (BusException e) {
                failed = true;
            }
            disk.failCall(-1);
            for (int seed = 0; seed < 5; seed++) {
                SimStorage image = disk.crash(new Seed(n * 100L + seed).random());
                try (EventLog again = EventLog.open(home, ORIGIN, image, clock, signer, SMALL)) {
                    assertThat(again.durable()).as("call %d seed %d", n, seed).isGreaterThanOrEqualTo(6);
                }
                assertThat(EventLog.verify(home, ORIGIN, image, signer.key(ORIGIN))
                                .verdict())
                        .as("call %d seed %d", n, seed)
                        .isEqualTo(Verdict.INTACT);
            }
            if (!failed) {
                return;
            }
        }
    }
}
