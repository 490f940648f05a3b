package mirror.surface.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.helidon.http.Status;
import io.helidon.webserver.WebServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import javax.net.ssl.SSLSocketFactory;
import mirror.surface.GatewayApi;
import mirror.surface.TokenGuard;
import mirror.tiers.gateway.Breakers;
import mirror.tiers.gateway.Gateway;
import mirror.tiers.gateway.Governor;
import mirror.tiers.gateway.Receipts;
import mirror.tiers.wire.ScriptedProvider;
import mirror.tiers.wire.Upstreams;
import mirror.trust.LeaseScope;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The gateway over a real web server, seen from the bytes of a socket, and what commands tell of it. */
final class GatewayApiTest {
    private static final String BODY = "{\"model\":\"m\",\"max_tokens\":10,\"stream\":true}";
    private static final String START =
            "event: message_start\ndata: {\"message\":{\"usage\":{\"input_tokens\":12,\"output_tokens\":1}}}\n\n";
    private static final String END =
            "event: message_delta\ndata: {\"usage\":{\"output_tokens\":7}}\n\nevent: message_stop\ndata: {}\n\n";

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @SuppressWarnings("NullAway.Init")
    private TestMirror mirror;

    @SuppressWarnings("NullAway.Init")
    private ScriptedProvider provider;

    @SuppressWarnings("NullAway.Init")
    private Gateway gateway;

    @SuppressWarnings("NullAway.Init")
    private WebServer server;

    @SuppressWarnings("NullAway.Init")
    private String token;

    private final ScheduledExecutorService watch = Executors.newSingleThreadScheduledExecutor();

    @BeforeEach
    void open() throws IOException {
        mirror = new TestMirror(folder);
        var core = mirror.core();
        provider = new ScriptedProvider(
                (_, to) -> to.stream().chunk(START).chunk(END).last());
        Files.writeString(core.home().tiers(), """
                providers:
                  p:
                    dialect: anthropic
                    base-url: %s
                    key: env:STRANGE
                    models:
                      m: {context: 1000, price: {in: 3, out: 15}}
                """.formatted(provider.url()));
        Receipts receipts = new Receipts(core.projector());
        gateway = new Gateway(
                core.tiers(),
                core.state().leases(),
                core.key().key("lease"),
                new Governor(
                        core.gate(),
                        core.projector(),
                        core.state().budgets(),
                        core.state().leases(),
                        receipts,
                        core.clock(),
                        new Random(3)),
                new Breakers(core.clock(), core.state().breakers()),
                new Upstreams((SSLSocketFactory) SSLSocketFactory.getDefault(), watch, System::nanoTime),
                receipts,
                core.home().root(),
                core.clock(),
                new Random(4));
        server = WebServer.builder()
                .shutdownHook(false)
                .useNio(false)
                .address(InetAddress.getLoopbackAddress())
                .port(0)
                .routing(routing -> routing.addFilter(new TokenGuard("token", _ -> false))
                        .get(
                                "/closed",
                                (_, response) -> response.status(Status.OK_200).send("open"))
                        .head("/", (_, response) -> response.send())
                        .register("/v1", new GatewayApi(gateway)))
                .build()
                .start();
        LeaseScope scope = LeaseScope.of(
                List.of(), List.of("egress:127.0.0.1"), core.clock().instant().plus(Duration.ofDays(1)));
        String id = core.projector()
                .record(core.state().leases().grant("claude-code", scope, "owner"))
                .text("lease");
        token = core.state().leases().token(id, core.key()).text();
    }

    @AfterEach
    void close() throws IOException {
        server.stop();
        gateway.close();
        provider.close();
        mirror.close();
        watch.shutdownNow();
    }

