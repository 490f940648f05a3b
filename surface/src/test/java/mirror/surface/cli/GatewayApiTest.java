package mirror.surface.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import mirror.tiers.wire.ScriptedProvider;
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
    private ScriptedProvider provider;

    @SuppressWarnings("NullAway.Init")
    private GatewayServer server;

    @BeforeEach
    void open() throws IOException {
        provider = new ScriptedProvider(
                (_, to) -> to.stream().chunk(START).chunk(END).last());
        server = new GatewayServer(folder, """
                providers:
                  p:
                    dialect: anthropic
                    base-url: %s
                    key: env:STRANGE
                    models:
                      m: {context: 1000, price: {in: 3, out: 15}}
                """.formatted(provider.url()));
    }

    @AfterEach
    void close() throws IOException {
        server.close();
        provider.close();
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
        String answer = raw("POST", "/v1/messages?beta=true", BODY, "x-api-key: " + server.token());
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
        String answer = raw("POST", "/v1/messages", BODY, "x-api-key: " + server.token());
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
        assertThat(raw("POST", "/v1/messages", BODY, "x-api-key: " + server.token(), "Origin: https://evil.example"))
                .startsWith("HTTP/1.1 403");
        assertThat(raw("GET", "/closed", "")).startsWith("HTTP/1.1 401");
        assertThat(raw("HEAD", "/", "")).startsWith("HTTP/1.1 200");
        assertThat(provider.requests()).isEmpty();
    }

    /** The first line of what is answered to these bytes, with the connection left open. */
    private String firstLine(String... bytes) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            socket.setSoTimeout(20_000);
            for (String some : bytes) {
                socket.getOutputStream().write(some.getBytes(StandardCharsets.US_ASCII));
            }
            return new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII))
                    .readLine();
        }
    }

    private String head(String key, String length) {
        return "POST /v1/messages HTTP/1.1\r\nHost: 127.0.0.1:" + server.port() + "\r\n" + key + length + "\r\n";
    }

    @Test
    void whoHasNoKeyOrAsksForTooMuchIsRefusedBeforeABodyComes() throws IOException {
        String key = "x-api-key: " + server.token() + "\r\n";

        assertThat(firstLine(head("", "Content-Length: 30000000\r\n"))).startsWith("HTTP/1.1 401");
        assertThat(firstLine(head(key, "Content-Length: 40000000\r\n"))).startsWith("HTTP/1.1 413");
        assertThat(provider.requests()).isEmpty();
    }

    @Test
    void aRequestThatDoesNotSayHowLongItIsMayBeAMegabyte() throws IOException {
        String head = head("x-api-key: " + server.token() + "\r\n", "Transfer-Encoding: chunked\r\n");
        String filler = "{\"model\":\"m\",\"max_tokens\":10,\"stream\":true,\"x\":\"" + "x".repeat(1024 * 1024) + "\"}";

        assertThat(firstLine(head, Integer.toHexString(BODY.length()) + "\r\n" + BODY + "\r\n0\r\n\r\n"))
                .startsWith("HTTP/1.1 200");
        assertThat(firstLine(head, Integer.toHexString(filler.length()) + "\r\n" + filler + "\r\n0\r\n\r\n"))
                .startsWith("HTTP/1.1 411");
        assertThat(provider.requests()).hasSize(1);
    }

    @Test
    void modelsAreListedInTheFormOfWhoAsks() throws IOException {
        assertThat(raw("GET", "/v1/models", "", "x-api-key: " + server.token(), "anthropic-version: 2023-06-01"))
                .contains("\"has_more\":false", "\"id\":\"m\"");
        assertThat(raw("GET", "/v1/models", "", "Authorization: Bearer " + server.token()))
                .contains("\"object\":\"list\"");
        assertThat(raw("GET", "/v1/models", "")).startsWith("HTTP/1.1 401");
    }

    @Test
    void whatWasSpentAndWhoCanBeUsedIsTold() throws Exception {
        raw("POST", "/v1/messages", BODY, "x-api-key: " + server.token(), "x-mirror-project: site");
        provider.script((_, to) -> to.json(429, "{}", "retry-after: 60"));
        raw("POST", "/v1/messages", BODY, "x-api-key: " + server.token());
        server.gateway().close();
        var models = server.mirror().run("cost", "--json").json();
        assertThat(models.get(0).path("model").asString()).isEqualTo("p/m");
        assertThat(models.get(0).path("calls").asLong()).isEqualTo(2);
        assertThat(models.get(0).path("in").asLong()).isEqualTo(12);
        // 12 at $3 and 7 at $15 a million.
        assertThat(models.get(0).path("money").asLong()).isEqualTo(12 * 3 + 7 * 15);
        assertThat(server.mirror().run("cost", "--by", "project").text()).contains("site", "(none)", "together");
        assertThat(server.mirror().run("cost", "--by", "colour").exit()).isEqualTo(Exit.USAGE);
        var tiers = server.mirror().run("tiers", "--json");
        assertThat(tiers.json().path("providers").get(0).path("key").asString()).isEqualTo("env:STRANGE");
        assertThat(tiers.json()
                        .path("providers")
                        .get(0)
                        .path("models")
                        .get(0)
                        .path("reason")
                        .asString())
                .contains("rate-limit");
        assertThat(server.mirror().run("tiers").text()).contains("cloud, anthropic", "left alone until");
        server.mirror().pass(Duration.ofDays(40));
        assertThat(server.mirror().run("cost").text()).contains("no model was called");
    }
}
