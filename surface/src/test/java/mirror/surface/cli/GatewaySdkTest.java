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
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import mirror.tiers.gateway.Dialects;
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
        MessageAccumulator all = MessageAccumulator.create();
        try (StreamResponse<RawMessageStreamEvent> events = client.messages().createStreaming(MESSAGE)) {
            events.stream().forEach(all::accumulate);
        }
        return all.message();
    }

    private static ChatCompletion streamed(OpenAIClient client) {
        ChatCompletionAccumulator all = ChatCompletionAccumulator.create();
        ChatCompletionCreateParams params = CHAT.toBuilder()
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
