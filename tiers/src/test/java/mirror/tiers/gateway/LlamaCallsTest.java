package mirror.tiers.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.tiers.llama.TinyGguf;
import mirror.tiers.wire.Header;
import mirror.tiers.wire.ScriptedProvider;
import mirror.trust.Budgets;
import mirror.trust.LeaseScope;
import mirror.trust.Sensitivity;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** A real model in this process, on the same road as every other: lease, gate, budget, receipt, and the next of the route. */
final class LlamaCallsTest {
    private static final String HELLO = "\"messages\":[{\"role\":\"user\",\"content\":\"the sea\"}]";

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @SuppressWarnings("NullAway.Init")
    private Path file;

    @BeforeEach
    void write() throws IOException {
        file = new TinyGguf(7).write(folder.resolve("tiny.gguf"));
    }

    private Road road(String cloud) throws IOException {
        return new Road(Files.createTempDirectory(folder, "home"), """
                providers:
                  own:
                    dialect: llama
                    models:
                      tiny: {gguf: %s, context: 512, output: 100, threads: 1}
                  cloud:
                    dialect: openai
                    base-url: %s
                    key: env:KEY
                    models:
                      m: {context: 200000, output: 8000, price: {in: 3, out: 15}}
                routes:
                  first: [own/tiny, cloud/m]
                  stays: {to: [own/tiny], local-only: true}
                """.formatted(file, cloud));
    }

    private Road road() throws IOException {
        return road("http://127.0.0.1:1/v1");
    }

    private static String grant(Road road, String... effects) {
        return road.grant(
                "claude-code",
                LeaseScope.of(List.of(), List.of(effects), road.now().plus(Duration.ofDays(1))));
    }

    private static String body(String model, int most, String more) {
        return "{\"model\":\"%s\",\"max_tokens\":%d,\"temperature\":0,%s%s}".formatted(model, most, more, HELLO);
    }

    private static String anthropic(Road.Answer answer) {
        return Json.MAPPER
                .readTree(answer.body())
                .path("content")
                .path(0)
                .path("text")
                .asString("");
    }

    private static String openai(Road.Answer answer) {
        return Json.MAPPER
                .readTree(answer.body())
                .path("choices")
                .path(0)
                .path("message")
                .path("content")
                .asString("");
    }

    /** The texts of all events of a stream, of both dialects. */
    private static String streamed(Road.Answer answer) {
        StringBuilder text = new StringBuilder();
        for (String line : answer.text().lines().toList()) {
            if (line.startsWith("data: {")) {
                JsonNode event = Json.MAPPER.readTree(line.substring(6));
                text.append(event.path("delta").path("text").asString(""));
                text.append(event.path("choices")
                        .path(0)
                        .path("delta")
                        .path("content")
                        .asString(""));
            }
        }
        return text.toString();
    }

    private static List<JsonNode> receipts(Road road) {
        List<JsonNode> receipts = new ArrayList<>();
        for (Event event : road.events("mirror.calls.completed.v1")) {
            event.data().path("calls").forEach(receipts::add);
        }
        return receipts;
    }

    @Test
    void clientsOfBothDialectsGetTheSameWholeAndInPiecesWithItsCounts() throws IOException {
        try (Road road = road()) {
            String token = grant(road, "run:llama.cpp");
            Road.Answer whole = road.ask(Endpoint.MESSAGES, token, body("tiny", 30, ""));
            assertThat(whole.status()).as(whole.text()).isEqualTo(200);
            assertThat(anthropic(whole)).isNotEmpty();
            Road.Answer chat = road.ask(Endpoint.CHAT, token, body("tiny", 30, ""));
            assertThat(openai(chat)).isEqualTo(anthropic(whole));
            for (Endpoint endpoint : List.of(Endpoint.MESSAGES, Endpoint.CHAT)) {
                Road.Answer stream = road.ask(endpoint, token, body("tiny", 30, "\"stream\":true,"));
                assertThat(stream.isWhole()).isTrue();
                assertThat(streamed(stream)).isEqualTo(anthropic(whole));
            }
            JsonNode usage = Json.MAPPER.readTree(whole.body()).path("usage");
            assertThat(usage.path("output_tokens").asInt()).isEqualTo(30);
            assertThat(Json.MAPPER
                            .readTree(chat.body())
                            .path("usage")
                            .path("prompt_tokens")
                            .asInt())
                    .isEqualTo(usage.path("input_tokens").asInt());
            road.stop();
            assertThat(receipts(road)).hasSize(4).allSatisfy(receipt -> {
                assertThat(receipt.path("provider").asString("")).isEqualTo("own");
                assertThat(receipt.path("tier").asString("")).isEqualTo("local");
                assertThat(receipt.path("out").asLong()).isEqualTo(30);
                assertThat(receipt.path("in").asLong())
                        .isEqualTo(usage.path("input_tokens").asLong());
                assertThat(receipt.path("money").asLong()).isZero();
            });
            assertThat(road.spent("claude-code", Budgets.Unit.MONEY)).isZero();
        }
    }

