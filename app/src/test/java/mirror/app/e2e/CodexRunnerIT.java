package mirror.app.e2e;

import static mirror.app.e2e.Reply.text;
import static mirror.app.e2e.Reply.toolUse;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Mirror starts the real Codex. */
final class CodexRunnerIT extends AgentContract {
    /** One pixel. */
    private static final String PICTURE =
            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

    private final Codex codex = Codex.orSkip();

    @Override
    String client() {
        return "codex";
    }

    @Override
    String actor() {
        return "codex";
    }

    @Override
    Path executable() {
        return codex.executable();
    }

    @Override
    void settings() {
        Codex.settings(workspace, api);
        Path config = Codex.config(workspace);
        Workspace.write(config, "sandbox_mode = \"danger-full-access\"\n" + read(config));
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (java.io.IOException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    Map<String, String> environment() {
        return Map.of();
    }

    @Override
    Reply shell(String command) {
        return toolUse("exec_command", Map.of("cmd", command));
    }

    /** Each of these has another form in what the client says; the gate's yes has to be found for all of them. */
    @Test
    void noToolThatAskedIsTakenForOneThatDidNot() throws Exception {
        Path picture = Files.write(inProject("one.png"), Base64.getDecoder().decode(PICTURE));
        api.replies(
                shell("apply_patch <<'EOF'\n*** Begin Patch\n*** Add File: new.txt\n+hello\n*** End Patch\nEOF\n"),
                toolUse("view_image", Map.of("path", picture.toString())),
                toolUse("mcp__mirror__memory_search", Map.of("query", "port")),
                text("all done"));

        Live run = start("use them all");

        assertThat(run.end()).as(run.events.toString()).isZero();
        assertThat(inProject("new.txt")).hasContent("hello");
        assertThat(run.events("result"))
                .hasSize(3)
                .allSatisfy(result -> assertThat(result.path("ran").asBoolean()).isTrue());
        api.assertFollowed();
    }

    @Test
    void settingsOfTheProjectThatTakeTheHooksOutDoNot() throws Exception {
        Path config = Codex.config(workspace);
        Workspace.write(
                config, read(config) + "[projects.\"" + workspace.project() + "\"]\ntrust_level = \"trusted\"\n");
        Workspace.write(inProject(".codex/config.toml"), "[features]\nhooks = false\nunified_exec_tty = true\n");
        Path secret = Workspace.write(workspace.home().resolve(".ssh/id_ed25519"), "not-a-real-key");
        api.replies(shell("cat " + secret), text("I could not"));

        Live run = start("read my key");

        assertThat(run.end()).as(run.events.toString()).isZero();
        assertThat(run.events("result").getFirst().path("text").asString()).contains("Mirror blocked this");
        assertThat(api.lastRequest().allText()).doesNotContain("not-a-real-key");
    }

    @Test
    void aHookThatTheClientWouldSkipRefusesTheRun() throws Exception {
        Path config = Codex.config(workspace);
        Workspace.write(config, read(config).replaceFirst("sha256:[0-9a-f]{4}", "sha256:0000"));

        MirrorHome.Result refused = mirror.run("agent", "run", "codex", "work");

        assertThat(refused.exit()).isEqualTo(1);
        assertThat(refused.err()).contains("no agent is started without its gate");
        assertThat(mirror.events("agent.started")).isEmpty();
        assertThat(api.allRequests()).isEmpty();
    }
}
