package mirror.bus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import mirror.bus.VerifyReport.Verdict;
import org.junit.jupiter.api.Test;

class RepairTest {
    private static final String ORIGIN = "test-0badcafe";
    private static final EventLog.Limits SMALL = new EventLog.Limits(64 * 1024, 10, 4, Duration.ofDays(30));

    private final Home home = new Home(Path.of("/home/owner/.mirror"));
    private final Path chain = home.chain(ORIGIN);
    private final Path backup = Path.of("/backup/chain");
    private final NoteSigner signer = new TestSigner();
    private final InstantSource clock = InstantSource.fixed(Instant.parse("2026-03-01T10:00:00Z"));
    private final SimStorage storage = new SimStorage();

    private void write(SimStorage disk, int from, int to) {
        try (EventLog log = EventLog.open(home, ORIGIN, disk, clock, signer, SMALL)) {
            for (int i = from; i < to; i++) {
                log.append(Draft.of(
                        "mirror.note.written.v1", "owner", Json.object().put("text", "note " + i)));
            }
        }
    }

    private void backUp(SimStorage disk) {
        for (Path file : disk.list(chain)) {
            disk.put(backup.resolve(file.getFileName()), disk.get(file));
        }
    }

    private Path segment(int number) {
        return chain.resolve("%06d.jsonl".formatted(number));
    }

    private void change(Path file, UnaryOperator<List<String>> change) {
        List<String> lines = new ArrayList<>(
                new String(storage.get(file), StandardCharsets.UTF_8).lines().toList());
        storage.put(file, (String.join("\n", change.apply(lines)) + "\n").getBytes(StandardCharsets.UTF_8));
    }

    private Repair.Outcome repair(Path... copies) {
        return new Repair(home, ORIGIN, storage, signer, List.of(copies)).run(clock);
    }

    private VerifyReport verify() {
        return EventLog.verify(home, ORIGIN, storage, signer.key(ORIGIN));
    }

    private static List<String> texts(EventLog log) {
        List<String> texts = new ArrayList<>();
        log.replay(1, event -> {
            if (event.type().equals("mirror.note.written.v1")) {
                texts.add(event.text("text"));
            }
        });
        return texts;
    }

    private List<String> texts() {
        try (EventLog log = EventLog.open(home, ORIGIN, storage, clock, signer, SMALL)) {
            return texts(log);
        }
    }

