package mirror.bus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import mirror.bus.VerifyReport.Verdict;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Payloads that are too large for a line, and data at the edge of what a line can hold. */
class BlobsTest {
    private static final String ORIGIN = "test-0badcafe";
    private static final InstantSource CLOCK = InstantSource.fixed(Instant.parse("2026-03-01T10:00:00Z"));
    private static final String LARGE = "e".repeat(EventLog.INLINE_LIMIT);

    private final Home home = new Home(Path.of("/home/owner/.mirror"));
    private final NoteSigner signer = new TestSigner();
    private final SimStorage storage = new SimStorage();
    private EventLog log = open();

    private EventLog open() {
        return EventLog.open(home, ORIGIN, storage, CLOCK, signer);
    }

    private void reopen() {
        log.close();
        log = open();
    }

    @AfterEach
    void close() {
        log.close();
    }

    private VerifyReport verify() {
        return EventLog.verify(home, ORIGIN, storage, signer.key(ORIGIN));
    }

    private static Draft note(String text) {
        return Draft.of("mirror.note.written.v1", "owner", Json.object().put("text", text));
    }

    private Path file(Event event) {
        return home.blobs().resolve(BlobRef.of(event).orElseThrow().hash());
    }

    /** The texts of all notes, in order: a fold to watch. */
    private static final class Texts implements Projection {
        private final ArrayNode texts = Json.array();

        @Override
        public String name() {
            return "texts";
        }

        @Override
        public int version() {
            return 1;
        }

        @Override
        public void accept(Event event) {
            if (event.type().equals("mirror.note.written.v1")) {
                texts.add(event.text("text"));
            }
        }

        @Override
        public JsonNode save() {
            return texts.deepCopy();
        }

        @Override
        public void restore(JsonNode saved) {
            texts.removeAll();
            saved.forEach(texts::add);
        }
    }

    @Test
    void aLargePayloadIsReadBackWholeAndItsLineNamesItsHash() {
        Event written = log.append(note(LARGE));
        assertThat(written.text("text")).isEqualTo(LARGE);
        assertThat(written.line()).hasSizeLessThan(600).contains("\"blob\":\"");
        reopen();
        assertThat(log.read(written.seq(), 1).getFirst()).isEqualTo(written);
        assertThat(verify().verdict()).isEqualTo(Verdict.INTACT);
    }

    @Test
    void anErasedPayloadIsGoneFromDiskAndStateAndTheChainStaysIntact() throws IOException {
        Texts texts = new Texts();
        Projector projector = new Projector(log, List.of(texts));
        projector.record(note("small"));
        Event large = projector.record(note(LARGE));
        projector.save(true);
        assertThat(texts.texts).hasSize(2);

        Event erased = projector.erase(large, "owner", "a mistake");

        assertThat(erased.type()).isEqualTo("mirror.blob.erased.v1");
        assertThat(erased.text("reason")).isEqualTo("a mistake");
        assertThat(storage.exists(file(large))).isFalse();
        assertThat(texts.texts.toString()).isEqualTo("[\"small\",\"\"]");
        assertThat(storage.exists(home.index().resolve(ORIGIN + ".state"))).isFalse();
        assertThat(verify().verdict()).isEqualTo(Verdict.INTACT);
        reopen();
        Texts anew = new Texts();
        new Projector(log, List.of(anew)).catchUp();
        assertThat(anew.texts).isEqualTo(texts.texts);
        assertThat(log.read(large.seq(), 1).getFirst().line()).isEqualTo(large.line());
    }

    @Test
    void aPayloadWithinItsLineCannotBeErased() {
        Event small = log.append(note("small"));
        assertThatThrownBy(() -> log.erase(small, "owner", ""))
                .isInstanceOf(BusException.class)
                .hasMessageContaining("is part of its line");
    }

    @Test
    void anAlteredPayloadIsNamedAndNeverUsed() {
        Event large = log.append(note(LARGE));
        byte[] bytes = storage.get(file(large));
        bytes[100] ^= 1;
        storage.put(file(large), bytes);

        assertThat(verify().verdict()).isEqualTo(Verdict.ALTERED);
        assertThat(verify().findings().getFirst().sentence()).contains("the payload of event " + large.seq());
        reopen();
        assertThat(log.read(large.seq(), 1).getFirst().text("text")).isEmpty();
    }

    @Test
    void aPayloadThatIsGoneWithoutAnEventIsMissing() throws IOException {
        Event large = log.append(note(LARGE));
        storage.delete(file(large));
        VerifyReport report = verify();
        assertThat(report.verdict()).isEqualTo(Verdict.MISSING);
        assertThat(report.findings().getFirst().file()).isEqualTo(file(large).toString());
    }

    @Test
    void dataThatLooksLikeAStoredPayloadIsRefused() {
        Draft draft = Draft.of(
                "mirror.note.written.v1",
                "owner",
                Json.object().put("blob", "0".repeat(64)).put("bytes", 1));
        assertThatThrownBy(() -> log.append(draft)).isInstanceOf(IllegalArgumentException.class);
        log.append(note("goes on"));
    }

    @Test
    void dataAsDeepAsCanBeWrittenCanBeRead() {
        Event deep = log.append(Draft.of("mirror.note.written.v1", "owner", nested(398)));
        reopen();
        assertThat(log.read(deep.seq(), 1).getFirst()).isEqualTo(deep);
        assertThatThrownBy(() -> log.append(Draft.of("mirror.note.written.v1", "owner", nested(500))))
                .isInstanceOf(IllegalArgumentException.class);
        log.append(note("goes on"));
    }

    private static ObjectNode nested(int depth) {
        ObjectNode top = Json.object();
        ObjectNode at = top;
        for (int i = 1; i < depth; i++) {
            at = at.putObject("a");
        }
        return top;
    }

    @Test
    void halfACharacterIsRefusedAndTheLogGoesOn() {
        assertThatThrownBy(() -> note("x").subject("\ud800")).isInstanceOf(IllegalArgumentException.class);
        Event odd = null;
        try {
            odd = log.append(note("\ud800"));
        } catch (IllegalArgumentException e) {
            assertThat(e).hasMessageContaining("not JSON");
        }
        assertThat(log.append(note("goes on")).text("text")).isEqualTo("goes on");
        if (odd != null) {
            assertThat(log.read(odd.seq(), 1).getFirst().line()).isEqualTo(odd.line());
        }
    }

    @Test
    void aFileWithAMillionBadLinesIsReportedInAHundredSentences() {
        log.append(note("one"));
        log.close();
        Path segment = home.chain(ORIGIN).resolve("000001.jsonl");
        byte[] good = storage.get(segment);
        byte[] bad = "{}\n".repeat(1_000_000).getBytes(StandardCharsets.US_ASCII);
        byte[] both = new byte[good.length + bad.length];
        System.arraycopy(bad, 0, both, 0, bad.length);
        System.arraycopy(good, 0, both, bad.length, good.length);
        storage.put(segment, both);
        VerifyReport report = verify();
        assertThat(report.findings()).hasSize(VerifyReport.MAX_FINDINGS);
        assertThat(report.verdict()).isEqualTo(Verdict.ALTERED);
    }
}