    /** Sends a request whose connection is to be closed after its answer, and gives all bytes of that answer. */
    private String raw(String method, String path, String body, String... headers) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            String head = method + " " + path + " HTTP/1.1\r\nHost: 127.0.0.1:" + server.port() + "\r\nContent-Length: "
                    + body.length() + "\r\nConnection: close\r\n"
                    + String.join(
                            "", List.of(headers).stream().map(h -> h + "\r\n").toList()) + "\r\n";
            socket.getOutputStream().write((head + body).getBytes(StandardCharsets.UTF_8));
            socket.setSoTimeout(20_000);
            StringBuilder all = new StringBuilder();
            // Not every route of the server ends the connection: the end of the message does as well.
            while (!all.toString().endsWith("0\r\n\r\n") && !isWhole(all.toString())) {
                byte[] more = new byte[65_536];
                int read = socket.getInputStream().read(more);
                if (read < 0) {
                    return all + "<end>";
                }
                all.append(new String(more, 0, read, StandardCharsets.UTF_8));
            }
            return all.toString();
        }
    }

    private static boolean isWhole(String answer) {
        int end = answer.indexOf("\r\n\r\n");
        var length =
                java.util.regex.Pattern.compile("(?i)content-length: ([0-9]+)").matcher(answer);
        return end >= 0 && length.find() && answer.length() - end - 4 >= Integer.parseInt(length.group(1));
    }

    @Test
    void aStreamComesAsItWasSentAndIsEndedAsAMessage() throws IOException {
        String answer = raw("POST", "/v1/messages?beta=true", BODY, "x-api-key: " + token);
        assertThat(answer).startsWith("HTTP/1.1 200");
        assertThat(answer.replaceAll("\r\n[0-9a-f]+\r\n", "")).contains("text/event-stream");
        assertThat(answer).contains(START.strip(), END.strip()).endsWith("\r\n0\r\n\r\n");
        assertThat(provider.requests().getFirst().line()).isEqualTo("POST /v1/messages?beta=true HTTP/1.1");
        assertThat(provider.requests().getFirst().header("x-api-key")).isEqualTo("x");
    }

    @Test
    void aStreamThatBreaksIsSaidAndTheMessageIsNotEnded() throws IOException {
        provider.script(
                (_, to) -> to.stream().chunk(START).chunk("event: content").close());
        String answer = raw("POST", "/v1/messages", BODY, "x-api-key: " + token);
        assertThat(answer)
                .contains(START.strip(), "event: error\ndata: {\"type\":\"error\"")
                .doesNotContain("event: content")
                .doesNotContain("\r\n0\r\n")
                .endsWith("<end>");
    }

    @Test
    void theHomesTokenIsNoKeyAndForeignPagesAreRefused() throws IOException {
        assertThat(raw("POST", "/v1/messages", BODY, "Authorization: Bearer token"))
                .startsWith("HTTP/1.1 401");
        assertThat(raw("POST", "/v1/messages", BODY, "x-api-key: " + token, "Origin: https://evil.example"))
                .startsWith("HTTP/1.1 403");
        assertThat(raw("GET", "/closed", "")).startsWith("HTTP/1.1 401");
        assertThat(raw("HEAD", "/", "")).startsWith("HTTP/1.1 200");
        assertThat(provider.requests()).isEmpty();
    }

    @Test
    void modelsAreListedInTheFormOfWhoAsks() throws IOException {
        assertThat(raw("GET", "/v1/models", "", "x-api-key: " + token, "anthropic-version: 2023-06-01"))
                .contains("\"has_more\":false", "\"id\":\"m\"");
        assertThat(raw("GET", "/v1/models", "", "Authorization: Bearer " + token))
                .contains("\"object\":\"list\"");
        assertThat(raw("GET", "/v1/models", "")).startsWith("HTTP/1.1 401");
    }

    @Test
    void whatWasSpentAndWhoCanBeUsedIsTold() throws Exception {
        raw("POST", "/v1/messages", BODY, "x-api-key: " + token, "x-mirror-project: site");
        provider.script((_, to) -> to.json(429, "{}", "retry-after: 60"));
        raw("POST", "/v1/messages", BODY, "x-api-key: " + token);
        gateway.close();
        var models = mirror.run("cost", "--json").json();
        assertThat(models.get(0).path("model").asString()).isEqualTo("p/m");
        assertThat(models.get(0).path("calls").asLong()).isEqualTo(2);
        assertThat(models.get(0).path("in").asLong()).isEqualTo(12);
        // 12 at $3 and 7 at $15 a million.
        assertThat(models.get(0).path("money").asLong()).isEqualTo(12 * 3 + 7 * 15);
        assertThat(mirror.run("cost", "--by", "project").text()).contains("site", "(none)", "together");
        assertThat(mirror.run("cost", "--by", "colour").exit()).isEqualTo(Exit.USAGE);
        var tiers = mirror.run("tiers", "--json");
        assertThat(tiers.json().path("providers").get(0).path("key").asString()).isEqualTo("env:STRANGE");
        assertThat(tiers.json()
                        .path("providers")
                        .get(0)
                        .path("models")
                        .get(0)
                        .path("reason")
                        .asString())
                .contains("rate-limit");
        assertThat(mirror.run("tiers").text()).contains("cloud, anthropic", "left alone until");
        mirror.pass(Duration.ofDays(40));
        assertThat(mirror.run("cost").text()).contains("no model was called");
    }
}
