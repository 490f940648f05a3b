package mirror.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import mirror.bus.DiskCalls;
import mirror.bus.DiskStorage;
import mirror.bus.Draft;
import mirror.bus.Event;
import mirror.bus.EventLog;
import mirror.bus.FileStore;
import mirror.bus.Home;
import mirror.bus.Json;
import mirror.bus.NoteKey;
import mirror.bus.Projector;
import mirror.bus.Prover;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** A record of where results come from says what the log says, and any change of it is refused. */
final class ProvenanceTest {
    private static final Path PROJECT = Path.of("/home/ada/project");
    private static final String DIGEST = "ab".repeat(32);

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private final Instant now = Instant.parse("2026-05-01T08:00:00Z");

    @SuppressWarnings("NullAway.Init")
    private Home home;

    @SuppressWarnings("NullAway.Init")
    private DeviceKey key;

    @SuppressWarnings("NullAway.Init")
    private EventLog log;

    @SuppressWarnings("NullAway.Init")
    private Projector projector;

    @SuppressWarnings("NullAway.Init")
    private Approvals approvals;

    @SuppressWarnings("NullAway.Init")
    private Gate gate;

    @BeforeEach
    void open() throws IOException {
        home = new Home(folder);
        key = DeviceKey.create(home.keys().resolve("device.key"));
        log = EventLog.open(home, "test-" + key.shortId(), new DiskStorage(), () -> now, key);
        PolicyStore policies =
                new PolicyStore(home.policy(), key, new FileStore(home, new DiskCalls(), () -> now, _ -> {}));
        policies.installDefault();
        approvals = new Approvals(() -> now, new Random(7), Duration.ofMinutes(10));
        projector = new Projector(log, List.of(approvals));
        projector.catchUp();
        Zones zones = new Zones(Path.of("/home/ada"), home.root(), Path.of("/opt/mirror/app"), List.of());
        gate = new Gate(
                home,
                projector,
                policies,
                zones,
                approvals,
                Permits.NONE,
                List.of(),
                new Budgets(() -> java.time.Instant.EPOCH),
                System::nanoTime);
    }

    @AfterEach
    void close() {
        log.close();
    }

    private NoteKey trusted() {
        return key.key(log.origin());
    }

    private static Action action(String id, Effect effect) {
        return new Action(
                "claude-code",
                "s1",
                id,
                "Bash",
                Json.object().put("command", "echo hunter2 > a"),
                PROJECT,
                PROJECT,
                List.of(effect));
    }

    private Event completed(String id) {
        var data = Json.object().put("tool", "Bash").put("output-sha256", "cd".repeat(32));
        var changed = data.putArray("changed");
        changed.addObject().put("path", "/home/ada/project/a").put("sha256", DIGEST);
        changed.addObject().put("path", "/home/ada/project/gone");
        return projector.record(Draft.of("mirror.action.completed.v1", "claude-code", data)
                .subject(id)
                .session("s1"));
    }