    @Test
    void withoutALeaseForItNothingIsComputed() throws IOException {
        try (Road road = road()) {
            Road.Answer refused = road.ask(Endpoint.MESSAGES, grant(road, "egress:*"), body("tiny", 5, ""));
            assertThat(refused.status()).isEqualTo(403);
            assertThat(refused.text()).contains("it needs run:llama.cpp");
            road.stop();
            assertThat(receipts(road)).isEmpty();
        }
    }

    @Test
    void theGateIsAskedWhetherItMayRunAndMaySayNo() throws IOException {
        try (Road road = road()) {
            String token = grant(road, "run:llama.cpp");
            assertThat(road.ask(Endpoint.MESSAGES, token, body("tiny", 2, "")).status())
                    .isEqualTo(200);
            assertThat(road.events("mirror.action.decided.v1").getLast().data().toString())
                    .contains("llama.cpp");
            Files.writeString(road.home.kill(), "");
            assertThat(road.ask(Endpoint.MESSAGES, token, body("tiny", 2, "")).status())
                    .isEqualTo(403);
        }
    }

    @Test
    void itAnswersBehindAnAirGapAndWhatMustStayHere() throws IOException {
        try (Road road = road()) {
            String token = grant(road, "run:llama.cpp");
            Files.writeString(road.home.airGap(), "");
            assertThat(road.ask(Endpoint.MESSAGES, token, body("stays", 2, "")).status())
                    .isEqualTo(200);
            assertThat(road.ask(
                                    Endpoint.CHAT,
                                    token,
                                    body("first", 2, ""),
                                    new Header("x-mirror-sensitivity", "local-only"))
                            .status())
                    .isEqualTo(200);
            String local = road.grant("claude-code", local(road));
            assertThat(road.ask(Endpoint.MESSAGES, local, body("tiny", 2, "")).status())
                    .isEqualTo(200);
        }
    }

    private static LeaseScope local(Road road) {
        LeaseScope any =
                LeaseScope.of(List.of(), List.of("run:llama.cpp"), road.now().plus(Duration.ofDays(1)));
        return any.onTier(Sensitivity.Tier.LOCAL);
    }

    @Test
    void theBudgetOfTokensHoldsForItToo() throws IOException {
        try (Road road = road()) {
            LeaseScope any = LeaseScope.of(
                    List.of(), List.of("run:llama.cpp"), road.now().plus(Duration.ofDays(1)));
            String token = road.grant("claude-code", any.spending(500, any.cents()));
            assertThat(road.ask(Endpoint.MESSAGES, token, body("tiny", 100, "")).status())
                    .isEqualTo(402);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"t\",\"parameters\":{\"type\":\"object\"}}}],",
                "\"response_format\":{\"type\":\"json_object\"},"
            })
    void whatItCannotBeToldGoesToTheNextOfTheRouteAndIsElseRefusedByName(String more) throws IOException {
        try (ScriptedProvider cloud = new ScriptedProvider(Dialects.OPENAI.says("from the cloud"));
                Road road = road(cloud.url() + "/v1")) {
            String token = grant(road, "run:llama.cpp", "egress:127.0.0.1");
            assertThat(openai(road.ask(Endpoint.CHAT, token, body("first", 5, more))))
                    .isEqualTo("from the cloud");
            Road.Answer refused = road.ask(Endpoint.CHAT, token, body("tiny", 5, more));
            assertThat(refused.status()).isEqualTo(400);
            assertThat(refused.text()).contains(more.substring(1, more.indexOf('"', 1)));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"no model", ""})
    void aModelThatCannotBeLoadedLeavesTheCallToTheNextOfTheRouteAndIsLeftAloneThen(String content) throws IOException {
        Files.writeString(file, content);
        try (ScriptedProvider cloud = new ScriptedProvider(Dialects.OPENAI.says("from the cloud"));
                Road road = road(cloud.url() + "/v1")) {
            String token = grant(road, "run:llama.cpp", "egress:127.0.0.1");
            for (int i = 0; i < 8; i++) {
                assertThat(openai(road.ask(Endpoint.CHAT, token, body("first", 5, ""))))
                        .isEqualTo("from the cloud");
            }
            Road.Answer alone = road.ask(Endpoint.CHAT, token, body("tiny", 5, ""));
            assertThat(alone.status()).isIn(500, 503);
            road.stop();
            assertThat(road.events("mirror.call.switched.v1").getFirst().text("from"))
                    .isEqualTo("own/tiny");
        }
    }

