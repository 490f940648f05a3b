package mirror.tiers.dialect;

import static java.nio.charset.StandardCharsets.UTF_8;
import static mirror.tiers.dialect.Adapter.ANTHROPIC;
import static mirror.tiers.dialect.Adapter.GEMINI;
import static mirror.tiers.dialect.Wire.EXCHANGE;
import static mirror.tiers.dialect.Wire.TARGET;
import static mirror.tiers.dialect.Wire.json;
import static mirror.tiers.dialect.Wire.tree;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.genai.Client;
import com.google.genai.ResponseStream;
import com.google.genai.errors.ApiException;
import com.google.genai.types.Content;
import com.google.genai.types.EmbedContentConfig;
import com.google.genai.types.FunctionCall;
import com.google.genai.types.FunctionDeclaration;
import com.google.genai.types.GenerateContentConfig;
import com.google.genai.types.GenerateContentResponse;
import com.google.genai.types.GenerateContentResponseUsageMetadata;
import com.google.genai.types.HttpOptions;
import com.google.genai.types.HttpRetryOptions;
import com.google.genai.types.ThinkingConfig;
import com.google.genai.types.Tool;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import mirror.tiers.gateway.Dialects;
import mirror.tiers.wire.ScriptedProvider;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/**
 * Google's official SDK before the Gemini that the tests script: what it reads there is what Mirror's adapter reads, and what it asks is what Mirror
 * asks.
 */
final class GoogleSdkTest {
    private static Client client(ScriptedProvider provider) {
        return Client.builder()
                .apiKey("key-of-the-test")
                .vertexAI(false)
                .httpOptions(HttpOptions.builder()
                        .baseUrl(provider.url())
                        .apiVersion("v1beta")
                        .retryOptions(HttpRetryOptions.builder().attempts(1).build())
                        .build())
                .build();
    }

    private static List<Part> parts(Iterable<com.google.genai.types.Part> said) {
        List<Part> parts = new ArrayList<>();
        for (com.google.genai.types.Part part : said) {
            if (part.functionCall().isPresent()) {
                FunctionCall call = part.functionCall().orElseThrow();
                parts.add(new Part.ToolUse(
                        "",
                        call.name().orElseThrow(),
                        Trees.text(tools.jackson.databind.json.JsonMapper.shared()
                                .valueToTree(call.args().orElseThrow()))));
            } else if (part.thought().orElse(false)) {
                parts.add(new Part.Thinking(part.text().orElseThrow(), null));
            } else {
                parts.add(new Part.Text(part.text().orElseThrow()));
            }
        }
        return parts;
    }

    /** Numbers by their value, and calls without the ids that Gemini does not give. */
    private static List<Part> comparable(List<Part> parts) {
        List<Part> all = new ArrayList<>();
        for (Part part : parts) {
            all.add(
                    part instanceof Part.ToolUse use
                            ? new Part.ToolUse(
                                    "",
                                    use.name(),
                                    String.valueOf(Objects.requireNonNull(Trees.object(use.arguments()))
                                            .path("n")
                                            .doubleValue()))
                            : part);
        }
        return all;
    }

    private static Usage usage(GenerateContentResponseUsageMetadata usage) {
        int cached = usage.cachedContentTokenCount().orElse(0);
        int thoughts = usage.thoughtsTokenCount().orElse(0);
        return new Usage(
                usage.promptTokenCount().orElseThrow() - cached,
                cached,
                0,
                usage.candidatesTokenCount().orElseThrow() + thoughts,
                thoughts);
    }

    @Test
    void aWholeReplyIsTheSameToBoth() throws IOException {
        try (ScriptedProvider provider = new ScriptedProvider((_, to) -> to.json(200, GeminiSays.WHOLE));
                Client google = client(provider)) {
            GenerateContentResponse read = google.models.generateContent("m", "hello", null);
            Reply reply = GEMINI.readReply(GeminiSays.WHOLE.getBytes(UTF_8), EXCHANGE);

            assertThat(provider.requests().getFirst().line())
                    .isEqualTo("POST /v1beta/models/m:generateContent HTTP/1.1");
            assertThat(provider.requests().getFirst().header("x-goog-api-key")).isEqualTo("key-of-the-test");
            assertThat(comparable(parts(Objects.requireNonNull(read.parts())))).isEqualTo(comparable(reply.parts()));
            assertThat(usage(read.usageMetadata().orElseThrow())).isEqualTo(reply.usage());
            assertThat(read.responseId()).hasValue(reply.id());
            assertThat(read.modelVersion()).hasValue(reply.model());
            assertThat(read.finishReason().toString()).isEqualTo("STOP");
        }
    }

