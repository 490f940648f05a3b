package mirror.surface.mcp;

import static mirror.surface.mcp.TestServer.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

@Timeout(60)
class McpHttpTest {
    private static final McpLimits SMALL =
            new McpLimits(60, Duration.ofHours(1), 10_000, 3, Duration.ofSeconds(30), Duration.ofMillis(20));

    private final CountDownLatch entered = new CountDownLatch(1);
    private final CountDownLatch release = new CountDownLatch(1);
    private final CountDownLatch interrupted = new CountDownLatch(1);
    private final AtomicInteger echoes = new AtomicInteger();

    private final McpTool echo = new McpTool(
            "echo",
            "Echo",
            "Says what it is told and who told it.",
            McpTool.schema("""
                    {"type":"object","properties":{"text":{"type":"string","maxLength":100}},
                     "required":["text"],"additionalProperties":false}"""),
            McpTool.Hints.READS,
            (arguments, caller) -> {
                echoes.incrementAndGet();
                return ToolResult.structured(new TreeMap<>(Map.of(
                        "text", String.valueOf(arguments.get("text")),
                        "transport", caller.transport().name(),
                        "session", caller.sessionId(),
                        "client", caller.clientName() + " " + caller.clientVersion(),
                        "headers", caller.headers())));
            });
    private final McpTool fail = tool("fail", (arguments, caller) -> {
        throw new IllegalStateException("the disk is on fire");
    });
    private final McpTool refuse = tool("refuse", (arguments, caller) -> ToolResult.failure("not today"));
    private final McpTool slow = tool("slow", (arguments, caller) -> {
        entered.countDown();
        try {
            release.await();
        } catch (InterruptedException e) {
            interrupted.countDown();
            throw e;
        }
        return ToolResult.text("at last");
    });

    private final TestServer server = new TestServer(SMALL, echo, fail, refuse, slow);
    private final McpClient client = new McpClient(server::tcp);

    private static McpTool tool(String name, ToolHandler handler) {
        return new McpTool(
                name, name, "Test tool " + name, McpTool.schema("{\"type\":\"object\"}"), McpTool.Hints.ADDS, handler);
    }

    @AfterEach
    void stop() throws IOException {
        server.close();
    }

    @Test
    void aClientInitializesListsAndCallsOverTcpAndOverAUnixSocket() throws IOException {
        for (McpClient each : List.of(client, new McpClient(server::unix).with("Host", "mirror"))) {
            McpClient.Response hello = each.post(McpClient.INITIALIZE);
            assertThat(hello.status()).isEqualTo(200);
            JsonNode result = hello.json().path("result");
            assertThat(result.path("protocolVersion").asString()).isEqualTo("2025-11-25");
            assertThat(result.path("instructions").asString()).isEqualTo("Call echo to hear yourself.");
            assertThat(result.path("serverInfo").path("name").asString()).isEqualTo("mirror-test");
            each.open().with("Mirror-Session", "s-17").with("Other", "not asked for");

            JsonNode tools = each.post("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}")
                    .messages()
                    .getLast()
                    .path("result")
                    .path("tools");
            assertThat(tools).hasSize(4);
            assertThat(tools.get(0).path("inputSchema").path("required").get(0).asString())
                    .isEqualTo("text");
            assertThat(tools.get(0).path("annotations").path("readOnlyHint").asBoolean())
                    .isTrue();

            JsonNode answer = each.call(2, "echo", "{\"text\":\"hé\"}");
            assertThat(answer.path("id").asInt()).isEqualTo(2);
            JsonNode said = answer.path("result").path("structuredContent");
            assertThat(said.path("text").asString()).isEqualTo("hé");
            assertThat(said.path("transport").asString()).isEqualTo("HTTP");
            assertThat(said.path("client").asString()).isEqualTo("test 7");
            assertThat(said.path("headers").toString()).isEqualTo("{\"mirror-session\":\"s-17\"}");
            assertThat(answer.path("result").path("content").get(0).path("text").asString())
                    .isEqualTo(said.toString());
        }
    }

    @Test
    void nothingOfTheProtocolIsLoadedBeforeTheFirstRequest() throws IOException {
        assertThat(server.endpoint.status()).isEqualTo(new McpEndpoint.Status(0, 0, 0));
        client.open();
        assertThat(server.endpoint.status()).isEqualTo(new McpEndpoint.Status(1, 0, 0));
    }

