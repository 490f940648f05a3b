package mirror.app.e2e;

import static mirror.app.e2e.Reply.computed;
import static mirror.app.e2e.Reply.text;
import static mirror.app.e2e.Reply.toolUse;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Mirror starts the real client: under the gate, watched while it works, ended with all that it started, and gone on with later. */
final class AgentRunnerIT {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    private final ClaudeCode claude = ClaudeCode.orSkip();
    private final ScriptedMessagesApi api = ScriptedMessagesApi.start();

    @TempDir(factory = OutsideTemp.class)
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @SuppressWarnings("NullAway.Init")
    private Workspace workspace;

    @SuppressWarnings("NullAway.Init")
    private MirrorHome mirror;

    @BeforeEach
    void connect() throws IOException {
        workspace = Workspace.in(folder);
        // The client's own rules would let everything pass, so what is stopped is stopped by Mirror.
        workspace.userSettings(Map.of(
                "permissions", Map.of("allow", List.of("Bash", "Read", "Edit", "Write", "Agent", "mcp__mirror"))));
        Path bin = Files.createDirectories(workspace.root().resolve("bin"));
        Files.createSymbolicLink(bin.resolve("claude"), claude.executable());
        mirror = MirrorHome.at(workspace, workspace.home().resolve(".mirror"))
                .env("PATH", bin + ":" + workspace.environment().get("PATH"))
                .env("ANTHROPIC_BASE_URL", api.url().toString())
                .env("ANTHROPIC_API_KEY", "dummy-not-a-key")
                .env("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1")
                .env("DISABLE_TELEMETRY", "1")
                .env("DISABLE_ERROR_REPORTING", "1")
                .env("DISABLE_AUTOUPDATER", "1")
                .env("HTTPS_PROXY", "http://127.0.0.1:1")
                .env("NO_PROXY", "127.0.0.1,localhost")
                .layOut();
        mirror.start();
        assertThat(mirror.run("connect", "claude", "--yes").exit()).isZero();
    }

    @AfterEach
    void close() {
        api.close();
        mirror.close();
    }

    /** A {@code mirror agent run} whose events are read as they come. */
    private static final class Live {
        final Process process;
        final List<JsonNode> events = new ArrayList<>();
        final CompletableFuture<JsonNode> call = new CompletableFuture<>();
        final Thread reader;

        Live(Process process) {
            this.process = process;
            this.reader = Thread.ofVirtual().start(this::read);
        }

