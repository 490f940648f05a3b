package mirror.app.e2e;

import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
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
        var candidates = new ArrayList<String>();
        addIfSet(candidates, System.getProperty("mirror.claude"), "");
        addIfSet(candidates, System.getProperty("mirror.root"), "/target/npm/node_modules/.bin/claude");
        addIfSet(candidates, System.getenv("MIRROR_CLAUDE"), "");
        return candidates.stream()
                .map(Path::of)
                .filter(Files::isExecutable)
                .map(Path::toAbsolutePath)
                .findFirst()
                .map(ClaudeCode::new);
    }

    private static void addIfSet(List<String> candidates, @Nullable String base, String rest) {
        if (base != null && !base.isBlank()) {
            candidates.add(base + rest);
        }
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
            // Whatever would leave loopback meets a proxy that is not there.
            environment.put("HTTPS_PROXY", "http://127.0.0.1:1");
            environment.put("NO_PROXY", "127.0.0.1,localhost");
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
            try {
                Path out = Files.createTempFile(workspace.tmp(), "claude", ".out");
                Path err = Files.createTempFile(workspace.tmp(), "claude", ".err");
                var command = new ArrayList<String>();
                command.add(executable.toString());
                command.addAll(arguments);
                var builder = new ProcessBuilder(command)
                        .directory(workspace.project().toFile())
                        .redirectInput(Path.of("/dev/null").toFile())
                        .redirectOutput(out.toFile())
                        .redirectError(err.toFile());
                builder.environment().clear();
                builder.environment().putAll(environment);
                Process process = builder.start();
                boolean done = process.waitFor(deadline.toMillis(), TimeUnit.MILLISECONDS);
                if (!done) {
                    end(process);
                }
                String stdout = Files.readString(out);
                String stderr = Files.readString(err);
                if (!done) {
                    throw new AssertionError("Claude Code was not done after " + deadline + " and was ended.\nstdout:\n"
                            + stdout + "\nstderr:\n" + stderr);
                }
                return new Outcome(process.exitValue(), events(stdout), stdout, stderr);
            } catch (IOException e) {
                throw new UncheckedIOException("could not run " + executable, e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted while Claude Code ran", e);
            }
        }

        private static void end(Process process) throws InterruptedException {
            var children = process.descendants().toList();
            process.destroyForcibly().waitFor();
            children.forEach(ProcessHandle::destroyForcibly);
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
