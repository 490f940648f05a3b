package mirror.bus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import mirror.bus.VerifyReport.Verdict;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Changes behind the log's back, exhaustively: what verify must find, what it must call it, and what it cannot know without somebody
 * outside who remembers.
 */
class TamperTest {
    private static final String ORIGIN = "test-0badcafe";
    private static final int LINES = 7;
    private static final Set<Verdict> ENDS_EARLY = Set.of(Verdict.TRUNCATED, Verdict.ROLLED_BACK);

    private final Home home = new Home(Path.of("/home/owner/.mirror"));
    private final Path chain = home.chain(ORIGIN);
    private final Path first = chain.resolve("000001.jsonl");
    private final Path second = chain.resolve("000002.jsonl");
    private final Path checkpoints = chain.resolve("checkpoints");
    private final NoteSigner signer = TestSigner.ofRfc8032();

    @BeforeAll
    static void remember() {
        CheapEd25519.install(TestSigner.ofRfc8032());
    }

    @AfterAll
    static void forget() {
        CheapEd25519.remove();
    }

    private static Draft draft(String text) {
        return Draft.of("mirror.note.written.v1", "owner", Json.object().put("text", text));
    }

    /** A closed log: four lines in March, three in April, signed at the end of each and once between. */
    private SimStorage log(String text) {
        Instant[] now = {Instant.parse("2026-03-31T10:00:00Z")};
        SimStorage disk = new SimStorage();
        try (EventLog log = EventLog.open(home, ORIGIN, disk, () -> now[0], signer)) {
            log.append(draft("the same in every log"));
        }
        try (EventLog log = EventLog.open(home, ORIGIN, disk, () -> now[0], signer)) {
            log.append(List.of(draft(text + " 3"), draft(text + " 4")));
            now[0] = Instant.parse("2026-04-01T10:00:00Z");
            log.append(draft(text + " 5"));
            log.append(List.of(draft(text + " 6"), draft(text + " 7")));
        }
        assertThat(verify(disk.files()).verdict()).isEqualTo(Verdict.INTACT);
        assertThat(verify(disk.files()).events()).isEqualTo(LINES);
        return disk;
    }

    private VerifyReport verify(Map<Path, byte[]> files) {
        return EventLog.verify(home, ORIGIN, new SimStorage(files), signer.key(ORIGIN), List.of(), 1, _ -> {});
    }

    private VerifyReport verify(SimStorage disk, Path file, byte[] instead) {
        Map<Path, byte[]> files = disk.files();
        files.put(file, instead);
        return verify(files);
    }

    private static int line(byte[] file, int at) {
        int line = 1;
        for (int i = 0; i < at; i++) {
            line += file[i] == '\n' ? 1 : 0;
        }
        return line;
    }

    @Test
    void everyFlippedBitOfALogIsFoundAndItsLineNamed() {
        SimStorage disk = log("x");
        for (Path file : List.of(first, second)) {
            byte[] good = disk.get(file);
            IntStream.range(0, good.length * 8).parallel().forEach(bit -> {
                byte[] bad = good.clone();
                bad[bit / 8] ^= (byte) (1 << bit % 8);
                VerifyReport report = verify(disk, file, bad);
                assertThat(report.verdict()).as("%s, bit %d", file, bit).isEqualTo(Verdict.ALTERED);
                assertThat(report.findings()).as("%s, bit %d", file, bit).anySatisfy(finding -> {
                    assertThat(finding.file()).isEqualTo(file.toString());
                    assertThat(finding.line()).isEqualTo(line(good, bit / 8));
                    assertThat(finding.kind()).isEqualTo(Verdict.ALTERED);
                });
            });
        }
    }

    @Test
    void everyFlippedBitOfEveryOtherFileOfTheChainIsFound() {
        SimStorage disk = log("x");
        List<Path> others = disk.list(chain).stream()
                .filter(file -> !file.toString().endsWith(".jsonl") && !file.endsWith("key.pub"))
                .toList();
        assertThat(others).contains(checkpoints);
        for (Path file : others) {
            byte[] good = disk.get(file);
            IntStream.range(0, good.length * 8).parallel().forEach(bit -> {
                byte[] bad = good.clone();
                bad[bit / 8] ^= (byte) (1 << bit % 8);
                assertThat(verify(disk, file, bad).intact())
                        .as("%s, bit %d", file, bit)
                        .isFalse();
            });
        }
    }

