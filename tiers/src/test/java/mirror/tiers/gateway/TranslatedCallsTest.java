package mirror.tiers.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import mirror.bus.Json;
import mirror.tiers.wire.Header;
import mirror.tiers.wire.ScriptedProvider;
import mirror.trust.Budgets.Unit;
import mirror.trust.LeaseScope;
import mirror.trust.Sensitivity;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Clients of one dialect in front of providers of another, through the whole gateway. */
final class TranslatedCallsTest {
    private static final String BODY =
            "{\"model\":\"m\",\"max_tokens\":100,\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}";

    /** The same for a client of this endpoint. */
    static String body(Endpoint client) {
        return client == Endpoint.RESPONSES ? "{\"model\":\"m\",\"max_output_tokens\":100,\"input\":\"hello\"}" : BODY;
    }

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    static String provider(String name, Dialects dialect, String url, boolean local) {
        return """
              %s:
                dialect: %s
                base-url: %s
                key: env:KEY
                local: %s
                timeouts: {connect: 2s, answer: 400ms, idle: 400ms}
                models:
                  m: {context: 50000, output: 8000, price: {in: 3, out: 15, cache-read: 0.3, cache-write: 3.75}}
            """.formatted(name, dialect.name().toLowerCase(java.util.Locale.ROOT), url + dialect.version(), local);
    }

    private static String one(Dialects dialect, ScriptedProvider provider) {
        return "providers:\n" + provider("p0", dialect, provider.url(), false);
    }

    /** A client and a provider that do not speak the same. */
    record Pair(Endpoint client, Dialects provider) {}

    static Stream<Pair> pairs() {
        return Stream.of(Endpoint.MESSAGES, Endpoint.CHAT, Endpoint.RESPONSES)
                .flatMap(client -> Stream.of(Dialects.values()).map(provider -> new Pair(client, provider)))
                .filter(pair -> !pair.client.dialect().name().equals(pair.provider.name()));
    }

    static String streaming(String body) {
        return body.replace("{\"model\"", "{\"stream\":true,\"model\"");
    }

    /** The text that a client of this endpoint reads from an answer. */
    static String textOf(Endpoint client, String answer) {
        StringBuilder text = new StringBuilder();
        for (JsonNode event : events(answer)) {
            if (client == Endpoint.MESSAGES) {
                text.append(event.path("delta").path("text").asString(""));
                event.path("content")
                        .forEach(block -> text.append(block.path("text").asString("")));
            } else if (client == Endpoint.RESPONSES) {
                if (event.path("type").asString("").equals("response.output_text.delta")) {
                    text.append(event.path("delta").asString(""));
                }
                event.path("output")
                        .forEach(item -> text.append(
                                item.path("content").path(0).path("text").asString("")));
            } else {
                for (JsonNode choice : event.path("choices")) {
                    text.append(choice.path("delta").path("content").asString(""));
                    text.append(choice.path("message").path("content").asString(""));
                }
            }
        }
        return text.toString();
    }

    static List<JsonNode> events(String answer) {
        if (answer.startsWith("{")) {
            return List.of(Json.one(Road.bytes(answer)));
        }
        List<JsonNode> events = new ArrayList<>();
        answer.lines()
                .filter(line -> line.startsWith("data: {"))
                .forEach(line -> events.add(Json.one(Road.bytes(line.substring(6)))));
        return events;
    }

    @ParameterizedTest
    @MethodSource("pairs")
    void anAnswerOfAnyDialectReachesAClientOfTheOtherWholeAndInPieces(Pair pair) throws IOException {
        try (ScriptedProvider provider = new ScriptedProvider(pair.provider.says("Guten ", "Tag \ud83d\ude42", "!"));
                Road road = new Road(folder, one(pair.provider, provider))) {
            String token = road.grant();
            Road.Answer whole = road.ask(pair.client, token, body(pair.client));
            assertThat(whole.isWhole()).as(whole.text()).isTrue();
            assertThat(textOf(pair.client, whole.text())).isEqualTo("Guten Tag \ud83d\ude42!");
            assertThat(whole.header("content-type")).isEqualTo("application/json");

            Road.Answer stream = road.ask(pair.client, token, streaming(body(pair.client)));
            assertThat(stream.isWhole()).as(stream.text()).isTrue();
            assertThat(textOf(pair.client, stream.text())).isEqualTo("Guten Tag \ud83d\ude42!");
            assertThat(stream.header("content-type")).startsWith("text/event-stream");
            assertThat(stream.text())
                    .contains(
                            switch (pair.client) {
                                case MESSAGES -> "event: message_stop";
                                case RESPONSES -> "event: response.completed";
                                default -> "data: [DONE]";
                            });

            road.stop();
            assertThat(road.spent("claude-code", Unit.TOKENS)).isEqualTo(2 * 39);
            assertThat(road.spent("claude-code", Unit.MONEY)).isEqualTo(2 * (30 * 3 + 9 * 15));
            assertThat(road.costs.list().getFirst().sum().calls()).isEqualTo(2);
        }
    }

