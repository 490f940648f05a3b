package mirror.bus;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import mirror.bus.VerifyReport.Verdict;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files of a log that anybody may have written: they are judged, and nothing else happens. */
class LogFuzzTest {
    private static final String ORIGIN = "test-0badcafe";
    private static final int ROUNDS = 1_000;
    private static final EventLog.Limits SMALL = new EventLog.Limits(8 * 1024, 7, 3, Duration.ofDays(30));
    private static final InstantSource LATER = InstantSource.fixed(Instant.parse("2026-06-01T10:00:00Z"));

    private final Home home = new Home(Path.of("/home/owner/.mirror"));
    private final NoteSigner signer = TestSigner.ofRfc8032();
    private final Seed seed = Seed.fresh();
    private final Map<Long, String> lines = new TreeMap<>();

    @BeforeAll
    static void remember() {
        CheapEd25519.install(TestSigner.ofRfc8032());
    }

    @AfterAll
    static void forget() {
        CheapEd25519.remove();
    }

    /** Plain and compressed segments, digest files, checkpoints, an index, a payload outside. */
    private SimStorage written() {
        SimStorage disk = new SimStorage();
        Instant[] now = {Instant.parse("2026-03-01T10:00:00Z")};
        try (EventLog log = EventLog.open(home, ORIGIN, disk, () -> now[0], signer, SMALL)) {
            for (int i = 0; i < 30; i++) {
                if (i == 14) {
                    log.append(note("x".repeat(EventLog.INLINE_LIMIT)));
                    now[0] = LATER.instant();
                    log.tend();
                }
                log.append(note("note " + i + " " + "x".repeat(i * 3)));
            }
            log.tend();
            log.replay(1, event -> lines.put(event.seq(), event.line()));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return disk;
    }

    private static Draft note(String text) {
        return Draft.of("mirror.note.written.v1", "owner", Json.object().put("text", text));
    }

    @Test
    void whateverTheFilesHoldTheLogIsJudgedAndWhatIsReadIsWhatWasWritten() {
        SimStorage first = written();
        List<Path> files = List.copyOf(first.paths());
        Map<Path, byte[]> sound = new TreeMap<>();
        files.forEach(file -> sound.put(file, first.get(file)));
        assertThat(files).anyMatch(Segment::isCompressed);
        RandomGenerator random = seed.random();
        EnumSet<Verdict> verdicts = EnumSet.noneOf(Verdict.class);
        for (int round = 0; round < ROUNDS; round++) {
            SimStorage disk = new SimStorage(sound);
            StringBuilder what = new StringBuilder("%s, round %d".formatted(seed, round));
            for (int i = random.nextInt(1, 4); i > 0; i--) {
                Path file = files.get(random.nextInt(files.size()));
                if (disk.exists(file)) {
                    what.append(", ").append(mutate(disk, file, files, random));
                }
            }
            try {
                judge(disk, what.toString(), verdicts);
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError(what.toString(), e);
            }
        }
        assertThat(verdicts).contains(Verdict.INTACT, Verdict.TORN_TAIL, Verdict.MISSING, Verdict.ALTERED);
    }

    private void judge(SimStorage disk, String what, EnumSet<Verdict> verdicts) {
        VerifyReport report = EventLog.verify(home, ORIGIN, disk, signer.key(ORIGIN));
        verdicts.add(report.verdict());
        assertThat(report.findings()).hasSizeLessThanOrEqualTo(VerifyReport.MAX_FINDINGS);
        try (EventLog log = EventLog.openForReading(home, ORIGIN, disk, LATER, signer)) {
            reads(log, report.events(), what);
        } catch (BusException e) {
            assertThat(report.verdict()).as(what).isNotEqualTo(Verdict.INTACT);
        }
        try (EventLog log = EventLog.open(home, ORIGIN, disk, LATER, signer, SMALL)) {
            reads(log, report.events(), what);
        } catch (BusException e) {
            assertThat(report.verdict()).as(what + ": " + e.getMessage()).isNotEqualTo(Verdict.INTACT);
        }
        if (report.verdict() == Verdict.INTACT) {
            assertThat(report.events()).as(what).isEqualTo(lines.size());
        }
    }

    private void reads(EventLog log, long proven, String what) {
        for (long seq = 1; seq <= Math.min(log.durable(), proven); seq++) {
            try {
                for (Event event : log.read(seq, 1)) {
                    assertThat(event.line()).as(what).isEqualTo(lines.get(event.seq()));
                }
            } catch (BusException e) {
                // A compressed segment's index can be looked at only when it is read.
            }
        }
    }

    private static String mutate(SimStorage disk, Path file, List<Path> files, RandomGenerator random) {
        byte[] bytes = disk.get(file);
        int at = bytes.length == 0 ? 0 : random.nextInt(bytes.length);
        int length = random.nextInt(Math.max(1, Math.min(bytes.length - at, 600)));
        String name = file.getFileName() + " at " + at + " of " + bytes.length;
        return switch (random.nextInt(9)) {
            case 0 -> {
                bytes[at] ^= (byte) (1 << random.nextInt(8));
                disk.put(file, bytes);
                yield "bit of " + name;
            }
            case 1 -> {
                disk.put(file, Arrays.copyOf(bytes, at));
                yield "cut " + name;
            }
            case 2 -> {
                byte[] noise = new byte[length];
                random.nextBytes(noise);
                disk.put(file, joined(Arrays.copyOf(bytes, at), noise, tail(bytes, at)));
                yield "noise into " + name;
            }
            case 3 -> {
                disk.put(file, joined(Arrays.copyOf(bytes, at), new byte[0], tail(bytes, at + length)));
                yield "hole of " + length + " in " + name;
            }
            case 4 -> {
                byte[] piece = Arrays.copyOfRange(bytes, at, at + length);
                disk.put(file, joined(bytes, piece, new byte[0]));
                yield "end of " + name + " doubled";
            }
            case 5 -> {
                Arrays.fill(bytes, at, at + length, (byte) 0);
                disk.put(file, bytes);
                yield "zeros in " + name;
            }
            case 6 -> {
                Path other = files.get(random.nextInt(files.size()));
                if (disk.exists(other)) {
                    disk.put(file, disk.get(other));
                }
                yield "bytes of " + other.getFileName() + " in " + name;
            }
            case 7 -> {
                try {
                    disk.delete(file);
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
                yield "without " + file.getFileName();
            }
            default -> {
                int feed = 0;
                for (int i = 0; i < bytes.length && feed == 0; i++) {
                    feed = bytes[i] == '\n' ? i + 1 : 0;
                }
                disk.put(file, joined(tail(bytes, feed), Arrays.copyOf(bytes, feed), new byte[0]));
                yield "first line last in " + name;
            }
        };
    }

    private static byte[] tail(byte[] bytes, int at) {
        return Arrays.copyOfRange(bytes, Math.min(at, bytes.length), bytes.length);
    }

    private static byte[] joined(byte[] a, byte[] b, byte[] c) {
        byte[] all = Arrays.copyOf(a, a.length + b.length + c.length);
        System.arraycopy(b, 0, all, a.length, b.length);
        System.arraycopy(c, 0, all, a.length + b.length, c.length);
        return all;
    }

    @Test
    void aLineOfTwoHundredMegabytesIsReadInPieces(@TempDir Path folder) throws IOException {
        Home real = new Home(folder.resolve("m"));
        try (EventLog log = EventLog.open(real, ORIGIN, new DiskStorage(), LATER, signer)) {
            log.append(note("one"));
        }
        try (RandomAccessFile file =
                new RandomAccessFile(real.chain(ORIGIN).resolve("000001.jsonl").toFile(), "rw")) {
            // A sparse file: zeros without a line feed.
            file.seek(0);
            file.write(new byte[600]);
            file.setLength(200L * 1024 * 1024);
        }
        VerifyReport report = EventLog.verify(real, ORIGIN, new DiskStorage(), signer.key(ORIGIN));
        assertThat(report.verdict()).isEqualTo(Verdict.ALTERED);
        assertThat(report.findings()).hasSizeLessThanOrEqualTo(VerifyReport.MAX_FINDINGS);
    }
}
