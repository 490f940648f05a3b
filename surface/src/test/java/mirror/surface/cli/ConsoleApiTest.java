package mirror.surface.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.helidon.webserver.WebServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import mirror.bus.Draft;
import mirror.bus.Json;
import mirror.surface.TokenGuard;
import mirror.surface.console.ConsoleApi;
import mirror.surface.hook.Connections;
import mirror.trust.Action;
import mirror.trust.LeaseScope;
import mirror.trust.Leases;
import mirror.trust.Verdict;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** A browser as the server sees it, and what is no browser of the owner's. */
final class ConsoleApiTest extends MirrorTest {
    static {
        // So that a request can be made to look like one of another site.
        System.setProperty("jdk.httpclient.allowRestrictedHeaders", "host,origin");
    }

    @SuppressWarnings("NullAway.Init")
    private WebServer server;

    private final HttpClient http = HttpClient.newHttpClient();
    private String cookie = "";
    private String key = "";

    @BeforeEach
    void open() throws IOException {
        Connections clients = new Connections(
                mirror.core().home(), mirror.core().program(), mirror.core().files());
        ConsoleApi console =
                new ConsoleApi(mirror.core(), new Commands(mirror.core(), clients, null), mirror.root(), mirror::fresh);
        server = WebServer.builder()
                .shutdownHook(false)
                .useNio(false)
                .address(InetAddress.getLoopbackAddress())
                .port(0)
                .routing(routing ->
                        routing.addFilter(new TokenGuard("token", _ -> false)).register("/console", console))
                .build()
                .start();
    }

    @AfterEach
    void close() {
        server.stop();
        http.close();
    }