    @Test
    void everyFlippedBitOfALogThatACrashLeftUnsignedIsFound() {
        SimStorage disk = new SimStorage();
        EventLog log = EventLog.open(home, ORIGIN, disk, () -> Instant.parse("2026-03-31T10:00:00Z"), signer);
        log.append(draft("a"));
        log.append(List.of(draft("b"), draft("c")));
        disk.powerOff();
        log.close();
        byte[] good = disk.get(first);
        // The last group was acknowledged, but nothing on the disk says so: it may be called torn, never intact.
        int lastGroup = endOfLine(good, 2);
        IntStream.range(0, good.length * 8).parallel().forEach(bit -> {
            byte[] bad = good.clone();
            bad[bit / 8] ^= (byte) (1 << bit % 8);
            Verdict verdict = verify(disk, first, bad).verdict();
            if (bit / 8 < lastGroup && bit / 8 != lastGroup - 1) {
                assertThat(verdict).as("bit %d", bit).isEqualTo(Verdict.ALTERED);
            } else {
                assertThat(verdict).as("bit %d", bit).isIn(Verdict.ALTERED, Verdict.TORN_TAIL);
            }
        });
    }

    private static int endOfLine(byte[] file, int line) {
        int at = 0;
        while (line(file, at) <= line) {
            at++;
        }
        return at;
    }

    @Test
    void everyByteThatIsTakenOutPutInOrDoubledIsFound() {
        SimStorage disk = log("x");
        for (Path file : List.of(first, second, checkpoints)) {
            byte[] good = disk.get(file);
            IntStream.range(0, good.length).parallel().forEach(at -> {
                byte[] shorter = splice(good, at, 1);
                assertThat(verify(disk, file, shorter).intact())
                        .as("%s without byte %d", file, at)
                        .isFalse();
                for (byte more : new byte[] {good[at], 0, '\n', ' ', '}', (byte) 0xff}) {
                    assertThat(verify(disk, file, splice(good, at, 0, more)).intact())
                            .as("%s, byte %d before byte %d", file, more, at)
                            .isFalse();
                }
            });
            for (byte more : new byte[] {0, '\n', ' ', '}'}) {
                assertThat(verify(disk, file, splice(good, good.length, 0, more))
                                .intact())
                        .as("%s, byte %d at the end", file, more)
                        .isFalse();
            }
        }
    }

    private static byte[] splice(byte[] bytes, int at, int out, byte... in) {
        byte[] result = new byte[bytes.length - out + in.length];
        System.arraycopy(bytes, 0, result, 0, at);
        System.arraycopy(in, 0, result, at, in.length);
        System.arraycopy(bytes, at + out, result, at + in.length, bytes.length - at - out);
        return result;
    }

    @Test
    void aLogCutAtAnyByteIsFound() {
        SimStorage disk = log("x");
        for (Path file : List.of(first, second)) {
            byte[] good = disk.get(file);
            IntStream.range(0, good.length).parallel().forEach(size -> {
                Verdict verdict = verify(disk, file, Arrays.copyOf(good, size)).verdict();
                assertThat(verdict)
                        .as("%s cut to %d", file, size)
                        .isIn(Verdict.TRUNCATED, Verdict.ROLLED_BACK, Verdict.MISSING, Verdict.ALTERED);
            });
        }
    }

    @Test
    void aSegmentThatIsGoneOrEmptyOrElsewhereIsFound() {
        SimStorage disk = log("x");
        for (Path file : List.of(first, second)) {
            Map<Path, byte[]> without = disk.files();
            without.remove(file);
            assertThat(verify(without).verdict())
                    .as("without %s", file)
                    .isIn(Verdict.MISSING, Verdict.TRUNCATED, Verdict.ROLLED_BACK);
            assertThat(verify(disk, file, new byte[0]).verdict())
                    .isIn(Verdict.MISSING, Verdict.TRUNCATED, Verdict.ROLLED_BACK);
        }
        Map<Path, byte[]> none = disk.files();
        none.remove(first);
        none.remove(second);
        assertThat(verify(none).verdict()).isIn(ENDS_EARLY);
        Map<Path, byte[]> swapped = disk.files();
        swapped.put(first, disk.get(second));
        swapped.put(second, disk.get(first));
        assertThat(verify(swapped).intact()).isFalse();
        Map<Path, byte[]> doubled = disk.files();
        doubled.put(chain.resolve("000003.jsonl"), disk.get(first));
        assertThat(verify(doubled).intact()).isFalse();
    }

