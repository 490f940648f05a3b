package mirror.surface.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.core.http.StreamResponse;
import com.anthropic.helpers.MessageAccumulator;
import com.anthropic.models.messages.Message;
import com.anthropic.models.messages.MessageCreateParams;
import com.anthropic.models.messages.RawMessageStreamEvent;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.helpers.ResponseAccumulator;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.embeddings.CreateEmbeddingResponse;
import com.openai.models.embeddings.EmbeddingCreateParams;
import com.openai.models.responses.FunctionTool;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.responses.ResponseStreamEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import mirror.tiers.gateway.Dialects;
import mirror.tiers.llama.TinyGguf;
import mirror.tiers.wire.ScriptedProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The official SDKs, with the HTTP clients that their users have, through the running gateway to providers of every dialect. */
final class GatewaySdkTest {
    private static final MessageCreateParams MESSAGE = MessageCreateParams.builder()
            .model("m")
            .maxTokens(100)
            .addUserMessage("hello")
            .build();
    private static final ChatCompletionCreateParams CHAT = ChatCompletionCreateParams.builder()
            .model("m")
            .maxCompletionTokens(100)
            .addUserMessage("hello")
            .build();

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private static String provider(String name, Dialects dialect, ScriptedProvider provider) {
        return """
              %s:
                dialect: %s
                base-url: %s
                key: env:STRANGE
                models:
                  m: {context: 50000, output: 8000, price: {in: 3, out: 15}}
            """.formatted(name, dialect.name().toLowerCase(Locale.ROOT), provider.url() + dialect.version());
    }

    private static AnthropicClient anthropic(GatewayServer server) {
        return AnthropicOkHttpClient.builder()
                .baseUrl(server.url())
                .apiKey(server.token())
                .maxRetries(0)
                .build();
    }

    private static OpenAIClient openai(GatewayServer server) {
        return OpenAIOkHttpClient.builder()
                .baseUrl(server.url() + "/v1")
                .apiKey(server.token())
                .maxRetries(0)
                .build();
    }

    private static Message streamed(AnthropicClient client) {
        return streamed(client, MESSAGE);
    }

    private static Message streamed(AnthropicClient client, MessageCreateParams message) {
        MessageAccumulator all = MessageAccumulator.create();
        try (StreamResponse<RawMessageStreamEvent> events = client.messages().createStreaming(message)) {
            events.stream().forEach(all::accumulate);
        }
        return all.message();
    }

    private static ChatCompletion streamed(OpenAIClient client) {
        return streamed(client, CHAT);
    }

    private static ChatCompletion streamed(OpenAIClient client, ChatCompletionCreateParams chat) {
        ChatCompletionAccumulator all = ChatCompletionAccumulator.create();
        ChatCompletionCreateParams params = chat.toBuilder()
                .streamOptions(
                        ChatCompletionStreamOptions.builder().includeUsage(true).build())
                .build();
        try (com.openai.core.http.StreamResponse<ChatCompletionChunk> chunks =
                client.chat().completions().createStreaming(params)) {
            chunks.stream().forEach(all::accumulate);
        }
        return all.chatCompletion();
    }

    private static String text(Message message) {
        return String.join(
                "",
                message.content().stream()
                        .flatMap(block -> block.text().stream())
                        .map(block -> block.text())
                        .toList());
    }

    private static String text(ChatCompletion completion) {
        return completion.choices().getFirst().message().content().orElse("");
    }