    private String done(String id) {
        gate.decide(action(id, new Effect.Write(PROJECT.resolve("a"))));
        completed(id);
        return Provenance.envelope(Provenance.of(log, id), null, key);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void aCompletedActionsRecordNamesResultsActorDecisionAndPlaces() {
        Action action = action("t1", new Effect.Write(PROJECT.resolve("a")));
        Decision decision = gate.decide(action);
        Event ended = completed("t1");
        Provenance.Checked checked =
                Provenance.check(bytes(Provenance.envelope(Provenance.of(log, ended), null, key)), trusted());
        assertThat(checked.outputs())
                .containsExactly(
                        new Provenance.Output("file:/home/ada/project/a", DIGEST),
                        new Provenance.Output("output", "cd".repeat(32)));
        JsonNode said = checked.predicate();
        assertThat(said.path("actor").path("id").asString()).isEqualTo("claude-code");
        assertThat(said.path("actor").path("session").asString()).isEqualTo("s1");
        assertThat(said.path("action").path("digest").path("sha256").asString()).isEqualTo(action.digest());
        assertThat(said.path("decision").path("policy").asString()).isEqualTo(decision.policy());
        assertThat(said.path("decision").path("rule").asString()).isEqualTo("write-here");
        assertThat(said.path("without-digest").path(0).asString()).isEqualTo("/home/ada/project/gone");
        assertThat(checked.events()).extracting(Provenance.Named::role).containsExactly("decided", "ended");
        assertThat(checked.events().getFirst().id()).isEqualTo(decision.event());
        assertThat(checked.events().getLast().hash()).isEqualTo(ended.hash());
        Provenance.inLog(checked, log);
        assertThat(said.toString()).as("the input stays at home").doesNotContain("hunter2");
    }

    @Test
    void theSameActionGivesTheSameBytesByAnyOfItsNamesAndLater() {
        String envelope = done("t1");
        done("t2");
        List<Event> events = log.read(1, 100).stream()
                .filter(event -> "t1".equals(event.subject()))
                .toList();
        assertThat(events).hasSize(2);
        for (Event event : events) {
            assertThat(Provenance.envelope(Provenance.of(log, event), null, key))
                    .isEqualTo(envelope);
        }
        assertThat(Provenance.envelope(Provenance.of(log, "t1"), null, key)).isEqualTo(envelope);
    }

    @Test
    void anApprovedActionNamesTheAnswerAndABlockedOneHasNoRecord() {
        Action asked = action("t1", new Effect.Delete(PROJECT.resolve("build"), true));
        String approval = Objects.requireNonNull(gate.decide(asked).approval());
        assertThatThrownBy(() -> Provenance.of(log, "t1")).hasMessageContaining("was not carried out");
        projector.record(approvals.answer(approval, true, "terminal"));
        gate.settle(asked, approval);
        assertThatThrownBy(() -> Provenance.of(log, "t1")).hasMessageContaining("has not ended");
        completed("t1");
        Provenance.Checked checked =
                Provenance.check(bytes(Provenance.envelope(Provenance.of(log, "t1"), null, key)), trusted());
        JsonNode decision = checked.predicate().path("decision");
        assertThat(decision.path("approval").asString()).isEqualTo(approval);
        assertThat(decision.path("answer").asString()).isEqualTo("allow");
        assertThat(checked.events()).extracting(Provenance.Named::role).containsExactly("decided", "answered", "ended");
        Provenance.inLog(checked, log);

        gate.decide(action("t2", new Effect.RemoteCode("https://example.org")));
        assertThatThrownBy(() -> Provenance.of(log, "t2")).hasMessageContaining("was not carried out");
        assertThatThrownBy(() -> Provenance.of(log, "t3")).hasMessageContaining("no action has this id");
        assertThatThrownBy(() -> Provenance.of(log, log.read(1, 1).getFirst()))
                .hasMessageContaining("not of an action");
    }

    @Test
    void everyFlippedBitOfARecordIsRefusedInOneSentence() {
        byte[] envelope = bytes(done("t1"));
        int checked = 0;
        for (int at = 0; at < envelope.length; at++) {
            byte[] bad = envelope.clone();
            bad[at] ^= (byte) (1 << (at % 8));
            assertThatThrownBy(() -> Provenance.check(bad, trusted()))
                    .as("byte %d", at)
                    .isInstanceOf(TrustException.class)
                    .message()
                    .doesNotContain("\n");
            checked++;
        }
        assertThat(checked).isEqualTo(envelope.length);
        assertThat(Provenance.check(envelope, trusted()).outputs()).hasSize(2);
    }

    @Test
    void anotherKeyAnotherLogAnotherTypeAndAnEventThatIsNotInTheLogAreRefused() throws IOException {
        byte[] envelope = bytes(done("t1"));
        DeviceKey other = DeviceKey.create(folder.resolve("other.key"));
        assertThatThrownBy(() -> Provenance.check(envelope, other.key(log.origin())))
                .hasMessageContaining("not signed by a key that is trusted");
        assertThatThrownBy(() -> Provenance.check(envelope, key.key("elsewhere")))
                .hasMessageContaining("another log");
        byte[] contract = bytes(new Contracts(key, log.origin(), new Signers())
                .sign("module", Files.writeString(folder.resolve("m"), "x")));
        assertThatThrownBy(() -> Provenance.check(contract, trusted())).hasMessageContaining("another kind");
        assertThatThrownBy(() -> Provenance.check(bytes(Dsse.sign("text/plain", new byte[0], key)), trusted()))
                .hasMessageContaining("something else than");

        EventLog shorter =
                EventLog.open(new Home(folder.resolve("b")), log.origin(), new DiskStorage(), () -> now, key);
        Provenance.Checked checked = Provenance.check(envelope, trusted());
        assertThatThrownBy(() -> Provenance.inLog(checked, shorter)).hasMessageContaining("'decided'");
        shorter.close();
    }

    @Test
    void aRecordMayCarryTheProofThatItsDecisionIsInTheSignedLog() {
        done("t1");
        Provenance.Story story = Provenance.of(log, "t1");
        var prover = new Prover(home, log, new DiskStorage(), trusted());
        String envelope =
                Provenance.envelope(story, prover.prove(story.decided().seq()), key);
        assertThat(Provenance.check(bytes(envelope), trusted()).proven()).isTrue();
        String wrong = Provenance.envelope(story, prover.prove(story.ended().seq()), key);
        assertThatThrownBy(() -> Provenance.check(bytes(wrong), trusted()))
                .hasMessageContaining("of another event than the decision");
    }

    /** The envelope is taken apart here without Mirror's code, and OpenSSL has the last word. */
    @Test
    void openSslVerifiesTheSignatureOfARecord() throws Exception {
        JsonNode envelope = Json.MAPPER.readTree(done("t1"));
        byte[] payload = Base64.getDecoder().decode(envelope.path("payload").asString());
        String type = envelope.path("payloadType").asString();
        var pae = new ByteArrayOutputStream();
        pae.write(bytes("DSSEv1 " + type.length() + " " + type + " " + payload.length + " "));
        pae.write(payload);
        Path message = Files.write(folder.resolve("pae"), pae.toByteArray());
        Path signature = Files.write(
                folder.resolve("sig"),
                Base64.getDecoder()
                        .decode(envelope.path("signatures").path(0).path("sig").asString()));
        Path pem = Files.writeString(folder.resolve("key.pem"), trusted().pem());
        assertThat(openssl(message, signature, pem)).isZero();
        pae.write('x');
        Files.write(message, pae.toByteArray());
        assertThat(openssl(message, signature, pem)).isNotZero();
    }

    private int openssl(Path message, Path signature, Path pem) throws Exception {
        return new ProcessBuilder(
                        "openssl",
                        "pkeyutl",
                        "-verify",
                        "-pubin",
                        "-inkey",
                        pem.toString(),
                        "-rawin",
                        "-in",
                        message.toString(),
                        "-sigfile",
                        signature.toString())
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
    }
}
