package mirror.surface.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import mirror.bus.Event;
import mirror.surface.cli.TestMirror.Answer;
import mirror.surface.hook.Connections;
import mirror.surface.hook.HookReply;
import mirror.surface.hook.Hooks;
import mirror.surface.probe.ClientProbe;
import mirror.surface.probe.ClientProbe.Limits;
import mirror.surface.probe.Probed;
import mirror.surface.probe.ProbedClients;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Probes of a client that a shell script plays, which keeps to its hook in some ways and not in others. */
final class ClientProbeTest extends MirrorTest {
    private static final String PROBED = "mirror.client.probed.v1";

    /** What any client does: ask the model, ask the hook as its settings say. Sets {@code out} and {@code code}. */
    private static final String ASK = """
            hook() { grep -o "'[^']*/hooks/claude' $1" "$HOME/.claude/settings.json"; }
            echo '{}' | sh -c "$(hook UserPromptSubmit)"
            answer=$(curl -q -s --noproxy '*' -d '{"tools":[{}]}' "$ANTHROPIC_BASE_URL/v1/messages")
            case $answer in *'echo ran > canary'*) ;; *) exit 4 ;; esac
            limit=20
            ! grep -q 'sleep 3600' "$HOME"/../mirror/hooks/claude || limit=2
            out=$(echo '{}' | timeout $limit sh -c "$(hook PreToolUse)" 2>/dev/null)
            code=$?
            """;

    /** Keeps to everything, also to what no client keeps to. */
    private static final String STRICT = ASK + """
            [ "$code" -eq 0 ] || exit 0
            case $out in
              *'"deny"'* | *'"ask"'*) exit 0 ;;
              *'"allow"'*) ;;
              *) exit 0 ;;
            esac
            echo ran > canary
            """;

    @AfterEach
    void nothingIsLeftOfAProbe() throws IOException {
        try (Stream<Path> left = Files.list(mirror.root().resolve("tmp"))) {
            assertThat(left).isEmpty();
        }
    }

    /** Puts a client in place that does this. */
    private void client(String version, String lines) throws IOException {
        Path program = mirror.root().resolve("bin/claude");
        Files.createDirectories(mirror.root().resolve("bin"));
        Files.writeString(
                program,
                "#!/bin/sh\n[ \"$1\" != --version ] || { echo '" + version + " (Claude Code)'; exit; }\n" + lines);
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
    }

    private Answer probe() throws Exception {
        return mirror.run("connect", "claude", "--probe");
    }

    private String did(String hook) {
        Event event = mirror.events(PROBED).getLast();
        return event.data()
                .path("trials")
                .valueStream()
                .filter(row -> row.path("hook").asString("").equals(hook))
                .map(row -> row.path("did").asString(""))
                .findFirst()
                .orElse("nothing");
    }

    private Path settings() {
        return mirror.root().resolve(".claude/settings.json");
    }

    @Test
    void aClientThatKeepsToItsHookHoldsAndEachTrialIsRecorded() throws Exception {
        client("9.8.7", STRICT);

        Answer answer = probe();

        assertThat(answer.exit()).as(answer.text() + answer.error()).isZero();
        assertThat(answer.text()).contains("says deny", "Claude Code 9.8.7 keeps to a no and waits for it");
        assertThat(answer.text()).doesNotContain("NO");
        Event event = mirror.events(PROBED).getFirst();
        assertThat(event.text("client")).isEqualTo("claude-code");
        assertThat(event.text("version")).isEqualTo("9.8.7");
        assertThat(event.text("finding")).isEqualTo("holds");
        assertThat(event.data().path("trials").size()).isEqualTo(9);
        assertThat(did("allow")).isEqualTo("ran");
        for (String hook : List.of("deny", "refuse", "late-deny", "ask", "garbage", "crash", "missing", "silent")) {
            assertThat(did(hook)).as(hook).isEqualTo("stopped");
        }
        assertThat(settings()).as("the owner's settings").doesNotExist();
        ProbedClients copy = new ProbedClients();
        copy.restore(mirror.core().state().probed().save());
        assertThat(copy.save()).isEqualTo(mirror.core().state().probed().save());
    }

