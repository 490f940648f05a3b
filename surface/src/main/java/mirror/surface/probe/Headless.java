package mirror.surface.probe;

import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import mirror.bus.Json;
import tools.jackson.databind.JsonNode;

/**
 * How a client is started without a terminal against a model of ours, so that the client itself would stop nothing: what does not run was
 * stopped by the hook. What it would tell its vendor, or fetch from there, is switched off.
 */
enum Headless {
    CLAUDE("claude", "Bash", "command") {
        @Override
        List<String> arguments(String prompt) {
            return List.of("-p", prompt, "--output-format", "stream-json", "--verbose");
        }

        @Override
        Map<String, String> settings(URI model) {
            return Map.of(".claude/settings.json", "{\"permissions\":{\"allow\":[\"Bash\"]}}");
        }

        @Override
        Map<String, String> environment(URI model) {
            return Map.of(
                    "ANTHROPIC_BASE_URL",
                    model.toString(),
                    "ANTHROPIC_API_KEY",
                    NO_KEY,
                    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC",
                    "1",
                    "CLAUDE_CODE_MAX_RETRIES",
                    "0",
                    "DISABLE_TELEMETRY",
                    "1",
                    "DISABLE_ERROR_REPORTING",
                    "1",
                    "DISABLE_AUTOUPDATER",
                    "1");
        }
    },

    CODEX("codex", "exec_command", "cmd") {
        @Override
        List<String> arguments(String prompt) {
            return List.of("exec", "--skip-git-repo-check", "--json", "-s", "danger-full-access", prompt);
        }

        @Override
        Map<String, String> settings(URI model) {
            return Map.of(".codex/config.toml", """
                    model = "probe"
                    model_provider = "probe"
                    check_for_update_on_startup = false

                    [analytics]
                    enabled = false

                    [model_providers.probe]
                    name = "probe"
                    base_url = "%s/v1"
                    wire_api = "responses"
                    """.formatted(model));
        }

        @Override
        Map<String, String> environment(URI model) {
            return Map.of();
        }
    },

    GEMINI("gemini", "run_shell_command", "command") {
        @Override
        List<String> arguments(String prompt) {
            return List.of("--yolo", "-m", "gemini-2.5-flash", "-p", prompt);
        }

        @Override
        Map<String, String> settings(URI model) {
            return Map.of(
                    ".gemini/settings.json",
                    "{\"security\":{\"auth\":{\"selectedType\":\"gemini-api-key\"}},"
                            + "\"privacy\":{\"usageStatisticsEnabled\":false},"
                            + "\"general\":{\"enableAutoUpdate\":false,\"enableAutoUpdateNotification\":false}}");
        }

        @Override
        Map<String, String> environment(URI model) {
            return Map.of(
                    "GEMINI_API_KEY",
                    NO_KEY,
                    "GOOGLE_GEMINI_BASE_URL",
                    model.toString(),
                    "GEMINI_CLI_TRUST_WORKSPACE",
                    "true",
                    "GEMINI_TELEMETRY_ENABLED",
                    "false");
        }
    },

    OPENCODE("opencode", "bash", "command") {
        @Override
        List<String> arguments(String prompt) {
            return List.of("run", "--format", "json", prompt);
        }

        @Override
        JsonNode input(String command) {
            return Json.object().put("command", command).put("description", "probe");
        }

        @Override
        Map<String, String> settings(URI model) {
            return Map.of(".config/opencode/opencode.json", """
                    {"model": "probe/probe", "small_model": "probe/probe", "autoupdate": false, "share": "disabled",
                     "permission": "allow",
                     "provider": {"probe": {"npm": "@ai-sdk/openai-compatible", "name": "probe",
                       "options": {"baseURL": "%s/v1", "apiKey": "%s"}, "models": {"probe": {"name": "probe"}}}}}
                    """.formatted(model, NO_KEY));
        }

        @Override
        Map<String, String> environment(URI model) {
            return Map.of(
                    "OPENCODE_DISABLE_AUTOUPDATE",
                    "1",
                    "OPENCODE_DISABLE_MODELS_FETCH",
                    "1",
                    "OPENCODE_DISABLE_LSP_DOWNLOAD",
                    "1",
                    // Where there is a plugin it fetches its own library for plugins, and waits until that failed.
                    "NPM_CONFIG_FETCH_RETRIES",
                    "0");
        }
    };

    private static final String NO_KEY = "dummy-not-a-key";

    private final String program;
    private final String shell;
    private final String field;

    /**
     * @param shell the client's name for its shell
     * @param field where that takes the command
     */
    Headless(String program, String shell, String field) {
        this.program = program;
        this.shell = shell;
        this.field = field;
    }

    /** By the name that a person types. */
    static Optional<Headless> of(String name) {
        return Stream.of(values()).filter(each -> each.program.equals(name)).findFirst();
    }

    /** What follows the program's name. */
    abstract List<String> arguments(String prompt);

    /** What the model asks for, so that this command runs. */
    ScriptedModel.Call shell(String command) {
        return new ScriptedModel.Call(shell, input(command));
    }

    JsonNode input(String command) {
        return Json.object().put(field, command);
    }

    /** Files below the home folder, by their paths there, as an owner of the model would have them. */
    abstract Map<String, String> settings(URI model);

    abstract Map<String, String> environment(URI model);
}
