package mirror.surface.mcp;

import static mirror.surface.mcp.TestServer.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

@Timeout(60)
class StdioBridgeTest {
    private static final McpLimits LIMITS =
            new McpLimits(20, Duration.ofHours(1), 10_000, 8, Duration.ofSeconds(30), Duration.ofSeconds(5));

    private final CountDownLatch entered = new CountDownLatch(1);
    private final CountDownLatch release = new CountDownLatch(1);
    private final CountDownLatch interrupted = new CountDownLatch(1);
    private final TestServer server = new TestServer(
            LIMITS,
            tool(
                    "who",
                    (arguments, caller) ->
                            ToolResult.text(caller.transport() + " " + caller.clientName() + " " + caller.headers())),
            tool("slow", (arguments, caller) -> {
                entered.countDown();
                try {
                    release.await();
                } catch (InterruptedException e) {
                    interrupted.countDown();
                    throw e;
                }
                return ToolResult.text("at last");
            }));

    private static McpTool tool(String name, ToolHandler handler) {
        return new McpTool(
                name, name, "Test tool " + name, McpTool.schema("{\"type\":\"object\"}"), McpTool.Hints.ADDS, handler);
    }

    @AfterEach
    void stop() throws IOException {
        server.close();
    }

    private List<JsonNode> say(String... lines) {
        return say(lines(lines));
    }

    private List<JsonNode> say(InputStream in) {
        var out = new ByteArrayOutputStream();
        server.endpoint.serve(in, out, Map.of("mirror-session", "s-1"));
        return out.toString(StandardCharsets.UTF_8)
                .lines()
                .map(JsonMapper.shared()::readTree)
                .toList();
    }

    @Test
    void everyRequestIsAnsweredOnItsOwnLineAndTheEndOfInputEndsTheSession() {
        List<JsonNode> answers = say(
                McpClient.INITIALIZE,
                "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}",
                "",
                McpClient.callMessage(1, "who", "{}") + "\r");
        assertThat(answers).hasSize(2);
        assertThat(answers.getFirst()
                        .path("result")
                        .path("serverInfo")
                        .path("name")
                        .asString())
                .isEqualTo("mirror-test");
        assertThat(answers.getLast()
                        .path("result")
                        .path("content")
                        .get(0)
                        .path("text")
                        .asString())
                .isEqualTo("STDIO test {mirror-session=s-1}");
        assertThat(server.endpoint.status()).isEqualTo(new McpEndpoint.Status(0, 0, 0));
    }

    @Test
    void badLinesAreAnsweredWithErrorsAndDoNotEndTheRest() {
        List<JsonNode> answers = say(
                "not json",
                McpClient.callMessage(1, "who", "{}"),
                "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"ping\"}",
                "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}",
                "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"initialize\"}",
                McpClient.INITIALIZE,
                McpClient.INITIALIZE);
        assertThat(answers.stream()
                        .map(answer -> answer.path("error").path("code").asInt(0)))
                .containsExactly(Rpc.PARSE_ERROR, Rpc.INVALID_REQUEST, 0, Rpc.INVALID_PARAMS, 0, Rpc.INVALID_REQUEST);
    }

    @Test
    void aLineBeyondTheLimitEndsTheStream() {
        List<JsonNode> answers = say("x".repeat(LIMITS.maxMessageBytes() + 1), McpClient.INITIALIZE);
        assertThat(answers).hasSize(1);
        assertThat(answers.getFirst().path("error").path("message").asString()).contains("10000 bytes");
    }

    private static InputStream lines(String... lines) {
        return new ByteArrayInputStream((String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8));
    }

    private interface Wait {
        void run() throws InterruptedException;
    }