    @Test
    void aClientThatRunsWhatWasDeniedIsRefused() throws Exception {
        client("9.8.7", ASK + "echo ran > canary\n");

        Answer answer = probe();

        assertThat(answer.exit()).isEqualTo(Exit.NO);
        assertThat(answer.text()).contains("Claude Code 9.8.7 runs what was denied");
        assertThat(did("deny")).isEqualTo("ran");
        Answer connected = mirror.run("connect", "claude", "--yes");
        assertThat(connected.exit()).isEqualTo(Exit.NO);
        assertThat(connected.error()).contains("runs what was denied", "--probe' tries again");
        assertThat(settings()).doesNotExist();

        client("9.8.8", STRICT);
        assertThat(mirror.run("connect", "claude", "--yes").exit())
                .as("another version")
                .isZero();
    }

    @Test
    void aClientThatIgnoresTheFailureOfItsHookIsRefusedToo() throws Exception {
        client("9.8.7", ASK + "case $out in *'\"deny\"'*) exit 0 ;; esac\necho ran > canary\n");

        assertThat(probe().exit()).isEqualTo(Exit.NO);
        assertThat(did("deny")).isEqualTo("stopped");
        assertThat(did("refuse")).isEqualTo("ran");
        assertThat(mirror.run("connect", "claude", "--yes").exit()).isEqualTo(Exit.NO);
    }

    @Test
    void aConnectedClientThatStoppedKeepingToItIsNamedByStatusAndDoctor() throws Exception {
        client("9.8.7", STRICT);
        assertThat(mirror.run("connect", "claude", "--yes").text())
                .contains("9.8.7 was NOT PROBED, and what its hooks do was measured with");
        assertThat(doctor().path("good").asBoolean()).isTrue();
        assertThat(doctor().path("detail").asString()).contains("NOT PROBED");
        client("9.8.7", ASK + "echo ran > canary\n");

        probe();

        assertThat(doctor().path("good").asBoolean()).isFalse();
        assertThat(doctor().path("detail").asString()).contains("runs what was denied");
        JsonNode status = mirror.run("status", "--json").json().at("/subsystems/claude");
        assertThat(status.path("state").asString()).isEqualTo("fault");

        client("9.8.7", STRICT);
        probe();
        assertThat(doctor().path("good").asBoolean()).isTrue();
        assertThat(mirror.run("status").text()).contains("probed with 9.8.7: a no holds");
    }