    private static List<String> notes(int count) {
        List<String> notes = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            notes.add("note " + i);
        }
        return notes;
    }

    @Test
    void anAlteredLineEndsTheChainThereAndEverythingElseIsInQuarantine() {
        write(storage, 0, 35);
        change(segment(2), lines -> {
            lines.set(3, lines.get(3).replace("note 12", "note 13"));
            return lines;
        });
        byte[] damaged = storage.get(segment(2));
        byte[] later = storage.get(segment(3));
        assertThat(verify().verdict()).isEqualTo(Verdict.ALTERED);
        Repair.Outcome outcome = repair();
        assertThat(outcome.events()).isEqualTo(13);
        assertThat(outcome.lost()).isEqualTo(23);
        Path moved = java.util.Objects.requireNonNull(outcome.moved());
        assertThat(storage.get(moved.resolve("000002.jsonl"))).isEqualTo(damaged);
        assertThat(storage.get(moved.resolve("000003.jsonl"))).isEqualTo(later);
        assertThat(verify().verdict()).isEqualTo(Verdict.INTACT);
        try (EventLog log = EventLog.open(home, ORIGIN, storage, clock, signer, SMALL)) {
            Event said = log.read(14, 1).getFirst();
            assertThat(said.type()).isEqualTo("mirror.log.repaired.v1");
            assertThat(said.data().path("lost").asInt()).isEqualTo(23);
            assertThat(texts(log)).isEqualTo(notes(12));
        }
    }

    @Test
    void withABackupAnAlteredLineComesBackAndNothingIsLost() {
        write(storage, 0, 30);
        backUp(storage);
        write(storage, 30, 35);
        change(segment(2), lines -> {
            lines.set(3, lines.get(3).replace("note 12", "note 13"));
            return lines;
        });
        Repair.Outcome outcome = repair(backup);
        assertThat(outcome.recovered()).isEqualTo(1);
        assertThat(outcome.lost()).isZero();
        assertThat(texts()).isEqualTo(notes(35));
        assertThat(verify().verdict()).isEqualTo(Verdict.INTACT);
    }

    @Test
    void linesInAnotherOrderArePutBackWithoutAnyBackup() {
        write(storage, 0, 35);
        change(segment(3), lines -> {
            Collections.shuffle(lines, new java.util.Random(7));
            return lines;
        });
        assertThat(verify().verdict()).isEqualTo(Verdict.REORDERED);
        assertThat(repair().lost()).isZero();
        assertThat(texts()).isEqualTo(notes(35));
    }

    @Test
    void aMissingSegmentComesBackFromABackup() {
        write(storage, 0, 35);
        backUp(storage);
        storage.remove(segment(2));
        assertThat(verify().verdict()).isEqualTo(Verdict.MISSING);
        assertThat(repair(backup).recovered()).isEqualTo(10);
        assertThat(texts()).isEqualTo(notes(35));
    }

    @Test
    void aCutOffEndComesBackFromABackup() {
        write(storage, 0, 35);
        backUp(storage);
        storage.remove(segment(4));
        assertThat(verify().verdict()).isIn(Verdict.TRUNCATED, Verdict.ROLLED_BACK);
        assertThat(repair(backup).lost()).isZero();
        assertThat(texts()).isEqualTo(notes(35));
        assertThat(verify().verdict()).isEqualTo(Verdict.INTACT);
    }

    @Test
    void aRewrittenHistoryIsNotKeptBecauseItHoldsTogether() {
        write(storage, 0, 12);
        SimStorage other = storage.copy();
        backUp(storage);
        write(storage, 12, 30);
        backUp(storage);
        write(other, 12, 13);
        // The forger has no key: lines of another history, checkpoints of the true one.
        write(other, 100, 116);
        for (int n = 1; n <= 4; n++) {
            storage.remove(segment(n));
            if (other.exists(segment(n))) {
                storage.put(segment(n), other.get(segment(n)));
            }
        }
        assertThat(verify().verdict()).isEqualTo(Verdict.FORKED);
        SimStorage without = storage.copy();
        Repair.Outcome outcome = repair(backup);
        assertThat(outcome.lost()).isZero();
        assertThat(texts()).isEqualTo(notes(30));
        assertThat(verify().verdict()).isEqualTo(Verdict.INTACT);

        new Repair(home, ORIGIN, without, signer, List.of()).run(clock);
        try (EventLog log = EventLog.open(home, ORIGIN, without, clock, signer, SMALL)) {
            assertThat(texts(log)).doesNotContain("note 100").startsWith("note 0", "note 1");
        }
    }

    @Test
    void aDamagedCheckpointIsTakenOutAndTheEventsStay() {
        write(storage, 0, 35);
        Path file = chain.resolve("checkpoints");
        byte[] bytes = storage.get(file);
        bytes[bytes.length / 3] ^= 1;
        storage.put(file, bytes);
        assertThat(verify().intact()).isFalse();
        assertThat(repair().lost()).isZero();
        assertThat(texts()).isEqualTo(notes(35));
        assertThat(verify().verdict()).isEqualTo(Verdict.INTACT);
    }

    @Test
    void nothingIsRepairedThatThisDeviceNeverSigned() {
        write(storage, 0, 35);
        change(segment(2), lines -> lines.subList(1, lines.size()));
        byte[] before = storage.get(segment(2));
        assertThatThrownBy(() -> new Repair(home, ORIGIN, storage, new TestSigner(), List.of()).run(clock))
                .isInstanceOf(BusException.class)
                .hasMessageContaining("device.key");
        assertThat(storage.get(segment(2))).isEqualTo(before);
    }

    @Test
    void whateverIsBrokenRepairMakesAProvenLogAndKeepsEveryByte() {
        Seed seed = Seed.fresh();
        RandomGenerator random = seed.random();
        for (int round = 0; round < 150; round++) {
            SimStorage disk = new SimStorage();
            write(disk, 0, 35);
            List<Path> files = disk.list(chain).stream()
                    .filter(file -> !file.endsWith("key.pub"))
                    .toList();
            Path hit = files.get(random.nextInt(files.size()));
            byte[] bytes = disk.get(hit).clone();
            switch (random.nextInt(5)) {
                case 0 -> bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
                case 1 -> bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
                case 2 -> Arrays.fill(bytes, bytes.length / 2, bytes.length / 2 + 50, (byte) 0);
                case 3 -> bytes = new byte[0];
                default -> {
                    byte[] twice = Arrays.copyOf(bytes, bytes.length * 2);
                    System.arraycopy(bytes, 0, twice, bytes.length, bytes.length);
                    bytes = twice;
                }
            }
            disk.put(hit, bytes);
            boolean openable = true;
            try (EventLog log = EventLog.open(home, ORIGIN, disk.copy(), clock, signer, SMALL)) {
                assertThat(log.durable()).isGreaterThanOrEqualTo(36);
            } catch (BusException.Damaged e) {
                openable = false;
            }
            byte[] damaged = bytes;
            String where = seed + " round " + round + " " + hit + (openable ? " openable" : "");
            try {
                new Repair(home, ORIGIN, disk, signer, List.of()).run(clock);
            } catch (BusException e) {
                assertThat(e.getMessage()).as(where).contains("device.key");
                assertThat(disk.get(hit)).as(where).isEqualTo(damaged);
                continue;
            }
            assertThat(EventLog.verify(home, ORIGIN, disk, signer.key(ORIGIN)).verdict())
                    .as(where)
                    .isEqualTo(Verdict.INTACT);
            if (!openable) {
                assertThat(disk.paths().stream().anyMatch(path -> Arrays.equals(disk.get(path), damaged)))
                        .as(where)
                        .isTrue();
            }
        }
    }
}