    /** No bytes, but only after something happened. */
    private static InputStream nothingUntil(Wait wait) {
        return new InputStream() {
            @Override
            public int read() throws IOException {
                try {
                    wait.run();
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
                return -1;
            }

            @Override
            public int read(byte[] bytes, int offset, int length) throws IOException {
                return read();
            }
        };
    }

    private static InputStream oneAfterAnother(InputStream... parts) {
        return new SequenceInputStream(Collections.enumeration(List.of(parts)));
    }

    @Test
    void callsThatRunWhenTheInputEndsAreStillAnswered() {
        InputStream in = oneAfterAnother(
                lines(McpClient.INITIALIZE, McpClient.callMessage(1, "slow", "{}")), nothingUntil(release::countDown));
        assertThat(say(in).getLast().toString()).contains("at last");
    }

    @Test
    void aClientThatDoesNotReadAnyMoreEndsItsSessionAndItsCalls() throws Exception {
        var test = new CountDownLatch(1);
        InputStream in = oneAfterAnother(
                lines(McpClient.INITIALIZE, McpClient.callMessage(1, "slow", "{}")),
                nothingUntil(entered::await),
                lines(McpClient.callMessage(2, "who", "{}")),
                nothingUntil(test::await));
        OutputStream broken = new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                if (entered.getCount() == 0) {
                    throw new IOException("Broken pipe");
                }
            }
        };
        server.endpoint.serve(in, broken, Map.of());
        interrupted.await();
        assertThat(server.endpoint.status().sessions()).isZero();
        test.countDown();
    }

    @Test
    void curlIsAnMcpServerOnStandardInputAndOutput() throws Exception {
        Process curl = curl();
        var in = curl.outputWriter(StandardCharsets.UTF_8);
        try (BufferedReader out = curl.inputReader(StandardCharsets.UTF_8)) {
            in.write(McpClient.INITIALIZE + "\n");
            in.flush();
            assertThat(out.readLine()).contains("mirror-test");
            in.write("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\n");
            for (int i = 1; i <= 5; i++) {
                in.write(McpClient.callMessage(i, "who", "{}") + "\n");
                in.flush();
                assertThat(out.readLine()).contains("\"id\":" + i).contains("STDIO test {mirror-session=s-9}");
            }
            assertThat(server.endpoint.status().sessions()).isEqualTo(1);
            in.close();
            assertThat(out.readLine()).isNull();
        }
        assertThat(curl.waitFor()).isZero();
        until(() -> server.endpoint.status().sessions() == 0);
    }

    @Test
    void closingTheEndpointEndsTheResponseOfASilentClientInGoodOrder() throws Exception {
        Process curl = curl();
        var in = curl.outputWriter(StandardCharsets.UTF_8);
        try (BufferedReader out = curl.inputReader(StandardCharsets.UTF_8)) {
            in.write(McpClient.INITIALIZE + "\n");
            in.flush();
            assertThat(out.readLine()).contains("mirror-test");
            server.endpoint.close();
            assertThat(out.readLine()).isNull();
            assertThat(curl.waitFor()).isZero();
        }
    }

    @Test
    void aKilledClientLeavesNothingBehind() throws Exception {
        Process curl = curl();
        var in = curl.outputWriter(StandardCharsets.UTF_8);
        in.write(McpClient.INITIALIZE + "\n" + McpClient.callMessage(1, "slow", "{}") + "\n");
        in.flush();
        entered.await();
        curl.destroyForcibly().waitFor();
        interrupted.await();
        until(() -> server.endpoint.status().equals(new McpEndpoint.Status(0, 0, 0)));
    }

    @Test
    void theServerAsksForTheBodyBeforeItAnswersWhenTheClientWantsThat() throws Exception {
        try (SocketChannel channel = server.unix();
                var exchange = new McpClient.Exchange(channel)) {
            channel.write(ascii(String.join(
                    "\r\n",
                    "POST /mcp/stdio HTTP/1.1",
                    "Host: mirror",
                    "Transfer-Encoding: chunked",
                    "Expect: 100-continue",
                    "",
                    "")));
            assertThat(exchange.line()).isEqualTo("HTTP/1.1 100 Continue");
            String line = McpClient.INITIALIZE + "\n";
            channel.write(ascii(Integer.toHexString(line.length()) + "\r\n" + line + "\r\n"));
            exchange.skipTo("HTTP/1.1 200 OK");
            exchange.skipTo("");
            assertThat(exchange.line()).matches("[0-9a-f]+");
            assertThat(exchange.line()).contains("mirror-test");
            channel.write(ascii("0\r\n\r\n"));
            exchange.skipTo("0");
            exchange.skipTo("");
            assertThat(exchange.line()).isNull();
        }
        until(() -> server.endpoint.status().sessions() == 0);
    }

    private static ByteBuffer ascii(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
    }

    private Process curl() throws IOException {
        try {
            return new ProcessBuilder(
                            "curl",
                            "-sN",
                            "-T",
                            ".",
                            "-H",
                            "Mirror-Session: s-9",
                            "--unix-socket",
                            server.socket.toString(),
                            "http://mirror/mcp/stdio")
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
        } catch (IOException e) {
            assumeTrue(false, "curl is not installed: " + e.getMessage());
            throw e;
        }
    }
}
