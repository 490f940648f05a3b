package mirror.bus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import mirror.bus.Follower.Cursor;
import mirror.bus.Follower.Outcome;
import org.junit.jupiter.api.Test;

class FollowerTest {
    private static final String ORIGIN = "test-0badcafe";
    private static final InstantSource CLOCK = InstantSource.fixed(Instant.parse("2026-03-01T10:00:00Z"));

    private final Home home = new Home(Path.of("/home/owner/.mirror"));
    private final NoteSigner signer = new TestSigner();
    private final NoteKey key = signer.key(ORIGIN);

    /** Lines of a log and its checkpoints, one for each number of events. */
    private record Chain(List<byte[]> lines, List<byte[]> notes) {
        byte[] line(int seq) {
            return lines.get(seq - 1).clone();
        }

        byte[] note(int size) {
            return notes.get(size - 1).clone();
        }
    }

    private Chain chain(int count, String text) {
        SimStorage storage = new SimStorage();
        try (EventLog log = EventLog.open(home, ORIGIN, storage, CLOCK, signer)) {
            for (int i = 1; i < count; i++) {
                log.append(Draft.of(
                        "mirror.note.written.v1", "owner", Json.object().put("text", text + i)));
            }
        }
        List<byte[]> lines = new ArrayList<>();
        List<byte[]> notes = new ArrayList<>();
        MerkleTree tree = new MerkleTree();
        for (String line : new String(storage.get(home.chain(ORIGIN).resolve("000001.jsonl")), StandardCharsets.UTF_8)
                .lines()
                .toList()) {
            byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
            lines.add(bytes);
            tree.add(EventLine.sha256().digest(Arrays.copyOf(bytes, bytes.length - EventLine.SUFFIX)));
            notes.add(Checkpoint.sign(ORIGIN, tree.size(), tree.root(), signer)
                    .note()
                    .getBytes(StandardCharsets.UTF_8));
        }
        return new Chain(lines, notes);
    }

    private static List<Long> seqs(Follower follower) {
        return follower.proven().stream().map(Event::seq).toList();
    }

    @Test
    void nothingIsHandedOutBeforeASignatureCoversIt() {
        Chain chain = chain(10, "n");
        Follower follower = new Follower(key, Cursor.START);
        for (int seq = 1; seq <= 10; seq++) {
            assertThat(follower.line(chain.line(seq))).isEqualTo(new Outcome.Held(seq));
        }
        assertThat(follower.proven()).isEmpty();
        follower.note(chain.note(7));
        assertThat(seqs(follower)).containsExactly(1L, 2L, 3L, 4L, 5L, 6L, 7L);
        assertThat(follower.cursor().seq()).isEqualTo(7);
        assertThat(follower.position()).isEqualTo(10);
        follower.note(chain.note(10));
        assertThat(seqs(follower)).hasSize(10);
        follower.taken();
        assertThat(follower.proven()).isEmpty();
    }

    @Test
    void aCheckpointThatComesFirstWaitsForItsLines() {
        Chain chain = chain(5, "n");
        Follower follower = new Follower(key, Cursor.START);
        assertThat(follower.note(chain.note(5))).isEqualTo(new Outcome.Held(5));
        assertThat(follower.signedUpTo()).isEqualTo(5);
        for (int seq = 1; seq <= 5; seq++) {
            follower.line(chain.line(seq));
        }
        assertThat(seqs(follower)).hasSize(5);
    }

    @Test
    void noFlippedBitOfALineOrANoteIsEverTaken() {
        Chain chain = chain(3, "n");
        Follower follower = upTo(chain, 2);
        byte[] good = chain.line(3);
        for (int bit = 0; bit < good.length * 8; bit++) {
            byte[] bad = good.clone();
            bad[bit / 8] ^= (byte) (1 << bit % 8);
            assertThat(follower.line(bad)).as("bit %d of the line", bit).isInstanceOf(Outcome.Refused.class);
        }
        follower.line(good);
        byte[] note = chain.note(3);
        for (int bit = 0; bit < note.length * 8; bit++) {
            byte[] bad = note.clone();
            bad[bit / 8] ^= (byte) (1 << bit % 8);
            assertThat(follower.note(bad)).as("bit %d of the note", bit).isInstanceOf(Outcome.Refused.class);
        }
        assertThat(seqs(follower)).hasSize(2);
        follower.note(note);
        assertThat(seqs(follower)).hasSize(3);
    }

