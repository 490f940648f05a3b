package mirror.app.e2e;

import static mirror.app.e2e.Reply.text;
import static mirror.app.e2e.Reply.toolUse;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The real Codex under Mirror. */
final class CodexIT extends ClientContract {
    private final Codex codex = Codex.orSkip();

    @Override
    String client() {
        return "codex";
    }

    @Override
    void settings() {
        Codex.settings(workspace, api);
    }

    @Override
    List<Path> changed() {
        return List.of(workspace.home().resolve(".codex/hooks.json"), Codex.config(workspace));
    }

    @Override
    Headless.Ran run(String prompt) {
        return codex.exec(workspace, prompt);
    }

    @Override
    Reply shell(String command) {
        return toolUse("exec_command", Map.of("cmd", command));
    }

    @Override
    Reply mirrors(String tool, Map<String, ?> input) {
        return toolUse("mcp__mirror__" + tool, input);
    }

    @Override
    List<Reply> otherWaysTo(Path secret) {
        return List.of(
                toolUse("view_image", Map.of("path", secret.toString())),
                toolUse(
                        "exec_command",
                        Map.of(
                                "cmd",
                                "cat id_ed25519",
                                "workdir",
                                workspace.home().resolve(".ssh").toString())),
                shell("apply_patch <<'EOF'\n*** Begin Patch\n*** Delete File: " + secret + "\n*** End Patch\nEOF\n"));
    }

    @Test
    void nothingCanBeTypedIntoARunningCommandPastTheGate() {
        api.replies(
                toolUse("exec_command", Map.of("cmd", "cat", "tty", true, "yield_time_ms", 300)), text("no terminal"));

        run("open a shell");

        assertThat(api.lastRequest().lastToolResult().text()).contains("TTY execution is disabled");
    }
}
