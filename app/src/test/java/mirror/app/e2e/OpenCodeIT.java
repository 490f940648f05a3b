package mirror.app.e2e;

import static mirror.app.e2e.Reply.text;
import static mirror.app.e2e.Reply.toolUse;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The real OpenCode under Mirror. */
final class OpenCodeIT extends ClientContract {
    private final OpenCode opencode = OpenCode.orSkip();

    @Override
    String client() {
        return "opencode";
    }

    @Override
    void settings() {
        OpenCode.settings(workspace, api);
    }

    @Override
    List<Path> changed() {
        return List.of(workspace.home().resolve(".config/opencode/plugin/mirror.js"));
    }

    @Override
    Headless.Ran run(String prompt) {
        return opencode.prompt(workspace, prompt);
    }

    @Override
    Reply shell(String command) {
        return toolUse("bash", Map.of("command", command, "description", "x"));
    }

    @Override
    Reply mirrors(String tool, Map<String, ?> input) {
        return toolUse("mirror_" + tool, input);
    }

    @Override
    List<Reply> otherWaysTo(Path secret) {
        return List.of(
                toolUse("read", Map.of("filePath", secret.toString())),
                toolUse("write", Map.of("filePath", secret + "_new", "content", "x")),
                toolUse(
                        "bash",
                        Map.of(
                                "command",
                                "cat id_ed25519",
                                "description",
                                "x",
                                "workdir",
                                workspace.home().resolve(".ssh").toString())));
    }

    @Test
    void aToolThatFailsIsRecordedAsFailed() {
        api.replies(toolUse("read", Map.of("filePath", inProject("absent").toString())), text("not there"));

        run("read it");

        assertThat(mirror.events("action.failed").getFirst().at("/data/error").asString())
                .contains("not found");
    }
}
