package mirror.app.e2e;

import static mirror.app.e2e.Reply.text;
import static mirror.app.e2e.Reply.toolUse;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Mirror starts the real Claude Code. */
final class AgentRunnerIT extends AgentContract {
    private final ClaudeCode claude = ClaudeCode.orSkip();

    @Override
    String client() {
        return "claude";
    }

    @Override
    String actor() {
        return "claude-code";
    }

    @Override
    Path executable() {
        return claude.executable();
    }

    @Override
    void settings() {
        workspace.userSettings(Map.of(
                "permissions", Map.of("allow", List.of("Bash", "Read", "Edit", "Write", "Agent", "mcp__mirror"))));
    }

    @Override
    Map<String, String> environment() {
        return Map.of(
                "ANTHROPIC_BASE_URL", api.url().toString(),
                "ANTHROPIC_API_KEY", "dummy-not-a-key",
                "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1",
                "DISABLE_TELEMETRY", "1",
                "DISABLE_ERROR_REPORTING", "1",
                "DISABLE_AUTOUPDATER", "1");
    }

    @Override
    Reply shell(String command) {
        return toolUse("Bash", Map.of("command", command));
    }

    @Test
    void theTranscriptOfARunIsTakenIn() throws Exception {
        api.replies(shell("echo one > one.txt"), text("One is there."));
        Live first = start("make one");
        assertThat(first.end()).isZero();
        String session = first.events("opened").getFirst().path("session").asString();
        api.replies(text("Two."));
        assertThat(start("make two", "--resume", session).end()).isZero();

        assertThat(mirror.run("import", "claude", "--json").json().path("new").asInt())
                .isEqualTo(1);
        JsonNode transcript =
                mirror.run("import", "list", "--json").json().get(0).path("transcript");
        assertThat(transcript.path("session").asString()).isEqualTo(session);
        assertThat(transcript.path("project").asString())
                .isEqualTo(workspace.project().toString());
        assertThat(transcript.path("intent").asString()).isEqualTo("make one");
        assertThat(transcript.path("prompts").asInt()).isEqualTo(2);
        assertThat(transcript.path("answers").asInt()).isEqualTo(3);
        assertThat(transcript.path("calls").asInt()).isEqualTo(1);
        assertThat(transcript.path("unreadable").asInt()).isZero();
    }

    @Test
    void anAgentNeitherStartsAgentsNorTakesInEvidence() throws Exception {
        api.replies(
                shell("mirror agent run claude 'go on without me'"),
                shell(MirrorHome.launcher() + " import claude --from ."),
                text("could not"));
        assertThat(start("start another").end()).isZero();
        assertThat(mirror.events("action.decided"))
                .hasSize(2)
                .allSatisfy(
                        event -> assertThat(event.path("data").path("verdict").asString())
                                .isEqualTo("block"));
        assertThat(mirror.events("agent.started")).hasSize(1);

        // The second lock, for an agent that found a way round the first.
        mirror.env("CLAUDECODE", "1");
        assertThat(mirror.run("agent", "run", "claude", "go on").err()).contains("is for the owner");
        assertThat(mirror.run("import", "claude").err()).contains("is for the owner");
        assertThat(mirror.run("agent", "list").exit()).isZero();
        mirror.env("CLAUDECODE", "");
    }
}
