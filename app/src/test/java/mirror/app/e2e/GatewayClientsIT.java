package mirror.app.e2e;

import static mirror.app.e2e.Reply.text;
import static mirror.app.e2e.Reply.toolUse;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The real Codex and the real OpenCode, unmodified, through Mirror's gateway to models of providers that do not speak as they do. */
final class GatewayClientsIT extends AtGateway {
    @ParameterizedTest
    @CsvSource({"anthropic, ''", "gemini, /v1beta"})
    void aModelOfAnotherDialectCallsCodexsToolsAndReadsWhatTheyGave(String dialect, String version) throws IOException {
        Codex codex = Codex.orSkip();
        providers(provider("here", dialect, api.url() + version));
        Codex.settings(workspace, url());
        api.replies(toolUse("exec_command", Map.of("cmd", "echo one > made; cat made")), text("done by another"));

        var ran = codex.exec(workspace, Map.of("LAB_KEY", key("codex")), "make it");

        assertThat(ran.stdout()).as(ran.stderr()).contains("done by another");
        assertThat(ran.exitCode()).isZero();
        assertThat(workspace.project().resolve("made")).hasContent("one");
        assertThat(api.lastRequest().lastToolResult().text()).contains("one");
        assertThat(api.lastRequest().allText()).contains("make it");
        api.assertFollowed();
        assertAnswered("codex", "responses");
    }

    @Test
    void aModelOfAnotherDialectCallsMirrorsOwnToolsInCodex() throws IOException {
        Codex codex = Codex.orSkip();
        providers(provider("here", "anthropic", api.url().toString()));
        Codex.settings(workspace, url());
        assertThat(mirror.run("connect", "codex", "--yes").exit()).isZero();
        api.replies(
                // The first request may go before Codex has heard from Mirror's server which tools there are.
                toolUse("exec_command", Map.of("cmd", "true")),
                toolUse(
                        "mcp__mirror__memory_write",
                        Map.of("kind", "decision", "text", "the port is 7717", "source", "the owner said so")),
                toolUse("mcp__mirror__memory_search", Map.of("query", "port")),
                text("noted"));

        var ran = codex.exec(workspace, Map.of("LAB_KEY", key("codex")), "note it");

        assertThat(ran.stdout()).as(ran.stderr()).contains("noted");
        assertThat(api.lastRequest().lastToolResult().text()).contains("the port is 7717");
        api.assertFollowed();
    }

    @ParameterizedTest
    @CsvSource({"anthropic, ''", "gemini, /v1beta", "ollama, ''"})
    void aModelOfAnotherDialectCallsOpenCodesToolsAndReadsWhatTheyGave(String dialect, String version)
            throws IOException {
        OpenCode opencode = OpenCode.orSkip();
        providers(provider("here", dialect, api.url() + version));
        OpenCode.settings(workspace, url(), "m", key("opencode"));
        api.replies(
                toolUse("bash", Map.of("command", "echo one > made; cat made", "description", "x")),
                text("done by another"));

        var ran = opencode.prompt(workspace, "make it");

        assertThat(ran.stdout()).as(ran.stderr()).contains("done by another");
        assertThat(workspace.project().resolve("made")).hasContent("one");
        assertThat(api.lastRequest().lastToolResult().text()).contains("one");
        assertThat(api.lastRequest().streams() || dialect.equals("gemini")).isTrue();
        api.assertFollowed();
        assertAnswered("opencode", "chat");
    }
}