    private Follower upTo(Chain chain, int size) {
        Follower follower = new Follower(key, Cursor.START);
        for (int seq = 1; seq <= size; seq++) {
            follower.line(chain.line(seq));
        }
        follower.note(chain.note(size));
        return follower;
    }

    @Test
    void aHistoryThatFitsButIsNotTheSignedOneIsGivenUpAndTheSignedOneTakenAfterwards() {
        Chain chain = chain(8, "n");
        Chain other = continued(chain, 4, 8);
        Follower follower = upTo(chain, 4);
        for (int seq = 5; seq <= 8; seq++) {
            assertThat(follower.line(other.line(seq))).isEqualTo(new Outcome.Held(seq));
        }
        assertThat(follower.note(chain.note(7))).isInstanceOf(Outcome.Dropped.class);
        assertThat(seqs(follower)).hasSize(4);
        assertThat(follower.position()).isEqualTo(4);
        for (int seq = 5; seq <= 8; seq++) {
            follower.line(chain.line(seq));
        }
        assertThat(follower.proven().stream().map(Event::line))
                .startsWith(new String(chain.line(1), StandardCharsets.UTF_8))
                .hasSize(7);
    }

    /** The first {@code kept} lines of {@code chain} and others after them whose hashes fit. */
    private Chain continued(Chain chain, int kept, int count) {
        LineBuffer buffer = new LineBuffer();
        List<byte[]> lines = new ArrayList<>(chain.lines.subList(0, kept));
        try {
            byte[] prev = LineProver.proof(lines.getLast()).hash();
            for (int seq = kept + 1; seq <= count; seq++) {
                buffer.clear();
                prev = EventLine.encode(
                        Draft.of("mirror.note.written.v1", "owner", Json.object()),
                        "{\"text\":\"forged\"}".getBytes(StandardCharsets.UTF_8),
                        ORIGIN,
                        seq,
                        seq,
                        EventLine.time(CLOCK.instant()),
                        -1,
                        prev,
                        buffer,
                        EventLine.sha256());
                lines.add(Arrays.copyOf(buffer.array(), buffer.length() - 1));
            }
        } catch (EventLine.Unproven e) {
            throw new AssertionError(e);
        }
        return new Chain(lines, List.of());
    }

    @Test
    void aLineThatDoesNotContinueASignedEventIsRefusedAndOneAfterAnUnsignedGivesBothUp() {
        Chain chain = chain(6, "n");
        Chain other = continued(chain, 3, 6);
        Follower signed = upTo(chain, 4);
        assertThat(signed.line(other.line(5))).isInstanceOf(Outcome.Refused.class);
        assertThat(signed.line(chain.line(5))).isInstanceOf(Outcome.Held.class);

        Follower held = upTo(chain, 3);
        held.line(other.line(4));
        assertThat(held.line(chain.line(5))).isInstanceOf(Outcome.Dropped.class);
        assertThat(held.position()).isEqualTo(3);
    }

    @Test
    void linesWithoutACheckpointAreGivenUpBeforeTheyFillTheMemory() {
        Follower follower = new Follower(key, Cursor.START);
        LineBuffer buffer = new LineBuffer();
        byte[] data = ("{\"text\":\"" + "x".repeat(100_000) + "\"}").getBytes(StandardCharsets.UTF_8);
        byte[] prev = new byte[32];
        Outcome outcome = new Outcome.Held(0);
        long seq = 0;
        while (outcome instanceof Outcome.Held && seq < 1_000) {
            seq++;
            buffer.clear();
            prev = EventLine.encode(
                    Draft.of("mirror.note.written.v1", "owner", Json.object()),
                    data,
                    ORIGIN,
                    seq,
                    seq,
                    EventLine.time(CLOCK.instant()),
                    -1,
                    prev,
                    buffer,
                    EventLine.sha256());
            outcome = follower.line(Arrays.copyOf(buffer.array(), buffer.length() - 1));
        }
        assertThat(outcome).isInstanceOf(Outcome.Dropped.class);
        assertThat(seq).isEqualTo(Follower.MAX_HELD / buffer.length() + 1);
        assertThat(follower.position()).isZero();
    }

    @Test
    void twoSignedHistoriesAreNamed() {
        Chain chain = chain(4, "n");
        Chain copy = chain(4, "another ");
        Follower follower = upTo(chain, 4);
        assertThat(follower.note(copy.note(4)))
                .isInstanceOfSatisfying(
                        Outcome.Refused.class,
                        refused -> assertThat(refused.why()).contains("two histories"));
        Follower waiting = upTo(chain, 2);
        waiting.note(chain.note(4));
        assertThat(waiting.note(copy.note(4))).isInstanceOf(Outcome.Refused.class);
    }

