package mirror.app.e2e;

import static mirror.app.e2e.Reply.status;
import static mirror.app.e2e.Reply.text;
import static mirror.app.e2e.Reply.toolUse;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Claude Code is cut off in the middle of its work, and Codex goes on with it. */
final class HandoffIT extends AtHome {
    private final ClaudeCode claude = ClaudeCode.orSkip();
    private final Codex codex = Codex.orSkip();
    private final ScriptedMessagesApi api = ScriptedMessagesApi.start();

    @Override
    void layOut() {
        workspace.userSettings(Map.of("permissions", Map.of("allow", List.of("Bash", "Write", "mcp__mirror"))));
        Codex.settings(workspace, api);
    }

    @Override
    List<String> connected() {
        return List.of("claude", "codex");
    }

    @AfterEach
    void close() {
        api.close();
    }

    @Test
    void workThatARateLimitCutsOffIsTakenUpByAnotherClientWithTaskDecisionsAndFiles() {
        api.replies(
                toolUse(
                        "mcp__mirror__memory_write",
                        Map.of("kind", "decision", "text", "the index is one sorted file", "source", "design.md")),
                toolUse("Bash", Map.of("command", "echo half > index.txt")),
                status(429, Map.of("retry-after", "0")));
        claude.prompt(workspace, api, "build the search index").withoutRetries().run();

        JsonNode left = mirror.events("handoff.created").getFirst();
        assertThat(left.at("/data/automatic").asBoolean()).isTrue();
        String handoff = left.path("id").asString();
        String half = left.at("/data/files/0/sha256").asString();

        api.replies(
                toolUse("mcp__mirror__handoff_claim", Map.of()),
                toolUse("exec_command", Map.of("cmd", "echo whole >> index.txt")),
                text("Done.\n\nDecision: the index has a checksum"));
        int before = api.requests().size();
        codex.exec(workspace, "go on with what is left");

        String first = api.requests().get(before).allText();
        assertThat(first)
                .contains("build the search index", "[" + handoff + "]")
                .contains("the index is one sorted file")
                .contains("index.txt (sha256 " + half.substring(0, 12));
        assertThat(api.requests().get(before + 1).lastToolResult().text()).contains("as it was left");
        assertThat(mirror.events("handoff.claimed").getFirst().path("source").asString())
                .endsWith("/codex");
        assertThat(workspace.project().resolve("index.txt")).content().contains("half", "whole");
        api.assertFollowed();
    }
}
