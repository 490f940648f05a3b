package mirror.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.SplittableRandom;
import mirror.bus.DiskStorage;
import mirror.bus.Draft;
import mirror.bus.EventLog;
import mirror.bus.Home;
import mirror.bus.Json;
import mirror.bus.Projector;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.ObjectNode;

class DevicesTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private Instant now = Instant.parse("2026-03-01T10:00:00Z");
    private final Approvals approvals = new Approvals(() -> now, new SplittableRandom(1), Duration.ofMinutes(10));
    private final Devices devices = new Devices(() -> now);

    @SuppressWarnings("NullAway.Init")
    private EventLog log;

    @SuppressWarnings("NullAway.Init")
    private Projector projector;

    @SuppressWarnings("NullAway.Init")
    private DeviceKey phone;

    @SuppressWarnings("NullAway.Init")
    private Approvals.Request request;

    @BeforeEach
    void open() throws IOException {
        Home home = new Home(folder);
        DeviceKey key = DeviceKey.create(home.keys().resolve("device.key"));
        phone = DeviceKey.create(folder.resolve("phone.key"));
        log = EventLog.open(home, "t-" + key.shortId(), new DiskStorage(), () -> now, key);
        projector = new Projector(log, List.of(approvals, devices));
        projector.record(devices.enroll("phone", phone.key("anything").verifierKey()));
        request = asked("rm -rf build");
    }

    @AfterEach
    void close() {
        log.close();
    }

    private Approvals.Request asked(String command) {
        Action action = new Action(
                "claude-code",
                "s1",
                "t1",
                "Bash",
                Json.object().put("command", command),
                Path.of("/p"),
                Path.of("/p"),
                List.of(new Effect.Delete(Path.of("/p/build"), true)));
        Draft draft = ((Approvals.Asked.New) approvals.ask(action, "deletes", "for good")).draft();
        projector.record(draft);
        return approvals.get(draft.data().path("approval").asString()).orElseThrow();
    }

    private ObjectNode payload() {
        return (ObjectNode)
                Json.MAPPER.readTree(Devices.payload(request, "phone", true, now.plus(Duration.ofMinutes(2))));
    }

    private static String signed(ObjectNode payload, DeviceKey key) {
        return Dsse.sign(Devices.ANSWER_TYPE, Json.MAPPER.writeValueAsBytes(payload), key);
    }

    private void refused(String envelope, String why) {
        Devices.Answered answered = devices.answered(envelope, approvals);
        assertThat(answered.refusal()).contains(why);
        assertThat(answered.draft().type()).isEqualTo(Devices.REFUSED);
        projector.record(answered.draft());
        assertThat(approvals.get(request.id()).orElseThrow().status()).isEqualTo(Approvals.Status.PENDING);
    }

    @Test
    void anAnswerOfAnEnrolledDeviceCountsOnce() {
        String envelope = signed(payload(), phone);
        Devices.Answered answered = devices.answered(envelope, approvals);
        assertThat(answered.refusal()).isNull();
        projector.record(answered.draft());
        assertThat(approvals.get(request.id()).orElseThrow().status()).isEqualTo(Approvals.Status.ALLOWED);
        assertThat(answered.draft().data().path("by").asString()).isEqualTo("device:phone");
        assertThat(devices.answered(envelope, approvals).refusal()).contains("already");
    }

    @Test
    void aNoIsANo() {
        projector.record(devices.answered(signed(payload().put("answer", "deny"), phone), approvals)
                .draft());
        assertThat(approvals.get(request.id()).orElseThrow().status()).isEqualTo(Approvals.Status.DENIED);
    }

    @Test
    void whatDoesNotFitIsRefusedAndRecorded() throws IOException {
        DeviceKey other = DeviceKey.create(folder.resolve("other.key"));
        refused(signed(payload(), other), "not signed by a key");
        refused(signed(payload().put("device", "tablet"), phone), "not enrolled");
        refused(signed(payload().put("digest", "0".repeat(64)), phone), "another action");
        refused(signed(payload().put("nonce", "0"), phone), "another request");
        refused(signed(payload().put("approval", "a00000"), phone), "no such request");
        refused(signed(payload().put("expires", now.toString()), phone), "expired");
        refused(signed(payload().put("expires", "tomorrow"), phone), "form");
        refused(signed(payload().put("answer", "yes"), phone), "neither");
        refused(Dsse.sign("text/plain", Json.MAPPER.writeValueAsBytes(payload()), phone), "holds");
        refused("{}", "not enrolled");
        refused("[", "form");
        refused("x".repeat(20_000), "longer");
    }

    @Test
    void anAnswerToOneRequestDoesNotCountForAnother() {
        String envelope = signed(payload(), phone);
        Approvals.Request second = asked("rm -rf dist");
        assertThat(devices.answered(envelope, approvals)
                        .draft()
                        .data()
                        .path("approval")
                        .asString())
                .isEqualTo(request.id())
                .isNotEqualTo(second.id());
    }

    @Test
    void theOldestRequestsMakeRoomAndAreUnknownThen() {
        Approvals many = new Approvals(() -> now, new SplittableRandom(2), Duration.ofMinutes(10));
        for (int i = 0; i <= Approvals.KEPT; i++) {
            many.accept(new mirror.bus.Event(
                    "t-" + i,
                    "codex",
                    "mirror.approval.requested.v1",
                    now,
                    "a" + i,
                    "t",
                    i + 1L,
                    i + 1L,
                    null,
                    "s",
                    Json.object()
                            .put("approval", "a" + i)
                            .put("digest", "d" + i % 3_000)
                            .put("expires", now.plusSeconds(600).toString()),
                    "",
                    "",
                    ""));
        }
        assertThat(many.list()).hasSize(Approvals.KEPT);
        assertThat(many.get("a0")).isEmpty();
        Approvals restored = new Approvals(() -> now, new SplittableRandom(2), Duration.ofMinutes(10));
        restored.restore(many.save());
        assertThat(restored.save()).isEqualTo(many.save());
        assertThat(restored.answer("a" + Approvals.KEPT, true, "owner").type())
                .isEqualTo("mirror.approval.answered.v1");
        assertThatThrownBy(() -> restored.answer("a0", true, "owner")).hasMessageContaining("no approval request");
    }

    @Test
    void aRevokedDevicesAnswerIsRefused() {
        projector.record(devices.revoke("phone"));
        refused(signed(payload(), phone), "not enrolled");
    }

    @Test
    void anAnswerAfterTheRequestEndedIsRefused() {
        now = now.plus(Duration.ofMinutes(11));
        String late = signed(payload(), phone);
        assertThat(devices.answered(late, approvals).refusal()).contains("expired");
    }

    @Test
    void everyFlippedBitOfAnAnswerIsRefused() {
        byte[] envelope = signed(payload(), phone).getBytes(java.nio.charset.StandardCharsets.UTF_8);
        for (int i = 0; i < envelope.length - 1; i++) {
            for (int bit = 0; bit < 8; bit++) {
                byte[] flipped = envelope.clone();
                flipped[i] ^= (byte) (1 << bit);
                Devices.Answered answered =
                        devices.answered(new String(flipped, java.nio.charset.StandardCharsets.UTF_8), approvals);
                assertThat(answered.refusal()).as("byte %d bit %d", i, bit).isNotNull();
            }
        }
    }

    @Test
    void aDeviceIsEnrolledUnderOneNameWithOneKey() throws IOException {
        DeviceKey other = DeviceKey.create(folder.resolve("other.key"));
        assertThatThrownBy(() -> devices.enroll("phone", other.key("x").verifierKey()))
                .hasMessageContaining("already");
        assertThatThrownBy(() -> devices.enroll("second", phone.key("x").verifierKey()))
                .hasMessageContaining("enrolled already");
        assertThatThrownBy(() -> devices.enroll("Phone 2", other.key("x").verifierKey()))
                .hasMessageContaining("not a name");
        assertThatThrownBy(() -> devices.enroll("x", "nonsense")).isInstanceOf(TrustException.class);
        Devices again = new Devices(() -> now);
        again.restore(devices.save());
        assertThat(again.list()).isEqualTo(devices.list());
    }
}