    /** All lines of the log, as if they stood in one segment, so that lines can change places freely. */
    private List<String> lines(SimStorage disk) {
        return new ArrayList<>(
                (text(disk.get(first)) + text(disk.get(second))).lines().toList());
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private VerifyReport verifyLines(SimStorage disk, List<String> lines) {
        Map<Path, byte[]> files = disk.files();
        files.remove(second);
        files.put(first, joined(lines));
        return verify(files);
    }

    private static byte[] joined(List<String> lines) {
        return lines.stream()
                .map(line -> line + "\n")
                .collect(Collectors.joining())
                .getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void everyPairOfLinesThatChangedPlacesIsFound() {
        SimStorage disk = log("x");
        for (int i = 0; i < LINES; i++) {
            for (int j = i + 1; j < LINES; j++) {
                List<String> lines = lines(disk);
                Collections.swap(lines, i, j);
                assertThat(verifyLines(disk, lines).verdict())
                        .as("%d and %d", i, j)
                        .isIn(Verdict.REORDERED, Verdict.ALTERED, Verdict.FORKED);
            }
        }
    }

    @Test
    void everyLineThatIsTakenOutOrDoubledAnywhereIsFound() {
        SimStorage disk = log("x");
        for (int from = 0; from < LINES; from++) {
            for (int to = from + 1; to <= LINES; to++) {
                List<String> lines = lines(disk);
                lines.subList(from, to).clear();
                assertThat(verifyLines(disk, lines).verdict())
                        .as("without %d to %d", from, to)
                        .isIn(to == LINES ? ENDS_EARLY : Set.of(Verdict.MISSING));
            }
            for (int at = 0; at <= LINES; at++) {
                List<String> lines = lines(disk);
                lines.add(at, lines.get(from));
                assertThat(verifyLines(disk, lines).intact())
                        .as("%d again at %d", from, at)
                        .isFalse();
            }
        }
    }

    @Test
    void anotherHistoryUnderTheSameKeyIsToldByTheCheckpoints() {
        SimStorage disk = log("x");
        SimStorage other = log("y");
        Map<Path, byte[]> forked = other.files();
        forked.put(checkpoints, disk.get(checkpoints));
        assertThat(verify(forked).verdict()).isEqualTo(Verdict.FORKED);

        // Also when only a part was replaced: the tail, and the tail after the last checkpoint of the head.
        Map<Path, byte[]> tail = disk.files();
        tail.put(second, other.get(second));
        assertThat(verify(tail).intact()).isFalse();

        // And when the checkpoints of both histories are there, as after a log was restored and went on twice.
        Map<Path, byte[]> both = disk.files();
        both.put(
                checkpoints,
                (text(disk.get(checkpoints)) + text(other.get(checkpoints))).getBytes(StandardCharsets.UTF_8));
        assertThat(verify(both).verdict()).isEqualTo(Verdict.FORKED);
    }

    @Test
    void everyRewrittenLineIsFoundAlthoughTheRewriterHashesAsWeDo() {
        SimStorage disk = log("x");
        for (int i = 0; i < LINES; i++) {
            List<String> lines = lines(disk);
            lines.set(i, rehashed(lines.get(i).replace("T10:00:00.", "T11:00:00.")));
            assertThat(verifyLines(disk, lines).intact()).as("line %d", i + 1).isFalse();
        }
    }

    /** Recomputes the hash of a line, which anybody can. */
    private static String rehashed(String line) {
        String prefix = line.substring(0, line.length() - EventLine.SUFFIX);
        return prefix + ",\"hash\":\"" + AtomicFiles.digest(prefix.getBytes(StandardCharsets.UTF_8)) + "\"}";
    }

    @Test
    void aDamagedLogIsRefusedAndNotAByteOfItIsChanged() {
        SimStorage disk = log("x");
        for (Path file : List.of(first, second)) {
            byte[] good = disk.get(file);
            for (int at = 0; at < good.length; at += 7) {
                SimStorage bad = new SimStorage(disk.files());
                byte[] bytes = good.clone();
                bytes[at] ^= 1;
                bad.put(file, bytes);
                Map<Path, byte[]> before = bad.files();
                assertThatThrownBy(() ->
                                EventLog.open(home, ORIGIN, bad, () -> Instant.parse("2026-04-01T10:00:00Z"), signer))
                        .isInstanceOf(BusException.Damaged.class);
                assertThat(bad.paths()).isEqualTo(before.keySet());
                before.forEach((path, content) -> assertThat(bad.get(path)).isEqualTo(content));
                assertThat(bad.open()).isEmpty();
            }
        }
    }

    /** {@code key.pub} is for outsiders; this log proves itself with the key it is given. A changed file must not prove anything. */
    @Test
    void aChangedKeyFileNamesAnotherKeyOrNone() {
        SimStorage disk = log("x");
        byte[] good = text(disk.get(chain.resolve("key.pub")))
                .lines()
                .toList()
                .getFirst()
                .getBytes(StandardCharsets.US_ASCII);
        for (int bit = 0; bit < good.length * 8; bit++) {
            byte[] bad = good.clone();
            bad[bit / 8] ^= (byte) (1 << bit % 8);
            Optional<NoteKey> key = key(new String(bad, StandardCharsets.ISO_8859_1));
            assertThat(key).as("bit %d", bit).isNotEqualTo(Optional.of(signer.key(ORIGIN)));
            key.ifPresent(other -> assertThat(
                            EventLog.verify(home, ORIGIN, disk, other).verdict())
                    .isEqualTo(Verdict.UNVERIFIABLE));
        }
    }

    private static Optional<NoteKey> key(String text) {
        try {
            return Optional.of(NoteKey.parse(text));
        } catch (BusException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /**
     * What the files of a log cannot know of themselves: that they were more once, if they all agree that they were not. The device's
     * own index knows, and whoever kept a checkpoint.
     */
    @Test
    void aLogRolledBackAsAWholeIsToldByTheIndexOrByWhoeverKeptACheckpoint() {
        SimStorage disk = log("x");
        List<String> notes = List.of(text(disk.get(checkpoints)).split("(?<=\n\n)(?=" + ORIGIN + ")"));
        Witness kept = Witness.of(notes.getLast(), ORIGIN, signer.key(ORIGIN), "a friend");
        assertThat(kept.size()).isEqualTo(LINES);
        for (int count = 1; count < notes.size(); count++) {
            long size = Long.parseLong(notes.get(count - 1).lines().toList().get(1));
            Map<Path, byte[]> files = disk.files();
            files.put(checkpoints, String.join("", notes.subList(0, count)).getBytes(StandardCharsets.UTF_8));
            // Checkpoints alone taken away: the events still prove, under fewer signatures.
            assertThat(verify(files).verdict()).isEqualTo(Verdict.INTACT);
            assertThat(verify(files).checkpoints()).isEqualTo(count);
            // Events taken away with them.
            SimStorage shorter = new SimStorage(files);
            List<String> lines = lines(disk).subList(0, (int) size);
            assertThat(verifyLines(shorter, lines).verdict()).isEqualTo(Verdict.ROLLED_BACK);
            // The index too: nothing on this disk is left that knows.
            shorter.paths().stream()
                    .filter(file -> file.startsWith(home.index()))
                    .forEach(shorter::remove);
            VerifyReport report = verifyLines(shorter, lines);
            assertThat(report.verdict()).isEqualTo(Verdict.INTACT);
            assertThat(report.events()).isEqualTo(size);
            shorter.remove(second);
            shorter.put(first, joined(lines));
            assertThat(EventLog.verify(home, ORIGIN, shorter, signer.key(ORIGIN), List.of(kept), 1, _ -> {})
                            .verdict())
                    .isEqualTo(Verdict.ROLLED_BACK);
        }
    }
}