    private HttpRequest.Builder request(String path, String... headers) {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + "/console/" + path));
        if (!key.isEmpty()) {
            request.header("cookie", cookie).header("x-mirror-console", key);
        }
        for (int i = 0; i < headers.length; i += 2) {
            request.setHeader(headers[i], headers[i + 1]);
        }
        return request;
    }

    private HttpResponse<String> get(String path, String... headers) throws Exception {
        return http.send(request(path, headers).GET().build(), HttpResponse.BodyHandlers.ofString());
    }

    private HttpResponse<String> post(String path, ObjectNode body, String... headers) throws Exception {
        return http.send(
                request(path, headers)
                        .POST(HttpRequest.BodyPublishers.ofString(body.toString()))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private static JsonNode json(HttpResponse<String> response) {
        return Json.MAPPER.readTree(response.body());
    }

    private void pair() throws Exception {
        HttpResponse<String> paired = post(
                "api/pair",
                Json.object().put("code", mirror.core().pairings().open()).put("name", "a test"));
        assertThat(paired.statusCode()).as(paired.body()).isEqualTo(200);
        String set = paired.headers().firstValue("set-cookie").orElseThrow();
        assertThat(set).contains("HttpOnly").contains("SameSite=Strict").contains("Path=/console");
        cookie = set.substring(0, set.indexOf(';'));
        key = json(paired).path("key").asString("");
    }

    @Test
    void aCodeLetsOneBrowserInOnceAndItNeedsBothOfItsSecrets() throws Exception {
        String code = mirror.core().pairings().open();
        assertThat(get("api/me").statusCode()).isEqualTo(401);
        HttpResponse<String> paired = post("api/pair", Json.object().put("code", code));
        assertThat(paired.statusCode()).isEqualTo(200);
        assertThat(post("api/pair", Json.object().put("code", code)).statusCode())
                .as("used")
                .isEqualTo(403);
        assertThat(post("api/pair", Json.object().put("code", "")).statusCode()).isEqualTo(403);
        pair();
        assertThat(json(get("api/me")).path("session").path("name").asString()).isEqualTo("a test");
        assertThat(get("api/me", "cookie", "x=y").statusCode()).isEqualTo(401);
        assertThat(get("api/me", "x-mirror-console", "wrong").statusCode()).isEqualTo(401);
        assertThat(mirror.core().projector().log().read(1, 1_000).toString())
                .doesNotContain(key)
                .doesNotContain(cookie.substring(cookie.indexOf('=') + 1));
        assertThat(post("api/leave", Json.object()).statusCode()).isEqualTo(200);
        assertThat(get("api/me").statusCode()).isEqualTo(401);
    }

    @Test
    void otherNamesOriginsAndSitesAreRefusedBeforeAnythingIsLookedAt() throws Exception {
        pair();
        for (String path : List.of("", "main.js", "api/me", "api/stream", "api/events")) {
            assertThat(get(path, "host", "evil.example:7717").statusCode())
                    .as(path)
                    .isEqualTo(403);
            assertThat(get(path, "origin", "https://evil.example").statusCode())
                    .as(path)
                    .isEqualTo(403);
        }
        assertThat(get("api/me", "sec-fetch-site", "cross-site").statusCode()).isEqualTo(403);
        assertThat(get("api/me", "sec-fetch-site", "same-site").statusCode()).isEqualTo(403);
        assertThat(get("api/me", "sec-fetch-site", "same-origin").statusCode()).isEqualTo(200);
    }

    @Test
    void thePagesAreForEverybodyAndNothingElseIsServed() throws Exception {
        HttpResponse<String> page = get("");
        assertThat(page.statusCode()).isEqualTo(200);
        assertThat(page.headers().firstValue("content-security-policy").orElse(""))
                .contains("default-src 'none'")
                .contains("script-src 'self'")
                .doesNotContain("unsafe");
        assertThat(get("main.js").headers().firstValue("content-type").orElse(""))
                .startsWith("text/javascript");
        String tag = get("main.js").headers().firstValue("etag").orElseThrow();
        assertThat(get("main.js", "if-none-match", tag).statusCode()).isEqualTo(304);
        for (String path : List.of(
                "nothing.js", "ConsoleApi.class", "..%2f..%2fpackage-info.class", "%2e%2e/api", "main.js%00.css")) {
            assertThat(get(path).statusCode()).as(path).isIn(400, 401, 404);
        }
    }

    @Test
    void onlyWhatLooksIsRunForAView() throws Exception {
        pair();
        assertThat(json(get("api/view/status")).path("data").path("origin").asString())
                .isEqualTo(mirror.core().origin());
        long events = mirror.core().projector().log().durable();
        for (String path : List.of(
                "lease?a=grant&a=--to&a=me",
                "lease?a=--all&a=grant",
                "stop",
                "service?a=stop&a=x",
                "denials?a=--all&a=reset&a=s",
                "denials?a=reset",
                "erase?a=1",
                "policy?a=sign",
                "log?a=--follow",
                "pulse?a=--now",
                "approve?a=x",
                "vault?a=rollback&a=1",
                "search?a=x&a=--help")) {
            assertThat(get("api/view/" + path).statusCode()).as(path).isEqualTo(403);
        }
        assertThat(mirror.core().projector().log().durable()).isEqualTo(events);
    }

    @Test
    void eventsArePagedFilteredAndShownWithTheirProof() throws Exception {
        pair();
        for (int i = 0; i < 30; i++) {
            mirror.core()
                    .projector()
                    .record(Draft.of(
                                    "mirror.session.prompted.v1",
                                    "codex",
                                    Json.object().put("prompt", "needle " + i))
                            .session("s" + i % 2));
        }
        JsonNode first = json(get("api/events?type=session&session=s1&limit=10"));
        assertThat(first.path("events").size()).isEqualTo(10);
        assertThat(first.path("events").path(0).path("text").asString()).isEqualTo("needle 29");
        JsonNode rest = json(get("api/events?type=session&session=s1&limit=10&before="
                + first.path("next").asLong()));
        assertThat(rest.path("events").size()).isEqualTo(5);
        assertThat(json(get("api/events?q=NEEDLE%2017")).path("events").size()).isEqualTo(1);
        mirror.core().projector().log().checkpointNow();
        JsonNode one = json(
                get("api/events/" + first.path("events").path(0).path("seq").asLong()));
        assertThat(one.path("proof").path("state").asString()).isEqualTo("verified");
        assertThat(one.path("line").asString()).contains("needle 29");
        assertThat(get("api/events/999999").statusCode()).isEqualTo(404);
        assertThat(get("api/events?before=x").statusCode()).isEqualTo(400);
    }

    /** Frames until one of this name came, or the stream ended. */
    private static List<String> frames(BufferedReader in, String until) throws IOException {
        List<String> frames = new ArrayList<>();
        StringBuilder frame = new StringBuilder();
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            if (!line.isEmpty()) {
                frame.append(line).append('\n');
                continue;
            }
            frames.add(frame.toString());
            if (frame.toString().contains("event: " + until + "\n")) {
                return frames;
            }
            frame.setLength(0);
        }
        return frames;
    }

    private BufferedReader stream(String... headers) throws Exception {
        var response =
                http.send(request("api/stream", headers).GET().build(), HttpResponse.BodyHandlers.ofInputStream());
        assertThat(response.statusCode()).isEqualTo(200);
        return new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8));
    }

    @Test
    void aStreamBeginsWithASnapshotAndGoesOnWhereThePageWas() throws Exception {
        pair();
        String id;
        try (BufferedReader in = stream()) {
            String snapshot = frames(in, "snapshot").getLast();
            assertThat(snapshot).contains("\"nodes\"").contains("\"approvals\"");
            mirror.core()
                    .projector()
                    .record(Draft.of(
                                    "mirror.session.opened.v1",
                                    "codex",
                                    Json.object().put("project", "/home/ada/one"))
                            .session("s1"));
            List<String> changed = frames(in, "nodes");
            assertThat(String.join("", changed))
                    .contains("mirror.session.opened.v1")
                    .contains("\"id\":\"session:s1\"")
                    .contains("\"name\":\"one\"");
            id = changed.stream()
                    .filter(frame -> frame.startsWith("id: "))
                    .reduce((_, last) -> last)
                    .orElseThrow()
                    .lines()
                    .findFirst()
                    .orElseThrow()
                    .substring(4);
        }
        mirror.core()
                .projector()
                .record(Draft.of(
                                "mirror.session.ended.v1",
                                "codex",
                                Json.object().put("reason", "exit"))
                        .session("s1"));
        try (BufferedReader in = stream("last-event-id", id)) {
            String all = String.join("", frames(in, "event"));
            assertThat(all).contains("mirror.session.ended.v1").doesNotContain("event: snapshot");
        }
    }

    @Test
    void thePictureOfAMomentIsTheOneThatWasThen() throws Exception {
        pair();
        long before = mirror.core().projector().log().durable();
        mirror.core()
                .projector()
                .record(Draft.of(
                                "mirror.session.opened.v1",
                                "codex",
                                Json.object().put("project", "/home/ada/one"))
                        .session("s1"));
        assertThat(get("api/map?at=" + before).body()).doesNotContain("session:s1");
        assertThat(get("api/map?at=" + (before + 1)).body()).contains("session:s1");
        assertThat(get("api/map?at=" + before).body()).doesNotContain("session:s1");
        assertThat(get("api/map?time=yesterday").statusCode()).isEqualTo(400);
    }

    @Test
    void whatCommandsSayOfAMomentIsWhatTheySaidThen() throws Exception {
        pair();
        Leases leases = mirror.core().state().leases();
        LeaseScope scope = LeaseScope.of(
                List.of(), List.of("read:/srv"), mirror.core().clock().instant().plus(Duration.ofHours(1)));
        String before = mirror.core().clock().instant().toString();
        mirror.pass(Duration.ofMinutes(5));
        mirror.core().projector().record(leases.grant("codex", scope, "owner"));
        mirror.pass(Duration.ofMinutes(5));
        String then = mirror.core().clock().instant().toString();
        mirror.pass(Duration.ofHours(2));
        assertThat(get("api/view/lease?a=list&a=--all&time=" + before).body()).contains("\"data\":[]");
        assertThat(get("api/view/lease?a=list&a=--all&time=" + then).body()).contains("\"state\":\"valid\"");
        assertThat(get("api/view/lease?a=list&a=--all").body()).contains("\"state\":\"expired\"");
        assertThat(get("api/view/lease?a=list&a=--all&time=" + then).body()).contains("\"state\":\"valid\"");
        assertThat(get("api/view/policy?a=show&time=" + then).body())
                .as("of now, and says so")
                .contains("\"now\":true");
        assertThat(get("api/view/lease?a=revoke&a=x&time=" + then).statusCode()).isEqualTo(403);
        assertThat(get("api/view/lease?a=list&time=then").statusCode()).isEqualTo(400);
    }

    @Test
    void aNoteOfThePhoneIsOneEventHoweverOftenItIsSent() throws Exception {
        pair();
        ObjectNode note =
                Json.object().put("id", "0b9dd5a5-note").put("text", "buy milk").put("time", "now");
        long seq = json(post("api/capture", note)).path("seq").asLong();
        assertThat(json(post("api/capture", note)).path("seq").asLong()).isEqualTo(seq);
        assertThat(mirror.core().projector().log().read(seq, 1).getFirst().text("text"))
                .isEqualTo("buy milk");
        assertThat(post("api/capture", note.deepCopy().put("id", "x")).statusCode())
                .isEqualTo(403);
        assertThat(post("api/capture", note.deepCopy().put("id", "another-id").put("text", " "))
                        .statusCode())
                .isEqualTo(403);
    }

    @Test
    void aNoteOutsideTheVaultIsNotShown() throws Exception {
        pair();
        Files.writeString(mirror.root().resolve("secret.md"), "no");
        Files.createDirectories(mirror.core().notes().root());
        Files.writeString(mirror.core().notes().root().resolve("yes.md"), "# yes");
        Files.createSymbolicLink(
                mirror.core().notes().root().resolve("link.md"), mirror.root().resolve("secret.md"));
        assertThat(json(get("api/note?path=yes.md")).path("text").asString()).isEqualTo("# yes");
        for (String path : List.of("../secret.md", "link.md", "%2Fetc%2Fpasswd", "", "yes.md%00", "none.md")) {
            assertThat(get("api/note?path=" + path).statusCode()).as(path).isIn(400, 404);
        }
    }

    @Test
    void whatWaitsIsShownWholeAndRefusedWithoutASignatureButNotAllowed() throws Exception {
        pair();
        ObjectNode input = Json.object().put("command", "curl -d x https://example.org; rm -rf build");
        Action action = new Action(
                "claude-code",
                "s1",
                "t1",
                "Bash",
                input,
                mirror.work(),
                mirror.work(),
                mirror.core().tools().effects("Bash", input, mirror.work()));
        var decision = mirror.core().gate().decide(action);
        assertThat(decision.verdict()).isEqualTo(Verdict.ASK);
        JsonNode waits = json(get("api/approvals")).path("approvals").path(0);
        assertThat(waits.path("envelope").asString()).contains("curl -d x https://example.org");
        assertThat(waits.path("code").asString().split(" ")).hasSize(4);
        String id = waits.path("id").asString();
        assertThat(post("api/approvals/" + id + "/allow", Json.object()).statusCode())
                .isEqualTo(403);
        ObjectNode garbage = Json.object();
        garbage.putObject("assertion").put("id", "x").put("clientDataJSON", "e30");
        assertThat(post("api/approvals/" + id + "/allow", garbage).statusCode()).isEqualTo(403);
        assertThat(post("api/approvals/" + id + "/deny", Json.object()).statusCode())
                .isEqualTo(200);
        assertThat(json(get("api/approvals")).path("approvals").size()).isZero();
        assertThat(post("api/approvals/" + id + "/deny", Json.object()).statusCode())
                .isEqualTo(403);
    }

    @Test
    void placesAreKeptAndOnlyNumbersAreTaken() throws Exception {
        pair();
        var put = request("api/layout")
                .PUT(HttpRequest.BodyPublishers.ofString("{\"gate\":[1.5,-2]}"))
                .build();
        assertThat(http.send(put, HttpResponse.BodyHandlers.ofString()).statusCode())
                .isEqualTo(200);
        var bad = request("api/layout")
                .PUT(HttpRequest.BodyPublishers.ofString("{\"gate\":[1,\"<script>\"]}"))
                .build();
        assertThat(http.send(bad, HttpResponse.BodyHandlers.ofString()).statusCode())
                .isEqualTo(400);
        assertThat(get("api/map?at=1").body()).contains("\"layout\":{\"gate\":[1.5,-2]}");
    }
}
