package mirror.app.e2e;

import static mirror.app.e2e.Reply.toolUse;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The real Gemini CLI under Mirror. */
final class GeminiIT extends ClientContract {
    private final Gemini gemini = Gemini.orSkip();

    @Override
    String client() {
        return "gemini";
    }

    @Override
    void settings() {
        Workspace.write(
                Gemini.config(workspace), "{ \"security\": {\"auth\": {\"selectedType\":\"gemini-api-key\"}} }");
    }

    @Override
    List<Path> changed() {
        return List.of(Gemini.config(workspace));
    }

    @Override
    Headless.Ran run(String prompt) {
        return gemini.prompt(workspace, api, prompt);
    }

    @Override
    Reply shell(String command) {
        return toolUse("run_shell_command", Map.of("command", command));
    }

    @Override
    Reply mirrors(String tool, Map<String, ?> input) {
        return toolUse("mcp_mirror_" + tool, input);
    }

    @Override
    List<Reply> otherWaysTo(Path secret) {
        // The client itself keeps its file tools in the workspace, before any hook; there are settings of agents, too.
        return List.of(
                toolUse("write_file", Map.of("file_path", inProject(".mcp.json").toString(), "content", "{}")));
    }
}
