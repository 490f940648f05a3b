package mirror.surface.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import mirror.bus.Draft;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.surface.agent.AgentEvent;
import mirror.surface.agent.Agents;
import mirror.surface.agent.Run;
import mirror.surface.agent.Task;
import mirror.surface.cli.TestMirror.Answer;
import mirror.trust.Budgets;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Runs of a client that a shell script plays: what is refused, recorded, counted, and what ends with a run. */
final class AgentCommandTest extends MirrorTest {
    private static final String STARTED = "mirror.agent.started.v1";
    private static final String ENDED = "mirror.agent.ended.v1";

    /** The script's first words, as the real client says them. */
    private static final String OPENED =
            "{\"type\":\"system\",\"subtype\":\"init\",\"session_id\":\"s-1\",\"model\":\"m\"}";

    private static final String ANSWER =
            "{\"type\":\"assistant\",\"message\":{\"id\":\"m1\",\"content\":[{\"type\":\"text\","
                    + "\"text\":\"Done.\"}],\"usage\":{\"input_tokens\":3,\"output_tokens\":1}}}";
    private static final String RESULT = "{\"type\":\"result\",\"is_error\":false,\"result\":\"Done.\",\"modelUsage\":"
            + "{\"m\":{\"inputTokens\":100,\"cacheReadInputTokens\":20,\"outputTokens\":7}}}";

    @BeforeEach
    void open() throws Exception {
        client(
                "read -r turn",
                "echo '" + OPENED + "'",
                "echo '" + ANSWER + "'",
                "echo '" + RESULT + "'",
                "cat >/dev/null");
        assertThat(mirror.run("connect", "claude", "--yes").exit()).isZero();
    }

    /** Puts a client in place that does this. */
    private void client(String... lines) throws IOException {
        Path program = mirror.root().resolve("bin/claude");
        Files.createDirectories(mirror.root().resolve("bin"));
        Files.writeString(program, "#!/bin/sh\n" + String.join("\n", lines) + "\n");
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
    }

    private Answer go(String... more) throws Exception {
        String[] args = Stream.concat(Stream.of("run", "claude", "do it"), Stream.of(more))
                .toArray(String[]::new);
        return mirror.run("agent", args);
    }

    private Event ended() {
        return mirror.events(ENDED).getLast();
    }

    private long spent() {
        return mirror.core().state().budgets().list().stream()
                .filter(line -> line.unit() == Budgets.Unit.TOKENS)
                .mapToLong(Budgets.Line::spent)
                .sum();
    }

    private static AgentEvent.Ended awaitEnd(Run run) throws Exception {
        return run.end().get(60, TimeUnit.SECONDS);
    }

    private Agents.Started start(Duration limit, long tokens) throws Agents.Refused {
        Agents agents = mirror.core().agents();
        return agents.start(
                agents.runners().getFirst(), new Task("do it", mirror.work(), null, null, null, limit), tokens);
    }

    /** The next event of a kind. */
    private static <T extends AgentEvent> T next(Run run, Class<T> kind) throws InterruptedException {
        while (true) {
            Optional<AgentEvent> event = run.next(Duration.ofMinutes(1));
            if (kind.isInstance(event.orElseThrow())) {
                return kind.cast(event.get());
            }
        }
    }

    @Test
    void aRunIsShownRecordedAndItsTokensSettled() throws Exception {
        Answer answer = go();

        assertThat(answer.exit()).as(answer.error()).isZero();
        assertThat(answer.text())
                .contains("session s-1")
                .contains("Done.")
                .contains("ended: done, 127 tokens")
                .contains("--resume s-1");
        Event started = mirror.events(STARTED).getFirst();
        assertThat(started.text("prompt")).isEqualTo("do it");
        assertThat(started.subject()).isEqualTo(ended().subject());
        assertThat(ended().text("reason")).isEqualTo("done");
        assertThat(ended().text("session")).isEqualTo("s-1");
        assertThat(ended().data().path("cached-tokens").asLong()).isEqualTo(20);
        assertThat(spent()).isEqualTo(127);
        assertThat(mirror.run("agent").text())
                .contains("done")
                .contains("127 tokens")
                .contains("do it");
    }