    @Test
    void aStreamIsTheSameToBothAndToTheWholeReply() throws IOException {
        try (ScriptedProvider provider = new ScriptedProvider(
                        (_, to) -> to.stream().chunk(GeminiSays.STREAM).last());
                Client google = client(provider)) {
            List<com.google.genai.types.Part> pieces = new ArrayList<>();
            Usage last = null;
            try (ResponseStream<GenerateContentResponse> stream =
                    google.models.generateContentStream("m", "hello", null)) {
                for (GenerateContentResponse piece : stream) {
                    pieces.addAll(Objects.requireNonNull(piece.parts()));
                    if (piece.usageMetadata()
                            .flatMap(GenerateContentResponseUsageMetadata::candidatesTokenCount)
                            .isPresent()) {
                        last = usage(piece.usageMetadata().orElseThrow());
                    }
                }
            }
            Reply sum = Wire.sum(Wire.events(GEMINI, GeminiSays.STREAM.getBytes(UTF_8)));

            assertThat(provider.requests().getFirst().line())
                    .isEqualTo("POST /v1beta/models/m:streamGenerateContent?alt=sse HTTP/1.1");
            List<Part> read = new ArrayList<>(parts(pieces));
            assertThat(read.remove(1)).isEqualTo(new Part.Text("I "));
            assertThat(read.set(1, new Part.Text("I look."))).isEqualTo(new Part.Text("look."));
            assertThat(comparable(read)).isEqualTo(comparable(sum.parts()));
            assertThat(last).isEqualTo(sum.usage());
            assertThat(comparable(sum.parts()))
                    .isEqualTo(comparable(GEMINI.readReply(GeminiSays.WHOLE.getBytes(UTF_8), EXCHANGE)
                            .parts()));
        }
    }

    @Test
    void theGeminiOfTheGatewaysTestsIsOneThatGoogleReads() throws IOException {
        try (ScriptedProvider provider = new ScriptedProvider(Dialects.GEMINI.says("Guten ", "Tag \ud83d\ude42"));
                Client google = client(provider)) {
            GenerateContentResponse whole = google.models.generateContent("m", "hello", null);
            assertThat(whole.text()).isEqualTo("Guten Tag \ud83d\ude42");
            assertThat(usage(whole.usageMetadata().orElseThrow())).isEqualTo(new Usage(30, 0, 0, 9, 0));
            StringBuilder text = new StringBuilder();
            try (ResponseStream<GenerateContentResponse> stream =
                    google.models.generateContentStream("m", "hello", null)) {
                stream.forEach(piece -> text.append(piece.text()));
            }
            assertThat(text.toString()).isEqualTo("Guten Tag \ud83d\ude42");
        }
    }

    @Test
    void anErrorIsTheSameToBoth() throws IOException {
        try (ScriptedProvider provider = new ScriptedProvider((_, to) -> to.json(429, GeminiSays.LIMITED));
                Client google = client(provider)) {
            ApiException read =
                    catchThrowableOfType(ApiException.class, () -> google.models.generateContent("m", "hello", null));
            Failure failure = GEMINI.readError(429, GeminiSays.LIMITED.getBytes(UTF_8));

            assertThat(read.code()).isEqualTo(failure.kind().status());
            assertThat(read.status()).isEqualTo(failure.code());
            assertThat(read.message()).startsWith(failure.message());
        }
    }