    private JsonNode doctor() throws Exception {
        return mirror.run("doctor", "--json")
                .json()
                .path("checks")
                .valueStream()
                .filter(check -> check.path("name").asString("").equals("probe claude"))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void theMeasuredVersionNeedsNoWord() throws Exception {
        client("2.1.197", STRICT);

        assertThat(mirror.run("connect", "claude", "--yes").text()).doesNotContain("note");
    }

    @Test
    void whereAnAllowedToolDoesNotRunNothingIsProven() throws Exception {
        client("9.8.7", "echo 'no such flag: -p'; exit 1\n");

        Answer answer = probe();

        assertThat(answer.exit()).isEqualTo(Exit.NO);
        assertThat(answer.text()).contains("nothing is proven", "no such flag: -p");
        assertThat(did("deny")).isEqualTo("unclear");
        assertThat(mirror.events(PROBED).getFirst().text("finding")).isEqualTo("unclear");
        assertThat(mirror.run("connect", "claude", "--yes").text()).contains("note: ", "nothing is proven");
    }

    @Test
    void aClientThatNeverAsksItsHookIsNotTakenForOneThatObeysIt() throws Exception {
        client("9.8.7", """
                curl -q -s -o /dev/null --noproxy '*' -d '{"tools":[{}]}' "$ANTHROPIC_BASE_URL/v1/messages"
                """);

        probe();

        assertThat(did("deny")).isEqualTo("unclear");
    }

    @Test
    void whatAsksOfAClientThatDoesNotWaitIsDeniedWithTheRequestAndGoesThroughAfterTheYes() throws Exception {
        assertThat(ask()).as("as measured").isInstanceOf(HookReply.Wait.class);
        client("9.8.7", "! grep -q 'sleep 0.2' \"$HOME\"/../mirror/hooks/claude || echo ran > canary\n" + STRICT);
        assertThat(probe().text()).contains("does not wait for it");
        assertThat(did("late-deny")).isEqualTo("ran");

        String denied = ((HookReply.Print) ask()).text();
        String request = mirror.core().state().approvals().list().getFirst().id();
        assertThat(denied).contains("\"deny\"", request, "Try the same call again");
        assertThat(mirror.run("approve", request, "--yes").exit()).isZero();
        assertThat(((HookReply.Print) ask()).text()).contains("\"allow\"");
        assertThat(((HookReply.Print) ask()).text()).contains("\"deny\"");
    }

    private Connections connections() {
        return new Connections(
                mirror.core().home(), mirror.core().program(), mirror.core().files());
    }

    /** The hook's answer to a call that the policy asks about. */
    private HookReply ask() throws IOException {
        Files.createDirectories(mirror.work().resolve("build"));
        Hooks hooks = new Hooks(mirror.core(), connections());
        String call = """
                {"hook_event_name":"PreToolUse","session_id":"s","cwd":"%s","tool_name":"Bash","tool_use_id":"t",
                 "tool_input":{"command":"rm -r build"}}""".formatted(mirror.work());
        return hooks.handle("claude", "PreToolUse", call.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void aClientThatHangsIsEndedWithAllThatItStartedAlsoWhatLeftItsTree() throws Exception {
        Path pids = mirror.root().resolve("pids");
        client("9.8.7", ASK + """
                (sleep 3600 & echo $! >>'%s')
                echo $$ >>'%s'
                sleep 3600
                """.formatted(pids, pids));
        ClientProbe hasty = new ClientProbe(
                Map.of("PATH", mirror.root().resolve("bin") + ":/usr/bin:/bin"),
                mirror.root().resolve("tmp"),
                new Limits(TestMirror.LIMITS.start(), Duration.ofMillis(300), Duration.ZERO, Duration.ofSeconds(1)));

        Probed found = hasty.probe(connections().claude(), _ -> {});

        assertThat(found.finding()).isEqualTo(Probed.Finding.UNCLEAR);
        assertThat(found.waits()).isFalse();

        assertThat(Files.readAllLines(pids))
                .isNotEmpty()
                .allSatisfy(pid -> assertThat(ProcessHandle.of(Long.parseLong(pid)))
                        .matches(handle -> !handle.map(ProcessHandle::isAlive).orElse(false)));
    }

    @Test
    void theClientSeesNothingOfTheOwnersAndNoWayOut() throws Exception {
        Path seen = mirror.root().resolve("seen");
        client("9.8.7", "env >'" + seen + "'\npwd >>'" + seen + "'\n" + STRICT);

        probe();

        assertThat(Files.readAllLines(seen))
                .contains("HTTPS_PROXY=http://127.0.0.1:1", "DISABLE_TELEMETRY=1")
                .noneMatch(line -> line.startsWith("HOME=") && !line.contains("/tmp/mirror-probe"))
                .noneMatch(line -> line.contains("SECRET"))
                .filteredOn(line -> line.startsWith("ANTHROPIC_BASE_URL="))
                .allMatch(line -> line.startsWith("ANTHROPIC_BASE_URL=http://127.0.0.1:"));
    }

    @Test
    void withoutTheClientOrBesideOtherOptionsThereIsNoProbe() throws Exception {
        assertThat(probe().error()).contains("there is no 'claude' on the PATH");
        assertThat(mirror.run("connect", "claude", "--probe", "--yes").exit()).isEqualTo(Exit.USAGE);
        client("no version", STRICT);
        assertThat(probe().error()).contains("names no version");
        assertThat(mirror.events(PROBED)).isEmpty();
    }
}