    @Test
    void theClientGetsItsPromptUnseenAndASmallEnvironment() throws Exception {
        client(
                "printf '%s\\n' \"$@\" >args.txt",
                "env >env.txt", "read -r turn", "printf '%s' \"$turn\" >turn.txt", "echo '" + RESULT + "'");
        go("--resume", "s-9", "--model", "opus");

        assertThat(mirror.work().resolve("args.txt"))
                .content()
                .doesNotContain("do it")
                .contains("--resume\ns-9\n")
                .contains("--model\nopus\n");
        assertThat(Json.one(Files.readAllBytes(mirror.work().resolve("turn.txt")))
                        .path("message")
                        .path("content")
                        .path(0)
                        .path("text")
                        .asString())
                .isEqualTo("do it");
        assertThat(Files.readAllLines(mirror.work().resolve("env.txt")))
                .filteredOn(line -> !line.matches("(PWD|OLDPWD|SHLVL|_)=.*"))
                .hasSize(3)
                .allMatch(line -> line.matches("(PATH|HOME|MIRROR_RUN)=.*"));
    }

    @Test
    void nothingIsStartedWithoutTheGate() throws Exception {
        client("touch started", "exit 0");
        Path project = mirror.work().resolve(".claude/settings.json");
        Files.createDirectories(project.getParent());
        Files.writeString(project, "{\"disableAllHooks\":true}");
        assertThat(go().error()).contains("disableAllHooks");
        Files.delete(project);

        Path managed = Files.createDirectories(mirror.root().resolve("etc")).resolve("managed-settings.json");
        Files.writeString(managed, "{\"allowManagedHooksOnly\":true}");
        assertThat(go().error()).contains("allowManagedHooksOnly");
        Files.delete(managed);

        Path shim = mirror.core().home().root().resolve("hooks/claude");
        String script = Files.readString(shim);
        Files.writeString(shim, "#!/bin/sh\nexit 0\n");
        assertThat(go().error()).contains("is not the one that Mirror wrote");
        Files.writeString(shim, script);

        Path settings = mirror.root().resolve(".claude/settings.json");
        Files.writeString(settings, "{}");
        assertThat(go().error()).contains("lacks Mirror's hooks");

        mirror.run("disconnect", "claude", "--yes");
        assertThat(go().error())
                .contains("no agent is started without its gate")
                .contains("not connected");

        Files.writeString(mirror.core().home().kill(), "");
        assertThat(go().error()).contains("kill switch");

        assertThat(mirror.work().resolve("started")).doesNotExist();
        assertThat(mirror.events(STARTED)).isEmpty();
        assertThat(spent()).isZero();
    }

    @Test
    void aRunOverTheDaysBudgetIsRefusedBeforeItStarts() throws Exception {
        mirror.run("budget", "set", "claude-code", "tokens", "500");
        assertThat(go("--tokens", "501").error()).contains("no 501 tokens left today");
        assertThat(mirror.events(STARTED)).isEmpty();
        assertThat(go("--tokens", "500").exit()).isZero();
        // What is left of the day is what the next one gets.
        assertThat(go().exit()).isZero();
        assertThat(mirror.events(STARTED).getLast().data().path("tokens").asLong())
                .isEqualTo(500 - 127);
        mirror.run("budget", "set", "claude-code", "tokens", "254");
        assertThat(go().error()).contains("no tokens left today");
    }

    @Test
    void aRunThatUsesMoreThanItWasGivenIsEnded() throws Exception {
        client(
                "read -r turn",
                "echo '" + ANSWER.replace("\"input_tokens\":3", "\"input_tokens\":300") + "'",
                "exec sleep 600");
        Answer answer = go("--tokens", "200");
        assertThat(answer.exit()).isEqualTo(Exit.NO);
        assertThat(answer.error()).contains("used up its tokens (301)");
        assertThat(ended().text("reason")).isEqualTo("budget");
        assertThat(spent()).isEqualTo(301);
    }