    @Test
    void ofAnyMixOfTrueAndForgedOnlyTheTrueIsHandedOutInOrder() {
        Seed seed = Seed.fresh();
        RandomGenerator random = seed.random();
        Chain chain = chain(40, "n");
        for (int round = 0; round < 40; round++) {
            Follower follower = new Follower(key, Cursor.START);
            List<String> taken = new ArrayList<>();
            for (int step = 0; step < 200; step++) {
                int at = (int) Math.min(40, follower.position() + 1 + random.nextInt(3));
                switch (random.nextInt(8)) {
                    case 0 -> follower.note(chain.note(1 + random.nextInt(40)));
                    case 1 ->
                        follower.line(continued(chain, at == 1 ? 1 : at - 1, Math.max(2, at))
                                .lines
                                .getLast());
                    case 2 -> {
                        byte[] bad = chain.line(at);
                        bad[random.nextInt(bad.length)] ^= (byte) (1 << random.nextInt(8));
                        follower.line(bad);
                    }
                    case 3 ->
                        follower = new Follower(
                                key, Cursor.parse(take(follower, taken).text(), key));
                    default -> follower.line(chain.line(at));
                }
                take(follower, taken);
            }
            assertThat(taken)
                    .as("%s, round %d", seed, round)
                    .isEqualTo(chain.lines.subList(0, taken.size()).stream()
                            .map(line -> new String(line, StandardCharsets.UTF_8))
                            .toList());
        }
    }

    private static Cursor take(Follower follower, List<String> taken) {
        follower.proven().forEach(event -> taken.add(event.line()));
        follower.taken();
        return follower.cursor();
    }

    @Test
    void aCursorGoesOnAndAChangedOneIsRefused() {
        Chain chain = chain(11, "n");
        Follower first = upTo(chain, 6);
        String text = first.cursor().text();
        Follower second = new Follower(key, Cursor.parse(text, key));
        for (int seq = 7; seq <= 11; seq++) {
            second.line(chain.line(seq));
        }
        second.note(chain.note(11));
        assertThat(seqs(second)).containsExactly(7L, 8L, 9L, 10L, 11L);

        int head = text.indexOf('\n') + 1;
        for (int at = 0; at < text.length(); at++) {
            if (at >= head && at < head + 64) {
                continue; // A wrong head makes the next line not fit; it cannot make a wrong one be taken.
            }
            String changed = text.substring(0, at) + (char) (text.charAt(at) ^ 1) + text.substring(at + 1);
            assertThatThrownBy(() -> Cursor.parse(changed, key))
                    .as("character %d", at)
                    .isInstanceOf(BusException.class);
        }
        assertThatThrownBy(() -> Cursor.parse(text, new TestSigner().key(ORIGIN)))
                .isInstanceOf(BusException.class);
        assertThat(Cursor.parse(Cursor.START.text(), key)).isEqualTo(Cursor.START);
    }

    @Test
    void theNewestCheckpointUpToAnEventIsFoundInAFileOfAnyLength() {
        for (int count : new int[] {0, 1, 2, 33, 300}) {
            SimStorage storage = new SimStorage();
            StringBuilder file = new StringBuilder();
            for (int i = 1; i <= count; i++) {
                byte[] root = new byte[32];
                root[0] = (byte) i;
                file.append(Checkpoint.sign(ORIGIN, 3L * i, root, signer).note())
                        .append('\n');
            }
            // A torn end, as a crash leaves it.
            file.append(ORIGIN).append("\n99999999\nAAAA");
            storage.put(
                    home.chain(ORIGIN).resolve("checkpoints"), file.toString().getBytes(StandardCharsets.UTF_8));
            CheckpointFile checkpoints = new CheckpointFile(storage, home.chain(ORIGIN));
            for (long size = 0; size <= 3L * count + 10; size++) {
                long expected = Math.min(size / 3, count) * 3;
                CheckpointFile.Note note = checkpoints.lastUpTo(size);
                assertThat(note == null ? 0 : note.size())
                        .as("%d of %d", size, count)
                        .isEqualTo(expected);
            }
        }
        assertThat(new CheckpointFile(new SimStorage(), home.chain(ORIGIN)).lastUpTo(9))
                .isNull();
    }
}
