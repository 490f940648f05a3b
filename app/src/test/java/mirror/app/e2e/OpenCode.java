package mirror.app.e2e;

import static org.junit.jupiter.api.Assumptions.abort;

import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Runs the real OpenCode headless against a {@link ScriptedMessagesApi}. */
final class OpenCode {
    private final Path executable;

    private OpenCode(Path executable) {
        this.executable = executable;
    }

    /** The real client, or a skipped test that says what is missing. */
    static OpenCode orSkip() {
        return Headless.find("opencode")
                .map(OpenCode::new)
                .orElseGet(() -> abort(
                        "OpenCode is not there: set -Dmirror.opencode or MIRROR_OPENCODE to its executable, or run:"
                                + " npm install --prefix target/npm opencode-ai@1.18.33"));
    }

    static Path config(Workspace workspace) {
        return workspace.home().resolve(".config/opencode/opencode.json");
    }

    /** Settings of a person who uses a model of their own. */
    static void settings(Workspace workspace, ScriptedMessagesApi api) {
        settings(workspace, api.url().toString(), "scripted", "dummy");
    }

    /** The same for a model behind this address. */
    static void settings(Workspace workspace, String url, String model, String key) {
        Workspace.write(config(workspace), """
                {"model": "lab/%1$s", "small_model": "lab/%1$s", "autoupdate": false, "share": "disabled",
                 "permission": "allow",
                 "provider": {"lab": {"npm": "@ai-sdk/openai-compatible", "name": "lab",
                   "options": {"baseURL": "%2$s/v1", "apiKey": "%3$s"}, "models": {"%1$s": {"name": "%1$s"}}}}}
                """.formatted(model, url, key));
    }

    /** {@code opencode run prompt}, in which the client itself asks about no tool. */
    Headless.Ran prompt(Workspace workspace, String prompt, String... more) {
        Map<String, String> environment = new HashMap<>(workspace.environment());
        environment.putAll(Headless.offline());
        environment.put("OPENCODE_DISABLE_AUTOUPDATE", "1");
        environment.put("OPENCODE_DISABLE_MODELS_FETCH", "1");
        environment.put("OPENCODE_DISABLE_LSP_DOWNLOAD", "1");
        // Where there is a plugin the client installs its own library for plugins, and waits until that failed.
        environment.put("NPM_CONFIG_FETCH_RETRIES", "0");
        List<String> command = new java.util.ArrayList<>(List.of(executable.toString(), "run", "--format", "json"));
        command.addAll(List.of(more));
        command.add(prompt);
        return Headless.run(workspace, command, environment, Duration.ofSeconds(90));
    }
}
