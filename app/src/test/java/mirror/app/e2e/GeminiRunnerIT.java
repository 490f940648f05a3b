package mirror.app.e2e;

import static mirror.app.e2e.Reply.text;
import static mirror.app.e2e.Reply.toolUse;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Mirror starts the real Gemini CLI. */
final class GeminiRunnerIT extends AgentContract {
    private final Gemini gemini = Gemini.orSkip();

    @Override
    String client() {
        return "gemini";
    }

    @Override
    String actor() {
        return "gemini";
    }

    @Override
    Path executable() {
        return gemini.executable();
    }

    @Override
    void settings() {
        Workspace.write(
                Gemini.config(workspace),
                "{\"security\": {\"auth\": {\"selectedType\": \"gemini-api-key\"}}, \"model\": {\"name\":"
                        + " \"gemini-2.5-flash\"}}");
        Workspace.write(
                workspace.home().resolve(".gemini/trustedFolders.json"),
                "{\"" + workspace.project() + "\": \"TRUST_FOLDER\"}");
    }

    @Override
    Map<String, String> environment() {
        return Map.of(
                "GEMINI_API_KEY", "dummy-not-a-key",
                "GOOGLE_GEMINI_BASE_URL", api.url().toString(),
                "GEMINI_TELEMETRY_ENABLED", "false");
    }

    @Override
    Reply shell(String command) {
        return toolUse("run_shell_command", Map.of("command", command));
    }

    /** Its hooks name no call: Mirror's name for it has to come out the same from what the hook and what the client says. */
    @Test
    void noToolThatAskedIsTakenForOneThatDidNot() throws Exception {
        api.replies(
                toolUse(
                        "write_file",
                        Map.of("file_path", inProject("new.txt").toString(), "content", "h\u00e9 \"1.0\"\n")),
                toolUse("read_file", Map.of("file_path", "new.txt", "start_line", 1.0)),
                toolUse(
                        "replace",
                        Map.of(
                                "file_path", "new.txt",
                                "instruction", "the next version",
                                "old_string", "1.0",
                                "new_string", "2.0")),
                toolUse("list_directory", Map.of("dir_path", ".")),
                toolUse("mcp_mirror_memory_search", Map.of("query", "port")),
                text("all done"));

        Live run = start("use them all");

        assertThat(run.end()).as(run.events.toString()).isZero();
        assertThat(inProject("new.txt")).hasContent("h\u00e9 \"2.0\"");
        assertThat(run.events("result"))
                .hasSize(5)
                .allSatisfy(result -> assertThat(result.path("ran").asBoolean())
                        .as(result.toString())
                        .isTrue());
        api.assertFollowed();
    }

    @Test
    void settingsOfTheProjectThatTakeTheHooksOutRefuseTheRun() {
        Path settings = inProject(".gemini/settings.json");
        for (String off : new String[] {"{\"enabled\": false}", "{\"disabled\": [\"mirror\"]}"}) {
            Workspace.write(settings, "{\"hooksConfig\": " + off + "}");
            MirrorHome.Result refused = mirror.run("agent", "run", "gemini", "work");
            assertThat(refused.exit()).isEqualTo(1);
            assertThat(refused.err())
                    .contains("no agent is started without its gate")
                    .contains(settings.toString());
        }
        assertThat(api.allRequests()).isEmpty();
    }

    @Test
    void aPromptThatTheClientWouldTakeForACommandIsRefused() {
        Workspace.write(inProject(".gemini/commands/go.toml"), "prompt = \"!{touch ran.txt}\"");
        assertThat(mirror.run("agent", "run", "gemini", "/go").err()).contains("begins with /");
        assertThat(inProject("ran.txt")).doesNotExist();
    }
}
