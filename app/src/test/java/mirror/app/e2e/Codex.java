package mirror.app.e2e;

import static org.junit.jupiter.api.Assumptions.abort;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Runs the real Codex headless against a {@link ScriptedMessagesApi}. */
final class Codex {
    private final Path executable;

    private Codex(Path executable) {
        this.executable = executable;
    }

    /** The real client, or a skipped test that says what is missing. */
    static Codex orSkip() {
        return Headless.find("codex")
                .map(Codex::new)
                .orElseGet(
                        () -> abort("Codex is not there: set -Dmirror.codex or MIRROR_CODEX to its executable, or run:"
                                + " npm install --prefix target/npm @openai/codex@0.169.0"));
    }

    Path executable() {
        return executable;
    }

    static Path config(Workspace workspace) {
        return workspace.home().resolve(".codex/config.toml");
    }

    /** Settings of a person who uses a model of their own; to be there before Mirror is connected. */
    static void settings(Workspace workspace, ScriptedMessagesApi api) {
        Workspace.write(config(workspace), """
                # mine
                model = "scripted"
                model_provider = "lab"

                [model_providers.lab]
                name = "lab"
                base_url = "%s/v1"
                wire_api = "responses"
                """.formatted(api.url()));
    }

    /** Settings of a person whose models are all behind Mirror's gateway, as docs/tiers.md has them. */
    static void settings(Workspace workspace, String gateway) {
        Workspace.write(config(workspace), """
                model = "m"
                model_provider = "lab"
                web_search = "disabled"

                [model_providers.lab]
                name = "lab"
                base_url = "%s/v1"
                wire_api = "responses"
                env_key = "LAB_KEY"
                """.formatted(gateway));
    }

    /** {@code codex exec prompt}, in which neither the client's sandbox nor its approvals stop anything. */
    Headless.Ran exec(Workspace workspace, String prompt, String... more) {
        return exec(workspace, Map.of(), prompt, more);
    }

    /** The same with more in its environment. */
    Headless.Ran exec(Workspace workspace, Map<String, String> variables, String prompt, String... more) {
        List<String> command = new ArrayList<>(
                List.of(executable.toString(), "exec", "--skip-git-repo-check", "--json", "-s", "danger-full-access"));
        command.addAll(List.of(more));
        command.add(prompt);
        Map<String, String> environment = new HashMap<>(workspace.environment());
        environment.putAll(Headless.offline());
        environment.putAll(variables);
        return Headless.run(workspace, command, environment, Duration.ofSeconds(90));
    }
}
