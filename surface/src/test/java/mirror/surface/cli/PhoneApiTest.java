package mirror.surface.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.helidon.webserver.WebServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.Signature;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import mirror.bus.Json;
import mirror.surface.PhoneApi;
import mirror.surface.TokenGuard;
import mirror.trust.Action;
import mirror.trust.Approvals;
import mirror.trust.Devices;
import mirror.trust.Verdict;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** A phone as it really is: another program with its own key, its own DSSE and nothing but HTTP. */
final class PhoneApiTest extends MirrorTest {
    @SuppressWarnings("NullAway.Init")
    private WebServer server;

    private final HttpClient http = HttpClient.newHttpClient();
    private final KeyPair key = pair();

    private static KeyPair pair() {
        try {
            return KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    @BeforeEach
    void open() throws IOException {
        PhoneApi phone = new PhoneApi(mirror.core());
        server = WebServer.builder()
                .shutdownHook(false)
                .useNio(false)
                .address(InetAddress.getLoopbackAddress())
                .port(0)
                .routing(routing ->
                        routing.addFilter(new TokenGuard("token", _ -> false)).register("/phone", phone))
                .build()
                .start();
    }

    @AfterEach
    void close() {
        server.stop();
        http.close();
    }

    private HttpResponse<String> post(String path, String body, String... headers) throws Exception {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
                .POST(HttpRequest.BodyPublishers.ofString(body));
        for (int i = 0; i < headers.length; i += 2) {
            request.header(headers[i], headers[i + 1]);
        }
        return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private static String raw(KeyPair pair) {
        byte[] spki = pair.getPublic().getEncoded();
        return Base64.getEncoder().encodeToString(Arrays.copyOfRange(spki, spki.length - 32, spki.length));
    }

    private static String envelope(String type, ObjectNode payload, KeyPair pair) throws Exception {
        byte[] bytes = Json.MAPPER.writeValueAsBytes(payload);
        byte[] head = ("DSSEv1 " + type.length() + " " + type + " " + bytes.length + " ").getBytes(UTF_8);
        Signature signature = Signature.getInstance("Ed25519");
        signature.initSign(pair.getPrivate());
        signature.update(head);
        signature.update(bytes);
        ObjectNode envelope = Json.object()
                .put("payloadType", type)
                .put("payload", Base64.getEncoder().encodeToString(bytes));
        envelope.putArray("signatures")
                .addObject()
                .put(
                        "keyid",
                        HexFormat.of()
                                .formatHex(MessageDigest.getInstance("SHA-256")
                                        .digest(pair.getPublic().getEncoded())))
                .put("sig", Base64.getEncoder().encodeToString(signature.sign()));
        return Json.MAPPER.writeValueAsString(envelope);
    }

    private String question(KeyPair pair) throws Exception {
        return envelope(
                Devices.QUESTION_TYPE,
                Json.object()
                        .put("device", "phone")
                        .put("time", mirror.core().clock().instant().toString()),
                pair);
    }

    private Approvals.Request ask() {
        ObjectNode input = Json.object().put("command", "rm -rf build");
        Path work = mirror.work();
        Action action = new Action(
                "claude-code",
                "s1",
                "t1",
                "Bash",
                input,
                work,
                work,
                mirror.core().tools().effects("Bash", input, work));
        assertThat(mirror.core().gate().decide(action).verdict()).isEqualTo(Verdict.ASK);
        return mirror.core().state().approvals().list().getFirst();
    }

    private String code() throws Exception {
        String text = mirror.run("device", "invite", "phone").text();
        assertThat(text)
                .contains("\u2588")
                .contains("mirror device confirm phone")
                .contains("phone-url");
        int at = text.indexOf("#enrol=") + 7;
        return text.substring(at, at + 32);
    }

    private void enroll() throws Exception {
        HttpResponse<String> joined = post(
                "/phone/enroll",
                Json.object().put("code", code()).put("key", raw(key)).toString());
        assertThat(joined.statusCode()).as(joined.body()).isEqualTo(200);
        String fingerprint =
                Json.MAPPER.readTree(joined.body()).path("fingerprint").asString();
        TestMirror.Answer asked = mirror.run("device", "confirm", "phone");
        assertThat(asked.text()).contains(fingerprint);
        assertThat(asked.questions()).hasSize(1);
        assertThat(post("/phone/approvals", question(key)).statusCode())
                .as("not before the owner's yes")
                .isEqualTo(403);
        assertThat(mirror.run("device", "confirm", "phone", "--yes").exit()).isZero();
    }

    @Test
    void aPhoneEnrolsSeesWhatWaitsAndAnswersIt() throws Exception {
        Approvals.Request request = ask();
        enroll();
        HttpResponse<String> inbox = post("/phone/approvals", question(key));
        JsonNode waiting = Json.MAPPER.readTree(inbox.body()).path("approvals").path(0);
        assertThat(waiting.path("id").asString()).isEqualTo(request.id());
        assertThat(waiting.path("summary").asString()).contains("rm -rf build");

        ObjectNode answer = Json.object()
                .put("approval", waiting.path("id").asString())
                .put("digest", waiting.path("digest").asString())
                .put("nonce", waiting.path("nonce").asString())
                .put("answer", "allow")
                .put("device", "phone")
                .put("expires", mirror.core().clock().instant().plusSeconds(60).toString());
        String envelope = envelope(Devices.ANSWER_TYPE, answer, key);
        assertThat(post("/phone/answer", envelope).body()).isEqualTo("{\"answer\":\"allow\"}");
        assertThat(mirror.core()
                        .state()
                        .approvals()
                        .get(request.id())
                        .orElseThrow()
                        .status())
                .isEqualTo(Approvals.Status.ALLOWED);
        assertThat(post("/phone/answer", envelope).body()).contains("already");
        assertThat(mirror.events("mirror.answer.refused.v1")).hasSize(1);
    }

    @Test
    void anotherKeyAnOldQuestionAndARevokedDeviceAreToldNothing() throws Exception {
        ask();
        enroll();
        assertThat(post("/phone/approvals", question(pair())).statusCode()).isEqualTo(403);
        String question = question(key);
        mirror.pass(Duration.ofMinutes(2));
        HttpResponse<String> old = post("/phone/approvals", question);
        assertThat(old.statusCode()).isEqualTo(403);
        assertThat(old.body()).contains("within the last minute").doesNotContain("rm -rf");
        mirror.run("device", "revoke", "phone");
        assertThat(post("/phone/approvals", question(key)).body()).contains("not enrolled");
    }

    @Test
    void aWebPageAndAForeignNameAreKeptOut() throws Exception {
        enroll();
        assertThat(post("/phone/approvals", question(key), "Origin", "https://evil.example")
                        .statusCode())
                .isEqualTo(403);
        assertThat(post("/phone/approvals", question(key)).body()).isEqualTo("{\"approvals\":[]}");
        assertThat(post("/phone/other", "{}").statusCode()).isEqualTo(401);
    }

    @Test
    void garbageIsAnsweredWithASentenceAndAFloodOfItIsNotListenedTo() throws Exception {
        for (String garbage :
                List.of("", "{", "[]", "{\"payload\":\"!\"}", "{\"code\":1,\"key\":\"QUJD\"}", "x".repeat(30_000))) {
            for (String path : List.of("/phone/enroll", "/phone/approvals", "/phone/answer")) {
                HttpResponse<String> response = post(path, garbage);
                assertThat(response.statusCode()).as(garbage).isIn(400, 403);
                assertThat(Json.MAPPER.readTree(response.body()).path("error").asString())
                        .isNotEmpty();
            }
        }
        int refused = mirror.events("mirror.answer.refused.v1").size();
        for (int i = 0; i < 100; i++) {
            post("/phone/answer", "{}");
        }
        assertThat(post("/phone/answer", "{}").statusCode()).isEqualTo(429);
        assertThat(mirror.events("mirror.answer.refused.v1").size()).isLessThan(refused + 31);
        mirror.pass(Duration.ofMinutes(1));
        assertThat(post("/phone/answer", "{}").statusCode()).isEqualTo(403);
    }
}
