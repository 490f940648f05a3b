package mirror.app.e2e;

import static mirror.app.e2e.Reply.text;
import static mirror.app.e2e.Reply.toolUse;
import static mirror.app.e2e.Reply.truncatedStream;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** The real Claude Code, unmodified, through Mirror's gateway to models of providers that do not speak its dialect. */
final class GatewayIT extends AtGateway {
    private final ClaudeCode claude = ClaudeCode.orSkip();
    private final ScriptedMessagesApi other = ScriptedMessagesApi.start();

    @Override
    void layOut() {
        workspace.userSettings(Map.of("permissions", Map.of("allow", List.of("Bash"))));
    }

    @AfterEach
    void closeOther() {
        other.close();
    }

    private ClaudeCode.Run ask(String tiers, String prompt) throws IOException {
        providers(tiers);
        return claude.prompt(workspace, api, prompt)
                .env("ANTHROPIC_BASE_URL", url())
                .env("ANTHROPIC_API_KEY", key("claude-code"))
                .env("ANTHROPIC_MODEL", "m")
                .env("ANTHROPIC_DEFAULT_HAIKU_MODEL", "m")
                .env("ANTHROPIC_SMALL_FAST_MODEL", "m")
                .withoutRetries();
    }

    @ParameterizedTest
    @CsvSource({"openai, /v1", "gemini, /v1beta", "ollama, ''"})
    void aModelOfAnotherDialectCallsClaudeCodesToolsAndReadsWhatTheyGave(String dialect, String version)
            throws IOException {
        api.replies(toolUse("Bash", Map.of("command", "echo one > made; cat made")), text("done by another"));

        var outcome =
                ask(provider("here", dialect, api.url() + version), "make it").run();

        assertThat(outcome.resultText()).as(outcome.stdout()).isEqualTo("done by another");
        assertThat(outcome.isError()).isFalse();
        assertThat(workspace.project().resolve("made")).hasContent("one");
        assertThat(api.lastRequest().lastToolResult().text()).contains("one");
        assertThat(api.lastRequest().allText()).contains("make it");
        assertAnswered("claude-code", "messages");
    }

    @Test
    void aStreamThatBreaksIsGoneOnWithByAnotherProviderAndClaudeCodeReadsOneAnswer() throws IOException {
        api.replies(truncatedStream());
        other.replies(text("ce, and the rest."));

        var outcome = ask(
                        provider("first", "anthropic", api.url().toString())
                                + provider("second", "openai", other.url() + "/v1"),
                        "tell me a story")
                .run();

        assertThat(outcome.resultText()).as(outcome.stdout()).isEqualTo("half a sentence, and the rest.");
        assertThat(outcome.isError()).isFalse();
        // The client need not wait until it is in the log; who stops the daemon does.
        mirror.stop();
        mirror.start();
        JsonNode switched = mirror.events("call.switched").getFirst().path("data");
        assertThat(switched.path("from").asString()).isEqualTo("first/m");
        assertThat(switched.path("to").asString()).isEqualTo("second/m");
        assertThat(switched.path("sent").asInt()).isEqualTo("half a senten".length());
    }
}