        private void read() {
            try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    JsonNode event = JSON.readTree(line);
                    synchronized (events) {
                        events.add(event);
                    }
                    if (event.path("event").asString("").equals("call")) {
                        call.complete(event);
                    }
                }
            } catch (IOException e) {
                call.completeExceptionally(e);
            }
        }

        int end() throws InterruptedException {
            assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS))
                    .as("the run ends")
                    .isTrue();
            reader.join(PATIENCE);
            return process.exitValue();
        }

        List<JsonNode> events(String kind) {
            synchronized (events) {
                return events.stream()
                        .filter(event -> event.path("event").asString("").equals(kind))
                        .toList();
            }
        }
    }

    private Live start(String prompt, String... more) throws IOException {
        List<String> args = new ArrayList<>(List.of("agent", "run", "claude", prompt, "--json"));
        args.addAll(List.of(more));
        return new Live(mirror.begin(args.toArray(String[]::new)));
    }

    private static void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as(what).isLessThan(deadline);
            Thread.onSpinWait();
        }
    }

    private JsonNode ended() {
        return mirror.events("agent.ended").getLast().path("data");
    }

    @Test
    void aRunIsUnderTheGateWatchedWhileItWorksAndItsTokensAreCounted() throws Exception {
        Path secret = workspace.home().resolve(".ssh/id_ed25519");
        Workspace.write(secret, "not-a-real-key");
        mirror.run("budget", "set", "claude-code", "tokens", "5000");
        CompletableFuture<JsonNode> seen = new CompletableFuture<>();
        api.replies(
                toolUse("Bash", Map.of("command", "cat " + secret)),
                // The model says no more until the call was seen on the terminal: events that came only at the end
                // would never come.
                computed(request -> {
                    seen.orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
                    return text("I could not");
                }));

        Live run = start("read my key, password=hunter2hunter2");
        var _ = run.call.thenAccept(seen::complete);

        assertThat(run.end()).isZero();
        assertThat(run.events("opened")).hasSize(1);
        assertThat(run.events("call").getFirst().path("tool").asString()).isEqualTo("Bash");
        assertThat(run.events("result").getFirst().path("error").asBoolean()).isTrue();
        assertThat(run.events("result").getFirst().path("text").asString()).contains("Mirror blocked this");
        assertThat(run.events("text").getLast().path("text").asString()).isEqualTo("I could not");
        assertThat(mirror.events("action.decided")
                        .getFirst()
                        .path("data")
                        .path("verdict")
                        .asString())
                .isEqualTo("block");

        JsonNode started = mirror.events("agent.started").getFirst().path("data");
        assertThat(started.path("prompt").asString()).contains("read my key").doesNotContain("hunter2");
        assertThat(started.path("cwd").asString()).isEqualTo(workspace.project().toString());
        assertThat(ended().path("reason").asString()).isEqualTo("done");
        assertThat(ended().path("session").asString())
                .isEqualTo(run.events("opened").getFirst().path("session").asString());
        long tokens = ended().path("input-tokens").asLong()
                + ended().path("output-tokens").asLong();
        assertThat(tokens).isPositive();
        assertThat(mirror.run("budget", "--json")
                        .json()
                        .valueStream()
                        .filter(line -> line.path("unit").asString().equals("tokens"))
                        .map(line -> line.path("spent").asLong()))
                .containsExactly(tokens + ended().path("cached-tokens").asLong());
        assertThat(mirror.run("agent", "list", "--json")
                        .json()
                        .get(0)
                        .path("reason")
                        .asString())
                .isEqualTo("done");
        api.assertFollowed();

        mirror.run("budget", "set", "claude-code", "tokens", "1");
        MirrorHome.Result refused = mirror.run("agent", "run", "claude", "more");
        assertThat(refused.exit()).isEqualTo(1);
        assertThat(refused.err()).contains("no tokens left today");
        assertThat(mirror.events("agent.started")).hasSize(1);
    }

    @Test
    void whoeverStopsLookingEndsTheRunAndAllThatItStarted() throws Exception {
        api.replies(
                toolUse("Bash", Map.of("command", "(setsid sleep 900 &) ; sleep 901 & echo up > up.txt; sleep 902")),
                text("never said"));
        Live run = start("work");
        await("the command runs", () -> Files.exists(workspace.project().resolve("up.txt")));
        long pid = mirror.events("agent.started")
                .getFirst()
                .path("data")
                .path("pid")
                .asLong();
        List<ProcessHandle> all = new ArrayList<>(
                ProcessHandle.of(pid).orElseThrow().descendants().toList());
        // It left the tree: its parent has ended.
        ProcessHandle.allProcesses()
                .filter(process -> process.info().commandLine().orElse("").endsWith("sleep 900"))
                .forEach(all::add);
        assertThat(all).hasSizeGreaterThan(2);

        run.process.destroy();

        await("the run is recorded", () -> !mirror.events("agent.ended").isEmpty());
        assertThat(ended().path("reason").asString()).isEqualTo("cancelled");
        assertThat(ProcessHandle.of(pid).filter(ProcessHandle::isAlive)).isEmpty();
        // One that was killed counts as alive until its parent, which may be process 1, has taken notice.
        await("all have ended: " + all, () -> all.stream().noneMatch(ProcessHandle::isAlive));
    }

    @Test
    void aSessionIsGoneOnWithAndItsTranscriptTakenIn() throws Exception {
        api.replies(toolUse("Bash", Map.of("command", "echo one > one.txt")), text("One is there."));
        Live first = start("make one");
        assertThat(first.end()).isZero();
        String session = first.events("opened").getFirst().path("session").asString();
        assertThat(workspace.project().resolve("one.txt")).exists();

        api.replies(text("Two."));
        Live second = start("make two", "--resume", session);

        assertThat(second.end()).isZero();
        assertThat(second.events("opened").getFirst().path("session").asString())
                .isEqualTo(session);
        assertThat(api.lastRequest().allText())
                .contains("make one")
                .contains("One is there.")
                .contains("make two");
        api.assertFollowed();

        assertThat(mirror.run("import", "claude", "--json").json().path("new").asInt())
                .isEqualTo(1);
        JsonNode transcript =
                mirror.run("import", "list", "--json").json().get(0).path("transcript");
        assertThat(transcript.path("session").asString()).isEqualTo(session);
        assertThat(transcript.path("project").asString())
                .isEqualTo(workspace.project().toString());
        assertThat(transcript.path("intent").asString()).isEqualTo("make one");
        assertThat(transcript.path("prompts").asInt()).isEqualTo(2);
        assertThat(transcript.path("answers").asInt()).isEqualTo(3);
        assertThat(transcript.path("calls").asInt()).isEqualTo(1);
        assertThat(transcript.path("unreadable").asInt()).isZero();
    }

    @Test
    void aRunWhoseDaemonWasKilledDoesNothingMoreAndIsCalledLost() throws Exception {
        CompletableFuture<ProcessHandle> agent = new CompletableFuture<>();
        api.replies(
                computed(request -> {
                    agent.complete(ProcessHandle.of(mirror.events("agent.started")
                                    .getFirst()
                                    .path("data")
                                    .path("pid")
                                    .asLong())
                            .orElseThrow());
                    mirror.kill();
                    return toolUse("Bash", Map.of("command", "echo ungated > ungated.txt"));
                }),
                text("stopped"));
        Live run = start("work");
        assertThat(run.end()).isEqualTo(3);

        mirror.start();

        await("the run is recorded", () -> !mirror.events("agent.ended").isEmpty());
        assertThat(ended().path("reason").asString()).isEqualTo("lost");
        assertThat(agent.join().isAlive()).isFalse();
        assertThat(workspace.project().resolve("ungated.txt")).doesNotExist();
        assertThat(mirror.run("agent").out()).contains("lost");
    }

    @Test
    void anAgentNeitherStartsAgentsNorTakesInEvidence() throws Exception {
        api.replies(
                toolUse("Bash", Map.of("command", "mirror agent run claude 'go on without me'")),
                toolUse("Bash", Map.of("command", MirrorHome.launcher() + " import claude --from .")),
                text("could not"));
        assertThat(start("start another").end()).isZero();
        assertThat(mirror.events("action.decided"))
                .hasSize(2)
                .allSatisfy(
                        event -> assertThat(event.path("data").path("verdict").asString())
                                .isEqualTo("block"));
        assertThat(mirror.events("agent.started")).hasSize(1);

        // The second lock, for an agent that found a way round the first.
        mirror.env("CLAUDECODE", "1");
        assertThat(mirror.run("agent", "run", "claude", "go on").err()).contains("is for the owner");
        assertThat(mirror.run("import", "claude").err()).contains("is for the owner");
        assertThat(mirror.run("agent", "list").exit()).isZero();
        mirror.env("CLAUDECODE", "");
    }

    @Test
    void aClientThatIsNotConnectedIsNotStarted() {
        mirror.run("disconnect", "claude", "--yes");
        MirrorHome.Result refused = mirror.run("agent", "run", "claude", "work");
        assertThat(refused.exit()).isEqualTo(1);
        assertThat(refused.err())
                .contains("no agent is started without its gate")
                .contains("mirror connect claude");
        assertThat(mirror.events("agent.started")).isEmpty();
        assertThat(api.allRequests()).isEmpty();
    }
}
