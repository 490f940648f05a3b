package mirror.app.e2e;

import static mirror.app.e2e.Reply.computed;
import static mirror.app.e2e.Reply.hang;
import static mirror.app.e2e.Reply.text;
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
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What holds for every client that Mirror starts: under the gate, watched while it works, ended with all that it started, gone on with. */
abstract class AgentContract extends AtHome {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    final ScriptedMessagesApi api = ScriptedMessagesApi.start();

    /** What a person types. */
    abstract String client();

    /** The actor of the client's events. */
    abstract String actor();

    abstract Path executable();

    /** Settings of a person in which the client's own rules let everything pass, so what is stopped is stopped by Mirror. */
    abstract void settings() throws IOException;

    /** What the daemon is told beside, for the client. */
    abstract Map<String, String> environment();

    /** A call of the client's shell. */
    abstract Reply shell(String command);

    @Override
    final void layOut() throws IOException {
        settings();
    }

    @Override
    final MirrorHome boot() throws IOException {
        Path bin = Files.createDirectories(workspace.root().resolve("bin"));
        Files.createSymbolicLink(bin.resolve(client()), executable());
        MirrorHome home = MirrorHome.at(workspace, workspace.home().resolve(".mirror"))
                .env("PATH", bin + ":" + workspace.environment().get("PATH"));
        Headless.offline().forEach(home::env);
        environment().forEach(home::env);
        home.layOut().start();
        return home;
    }

    @Override
    List<String> connected() {
        return List.of(client());
    }

    @AfterEach
    void close() {
        api.close();
    }