    @Test
    void aToolThatRanWithoutTheGateEndsTheRun() throws Exception {
        String call =
                "{\"type\":\"assistant\",\"message\":{\"id\":\"m1\",\"content\":[{\"type\":\"tool_use\",\"id\":\"t1\","
                        + "\"name\":\"Bash\",\"input\":{\"command\":\"ls\"}}]}}";
        String result = "{\"type\":\"user\",\"message\":{\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"t1\","
                + "\"content\":\"a\",\"is_error\":ERROR}]}}";
        client(
                "read -r turn",
                "echo '" + call + "'",
                "echo '" + result.replace("ERROR", "true") + "'",
                "echo '" + result.replace("ERROR", "false") + "'",
                "exec sleep 600");

        assertThat(go().error()).contains("gate was not asked");
        assertThat(ended().text("reason")).isEqualTo("ungated");

        String ran = "echo '" + result.replace("ERROR", "false") + "'";
        String decided = "while [ ! -e decided ]; do sleep 0.05; done";
        client("read -r turn", "echo '" + OPENED + "'", decided, ran, "echo '" + RESULT + "'", "cat >/dev/null");
        assertThat(reasonAfter("block", "s-1")).isEqualTo(AgentEvent.Reason.UNGATED);
        assertThat(reasonAfter("allow", "s-2")).isEqualTo(AgentEvent.Reason.UNGATED);
        assertThat(reasonAfter("allow", "s-1")).isEqualTo(AgentEvent.Reason.DONE);

        // One yes is for one run of the tool.
        client("read -r turn", "echo '" + OPENED + "'", decided, ran, ran, "echo '" + RESULT + "'", "cat >/dev/null");
        assertThat(reasonAfter("allow", "s-1")).isEqualTo(AgentEvent.Reason.UNGATED);
    }

    /** How a run ends whose tool runs after the gate decided so about a call of that session. */
    private AgentEvent.Reason reasonAfter(String verdict, String session) throws Exception {
        Path decided = mirror.work().resolve("decided");
        Files.deleteIfExists(decided);
        Run run = start(Duration.ofMinutes(1), 0).run();
        mirror.core()
                .projector()
                .record(Draft.of(
                                "mirror.action.decided.v1",
                                "claude-code",
                                Json.object().put("verdict", verdict))
                        .subject("t1")
                        .session(session));
        Files.writeString(decided, "");
        run.finish();
        return awaitEnd(run).reason();
    }

    @Test
    void whatTheClientStartedEndsWithItEvenWhenItLeftTheTree() throws Exception {
        client(
                "read -r turn",
                "sleep 600 >/dev/null 2>&1 & echo $! >child.txt",
                "(setsid sleep 601 >/dev/null 2>&1 & echo $! >orphan.txt)",
                "echo '" + RESULT + "'",
                "cat >/dev/null");
        Process stranger = new ProcessBuilder("sleep", "602").start();

        assertThat(go().exit()).isZero();

        for (String name : List.of("child.txt", "orphan.txt")) {
            long pid =
                    Long.parseLong(Files.readString(mirror.work().resolve(name)).strip());
            assertThat(ProcessHandle.of(pid).filter(ProcessHandle::isAlive))
                    .as(name)
                    .isEmpty();
        }
        assertThat(ended().data().path("left").asInt()).isEqualTo(2);
        assertThat(stranger.isAlive()).isTrue();
        stranger.destroyForcibly();
    }

    @Test
    void aCancelledRunIsKilledWhenItDoesNotEndByItself() throws Exception {
        client("trap '' TERM", "read -r turn", "echo '" + OPENED + "'", "while :; do sleep 1; done");
        Agents.Started started = start(Duration.ofMinutes(5), 0);
        next(started.run(), AgentEvent.Opened.class);

        assertThat(mirror.run("agent", "cancel", started.id()).exit()).isZero();

        assertThat(awaitEnd(started.run()).reason()).isEqualTo(AgentEvent.Reason.CANCELLED);
        assertThat(ProcessHandle.of(started.run().pid()).filter(ProcessHandle::isAlive))
                .isEmpty();
        assertThat(mirror.run("agent", "cancel", started.id()).error()).contains("no run");
        assertThatThrownBy(() -> started.run().send("more")).isInstanceOf(IOException.class);
    }