    @ParameterizedTest
    @MethodSource("pairs")
    void aProviderIsAskedInItsOwnWordsUnderItsOwnKeyAndHearsNothingOfTheClients(Pair pair) throws IOException {
        try (ScriptedProvider provider = new ScriptedProvider(pair.provider.says("hi"));
                Road road = new Road(folder, one(pair.provider, provider))) {
            String token = road.grant();
            road.ask(
                    pair.client,
                    token,
                    body(pair.client),
                    new Header("anthropic-beta", "a-1"),
                    new Header("openai-organization", "org-1"),
                    new Header("x-stainless-lang", "java"),
                    new Header("user-agent", "client/1"),
                    new Header("x-mirror-project", "p"));
            road.ask(pair.client, token, streaming(body(pair.client)));
            for (ScriptedProvider.Request request : provider.requests()) {
                assertThat(request.head())
                        .doesNotContain(
                                token,
                                "anthropic-beta",
                                "org-1",
                                "stainless",
                                "client/1",
                                "mirror-project",
                                "beta=true");
                assertThat(request.line()).doesNotContain(Road.SECRET);
                assertThat(Json.one(request.body()).isObject()).isTrue();
            }
            ScriptedProvider.Request whole = provider.requests().get(0);
            String streamed = provider.requests().get(1).line();
            switch (pair.provider) {
                case ANTHROPIC -> {
                    assertThat(whole.line()).isEqualTo("POST /v1/messages HTTP/1.1");
                    assertThat(whole.header("x-api-key")).isEqualTo(Road.SECRET);
                    assertThat(whole.header("anthropic-version")).isEqualTo("2023-06-01");
                }
                case OPENAI -> {
                    assertThat(whole.line()).isEqualTo("POST /v1/chat/completions HTTP/1.1");
                    assertThat(whole.header("authorization")).isEqualTo("Bearer " + Road.SECRET);
                    assertThat(whole.text()).contains("\"max_tokens\":100");
                }
                case GEMINI -> {
                    assertThat(whole.line()).isEqualTo("POST /v1beta/models/m:generateContent HTTP/1.1");
                    assertThat(streamed).isEqualTo("POST /v1beta/models/m:streamGenerateContent?alt=sse HTTP/1.1");
                    assertThat(whole.header("x-goog-api-key")).isEqualTo(Road.SECRET);
                }
                case OLLAMA -> {
                    assertThat(whole.line()).isEqualTo("POST /api/chat HTTP/1.1");
                    assertThat(whole.header("authorization")).isEqualTo("Bearer " + Road.SECRET);
                    assertThat(whole.text()).contains("\"num_ctx\":50000");
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("pairs")
    void aRefusalOfTheRequestIsToldInTheClientsDialect(Pair pair) throws IOException {
        try (ScriptedProvider provider =
                        new ScriptedProvider((_, to) -> to.json(400, pair.provider.error("too many cats")));
                Road road = new Road(folder, one(pair.provider, provider))) {
            String token = road.grant();
            for (String body : List.of(body(pair.client), streaming(body(pair.client)))) {
                Road.Answer answer = road.ask(pair.client, token, body);
                assertThat(answer.status()).isEqualTo(400);
                JsonNode error = Json.one(answer.body());
                assertThat(error.path("error").path("message").asString("")).isEqualTo("too many cats");
                assertThat(error.path("error").path("type").asString("")).isEqualTo("invalid_request_error");
                assertThat(error.path("type").asString("")).isEqualTo(pair.client == Endpoint.MESSAGES ? "error" : "");
            }
            road.stop();
            assertThat(road.spent("claude-code", Unit.TOKENS)).isZero();
        }
    }

    @ParameterizedTest
    @MethodSource("pairs")
    void aStreamThatIsCutAnywhereIsNeverWholeAndSpendsWhatItMayHaveUsed(Pair pair) throws IOException {
        List<ScriptedProvider.Script> cuts = List.of(
                (_, to) -> pair.provider.begin(to, "one ", "two ").close(),
                (_, to) -> pair.provider.begin(to, "one ", "two ").last(),
                (_, to) -> pair.provider.begin(to, "one ", "two ").stall(),
                (_, to) -> pair.provider.begin(to, "one ", "two ").reset(),
                (_, to) -> pair.provider
                        .begin(to, "one ", "two ")
                        .chunk(pair.provider.piece("three").substring(0, 20))
                        .close(),
                (_, to) -> pair.provider
                        .begin(to, "one ", "two ")
                        .chunk("data: {]\n\n")
                        .last());
        int n = 0;
        for (ScriptedProvider.Script cut : cuts) {
            try (ScriptedProvider provider = new ScriptedProvider(cut);
                    Road road = new Road(folder.resolve("r" + n++), one(pair.provider, provider))) {
                Road.Answer answer = road.ask(pair.client, road.grant(), streaming(body(pair.client)));
                assertThat(answer.isWhole()).isFalse();
                assertThat(answer.text())
                        .doesNotContain("message_stop", "[DONE]", "response.completed", ".done", Road.SECRET);
                if (answer.status() == 200) {
                    assertThat(textOf(pair.client, answer.text())).startsWith("one ");
                    JsonNode last = events(answer.text()).getLast();
                    JsonNode error = pair.client == Endpoint.RESPONSES ? last.path("response") : last;
                    assertThat(error.path("error").path("message").asString("")).startsWith("Mirror: p0/m: ");
                }
                road.stop();
                assertThat(road.spent("claude-code", Unit.TOKENS)).isGreaterThan(1_100);
                assertThat(road.costs.list().getFirst().sum().unanswered()).isEqualTo(1);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("pairs")
    void beforeTheFirstEventTheNextOfTheRouteAnswersInWhateverDialect(Pair pair) throws IOException {
        List<ScriptedProvider.Script> failures = List.of(
                (_, to) -> to.close(),
                (_, to) -> to.stall(),
                (_, to) -> to.json(503, "{}"),
                (_, to) -> to.json(429, "{}", "retry-after: 9"),
                (_, to) -> to.json(200, "{}"),
                (_, to) -> to.stream().last(),
                (_, to) -> to.stream().chunk("nonsense\n\n").last(),
                (_, to) -> to.stream()
                        .chunk("data: {\"error\":{\"message\":\"x\"}}\n\n")
                        .last());
        int n = 0;
        for (ScriptedProvider.Script failure : failures) {
            for (String body : List.of(body(pair.client), streaming(body(pair.client)))) {
                try (ScriptedProvider first = new ScriptedProvider(failure);
                        ScriptedProvider second = new ScriptedProvider(Dialects.ANTHROPIC.says("from two"));
                        Road road = new Road(
                                folder.resolve("r" + n++),
                                one(pair.provider, first) + provider("p1", Dialects.ANTHROPIC, second.url(), false))) {
                    Road.Answer answer = road.ask(pair.client, road.grant(), body);
                    assertThat(answer.isWhole()).as(answer.text()).isTrue();
                    assertThat(textOf(pair.client, answer.text())).isEqualTo("from two");
                    road.stop();
                    assertThat(road.events("mirror.call.switched.v1")).hasSize(1);
                }
            }
        }
    }

    @Test
    void whatAProviderCannotBeToldGoesToOneThatCanAndOtherwiseIsRefusedByName() throws IOException {
        String seeded = BODY.replace("\"max_tokens\":100", "\"seed\":7");
        try (ScriptedProvider first = new ScriptedProvider(Dialects.ANTHROPIC.says("never"));
                ScriptedProvider second = new ScriptedProvider(Dialects.GEMINI.says("seeded"))) {
            try (Road road = new Road(
                    folder.resolve("two"),
                    one(Dialects.ANTHROPIC, first) + provider("p1", Dialects.GEMINI, second.url(), false))) {
                assertThat(textOf(
                                Endpoint.CHAT,
                                road.ask(Endpoint.CHAT, road.grant(), seeded).text()))
                        .isEqualTo("seeded");
                assertThat(first.requests()).isEmpty();
            }
            try (Road road = new Road(folder.resolve("one"), one(Dialects.ANTHROPIC, first))) {
                Road.Answer answer = road.ask(Endpoint.CHAT, road.grant(), seeded);
                assertThat(answer.status()).isEqualTo(400);
                JsonNode error = Json.one(answer.body()).path("error");
                assertThat(error.path("param").asString("")).isEqualTo("seed");
                assertThat(error.path("message").asString("")).startsWith("Mirror: seed ");
                assertThat(first.requests()).isEmpty();
                road.stop();
                assertThat(road.spent("claude-code", Unit.TOKENS)).isZero();
            }
        }
    }

    @Test
    void aRateLimitOfGooglesIsKeptToForAsLongAsItsBodySays() throws IOException {
        String limited = "{\"error\":{\"code\":429,\"message\":\"Quota\",\"status\":\"RESOURCE_EXHAUSTED\",\"details\":"
                + "[{\"@type\":\"type.googleapis.com/google.rpc.RetryInfo\",\"retryDelay\":\"34.074824224s\"}]}}";
        try (ScriptedProvider provider = new ScriptedProvider((_, to) -> to.json(429, limited));
                Road road = new Road(folder, one(Dialects.GEMINI, provider))) {
            String token = road.grant();
            Road.Answer answer = road.ask(Endpoint.CHAT, token, BODY);
            assertThat(answer.status()).isEqualTo(429);
            assertThat(answer.header("retry-after")).isEqualTo("35");
            assertThat(answer.text()).contains("rate_limit_exceeded");
            road.pass(Duration.ofSeconds(33));
            assertThat(road.ask(Endpoint.CHAT, token, BODY).status()).isEqualTo(503);
            assertThat(provider.requests()).hasSize(1);
        }
    }

    @Test
    void aKeyThatGoogleDoesNotTakeIsNotTheClientsFault() throws IOException {
        String refused = "{\"error\":{\"code\":400,\"message\":\"API key not valid: " + Road.SECRET
                + "\",\"status\":\"INVALID_ARGUMENT\"}}";
        try (ScriptedProvider provider = new ScriptedProvider((_, to) -> to.json(400, refused));
                Road road = new Road(folder, one(Dialects.GEMINI, provider))) {
            Road.Answer answer = road.ask(Endpoint.MESSAGES, road.grant(), BODY);
            assertThat(answer.status()).isEqualTo(502);
            assertThat(answer.text()).contains("does not accept its key").doesNotContain(Road.SECRET);
            road.stop();
            assertThat(road.ledger.open().getFirst().reason()).isEqualTo("key");
            assertThat(road.bytes()).doesNotContain(Road.SECRET);
        }
    }

    @Test
    void whatIsMarkedAsLocalStaysInAnyDialect() throws IOException {
        try (ScriptedProvider cloud = new ScriptedProvider(Dialects.GEMINI.says("no"));
                ScriptedProvider local = new ScriptedProvider((_, to) -> to.close());
                Road road = new Road(
                        folder,
                        "providers:\n"
                                + provider(
                                        "cloud", Dialects.GEMINI, cloud.url().replace("127.0.0.1", "localhost"), false)
                                + provider("here", Dialects.OLLAMA, local.url(), true)
                                + "routes:\n  r: [cloud/m, here/m, cloud/m]\n")) {
            String token = road.grant(
                    "claude-code", road.scope(LeaseScope.UNLIMITED, LeaseScope.UNLIMITED, Sensitivity.Tier.LOCAL, ""));
            for (Endpoint client : List.of(Endpoint.MESSAGES, Endpoint.CHAT)) {
                assertThat(road.ask(client, token, BODY.replace("\"m\"", "\"r\""))
                                .isWhole())
                        .isFalse();
            }
            assertThat(local.requests()).hasSize(2);
            assertThat(cloud.requests()).isEmpty();
        }
    }

    @Test
    void aModelIsNotAskedForMoreThanItCanWrite() throws IOException {
        try (ScriptedProvider provider = new ScriptedProvider(Dialects.OPENAI.says("hi"));
                Road road = new Road(folder, one(Dialects.OPENAI, provider))) {
            road.ask(Endpoint.MESSAGES, road.grant(), BODY.replace(":100", ":32000"));
            assertThat(provider.requests().getFirst().text()).contains("\"max_tokens\":8000");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "{\"prompt_tokens\":30}", "{\"completion_tokens\":30}", "null"})
    void whatAnotherDialectDidNotReportStaysSpentInFull(String usage) throws IOException {
        String answer = Dialects.OPENAI.whole("hi").replaceAll("\"usage\":\\{[^}]*}", "\"usage\":" + usage);
        try (ScriptedProvider provider = new ScriptedProvider((_, to) -> to.json(200, answer));
                Road road = new Road(folder, one(Dialects.OPENAI, provider))) {
            assertThat(road.ask(Endpoint.MESSAGES, road.grant(), BODY).isWhole())
                    .isTrue();
            int sent = provider.requests().getFirst().body().length;
            road.stop();
            assertThat(road.spent("claude-code", Unit.TOKENS)).isEqualTo(sent + 1_024 + 100);
        }
    }

    @Test
    void modelsOfAllDialectsAreListed() throws IOException {
        try (ScriptedProvider provider = new ScriptedProvider(Dialects.OLLAMA.says("hi"));
                Road road = new Road(
                        folder,
                        one(Dialects.OLLAMA, provider)
                                + provider("p1", Dialects.GEMINI, provider.url(), false)
                                        .replace("m: {", "g: {"))) {
            assertThat(road.models()).contains("\"id\":\"m\"", "\"id\":\"g\"");
        }
    }
}
