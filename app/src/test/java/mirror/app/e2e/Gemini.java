package mirror.app.e2e;

import static org.junit.jupiter.api.Assumptions.abort;

import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Runs the real Gemini CLI headless against a {@link ScriptedMessagesApi}. */
final class Gemini {
    private final Path executable;

    private Gemini(Path executable) {
        this.executable = executable;
    }

    /** The real client, or a skipped test that says what is missing. */
    static Gemini orSkip() {
        return Headless.find("gemini")
                .map(Gemini::new)
                .orElseGet(() ->
                        abort("Gemini CLI is not there: set -Dmirror.gemini or MIRROR_GEMINI to its executable, or run:"
                                + " npm install --prefix target/npm @google/gemini-cli@0.61.0"));
    }

    Path executable() {
        return executable;
    }

    static Path config(Workspace workspace) {
        return workspace.home().resolve(".gemini/settings.json");
    }

    /** {@code gemini -p prompt} in a trusted folder, in which the client itself asks about no tool. */
    Headless.Ran prompt(Workspace workspace, ScriptedMessagesApi api, String prompt) {
        Map<String, String> environment = new HashMap<>(workspace.environment());
        environment.putAll(Headless.offline());
        environment.put("GEMINI_API_KEY", "dummy-not-a-key");
        environment.put("GOOGLE_GEMINI_BASE_URL", api.url().toString());
        environment.put("GEMINI_CLI_TRUST_WORKSPACE", "true");
        environment.put("GEMINI_TELEMETRY_ENABLED", "false");
        return Headless.run(
                workspace,
                List.of(executable.toString(), "--yolo", "-m", "gemini-2.5-flash", "-p", prompt),
                environment,
                Duration.ofSeconds(90));
    }
}