    /** A {@code mirror agent run} whose events are read as they come. */
    static final class Live {
        final Process process;
        final List<JsonNode> events = new ArrayList<>();
        final CompletableFuture<JsonNode> result = new CompletableFuture<>();
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
                    if (event.path("event").asString("").equals("result")) {
                        result.complete(event);
                    }
                }
            } catch (IOException e) {
                result.completeExceptionally(e);
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

    Live start(String prompt, String... more) throws IOException {
        List<String> args = new ArrayList<>(List.of("agent", "run", client(), prompt, "--json"));
        args.addAll(List.of(more));
        return new Live(mirror.begin(args.toArray(String[]::new)));
    }

    static void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as(what).isLessThan(deadline);
            Thread.onSpinWait();
        }
    }

    JsonNode ended() {
        return mirror.events("agent.ended").getLast().path("data");
    }

    Path inProject(String name) {
        return workspace.project().resolve(name);
    }

    @Test
    void aRunIsUnderTheGateWatchedWhileItWorksAndItsTokensAreCounted() throws Exception {
        Path secret = workspace.home().resolve(".ssh/id_ed25519");
        Workspace.write(secret, "not-a-real-key");
        mirror.run("budget", "set", actor(), "tokens", "5000");
        CompletableFuture<JsonNode> seen = new CompletableFuture<>();
        api.replies(
                shell("cat " + secret),
                // The model says no more until the refusal was seen on the terminal: events that came only at the end
                // would never come.
                computed(request -> {
                    seen.orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
                    return text("I could not");
                }));

        Live run = start("read my key, password=hunter2hunter2");
        var _ = run.result.thenAccept(seen::complete);

        assertThat(run.end()).isZero();
        assertThat(run.events("opened")).hasSize(1);
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

        mirror.run("budget", "set", actor(), "tokens", "1");
        MirrorHome.Result refused = mirror.run("agent", "run", client(), "more");
        assertThat(refused.exit()).isEqualTo(1);
        assertThat(refused.err()).contains("no tokens left today");
        assertThat(mirror.events("agent.started")).hasSize(1);
    }

    @Test
    void whoeverStopsLookingEndsTheRunAndAllThatItStarted() throws Exception {
        api.replies(shell("(setsid sleep 900 &) ; sleep 901 & echo up > up.txt; sleep 902"), text("never said"));
        Live run = start("work");
        await("the command runs", () -> Files.exists(inProject("up.txt")));
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
    void anAllowedToolRunsAndTheSessionIsGoneOnWith() throws Exception {
        api.replies(
                shell("echo one > one.txt"),
                shell("echo one > one.txt"),
                shell("echo out; exit 3"),
                text("One is there."));
        Live first = start("make one");
        assertThat(first.end()).as(first.events.toString()).isZero();
        String session = first.events("opened").getFirst().path("session").asString();
        assertThat(inProject("one.txt")).hasContent("one");
        assertThat(first.events("call")).hasSize(3);
        assertThat(first.events("call").getFirst().path("input").asString()).contains("echo one > one.txt");
        assertThat(first.events("result"))
                .hasSize(3)
                .allSatisfy(result -> assertThat(result.path("id"))
                        .isIn(first.events("call").stream()
                                .map(call -> call.path("id"))
                                .toList()));
        assertThat(mirror.events("action.decided"))
                .hasSize(3)
                .allSatisfy(
                        event -> assertThat(event.path("session").asString()).isEqualTo(session));
        assertThat(mirror.events("session.ended")).hasSize(1);
        long used = ended().path("input-tokens").asLong()
                + ended().path("output-tokens").asLong();

        api.replies(text("Two."));
        Live second = start("make two", "--resume", session);

        assertThat(second.end()).as(second.events.toString()).isZero();
        assertThat(second.events("opened").getFirst().path("session").asString())
                .isEqualTo(session);
        assertThat(api.lastRequest().allText())
                .contains("make one")
                .contains("One is there.")
                .contains("make two");
        assertThat(ended().path("input-tokens").asLong()
                        + ended().path("output-tokens").asLong())
                .as("tokens of the second run alone")
                .isPositive()
                .isLessThan(used);
        assertThat(mirror.events("session.ended")).hasSize(2);
        api.assertFollowed();
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
                    return shell("echo ungated > ungated.txt");
                }),
                text("stopped"));
        Live run = start("work");
        assertThat(run.end()).isEqualTo(3);

        mirror.start();

        await("the run is recorded", () -> !mirror.events("agent.ended").isEmpty());
        assertThat(ended().path("reason").asString()).isEqualTo("lost");
        assertThat(agent.join().isAlive()).isFalse();
        assertThat(inProject("ungated.txt")).doesNotExist();
        assertThat(mirror.run("agent").out()).contains("lost");
    }

    @Test
    void aRunThatHasUsedItsTokensIsEndedInTheMiddle() throws Exception {
        api.replies(shell("echo one > one.txt"), shell("echo two > two.txt"), hang());

        Live run = start("go on and on", "--tokens", "20");

        assertThat(run.end()).isEqualTo(1);
        assertThat(ended().path("reason").asString()).isEqualTo("budget");
        assertThat(ended().path("input-tokens").asLong()
                        + ended().path("output-tokens").asLong())
                .isGreaterThan(20);
        // What it could not finish waits for the next agent.
        assertThat(mirror.events("handoff.created")).singleElement().satisfies(event -> {
            assertThat(event.path("data").path("automatic").asBoolean()).isTrue();
            assertThat(event.path("data").path("reason").asString()).isEqualTo("budget");
            assertThat(event.path("data").path("task").asString()).isEqualTo("go on and on");
        });
    }

    @Test
    void aClientThatIsNotConnectedIsNotStarted() {
        mirror.run("disconnect", client(), "--yes");
        MirrorHome.Result refused = mirror.run("agent", "run", client(), "work");
        assertThat(refused.exit()).isEqualTo(1);
        assertThat(refused.err())
                .contains("no agent is started without its gate")
                .contains("mirror connect " + client());
        assertThat(mirror.events("agent.started")).isEmpty();
        assertThat(api.allRequests()).isEmpty();
    }
}