    @Test
    void aPromptThatDoesNotFitIsTheClientsToHear() throws IOException {
        try (Road road = road()) {
            String token = grant(road, "run:llama.cpp");
            String body = "{\"model\":\"tiny\",\"max_tokens\":5,\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}"
                    .formatted("q".repeat(2_000));
            Road.Answer refused = road.ask(Endpoint.MESSAGES, token, body);
            assertThat(refused.status()).isEqualTo(400);
            assertThat(refused.text()).contains("nothing of it is cut off");
            assertThat(road.ask(Endpoint.MESSAGES, token, body("tiny", 5, "")).status())
                    .isEqualTo(200);
        }
    }

    @Test
    void aStreamThatBrokeElsewhereIsGoneOnWithHere() throws IOException {
        try (ScriptedProvider breaks = new ScriptedProvider(
                        (_, to) -> Dialects.OPENAI.begin(to, "Once ", "upon ").close());
                Road road = new Road(
                        Files.createTempDirectory(folder, "home"), """
                        providers:
                          cloud:
                            dialect: openai
                            base-url: %s
                            key: env:KEY
                            models:
                              m: {context: 200000, output: 8000, price: {in: 3, out: 15}}
                          own:
                            dialect: llama
                            models:
                              tiny: {gguf: %s, context: 512, output: 100, threads: 1}
                        routes:
                          r: [cloud/m, own/tiny]
                        """.formatted(breaks.url() + "/v1", file))) {
            Road.Answer answer = road.ask(
                    Endpoint.MESSAGES,
                    grant(road, "run:llama.cpp", "egress:127.0.0.1"),
                    body("r", 30, "\"stream\":true,"));
            assertThat(answer.isWhole()).as(answer.text()).isTrue();
            assertThat(streamed(answer)).startsWith("Once upon ").hasSizeGreaterThan("Once upon ".length() + 5);
        }
    }

    @Test
    void aClientThatGoesAwayEndsTheReply() throws Exception {
        try (Road road = road()) {
            String token = grant(road, "run:llama.cpp");
            OutputStream gone = new OutputStream() {
                private int events;

                @Override
                public void write(int b) throws IOException {
                    throw new IOException("gone");
                }

                @Override
                public void write(byte[] bytes, int at, int length) throws IOException {
                    if (events++ > 3) {
                        throw new IOException("gone");
                    }
                }
            };
            Reply reply = new Reply() {
                @Override
                public void send(int status, List<Header> headers, byte[] body) {}

                @Override
                public OutputStream stream(int status, List<Header> headers) {
                    return gone;
                }
            };
            try {
                road.gateway.handle(
                        new Request(
                                Endpoint.MESSAGES,
                                "",
                                List.of(new Header("x-api-key", token)),
                                Road.bytes(body("tiny", 100, "\"stream\":true,"))),
                        reply);
            } catch (IOException e) {
                assertThat(e).isInstanceOf(ClientGone.class);
            }
            // Its turn is over: the next one has it at once.
            assertThat(road.ask(Endpoint.MESSAGES, token, body("tiny", 5, "")).status())
                    .isEqualTo(200);
            road.stop();
            assertThat(receipts(road).getFirst().path("outcome").asString("")).isEqualTo("client-gone");
        }
    }
}