    @Test
    void anUnknownSessionIsNotFoundAndAMissingOneIsABadRequest() throws IOException {
        String ping = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}";
        assertThat(client.post(ping).status()).isEqualTo(400);
        client.with("Mcp-Session-Id", "00000000-0000-0000-0000-000000000000");
        assertThat(client.post(ping).status()).isEqualTo(404);
        assertThat(client.request("GET", "").status()).isEqualTo(404);
        assertThat(client.request("DELETE", "").status()).isEqualTo(404);
    }

    @Test
    void headersThatDoNotFitAreRefusedByStatus() throws IOException {
        assertThat(client.without("Accept").post(McpClient.INITIALIZE).status()).isEqualTo(406);
        assertThat(client.with("Accept", "application/json")
                        .post(McpClient.INITIALIZE)
                        .status())
                .isEqualTo(406);
        client.with("Accept", "text/event-stream, application/json");
        assertThat(client.with("Content-Type", "text/plain")
                        .post(McpClient.INITIALIZE)
                        .status())
                .isEqualTo(415);
        client.with("Content-Type", "application/json; charset=utf-8");
        assertThat(client.with("MCP-Protocol-Version", "1999-01-01")
                        .post(McpClient.INITIALIZE)
                        .status())
                .isEqualTo(400);
        client.with("MCP-Protocol-Version", "2025-06-18");
        assertThat(client.post(McpClient.INITIALIZE).status()).isEqualTo(200);
        McpClient.Response put = client.request("PUT", "");
        assertThat(put.status()).isEqualTo(405);
        assertThat(put.headers()).containsEntry("allow", "POST, GET, DELETE");
    }

    @Test
    void aBodyBeyondTheLimitIsRefusedAndTheConnectionClosed() throws IOException {
        McpClient.Response declared =
                client.with("Connection", "keep-alive").post(" ".repeat(SMALL.maxMessageBytes()) + "{}");
        assertThat(declared.status()).isEqualTo(413);
        assertThat(declared.headers()).containsEntry("connection", "close");
        client.with("Connection", "close").open();
        assertThat(client.call(1, "echo", "{\"text\":\"still here\"}")
                        .path("error")
                        .isMissingNode())
                .isTrue();
    }

    @Test
    void webPagesFromElsewhereAreKeptOut() throws IOException {
        assertThat(client.with("Origin", "http://evil.example")
                        .post(McpClient.INITIALIZE)
                        .status())
                .isEqualTo(403);
        assertThat(client.with("Origin", "null").post(McpClient.INITIALIZE).status())
                .isEqualTo(403);
        assertThat(client.with("Origin", "http://localhost.evil.example")
                        .post(McpClient.INITIALIZE)
                        .status())
                .isEqualTo(403);
        assertThat(client.with("Origin", "http://LOCALHOST:3000")
                        .post(McpClient.INITIALIZE)
                        .status())
                .isEqualTo(200);
        client.without("Origin");
        for (String host : List.of("evil.example", "127.0.0.1.evil.example:80", "mirror")) {
            assertThat(client.with("Host", host).post(McpClient.INITIALIZE).status())
                    .as(host)
                    .isEqualTo(421);
        }
        for (String host : List.of("127.0.0.1:1", "[::1]:99", "Localhost")) {
            assertThat(client.with("Host", host).post(McpClient.INITIALIZE).status())
                    .as(host)
                    .isEqualTo(200);
        }
        assertThat(new McpClient(server::unix)
                        .with("Origin", "http://evil.example")
                        .post(McpClient.INITIALIZE)
                        .status())
                .isEqualTo(403);
    }

    @Test
    void garbageGetsAJsonRpcErrorAndNothingElseHappens() throws IOException {
        client.open();
        Map<String, Integer> garbage = Map.of(
                "{\"jsonrpc\":",
                Rpc.PARSE_ERROR,
                "",
                Rpc.PARSE_ERROR,
                "[]",
                Rpc.INVALID_REQUEST,
                "[" + McpClient.INITIALIZE + "]",
                Rpc.INVALID_REQUEST,
                "{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"ping\"}",
                Rpc.INVALID_REQUEST,
                "{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"ping\"}",
                Rpc.INVALID_REQUEST,
                "{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"ping\"}",
                Rpc.INVALID_REQUEST,
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":3}",
                Rpc.INVALID_REQUEST,
                "[".repeat(5000),
                Rpc.PARSE_ERROR,
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\"}",
                Rpc.INVALID_PARAMS);
        garbage.forEach((body, code) -> {
            try {
                McpClient.Response response = client.post(body);
                assertThat(response.status()).as(body).isEqualTo(400);
                assertThat(response.json().path("error").path("code").asInt())
                        .as(body)
                        .isEqualTo(code);
            } catch (IOException e) {
                throw new AssertionError(body, e);
            }
        });
        assertThat(client.post("{\"jsonrpc\":\"2.0\",\"id\":9,\"result\":{}}").status())
                .isEqualTo(400);
        JsonNode unknown = client.post("{\"jsonrpc\":\"2.0\",\"id\":9,\"method\":\"no/such\"}")
                .messages()
                .getLast();
        assertThat(unknown.path("error").path("code").asInt()).isEqualTo(-32601);
        assertThat(client.call(5, "no-such-tool", "{}")
                        .path("error")
                        .path("code")
                        .asInt())
                .isEqualTo(Rpc.INVALID_PARAMS);
    }

    @Test
    void argumentsThatBreakTheSchemaNeverReachTheHandler() throws IOException {
        client.open();
        for (String bad : List.of(
                "{}", "{\"text\":1}", "{\"text\":\"a\",\"more\":1}", "{\"text\":\"" + "x".repeat(101) + "\"}")) {
            JsonNode result = client.call(1, "echo", bad).path("result");
            assertThat(result.path("isError").asBoolean()).as(bad).isTrue();
        }
        assertThat(echoes).hasValue(0);
    }

    @Test
    void aHandlerThatThrowsGivesAnErrorResultAndTheServerLivesOn() throws IOException {
        client.open();
        JsonNode result = client.call(1, "fail", "{}").path("result");
        assertThat(result.path("isError").asBoolean()).isTrue();
        assertThat(result.path("content").get(0).path("text").asString()).isEqualTo("fail failed: the disk is on fire");
        assertThat(client.call(2, "refuse", "{}").path("result").toString())
                .contains("not today")
                .contains("\"isError\":true");
        assertThat(client.call(3, "echo", "{\"text\":\"hi\"}")
                        .path("result")
                        .path("isError")
                        .asBoolean())
                .isFalse();
    }

    @Test
    void fiftySessionsAtOnceGetTheirOwnAnswers() throws Exception {
        List<Future<String>> sessions = new ArrayList<>();
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 50; i++) {
                String text = "client " + i;
                sessions.add(executor.submit(() -> {
                    McpClient own = new McpClient(server::tcp).open();
                    for (int call = 1; call <= 5; call++) {
                        JsonNode answer = own.call(call, "echo", "{\"text\":\"" + text + "\"}");
                        assertThat(answer.path("id").asInt()).isEqualTo(call);
                        assertThat(answer.path("result")
                                        .path("structuredContent")
                                        .path("text")
                                        .asString())
                                .isEqualTo(text);
                    }
                    return text;
                }));
            }
        }
        for (int i = 0; i < sessions.size(); i++) {
            assertThat(sessions.get(i).get()).isEqualTo("client " + i);
        }
        assertThat(server.endpoint.status()).isEqualTo(new McpEndpoint.Status(50, 0, 0));
    }

    @Test
    void aClientThatLosesItsConnectionMidCallComesBackForTheAnswer() throws IOException, InterruptedException {
        client.open();
        try (var exchange = client.start("POST", McpClient.callMessage(1, "slow", "{}"))) {
            exchange.skipTo("id: 1-0");
            entered.await();
        }
        until(() -> server.endpoint.status().readers() == 0);
        assertThat(server.endpoint.status().calls()).isEqualTo(1);
        release.countDown();
        McpClient.Response resumed = client.with("Last-Event-ID", "1-0").request("GET", "");
        assertThat(resumed.messages()).hasSize(1);
        assertThat(resumed.messages().getFirst().path("id").asInt()).isEqualTo(1);
        assertThat(resumed.body()).contains("at last").contains("id: 1-1");
        until(() -> server.endpoint.status().equals(new McpEndpoint.Status(1, 0, 0)));
    }

    @Test
    void aListenerThatDisappearsIsNoticedAndASecondOneReplacesTheFirst() throws IOException {
        client.open();
        try (var first = client.start("GET", "")) {
            first.skipTo("id: 0-0");
            try (var second = client.start("GET", "")) {
                second.skipTo("id: 0-0");
                assertThat(first.line()).isNotNull();
                until(() -> {
                    try {
                        return first.line() == null;
                    } catch (IOException e) {
                        throw new AssertionError(e);
                    }
                });
                assertThat(server.endpoint.status().readers()).isEqualTo(1);
            }
        }
        until(() -> server.endpoint.status().readers() == 0);
    }

    @Test
    void aCancelledCallIsInterruptedAndNotAnswered() throws IOException, InterruptedException {
        client.open();
        try (var exchange = client.start("POST", McpClient.callMessage(7, "slow", "{}"))) {
            entered.await();
            assertThat(client.post(
                                    "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":7}}")
                            .status())
                    .isEqualTo(202);
            interrupted.await();
            assertThat(exchange.response().messages()).isEmpty();
        }
        until(() -> server.endpoint.status().calls() == 0);
    }

    @Test
    void aSessionComputesOnlySoManyCallsAtOnceAndEachIdOnlyOnce() throws Exception {
        client.open();
        List<McpClient.Exchange> running = new ArrayList<>();
        for (int id = 1; id <= SMALL.maxCallsPerSession(); id++) {
            running.add(client.start("POST", McpClient.callMessage(id, "slow", "{}")));
            if (id == 1) {
                entered.await();
                assertThat(client.post(McpClient.callMessage(1, "slow", "{}")).status())
                        .isEqualTo(400);
            }
        }
        until(() -> server.endpoint.status().calls() == SMALL.maxCallsPerSession());
        McpClient.Response refused = client.post(McpClient.callMessage(99, "slow", "{}"));
        assertThat(refused.status()).isEqualTo(429);
        assertThat(refused.json().path("id").asInt()).isEqualTo(99);
        release.countDown();
        for (McpClient.Exchange exchange : running) {
            assertThat(exchange.response().body()).contains("at last");
            exchange.close();
        }
    }

    @Test
    void anIdleSessionExpiresAndABusyOneDoesNot() throws Exception {
        client.open();
        McpClient busy = new McpClient(server::tcp).open();
        try (var exchange = busy.start("POST", McpClient.callMessage(1, "slow", "{}"))) {
            entered.await();
            server.advance(SMALL.idle().plusSeconds(1));
            server.endpoint.sweep();
            assertThat(server.endpoint.status().sessions()).isEqualTo(1);
            assertThat(client.call(1, "echo", "{\"text\":\"a\"}")
                            .path("error")
                            .path("code")
                            .asInt())
                    .isEqualTo(Rpc.NO_SESSION);
            release.countDown();
            assertThat(exchange.response().body()).contains("at last");
        }
    }

    @Test
    void aNewSessionTakesThePlaceOfTheLongestIdleOne() throws IOException {
        client.open();
        McpClient second = new McpClient(server::tcp);
        for (int i = 1; i <= SMALL.maxSessions(); i++) {
            server.advance(Duration.ofSeconds(1));
            second.without("Mcp-Session-Id").open();
        }
        assertThat(server.endpoint.status().sessions()).isEqualTo(SMALL.maxSessions());
        assertThat(client.post("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}")
                        .status())
                .isEqualTo(404);
        assertThat(second.post("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}")
                        .status())
                .isEqualTo(200);
    }

    @Test
    void deletingASessionEndsItsStreams() throws IOException {
        client.open();
        try (var listener = client.start("GET", "")) {
            listener.skipTo("id: 0-0");
            assertThat(client.request("DELETE", "").status()).isEqualTo(200);
            until(() -> {
                try {
                    return listener.line() == null;
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            });
        }
        assertThat(client.post("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}")
                        .status())
                .isEqualTo(404);
    }

    @Test
    void closingTheEndpointInterruptsCallsEndsStreamsAndRefusesMore() throws IOException, InterruptedException {
        client.open();
        try (var exchange = client.start("POST", McpClient.callMessage(1, "slow", "{}"));
                var listener = client.start("GET", "")) {
            entered.await();
            listener.skipTo("id: 0-0");
            server.endpoint.close();
            interrupted.await();
            assertThat(exchange.response().status()).isEqualTo(200);
            listener.skipTo("0");
        }
        assertThat(client.post(McpClient.INITIALIZE).status()).isEqualTo(503);
    }

    @Test
    void schemasThatCannotBeEnforcedAndNamesThatRepeatAreRefusedWhenTheEndpointIsMade() {
        assertThatThrownBy(() -> new McpTool(
                        "x",
                        "x",
                        "x",
                        McpTool.schema("{\"type\":\"object\",\"if\":{}}"),
                        McpTool.Hints.READS,
                        (arguments, caller) -> ToolResult.text("")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("#/if is a keyword that is not enforced");
        assertThatThrownBy(() ->
                        new McpEndpoint(TestServer.CARD, List.of(echo, echo), Set.of(), SMALL, InstantSource.system()))
                .hasMessageContaining("Two tools are named echo");
    }
}