    @Test
    void aRunEndsWhenItsTimeIsOver() throws Exception {
        client("read -r turn", "exec sleep 600");
        assertThat(awaitEnd(start(Duration.ofMillis(300), 0).run()).reason()).isEqualTo(AgentEvent.Reason.TIME);
        assertThat(ended().text("reason")).isEqualTo("time");
    }

    @Test
    void aRunTakesFurtherTurns() throws Exception {
        client(
                "while read -r turn; do",
                "case $turn in *second*)",
                "echo '" + ANSWER.replace("Done.", "And again.") + "'",
                "echo '" + RESULT.replace("100", "200") + "';;",
                "*) echo '" + RESULT + "';; esac",
                "done");
        Run run = start(Duration.ofMinutes(1), 0).run();
        next(run, AgentEvent.TurnEnded.class);
        run.send("the second");
        assertThat(next(run, AgentEvent.Text.class).text()).isEqualTo("And again.");
        run.finish();
        assertThat(awaitEnd(run).usage().total()).isEqualTo(227);
    }

    @Test
    void aRunOfADaemonThatIsGoneIsEndedAndCalledLost() throws Exception {
        Process orphan = new ProcessBuilder("sleep", "600").start();
        mirror.core()
                .projector()
                .record(Draft.of(
                        STARTED,
                        "owner",
                        Json.object()
                                .put("run", "r1")
                                .put("client", "claude-code")
                                .put("prompt", "p")
                                .put("pid", orphan.pid())
                                .put(
                                        "process",
                                        orphan.info()
                                                .startInstant()
                                                .orElseThrow()
                                                .toString())));
        Process stranger = new ProcessBuilder("sleep", "600").start();
        mirror.core()
                .projector()
                .record(Draft.of(
                        STARTED,
                        "owner",
                        Json.object()
                                .put("run", "r2")
                                .put("client", "claude-code")
                                .put("pid", stranger.pid())
                                .put("process", "2020-01-01T00:00:00Z")));

        mirror.core().agents().recover();

        assertThat(orphan.isAlive()).isFalse();
        assertThat(stranger.isAlive())
                .as("another process with the pid of a run")
                .isTrue();
        stranger.destroyForcibly();
        assertThat(mirror.events(ENDED))
                .extracting(event -> event.text("reason"))
                .containsExactly("lost", "lost");
        mirror.core().agents().recover();
        assertThat(mirror.events(ENDED)).hasSize(2);
    }

    @Test
    void theSessionOfARunIsOverWithIt() throws Exception {
        mirror.core()
                .state()
                .continuity()
                .opened(mirror.core().projector(), "claude-code", "s-1", mirror.work(), "startup");
        mirror.core()
                .state()
                .continuity()
                .opened(mirror.core().projector(), "claude-code", "s-2", mirror.work(), "startup");

        assertThat(go().exit()).isZero();

        assertThat(mirror.events("mirror.session.ended.v1"))
                .singleElement()
                .satisfies(event -> assertThat(event.session()).isEqualTo("s-1"))
                .satisfies(event -> assertThat(event.text("reason")).isEqualTo("run done"));
        assertThat(mirror.events("mirror.session.crystallized.v1")).hasSize(1);
    }

    @Test
    void aClientThatFailsIsSaidToHaveFailed() throws Exception {
        client("echo 'no account' >&2", "exit 3");
        assertThat(go().error()).contains("exit code 3").contains("no account");
        Files.delete(mirror.root().resolve("bin/claude"));
        assertThat(mirror.run("agent", "run", "emacs", "x").error()).contains("there is: claude, codex, gemini");
        assertThat(go("--cwd", "nowhere").error()).contains("no folder");
        assertThat(go("--resume", "--help-me").error()).contains("not the id of a session");
        assertThat(go("--minutes", "0").exit()).isEqualTo(Exit.USAGE);
    }
}
