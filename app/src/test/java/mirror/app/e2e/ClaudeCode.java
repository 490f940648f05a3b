package mirror.app.e2e;

import static org.junit.jupiter.api.Assumptions.abort;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Runs the real Claude Code headless in a {@link Workspace} against a {@link ScriptedMessagesApi}. It must never let the
 * client see the person's own home, keys or environment, and never end a process it did not start.
 */
final class ClaudeCode {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Path executable;

    private ClaudeCode(Path executable) {
        this.executable = executable;
    }

    /** The real client, or a skipped test that says what is missing. */
    static ClaudeCode orSkip() {
        return find().orElseGet(() -> abort("Claude Code is not there: set -Dmirror.claude or MIRROR_CLAUDE to its"
                + " executable, or run: npm install --prefix target/npm @anthropic-ai/claude-code@2.1.197"));
    }

    static Optional<ClaudeCode> find() {
        return Headless.find("claude").map(ClaudeCode::new);
    }

    /** For those who start the client themselves. */
    Path executable() {
        return executable;
    }

    /** Begins a headless run; nothing starts before {@link Run#run()}. */
    Run prompt(Workspace workspace, ScriptedMessagesApi api, String prompt) {
        return new Run(workspace, api, prompt);
    }

    /** {@code claude -p prompt} with everything a test may want to change. */
    final class Run {
        private final Workspace workspace;
        private final List<String> arguments = new ArrayList<>();
        private final Map<String, String> environment = new HashMap<>();
        private Duration deadline = Duration.ofSeconds(90);

        private Run(Workspace workspace, ScriptedMessagesApi api, String prompt) {
            this.workspace = workspace;
            arguments.addAll(List.of("-p", prompt, "--output-format", "stream-json", "--verbose"));
            environment.putAll(workspace.environment());
            environment.put("ANTHROPIC_BASE_URL", api.url().toString());
            environment.put("ANTHROPIC_API_KEY", "dummy-not-a-key");
            environment.put("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1");
            environment.put("DISABLE_TELEMETRY", "1");
            environment.put("DISABLE_ERROR_REPORTING", "1");
            environment.put("DISABLE_AUTOUPDATER", "1");
            environment.putAll(Headless.offline());
        }

        Run with(String... more) {
            arguments.addAll(List.of(more));
            return this;
        }

        Run env(String name, String value) {
            environment.put(name, value);
            return this;
        }

        /** Errors of the API end the run at once instead of being retried. */
        Run withoutRetries() {
            return env("CLAUDE_CODE_MAX_RETRIES", "0");
        }

        Run within(Duration time) {
            deadline = time;
            return this;
        }

        /** Runs to the end; a client that is not done in time is ended and fails the test with what it printed. */
        Outcome run() {
            var command = new ArrayList<String>();
            command.add(executable.toString());
            command.addAll(arguments);
            Headless.Ran ran = Headless.run(workspace, command, environment, deadline);
            return new Outcome(ran.exitCode(), events(ran.stdout()), ran.stdout(), ran.stderr());
        }

        private static List<JsonNode> events(String stdout) {
            return stdout.lines()
                    .filter(line -> line.startsWith("{"))
                    .map(line -> JSON.readTree(line))
                    .toList();
        }
    }

    /** What a run left: its exit code, its stream-json events and what it printed. */
    record Outcome(int exitCode, List<JsonNode> events, String stdout, String stderr) {

        List<JsonNode> events(String type) {
            return events.stream()
                    .filter(event -> event.path("type").asString("").equals(type))
                    .toList();
        }

        List<JsonNode> events(String type, String subtype) {
            return events(type).stream()
                    .filter(event -> event.path("subtype").asString("").equals(subtype))
                    .toList();
        }

        /** The closing event. */
        JsonNode result() {
            var results = events("result");
            if (results.isEmpty()) {
                throw new AssertionError(
                        "no result; exit code " + exitCode + "\nstdout:\n" + stdout + "\nstderr:\n" + stderr);
            }
            return results.getLast();
        }

        String resultText() {
            return result().path("result").asString("");
        }

        boolean isError() {
            return result().path("is_error").asBoolean(false);
        }

        String sessionId() {
            return result().path("session_id").asString("");
        }
    }
}
