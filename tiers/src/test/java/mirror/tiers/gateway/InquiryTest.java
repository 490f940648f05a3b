package mirror.tiers.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import mirror.bus.Json;
import mirror.bus.Seed;
import mirror.tiers.wire.ScriptedProvider;
import mirror.trust.Budgets.Unit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Embeddings and counts of tokens in front of providers that have them in another form, or not at all. */
final class InquiryTest {
    private static final String ASKED = "{\"model\":\"m\",\"input\":[\"one\",\"two \\ud83d\\ude42\"]}";
    private static final String COUNTED = """
            {"model":"m","system":"Be brief.","messages":[{"role":"user","content":"hello"},{"role":"assistant","content":"Well"}],
             "tools":[{"name":"look","description":"d","input_schema":{"type":"object"}}]}""";

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private static String one(Dialects dialect, ScriptedProvider provider) {
        return "providers:\n" + TranslatedCallsTest.provider("p0", dialect, provider.url(), false);
    }

    private static String geminis(String... vectors) {
        return "{\"embeddings\":["
                + String.join(
                        ",",
                        List.of(vectors).stream()
                                .map(v -> "{\"values\":[" + v + "]}")
                                .toList())
                + "]}";
    }

    private static String ollamas(String... vectors) {
        return "{\"model\":\"m:latest\",\"embeddings\":[["
                + String.join("],[", vectors)
                + "]],\"total_duration\":14143917,\"prompt_eval_count\":8}";
    }

    private static JsonNode body(ScriptedProvider provider) {
        return Json.one(provider.requests().getFirst().body());
    }

    // ---- embeddings

    @Test
    void geminiIsAskedForAVectorOfEachTextAndTheClientReadsOpenAisForm() throws IOException {
        try (ScriptedProvider provider =
                        new ScriptedProvider((_, to) -> to.json(200, geminis("0.013168523,-1.5e-3", "0.25,1")));
                Road road = new Road(folder, one(Dialects.GEMINI, provider))) {
            Road.Answer answer = road.ask(
                    Endpoint.EMBEDDINGS, road.grant(), ASKED.replace("{\"model\"", "{\"dimensions\":2,\"model\""));

            assertThat(provider.requests().getFirst().line())
                    .isEqualTo("POST /v1beta/models/m:batchEmbedContents HTTP/1.1");
            assertThat(provider.requests().getFirst().header("x-goog-api-key")).isEqualTo(Road.SECRET);
            assertThat(body(provider)).isEqualTo(Json.one(Road.bytes("""
                            {"requests":[
                              {"model":"models/m","content":{"parts":[{"text":"one"}]},"outputDimensionality":2},
                              {"model":"models/m","content":{"parts":[{"text":"two \\ud83d\\ude42"}]},"outputDimensionality":2}]}""")));
            assertThat(answer.text())
                    .isEqualTo("{\"object\":\"list\",\"data\":["
                            + "{\"object\":\"embedding\",\"index\":0,\"embedding\":[0.013168523,-0.0015]},"
                            + "{\"object\":\"embedding\",\"index\":1,\"embedding\":[0.25,1]}],\"model\":\"m\"}");
            int sent = provider.requests().getFirst().body().length;
            road.stop();
            assertThat(road.spent("claude-code", Unit.TOKENS))
                    .as("Gemini does not say what it used, so all that it may have used is spent")
                    .isEqualTo(sent + 1_024);
        }
    }

    @Test
    void ollamaIsToldToCutNothingAndWhatItUsedIsPaid() throws IOException {
        try (ScriptedProvider provider = new ScriptedProvider((_, to) -> to.json(200, ollamas("0.5", "0.25")));
                Road road = new Road(folder, one(Dialects.OLLAMA, provider))) {
            Road.Answer answer = road.ask(Endpoint.EMBEDDINGS, road.grant(), ASKED);

            assertThat(provider.requests().getFirst().line()).isEqualTo("POST /api/embed HTTP/1.1");
            assertThat(body(provider)).isEqualTo(Json.one(Road.bytes("""
                            {"model":"m","input":["one","two \\ud83d\\ude42"],"truncate":false,"options":{"num_ctx":50000}}""")));
            JsonNode read = Json.one(answer.body());
            assertThat(read.path("model").asString("")).isEqualTo("m:latest");
            assertThat(read.path("usage").path("prompt_tokens").asInt(0)).isEqualTo(8);
            assertThat(read.path("usage").path("total_tokens").asInt(0)).isEqualTo(8);
            road.stop();
            assertThat(road.spent("claude-code", Unit.TOKENS)).isEqualTo(8);
        }
    }