    @ParameterizedTest
    @EnumSource
    void anthropicsSdkIsAnsweredByAProviderOfAnyDialect(Dialects dialect) throws IOException {
        try (ScriptedProvider provider = new ScriptedProvider(dialect.says("Guten ", "Tag \ud83d\ude42"));
                GatewayServer server = new GatewayServer(folder, "providers:\n" + provider("p", dialect, provider))) {
            AnthropicClient client = anthropic(server);
            for (Message message : List.of(client.messages().create(MESSAGE), streamed(client))) {
                assertThat(text(message.validate())).isEqualTo("Guten Tag \ud83d\ude42");
                assertThat(message.stopReason().orElseThrow().asString()).isEqualTo("end_turn");
                assertThat(message.usage().inputTokens()).isEqualTo(30);
                assertThat(message.usage().outputTokens()).isEqualTo(9);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void openAisSdkIsAnsweredByAProviderOfAnyDialect(Dialects dialect) throws IOException {
        try (ScriptedProvider provider = new ScriptedProvider(dialect.says("Guten ", "Tag \ud83d\ude42"));
                GatewayServer server = new GatewayServer(folder, "providers:\n" + provider("p", dialect, provider))) {
            OpenAIClient client = openai(server);
            for (ChatCompletion completion : List.of(client.chat().completions().create(CHAT), streamed(client))) {
                assertThat(text(completion)).isEqualTo("Guten Tag \ud83d\ude42");
                assertThat(completion.choices().getFirst().finishReason().asString())
                        .isEqualTo("stop");
                assertThat(completion.usage().orElseThrow().promptTokens()).isEqualTo(30);
                assertThat(completion.usage().orElseThrow().completionTokens()).isEqualTo(9);
            }
        }
    }

    private static final ResponseCreateParams RESPONSE = ResponseCreateParams.builder()
            .model("m")
            .instructions("Be brief.")
            .maxOutputTokens(100)
            .input("hello")
            .addTool(FunctionTool.builder()
                    .name("look")
                    .parameters(FunctionTool.Parameters.builder()
                            .putAdditionalProperty("type", JsonValue.from("object"))
                            .build())
                    .strict(false)
                    .build())
            .build();

    private static Response responded(OpenAIClient client) {
        ResponseAccumulator all = ResponseAccumulator.create();
        try (com.openai.core.http.StreamResponse<ResponseStreamEvent> events =
                client.responses().createStreaming(RESPONSE)) {
            events.stream().forEach(all::accumulate);
        }
        return all.response();
    }

    private static String text(Response response) {
        return String.join(
                "",
                response.output().stream()
                        .flatMap(item -> item.message().stream())
                        .flatMap(message -> message.content().stream())
                        .map(part -> part.asOutputText().text())
                        .toList());
    }

    @ParameterizedTest
    @EnumSource(names = {"ANTHROPIC", "GEMINI", "OLLAMA"})
    void openAisSdkAsksForAResponseOfAProviderThatHasNone(Dialects dialect) throws IOException {
        try (ScriptedProvider provider = new ScriptedProvider(dialect.says("Guten ", "Tag \ud83d\ude42"));
                GatewayServer server = new GatewayServer(folder, "providers:\n" + provider("p", dialect, provider))) {
            OpenAIClient client = openai(server);
            for (Response response : List.of(client.responses().create(RESPONSE), responded(client))) {
                assertThat(text(response.validate())).isEqualTo("Guten Tag \ud83d\ude42");
                assertThat(response.status().orElseThrow().asString()).isEqualTo("completed");
                assertThat(response.tools()).hasSize(1);
                assertThat(response.usage().orElseThrow().inputTokens()).isEqualTo(30);
                assertThat(response.usage().orElseThrow().outputTokens()).isEqualTo(9);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"ANTHROPIC", "GEMINI", "OLLAMA"})
    void aResponseThatBreaksIsGoneOnWithOrFails(Dialects dialect) throws IOException {
        try (ScriptedProvider breaks = new ScriptedProvider(
                        (_, to) -> dialect.begin(to, "Once upon ", "a ti").close());
                ScriptedProvider goesOn = new ScriptedProvider(Dialects.OPENAI.says("me there", " was."))) {
            try (GatewayServer server = new GatewayServer(
                    Files.createDirectory(folder.resolve("two")),
                    "providers:\n" + provider("p", dialect, breaks) + provider("q", Dialects.OPENAI, goesOn))) {
                assertThat(text(responded(openai(server)))).isEqualTo("Once upon a time there was.");
            }
            try (GatewayServer server = new GatewayServer(
                    Files.createDirectory(folder.resolve("one")), "providers:\n" + provider("p", dialect, breaks))) {
                assertThatThrownBy(() -> responded(openai(server))).isInstanceOf(RuntimeException.class);
            }
        }
    }

    @Test
    void openAisSdkReadsEmbeddingsOfOtherProviders() throws IOException {
        try (ScriptedProvider provider = new ScriptedProvider((request, to) -> to.json(
                200,
                request.line().contains("/api/embed")
                        ? "{\"model\":\"m\",\"embeddings\":[[0.5,-0.25]],\"prompt_eval_count\":3}"
                        : "{\"embeddings\":[{\"values\":[0.5,-0.25]}]}"))) {
            for (Dialects dialect : List.of(Dialects.GEMINI, Dialects.OLLAMA)) {
                try (GatewayServer server = new GatewayServer(
                        Files.createDirectory(folder.resolve(dialect.name())),
                        "providers:\n" + provider("p", dialect, provider))) {
                    CreateEmbeddingResponse answer = openai(server)
                            .embeddings()
                            .create(EmbeddingCreateParams.builder()
                                    .model("m")
                                    .input("hello")
                                    .build());
                    assertThat(answer.data().getFirst().embedding()).containsExactly(0.5f, -0.25f);
                }
            }
        }
    }

    @Test
    void bothSdksAreAnsweredByAModelInThisProcessWholeAndInPieces() throws IOException {
        Path gguf = new TinyGguf(7).write(folder.resolve("tiny.gguf"));
        try (GatewayServer server =
                new GatewayServer(Files.createDirectory(folder.resolve("home")), """
                providers:
                  own:
                    dialect: llama
                    models:
                      m: {gguf: %s, context: 512, output: 60, threads: 1}
                """.formatted(gguf))) {
            MessageCreateParams message = MESSAGE.toBuilder()
                    .putAdditionalBodyProperty("temperature", com.anthropic.core.JsonValue.from(0))
                    .build();
            ChatCompletionCreateParams chat = CHAT.toBuilder().temperature(0.0).build();
            Message whole = anthropic(server).messages().create(message).validate();
            assertThat(text(whole)).isNotEmpty();
            assertThat(whole.stopReason().orElseThrow().asString()).isEqualTo("max_tokens");
            assertThat(whole.usage().outputTokens()).isEqualTo(60);
            assertThat(text(streamed(anthropic(server), message).validate())).isEqualTo(text(whole));
            ChatCompletion completion = openai(server).chat().completions().create(chat);
            assertThat(text(completion)).isEqualTo(text(whole));
            ChatCompletion chunks = streamed(openai(server), chat);
            assertThat(text(chunks)).isEqualTo(text(whole));
            assertThat(chunks.usage().orElseThrow().completionTokens()).isEqualTo(60);
            assertThat(chunks.usage().orElseThrow().promptTokens())
                    .isEqualTo(whole.usage().inputTokens());
        }
    }

    @ParameterizedTest
    @EnumSource
    void bothSdksReadOneMessageWhenAnotherProviderGoesOn(Dialects first) throws IOException {
        for (Dialects second : Dialects.values()) {
            try (ScriptedProvider breaks = new ScriptedProvider(
                            (_, to) -> first.begin(to, "Once upon ", "a ti").close());
                    ScriptedProvider goesOn = new ScriptedProvider(second.says("me there", " was."));
                    GatewayServer server = new GatewayServer(
                            Files.createDirectory(folder.resolve(second.name())),
                            "providers:\n" + provider("p", first, breaks) + provider("q", second, goesOn))) {
                assertThat(text(streamed(anthropic(server)).validate())).isEqualTo("Once upon a time there was.");
                assertThat(text(streamed(openai(server)))).isEqualTo("Once upon a time there was.");
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void bothSdksFailWhenAStreamBreaksAndNobodyGoesOn(Dialects dialect) throws IOException {
        try (ScriptedProvider provider = new ScriptedProvider(
                        (_, to) -> dialect.begin(to, "Once upon ", "a ti").close());
                GatewayServer server = new GatewayServer(folder, "providers:\n" + provider("p", dialect, provider))) {
            assertThatThrownBy(() -> streamed(anthropic(server))).hasMessageContaining("the answer is not whole");
            assertThatThrownBy(() -> streamed(openai(server))).hasMessageContaining("the answer is not whole");
        }
    }

    @Test
    void whatNoProviderCanBeToldIsABadRequestThatNamesTheField() throws IOException {
        try (ScriptedProvider provider = new ScriptedProvider(Dialects.ANTHROPIC.says("never"));
                GatewayServer server =
                        new GatewayServer(folder, "providers:\n" + provider("p", Dialects.ANTHROPIC, provider))) {
            assertThatThrownBy(() -> openai(server)
                            .chat()
                            .completions()
                            .create(CHAT.toBuilder().temperature(1.5).build()))
                    .isInstanceOf(com.openai.errors.BadRequestException.class)
                    .hasMessageContaining("temperature");
        }
    }
}