    @Test
    void itAsksAsMirrorAsks() throws IOException {
        JsonNode mirrors = tree(GEMINI.writeRequest(ANTHROPIC.readRequest(json("""
                {'model':'m','max_tokens':100,'system':'Be brief.','temperature':0.5,'top_k':7,'stop_sequences':['END'],
                 'thinking':{'type':'enabled','budget_tokens':50},
                 'messages':[{'role':'user','content':'hello'}],
                 'tools':[{'name':'look','description':'d','input_schema':{'type':'object'}}]}
                """)), TARGET));
        GenerateContentConfig config = GenerateContentConfig.builder()
                .systemInstruction(Content.builder()
                        .parts(com.google.genai.types.Part.fromText("Be brief."))
                        .build())
                .maxOutputTokens(100)
                .temperature(0.5f)
                .topK(7f)
                .stopSequences("END")
                .thinkingConfig(ThinkingConfig.builder().thinkingBudget(50).build())
                .tools(Tool.builder()
                        .functionDeclarations(FunctionDeclaration.builder()
                                .name("look")
                                .description("d")
                                .parametersJsonSchema(Map.of("type", "object"))
                                .build())
                        .build())
                .build();
        try (ScriptedProvider provider = new ScriptedProvider((_, to) -> to.json(200, GeminiSays.WHOLE));
                Client google = client(provider)) {
            google.models.generateContent("m", "hello", config);

            JsonNode googles = tree(provider.requests().getFirst().body());
            assertThat(googles.path("contents")).isEqualTo(mirrors.path("contents"));
            assertThat(googles.path("systemInstruction")).isEqualTo(mirrors.path("systemInstruction"));
            assertThat(googles.path("tools")).isEqualTo(mirrors.path("tools"));
            assertThat(plain(googles.path("generationConfig"))).isEqualTo(plain(mirrors.path("generationConfig")));
        }
    }

    /** By value: 7.0 is 7. */
    private static Map<String, String> plain(JsonNode node) {
        Map<String, String> all = new java.util.TreeMap<>();
        node.propertyStream()
                .forEach(entry -> all.put(
                        entry.getKey(),
                        entry.getValue().isNumber()
                                ? new BigDecimal(entry.getValue().asString())
                                        .stripTrailingZeros()
                                        .toPlainString()
                                : entry.getValue().toString()));
        return all;
    }

    @Test
    void itsCountsAndVectorsAreAskedForAndReadAsMirrorDoes() throws IOException {
        byte[] asked = json("{'model':'m','input':['one','two'],'dimensions':2}");
        Query mirrors = Query.embedAtGemini(asked, new Target("m", 10, false, false, 10));
        try (ScriptedProvider provider = new ScriptedProvider((request, to) ->
                        to.json(200, request.line().contains(":countTokens") ? GeminiSays.COUNT : GeminiSays.VECTORS));
                Client google = client(provider)) {
            assertThat(google.models.countTokens("m", "hello", null).totalTokens())
                    .hasValue(31);
            var vectors = google.models.embedContent(
                    "m",
                    List.of("one", "two"),
                    EmbedContentConfig.builder().outputDimensionality(2).build());

            ScriptedProvider.Request request = provider.requests().getLast();
            assertThat(request.line()).isEqualTo("POST /v1beta" + mirrors.path() + " HTTP/1.1");
            assertThat(tree(request.body()).path("requests").size()).isEqualTo(2);
            for (int i = 0; i < 2; i++) {
                JsonNode googles = tree(request.body()).path("requests").path(i);
                JsonNode own = tree(mirrors.body()).path("requests").path(i);
                assertThat(googles.path("model")).isEqualTo(own.path("model"));
                assertThat(googles.path("content").path("parts"))
                        .isEqualTo(own.path("content").path("parts"));
                assertThat(googles.path("outputDimensionality")).isEqualTo(own.path("outputDimensionality"));
                JsonNode read =
                        tree(mirrors.answer(GeminiSays.VECTORS.getBytes(UTF_8)).body());
                assertThat(vectors.embeddings().orElseThrow().get(i).values().orElseThrow())
                        .containsExactly(number(read, i, 0), number(read, i, 1));
            }
        }
    }

    private static float number(JsonNode vectors, int which, int at) {
        return vectors.path("data")
                .path(which)
                .path("embedding")
                .path(at)
                .decimalValue()
                .floatValue();
    }
}