    @Test
    void asBase64TheVectorsAreTheSameNumbers() throws IOException {
        Seed seed = Seed.fresh();
        float[] numbers = new float[300];
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = (float) seed.random().nextGaussian() * (i % 3 == 0 ? 1e-20f : 1);
            text.append(i == 0 ? "" : ",").append(numbers[i]);
        }
        for (Dialects dialect : List.of(Dialects.GEMINI, Dialects.OLLAMA)) {
            String said = dialect == Dialects.GEMINI ? geminis(text.toString()) : ollamas(text.toString());
            try (ScriptedProvider provider = new ScriptedProvider((_, to) -> to.json(200, said));
                    Road road = new Road(folder.resolve(dialect.name()), one(dialect, provider))) {
                Road.Answer answer = road.ask(
                        Endpoint.EMBEDDINGS,
                        road.grant(),
                        "{\"model\":\"m\",\"input\":\"one\",\"encoding_format\":\"base64\",\"user\":\"u\"}");
                ByteBuffer bytes = ByteBuffer.wrap(Base64.getDecoder()
                                .decode(Json.one(answer.body())
                                        .path("data")
                                        .path(0)
                                        .path("embedding")
                                        .asString("")))
                        .order(ByteOrder.LITTLE_ENDIAN);
                for (float number : numbers) {
                    assertThat(bytes.getFloat()).as("%s", seed).isEqualTo(number);
                }
                assertThat(bytes.hasRemaining()).isFalse();
            }
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    {"model":"m","input":[1,2,3]} | input | not tokens
                    {"model":"m","input":[[1,2],[3]]} | input | not tokens
                    {"model":"m","input":["a",1]} | input | texts
                    {"model":"m","input":[]} | input | texts
                    {"model":"m"} | input | texts
                    {"model":"m","input":"a","encoding_format":"hex"} | encoding_format | base64
                    {"model":"m","input":"a","dimensions":0} | dimensions | whole number
                    {"model":"m","input":"a","task_type":"x"} | task_type | Leave it out
                    """)
    void whatAnotherProviderCannotBeToldIsRefusedByName(String asked, String param, String says) throws IOException {
        for (Dialects dialect : List.of(Dialects.GEMINI, Dialects.OLLAMA)) {
            try (ScriptedProvider provider = new ScriptedProvider((_, to) -> to.json(200, "{}"));
                    Road road = new Road(folder.resolve(dialect.name()), one(dialect, provider))) {
                Road.Answer answer = road.ask(Endpoint.EMBEDDINGS, road.grant(), asked);
                assertThat(answer.status()).isEqualTo(400);
                JsonNode error = Json.one(answer.body()).path("error");
                assertThat(error.path("param").asString("")).isEqualTo(param);
                assertThat(error.path("message").asString(""))
                        .startsWith("Mirror: ")
                        .contains(says);
                assertThat(provider.requests()).isEmpty();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "[]",
                "{\"embeddings\":[]}",
                "{\"embeddings\":[{\"values\":[1,2]}]}",
                "{\"embeddings\":[{\"values\":[1,2]},{\"values\":[1]}]}",
                "{\"embeddings\":[{\"values\":[1,2]},{\"values\":[1,\"2\"]}]}",
                "{\"embeddings\":[{\"values\":[1,2]},{\"values\":[1,1e99]}]}",
                "{\"embeddings\":[{\"values\":[1,2]},{\"values\":[]}]}",
                "{\"embeddings\":[{\"values\":[1,2,3]},{\"values\":[1,2,3]}]}",
                "{\"embeddings\":[{},{}]}"
            })
    void vectorsThatAreNotTheOnesAskedForGoToNobody(String said) throws IOException {
        for (Dialects dialect : List.of(Dialects.GEMINI, Dialects.OLLAMA)) {
            String answered = dialect == Dialects.GEMINI ? said : said.replaceAll("\\{\"values\":(\\[[^]]*])}", "$1");
            try (ScriptedProvider first = new ScriptedProvider((_, to) -> to.json(200, answered));
                    ScriptedProvider second = new ScriptedProvider((_, to) -> to.json(200, ollamas("1,2", "3,4")));
                    Road road = new Road(
                            folder.resolve(dialect.name()),
                            one(dialect, first)
                                    + TranslatedCallsTest.provider("p1", Dialects.OLLAMA, second.url(), false))) {
                Road.Answer answer = road.ask(
                        Endpoint.EMBEDDINGS, road.grant(), ASKED.replace("{\"model\"", "{\"dimensions\":2,\"model\""));
                assertThat(answer.isWhole()).as(answer.text()).isTrue();
                assertThat(answer.text()).as("of the next of the route").contains("[3,4]");
            }
        }
    }

    @Test
    void anthropicHasNoEmbeddingsAndIsPassedBy() throws IOException {
        try (ScriptedProvider anthropic = new ScriptedProvider((_, to) -> to.json(200, "{}"));
                ScriptedProvider openai = new ScriptedProvider((_, to) -> to.json(
                        200,
                        "{\"data\":[{\"embedding\":\"AAAA\"}],\"usage\":{\"prompt_tokens\":9,\"total_tokens\":9}}"))) {
            try (Road road = new Road(folder.resolve("one"), one(Dialects.ANTHROPIC, anthropic))) {
                Road.Answer answer = road.ask(Endpoint.EMBEDDINGS, road.grant(), ASKED);
                assertThat(answer.status()).isEqualTo(400);
                assertThat(answer.text()).contains("no provider of this model has embeddings");
            }
            try (Road road = new Road(
                    folder.resolve("two"),
                    one(Dialects.ANTHROPIC, anthropic)
                            + TranslatedCallsTest.provider("p1", Dialects.OPENAI, openai.url(), false))) {
                Road.Answer answer = road.ask(Endpoint.EMBEDDINGS, road.grant(), ASKED);
                assertThat(answer.text()).as("byte for byte").contains("{\"data\":[{\"embedding\":\"AAAA\"}]");
                assertThat(openai.requests().getFirst().text()).isEqualTo(ASKED);
            }
            assertThat(anthropic.requests()).isEmpty();
        }
    }

    // ---- counts

    @Test
    void geminiCountsTheWholeRequestAndTheCountIsExactlyItsOwn() throws IOException {
        try (ScriptedProvider provider = new ScriptedProvider((_, to) -> to.json(
                        200,
                        "{\"totalTokens\":31,\"promptTokensDetails\":[{\"modality\":\"TEXT\",\"tokenCount\":31}]}"));
                Road road = new Road(folder, one(Dialects.GEMINI, provider))) {
            Road.Answer answer = road.ask(Endpoint.COUNT_TOKENS, road.grant(), COUNTED);

            assertThat(answer.text()).isEqualTo("{\"input_tokens\":31}");
            assertThat(provider.requests().getFirst().line()).isEqualTo("POST /v1beta/models/m:countTokens HTTP/1.1");
            assertThat(body(provider)).isEqualTo(Json.one(Road.bytes("""
                            {"generateContentRequest":{"systemInstruction":{"parts":[{"text":"Be brief."}]},"contents":[
                              {"role":"user","parts":[{"text":"hello"}]},{"role":"model","parts":[{"text":"Well"}]}],
                             "tools":[{"functionDeclarations":[{"name":"look","description":"d","parametersJsonSchema":{"type":"object"}}]}],
                             "model":"models/m"}}""")));
            road.stop();
            assertThat(road.spent("claude-code", Unit.TOKENS)).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "{\"totalTokens\":-1}", "{\"totalTokens\":\"31\"}", "[31]"})
    void aCountThatIsNoneIsNoCount(String said) throws IOException {
        try (ScriptedProvider provider = new ScriptedProvider((_, to) -> to.json(200, said));
                Road road = new Road(folder, one(Dialects.GEMINI, provider))) {
            Road.Answer answer = road.ask(Endpoint.COUNT_TOKENS, road.grant(), COUNTED);
            assertThat(answer.status()).isEqualTo(502);
            assertThat(answer.text()).doesNotContain("input_tokens");
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"OPENAI", "OLLAMA"})
    void whereNobodyCountsNothingIsGuessed(Dialects dialect) throws IOException {
        try (ScriptedProvider provider = new ScriptedProvider(dialect.says("never"));
                Road road = new Road(folder, one(dialect, provider))) {
            Road.Answer answer = road.ask(Endpoint.COUNT_TOKENS, road.grant(), COUNTED);
            assertThat(answer.status()).isEqualTo(400);
            JsonNode error = Json.one(answer.body());
            assertThat(error.path("type").asString("")).isEqualTo("error");
            assertThat(error.path("error").path("type").asString("")).isEqualTo("invalid_request_error");
            assertThat(error.path("error").path("message").asString(""))
                    .startsWith("Mirror: no provider of this model counts tokens");
            assertThat(provider.requests()).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"COUNT_TOKENS", "EMBEDDINGS"})
    void aRefusalOfGooglesIsToldInTheClientsDialect(Endpoint endpoint) throws IOException {
        Map<Endpoint, String> asked = Map.of(Endpoint.COUNT_TOKENS, COUNTED, Endpoint.EMBEDDINGS, ASKED);
        try (ScriptedProvider provider =
                        new ScriptedProvider((_, to) -> to.json(400, Dialects.GEMINI.error("too many cats")));
                Road road = new Road(folder, one(Dialects.GEMINI, provider))) {
            Road.Answer answer = road.ask(endpoint, road.grant(), String.valueOf(asked.get(endpoint)));
            assertThat(answer.status()).isEqualTo(400);
            JsonNode error = Json.one(answer.body());
            assertThat(error.path("error").path("message").asString("")).isEqualTo("too many cats");
            assertThat(error.path("type").asString("").toLowerCase(Locale.ROOT))
                    .isEqualTo(endpoint == Endpoint.COUNT_TOKENS ? "error" : "");
        }
    }

    // ---- providers of OpenAI's dialect that have no responses

    @Test
    void whoHasChatAloneIsAskedThereAndRememberedByIt() throws IOException {
        try (ScriptedProvider provider = new ScriptedProvider((request, to) -> {
                    if (request.line().contains("/responses")) {
                        to.json(404, "{\"detail\":\"Not Found\"}");
                    } else {
                        Dialects.OPENAI.says("by chat").answer(request, to);
                    }
                });
                Road road = new Road(folder, one(Dialects.OPENAI, provider))) {
            String token = road.grant();
            for (String body : List.of(
                    TranslatedCallsTest.body(Endpoint.RESPONSES),
                    TranslatedCallsTest.streaming(TranslatedCallsTest.body(Endpoint.RESPONSES)))) {
                Road.Answer answer = road.ask(Endpoint.RESPONSES, token, body);
                assertThat(answer.isWhole()).as(answer.text()).isTrue();
                assertThat(TranslatedCallsTest.textOf(Endpoint.RESPONSES, answer.text()))
                        .isEqualTo("by chat");
            }
            assertThat(provider.requests())
                    .extracting(request -> request.line().replaceAll("POST (.*) HTTP/1.1", "$1"))
                    .containsExactly("/v1/responses?beta=true", "/v1/chat/completions", "/v1/chat/completions");
            road.stop();
            assertThat(road.spent("claude-code", Unit.TOKENS)).isEqualTo(2 * 39);
        }
    }

    @Test
    void aModelThatIsNotThereIsNoReasonToAskElsewhere() throws IOException {
        String missing =
                "{\"error\":{\"message\":\"no m\",\"type\":\"invalid_request_error\",\"code\":\"model_not_found\"}}";
        try (ScriptedProvider provider = new ScriptedProvider((_, to) -> to.json(404, missing));
                Road road = new Road(folder, one(Dialects.OPENAI, provider))) {
            Road.Answer answer =
                    road.ask(Endpoint.RESPONSES, road.grant(), TranslatedCallsTest.body(Endpoint.RESPONSES));
            assertThat(answer.status()).isEqualTo(404);
            assertThat(answer.text()).isEqualTo(missing);
            assertThat(provider.requests()).hasSize(1);
        }
    }

    @Test
    void whatChatCannotBeToldIsRefusedByName() throws IOException {
        try (ScriptedProvider provider = new ScriptedProvider((_, to) -> to.json(404, "{}"));
                Road road = new Road(folder, one(Dialects.OPENAI, provider))) {
            Road.Answer answer = road.ask(
                    Endpoint.RESPONSES,
                    road.grant(),
                    "{\"model\":\"m\",\"input\":\"hi\",\"tools\":[{\"type\":\"web_search\"}]}");
            assertThat(answer.status()).isEqualTo(400);
            assertThat(Json.one(answer.body()).path("error").path("param").asString(""))
                    .isEqualTo("tools.0.type");
            assertThat(provider.requests()).hasSize(1);
        }
    }
}
