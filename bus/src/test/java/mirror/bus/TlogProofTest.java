package mirror.bus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** Proof files: made from a log, checked without it, and refused as soon as anything in them is another. */
final class TlogProofTest {
    private static final String ORIGIN = "test-0badcafe";
    private static final InstantSource CLOCK = InstantSource.fixed(Instant.parse("2026-03-01T10:00:00.123456Z"));

    private final Home home = new Home(Path.of("/home/owner/.mirror"));
    private final Path segment = home.chain(ORIGIN).resolve("000001.jsonl");
    private final Path checkpoints = home.chain(ORIGIN).resolve("checkpoints");
    private final NoteSigner signer = new TestSigner();
    private final NoteKey key = signer.key(ORIGIN);
    private final SimStorage storage = new SimStorage();

    private EventLog open() {
        return EventLog.open(home, ORIGIN, storage, CLOCK, signer);
    }

    private EventLog reading() {
        return EventLog.openForReading(home, ORIGIN, storage, CLOCK, signer);
    }

    private Prover prover(EventLog log) {
        return new Prover(home, log, storage, key);
    }

    private static Draft draft(String text) {
        return Draft.of("mirror.note.written.v1", "owner", Json.object().put("text", text));
    }

    /** Writes a log that ends at event {@code count + 1} and is signed there. */
    private void written(int count) {
        try (EventLog log = open()) {
            for (int i = 0; i < count; i++) {
                log.append(draft("n" + i + " \u00e4\ud83d\ude80"));
            }
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private TlogProof.Proven check(String file) {
        return TlogProof.parse(bytes(file)).check(key);
    }

    @Test
    void everyEventOfALogIsProvenByAFileThatNeedsOnlyThePublicKey() {
        written(20);
        try (EventLog log = reading()) {
            for (long seq = 1; seq <= 21; seq++) {
                String file = prover(log).prove(seq).text();
                TlogProof.Proven proven = check(file);
                Event event = log.read(seq, 1).getFirst();
                assertThat(proven.event()).isEqualTo(event);
                assertThat(proven.size()).isGreaterThanOrEqualTo(seq).isLessThanOrEqualTo(21);
                assertThat(proven.key()).isEqualTo(NoteKey.parse(key.verifierKey()));
                assertThat(storage.get(checkpoints))
                        .asString(StandardCharsets.UTF_8)
                        .contains("\n" + proven.size() + "\n"
                                + Base64.getEncoder().encodeToString(proven.root()) + "\n");
            }
        }
    }

    @Test
    void theFileHasTheFormOfTheSpecification() {
        written(6);
        try (EventLog log = reading()) {
            List<String> lines = prover(log).prove(3).text().lines().toList();
            assertThat(lines.get(0)).isEqualTo("c2sp.org/tlog-proof@v1");
            assertThat(lines.get(1)).startsWith("extra ");
            assertThat(Base64.getDecoder().decode(lines.get(1).substring(6)))
                    .asString(StandardCharsets.UTF_8)
                    .isEqualTo(log.read(3, 1).getFirst().line());
            assertThat(lines.get(2)).isEqualTo("index 2");
            assertThat(lines.subList(3, 6))
                    .allSatisfy(
                            hash -> assertThat(Base64.getDecoder().decode(hash)).hasSize(32));
            assertThat(lines.get(6)).isEmpty();
            assertThat(lines.subList(7, 9)).containsExactly(ORIGIN, "7");
            assertThat(lines.get(10)).isEmpty();
            assertThat(lines.get(11)).startsWith("\u2014 " + ORIGIN + " ");
            assertThat(lines).hasSize(12);
        }
    }

    @Test
    void theSameEventGivesTheSameProofHoweverLongTheLogGrows() {
        written(4);
        String before;
        try (EventLog log = reading()) {
            before = prover(log).prove(4).text();
        }
        written(5);
        try (EventLog log = reading()) {
            assertThat(prover(log).prove(4).text()).isEqualTo(before);
            assertThat(check(prover(log).prove(8).text()).size()).isEqualTo(10);
        }
    }

    @Test
    void anEventYoungerThanTheLastCheckpointGetsOneAtOnce() {
        try (EventLog log = open()) {
            long seq = log.append(draft("just now")).seq();
            assertThat(check(prover(log).prove(seq).text()).size()).isEqualTo(seq);
            int signed = storage.get(checkpoints).length;
            log.checkpointNow();
            assertThat(storage.get(checkpoints)).hasSize(signed);
        }
    }

    @Test
    void withoutACheckpointThereIsNoProofAndTheReasonIsSaid() {
        written(2);
        storage.put(checkpoints, new byte[0]);
        try (EventLog log = reading()) {
            assertThatThrownBy(() -> prover(log).prove(2))
                    .isInstanceOf(BusException.class)
                    .hasMessageContaining("no checkpoint covers event 2")
                    .hasMessageContaining("mirror boot");
            assertThatThrownBy(() -> prover(log).prove(9)).hasMessageContaining("no event 9; the log ends at 3");
            assertThatThrownBy(() -> prover(log).prove(0)).hasMessageContaining("no event 0");
        }
    }

    @Test
    void aCheckpointThatCannotBeWrittenIsSaid() {
        try (EventLog log = open()) {
            long seq = log.append(draft("x")).seq();
            storage.failWrite(0);
            assertThatThrownBy(() -> prover(log).prove(seq)).hasMessageContaining("the disk may be full");
            assertThat(check(prover(log).prove(seq).text()).size()).isEqualTo(seq);
        }
    }

    @Test
    void whatIsNotWhatWasSignedIsNotProven() {
        written(6);
        byte[] good = storage.get(segment);
        SimStorage other = new SimStorage();
        try (EventLog log = EventLog.open(home, ORIGIN, other, CLOCK, signer)) {
            for (int i = 0; i < 6; i++) {
                log.append(draft("another history"));
            }
        }
        // A whole other history, good in itself, under the signed checkpoint of the first.
        storage.put(segment, other.get(segment));
        try (EventLog log = reading()) {
            assertThatThrownBy(() -> prover(log).prove(3))
                    .isInstanceOf(BusException.Damaged.class)
                    .hasMessageContaining("is not the one that its checkpoint signed");
        }
        // A line that is altered after the log was opened.
        storage.put(segment, good);
        try (EventLog log = reading()) {
            byte[] bad = good.clone();
            bad[good.length - 200] ^= 1;
            storage.put(segment, bad);
            assertThatThrownBy(() -> prover(log).prove(2))
                    .isInstanceOf(BusException.Damaged.class)
                    .hasMessageContaining("was altered");
        }
        // A checkpoint over more than there is.
        storage.put(
                segment,
                Arrays.copyOf(
                        good, new String(good, StandardCharsets.ISO_8859_1).lastIndexOf('\n', good.length - 2) + 1));
        try (EventLog log = reading()) {
            assertThatThrownBy(() -> prover(log).prove(2))
                    .isInstanceOf(BusException.Damaged.class)
                    .hasMessageContaining("covers 7 events, but the log ends at 6");
        }
        // A checkpoint by another key.
        storage.put(segment, good);
        try (EventLog log = reading()) {
            assertThatThrownBy(() -> new Prover(home, log, storage, new TestSigner().key(ORIGIN)).prove(2))
                    .hasMessageContaining("no checkpoint covers event 2");
        }
    }

    @Test
    void everyFlippedBitOfAProofIsRefused() {
        written(4);
        byte[] good;
        try (EventLog log = reading()) {
            good = bytes(prover(log).prove(3).text());
        }
        for (int at = 0; at < good.length; at++) {
            for (int bit = 0; bit < 8; bit++) {
                byte[] bad = good.clone();
                bad[at] ^= (byte) (1 << bit);
                assertThatThrownBy(() -> TlogProof.parse(bad).check(key))
                        .as("byte %d bit %d", at, bit)
                        .isInstanceOf(BusException.class)
                        .message()
                        .isNotBlank()
                        .hasLineCount(1);
            }
        }
    }

    @Test
    void everyFlippedBitBesideAForeignSignatureIsRefusedAndInItChangesNothing() {
        written(4);
        String signed;
        try (EventLog log = reading()) {
            signed = prover(log).prove(3).text();
        }
        byte[] both = new byte[68];
        String file =
                signed + "\u2014 witness.example/w1 " + Base64.getEncoder().encodeToString(both) + "\n";
        TlogProof.Proven proven = check(file);
        byte[] good = bytes(file);
        int accepted = 0;
        for (int at = 0; at < good.length; at++) {
            for (int bit = 0; bit < 8; bit++) {
                byte[] bad = good.clone();
                bad[at] ^= (byte) (1 << bit);
                try {
                    TlogProof.Proven same = TlogProof.parse(bad).check(key);
                    assertThat(at).as("byte %d bit %d", at, bit).isGreaterThanOrEqualTo(bytes(signed).length);
                    assertThat(same).usingRecursiveComparison().isEqualTo(proven);
                    accepted++;
                } catch (BusException e) {
                    assertThat(e).message().hasLineCount(1);
                }
            }
        }
        assertThat(accepted).isPositive();
    }

    @Test
    void aProofCutOrLengthenedAnywhereIsRefused() {
        written(4);
        byte[] good;
        try (EventLog log = reading()) {
            good = bytes(prover(log).prove(2).text());
        }
        for (int length = 0; length < good.length; length++) {
            byte[] cut = Arrays.copyOf(good, length);
            assertThatThrownBy(() -> TlogProof.parse(cut).check(key))
                    .as("the first %d bytes", length)
                    .isInstanceOf(BusException.class);
        }
        for (String more : List.of("\n", " ", "\u0000", "x", "\u2014 x y\n")) {
            assertThatThrownBy(() -> TlogProof.parse(bytes(new String(good, StandardCharsets.UTF_8) + more)))
                    .isInstanceOf(BusException.class);
        }
    }

    @Test
    void aMalformedFileIsOneSentenceAndNeverAnotherException() {
        written(12);
        List<byte[]> good = new ArrayList<>();
        try (EventLog log = reading()) {
            for (long seq : new long[] {1, 5, 13}) {
                good.add(bytes(prover(log).prove(seq).text()));
            }
        }
        Seed seed = Seed.fresh();
        RandomGenerator random = seed.random();
        List<String> pieces = List.of(
                "\n",
                "\n\n",
                "index ",
                "extra ",
                "c2sp.org/tlog-proof@v1\n",
                "\u2014 ",
                "-1",
                "+1",
                "99999999999999999999",
                "=",
                "\r\n",
                "\u0000",
                " ",
                "0",
                "AAAA",
                "\ud83d\ude80",
                "e30=\n",
                "index 9223372036854775807\n");
        for (int round = 0; round < 20_000; round++) {
            byte[] file = good.get(random.nextInt(good.size()));
            for (int edits = random.nextInt(3); edits >= 0; edits--) {
                file = edited(file, random, pieces);
            }
            try {
                TlogProof proof = TlogProof.parse(file);
                assertThat(bytes(proof.text())).as("%s, round %d", seed, round).isEqualTo(file);
                proof.check(key);
                assertThat(good).as("%s, round %d", seed, round).contains(file);
            } catch (BusException e) {
                assertThat(e)
                        .as("%s, round %d", seed, round)
                        .message()
                        .isNotBlank()
                        .hasLineCount(1);
            } catch (RuntimeException e) {
                throw new AssertionError(seed + ", round " + round, e);
            }
        }
    }

    private static byte[] edited(byte[] file, RandomGenerator random, List<String> pieces) {
        int from = random.nextInt(file.length + 1);
        int to = random.nextInt(4) == 0
                ? random.nextInt(from, file.length + 1)
                : Math.min(file.length, from + random.nextInt(3));
        byte[] middle = random.nextBoolean()
                ? bytes(pieces.get(random.nextInt(pieces.size())))
                : Arrays.copyOfRange(file, random.nextInt(from + 1), from);
        byte[] edited = new byte[from + middle.length + file.length - to];
        System.arraycopy(file, 0, edited, 0, from);
        System.arraycopy(middle, 0, edited, from, middle.length);
        System.arraycopy(file, to, edited, from + middle.length, file.length - to);
        return edited;
    }

    @Test
    void eachThingThatDoesNotHoldHasItsOwnSentence() {
        written(6);
        String file;
        String other;
        try (EventLog log = reading()) {
            file = prover(log).prove(3).text();
            other = prover(log).prove(4).text();
        }
        List<String> lines = file.lines().toList();
        assertRefused(file.replaceFirst("@v1", "@v2"), "first line is not 'c2sp.org/tlog-proof@v1'");
        assertRefused("", "first line is not");
        assertRefused(with(lines, 1, null), "second line is not 'extra'");
        assertRefused(with(lines, 1, "extra !"), "line 2 is not base64");
        assertRefused(with(lines, 1, "extra e30="), "its event is too short");
        assertRefused(with(lines, 1, other.lines().toList().get(1)), "not in the signed log at index 2");
        assertRefused(with(lines, 2, "index 02"), "third line is not 'index'");
        assertRefused(with(lines, 2, "index 3"), "not in the signed log at index 3");
        assertRefused(with(lines, 2, "index 7"), "a tree of 7 leaves has none at index 7");
        assertRefused(with(lines, 4, null), "does not have 2 hashes");
        assertRefused(with(lines, 4, "AAAA"), "line 5 is not a hash");
        assertRefused(with(lines, 4, "*"), "line 5 is not base64");
        assertRefused(with(lines, 8, "8"), "the signature of its checkpoint is not good");
        assertRefused(with(lines, 9, lines.get(3)), "the signature of its checkpoint is not good");
        assertRefused(with(lines, 7, "elsewhere-00000000"), "it is about the log elsewhere-00000000");
        assertRefused(with(lines, 11, null), "does not end in a checkpoint");
        assertRefused(with(lines, 11, lines.get(11) + "\u0000"), "does not end in a checkpoint");
        assertRefused(file.replace("\n", "\r\n"), "one form");
        assertRefused(file + "x".repeat(TlogProof.MAX_BYTES), "larger than any proof");
        assertThatThrownBy(() -> TlogProof.parse(new byte[] {(byte) 0xff})).hasMessageContaining("not UTF-8");
        assertThatThrownBy(() -> TlogProof.parse(bytes(file)).check(new TestSigner().key(ORIGIN)))
                .hasMessageContaining("not signed by the key " + ORIGIN + "+");
        assertThatThrownBy(() -> TlogProof.parse(bytes(file)).check(signer.key("another")))
                .hasMessageContaining("the key is that of another");
    }

    private void assertRefused(String file, String sentence) {
        assertThatThrownBy(() -> check(file)).isInstanceOf(BusException.class).hasMessageContaining(sentence);
    }

    private static String with(List<String> lines, int index, @org.jspecify.annotations.Nullable String line) {
        List<String> other = new ArrayList<>(lines);
        if (line == null) {
            other.remove(index);
        } else {
            other.set(index, line);
        }
        return String.join("\n", other) + "\n";
    }

    /** A key that signs a lie about an event's place is still caught in it, because the event names its own place. */
    @Test
    void anEventInAPlaceThatIsNotItsOwnIsRefusedEvenWhenItIsSigned() {
        written(3);
        List<Event> events;
        try (EventLog log = reading()) {
            events = log.read(1, 10);
        }
        List<Event> moved = List.of(events.get(1), events.get(0), events.get(2));
        LeafHashes leaves = (_, consumer) ->
                moved.forEach(event -> consumer.accept(HexFormat.of().parseHex(event.hash())));
        MerkleTree tree = new MerkleTree();
        leaves.walk(3, tree::add);
        for (String origin : List.of(ORIGIN, "elsewhere")) {
            TlogProof proof = new TlogProof(
                    bytes(moved.get(origin.equals(ORIGIN) ? 0 : 2).line()),
                    InclusionProof.compute(origin.equals(ORIGIN) ? 0 : 2, 3, leaves),
                    Checkpoint.sign(origin, 3, tree.root(), signer));
            assertThatThrownBy(() -> proof.check(signer.key(origin)))
                    .hasMessageContaining("says of itself that it is another");
        }
    }
}
