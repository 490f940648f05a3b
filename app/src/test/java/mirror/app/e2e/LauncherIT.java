package mirror.app.e2e;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URLDecoder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import mirror.app.e2e.MirrorHome.Result;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/**
 * The launcher and the daemon's start and end as a person meets them: whatever is wrong is said in one sentence with the right exit
 * code, and nothing is left half done.
 */
@Timeout(180)
final class LauncherIT {
    private static final String HOSTILE = "a\u001b[31mred\u0007\u009b2J\u202eevil\r\nsecond line\u007f";

    @TempDir(factory = OutsideTemp.class)
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @SuppressWarnings("NullAway.Init")
    private Workspace workspace;

    @SuppressWarnings("NullAway.Init")
    private MirrorHome mirror;

    @BeforeEach
    void layOut() {
        workspace = Workspace.in(folder);
        mirror = MirrorHome.at(workspace, workspace.home().resolve(".mirror"));
    }

    @AfterEach
    void stop() {
        mirror.stop();
    }

    // ---- the build

    @Test
    void theTrainingOfTheFastStartIsNeverHeldUpByAQuestion() throws IOException {
        Path log = MirrorHome.launcher().resolveSibling("target/train.log");
        assumeTrue(Files.exists(log), "the launcher has not built here; ./mirror test does");
        assertThat(Files.readString(log))
                .contains("\"permissionDecision\":\"allow\"")
                .doesNotContain("approval.requested")
                .contains("session.ended");
    }

    @Test
    void theFastStartIsMadeOfTheDaemonsOwnClasses() throws IOException {
        boot();
        Path maps = Path.of("/proc/" + mirror.pid() + "/maps");
        assumeTrue(Files.exists(maps), "only Linux tells what a process has mapped");
        String cache = Files.readString(maps)
                .lines()
                .filter(line -> line.endsWith(".aot"))
                .map(line -> line.substring(line.indexOf('/')))
                .findFirst()
                .orElseThrow(() -> new AssertionError("the daemon started without a class cache"));
        // Commands in a JVM of their own never load it.
        assertThat(new String(Files.readAllBytes(Path.of(cache)), ISO_8859_1))
                .contains("mirror/surface/mcp/SessionHub");
    }

    // ---- no daemon, wrong calls

    @Test
    void withoutADaemonCommandsSayHowToStartIt() {
        refused(mirror.run("status"), 3, "mirror boot");
        refused(mirror.run("mcp"), 3, "mirror boot");
        assertThat(mirror.home()).doesNotExist();

        boot();
        assertThat(mirror.run("stop").exit()).isZero();

        refused(mirror.run("status"), 3, "no daemon runs for " + mirror.home(), "mirror boot");
        refused(mirror.run("approve", "a123456"), 3, "mirror boot");
        refused(mirror.run("stop"), 3, "no daemon runs");
    }

    @Test
    void aWrongCallIsRefusedWithTheRightUsage() {
        boot();
        for (String command : List.of("frobnicate", "STATUS", "a b", "", "../status", "status\n")) {
            refused(mirror.run(command), 2, "mirror help");
        }
        refused(mirror.run("status", "--frob"), 2, "unknown option --frob", "usage: mirror status");
        refused(mirror.run("status", "extra"), 2, "unexpected 'extra'");
        refused(mirror.run("boot", "--now"), 2, "usage: mirror boot");
        refused(mirror.run("connect"), 2, "usage: mirror connect claude");
        refused(mirror.run("connect", "emacs"), 2, "'emacs'", "claude");
        refused(mirror.run("log", "--limit", "many"), 2, "--limit takes a whole number");
        refused(mirror.run("log", "--since", "never"), 2, "--since takes");
        refused(mirror.run("log", "--type"), 2, "--type needs a value");
        refused(mirror.run("policy", "edit"), 2, "usage: mirror policy");
        refused(mirror.run("show", "no-such-event"), 2, "'no-such-event'");

        mirror.stop();
        refused(mirror.run("frobnicate"), 2, "'frobnicate'", "mirror help");
        refused(mirror.run("log", "--frob"), 2, "unknown option --frob");
    }

    @Test
    void helpAndVersionAnswerBeforeTheFirstBoot() {
        for (String command : List.of("help", "--help", "-h")) {
            Result help = mirror.run(command);
            assertThat(help.exit()).as(help.err()).isZero();
            assertThat(help.out()).contains("boot", "status", "exit codes");
        }
        assertThat(mirror.home()).doesNotExist();
    }

    @Test
    void anAgentsShellIsNotTheOwners() {
        boot();
        mirror.env("CLAUDECODE", "1");
        for (String command : List.of("approve", "deny", "policy", "stop", "disconnect")) {
            refused(mirror.run(command, "x", "--yes"), 1, "is for the owner");
        }
        assertThat(mirror.run("status").exit()).isZero();
        mirror.env("CLAUDECODE", "");
    }

    // ---- starting twice

    @Test
    void aSecondBootSaysThatItRunsAndBuildsNothing() throws IOException {
        boot();
        long pid = mirror.pid();
        Path jar = MirrorHome.launcher().resolveSibling("app/target/mirror/mirror.jar");
        var before = Files.getLastModifiedTime(jar);

        Result again = mirror.run("boot");

        assertThat(again.exit()).isZero();
        assertThat(again.out()).contains("runs already", "pid " + pid);
        assertThat(again.err()).isEmpty();
        assertThat(Files.getLastModifiedTime(jar)).isEqualTo(before);
        assertThat(mirror.pid()).isEqualTo(pid);
    }

    @Test
    void aSecondDaemonOnTheSameHomeLeavesTheFirstAlone() {
        boot();
        long pid = mirror.pid();

        refused(mirror.daemon(), 1, "another daemon (pid " + pid + ")", "mirror stop");

        assertThat(mirror.pid()).isEqualTo(pid);
        assertThat(mirror.run("verify").exit()).isZero();
    }

    @Test
    void aPortThatIsTakenIsNamedAndTheNextBootWorks() throws IOException {
        mirror.layOut();
        try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Workspace.write(mirror.home().resolve("config.yaml"), "http-port: " + other.getLocalPort() + "\n");

            refused(mirror.run("boot"), 1, "port " + other.getLocalPort(), "in use", "http-port");
        }
        assertThat(mirror.home().resolve("run/mirror.sock")).doesNotExist();
        assertThat(mirror.home().resolve("run/pid")).doesNotExist();
        start();
        assertThat(mirror.run("verify").exit()).isZero();
    }

    // ---- homes that cannot be used

    @Test
    void aHomeThatIsAFileIsRefused() {
        Workspace.write(mirror.home(), "mine");

        refused(mirror.run("boot"), 1, mirror.home() + " is a file", "MIRROR_HOME");
        assertThat(mirror.home()).hasContent("mine");
    }

    @Test
    void aHomeThatOthersMayWriteToIsRefusedAndLeftAlone() throws IOException {
        mirror.layOut();
        Files.setPosixFilePermissions(mirror.home(), PosixFilePermissions.fromString("rwxrwxrwx"));

        refused(mirror.run("boot"), 1, "others may write to", "chmod 700 " + mirror.home());
        assertThat(files(mirror.home())).containsExactly("config.yaml");
    }

    @Test
    void aHomeOfAnotherUserIsRefusedAndLeftAlone() throws IOException {
        assumeTrue(root(), "only root can give a folder away");
        mirror.layOut();
        Files.setAttribute(mirror.home(), "unix:uid", 65534);

        refused(mirror.run("boot"), 1, "belongs to", "MIRROR_HOME");
        assertThat(files(mirror.home())).containsExactly("config.yaml");
    }

    @Test
    void aHomeTooLongForASocketIsRefusedBeforeAnythingIsMade() {
        Path home = workspace.root().resolve("x".repeat(60)).resolve("y".repeat(60));
        MirrorHome far = MirrorHome.at(workspace, home);

        refused(far.run("boot"), 1, "bytes", "MIRROR_HOME", home.toString());
        assertThat(home.getParent()).doesNotExist();
    }

    @Test
    void everyFaultOfTheConfigurationIsSaidAtOnce() throws IOException {
        mirror.layOut();
        Path config = mirror.home().resolve("config.yaml");
        Workspace.write(
                config, "http-prot: 1\nhttp-port: 99999\nvault: here\napprovals-expire: 2d\ncontext-tokens: x\n");

        refused(
                mirror.run("boot"),
                1,
                config.toString(),
                "unknown key 'http-prot'",
                "http-port must be",
                "vault must be",
                "approvals-expire must be",
                "context-tokens must be");
        assertThat(files(mirror.home())).containsExactly("config.yaml");

        for (String text : List.of("http-port: [1\n", "- a\n- b\n", "vault: \"a\\0b\"\n", "a: 1\na: 2\n", "\u0000")) {
            Workspace.write(config, text);
            refused(mirror.run("boot"), 1, config.toString());
        }
        Files.write(config, new byte[] {'a', (byte) 0xff, (byte) 0xfe});
        refused(mirror.run("boot"), 1, config.toString(), "UTF-8");
        assertThat(files(mirror.home())).containsExactly("config.yaml");
    }

    // ---- policy and key

    @Test
    void aBrokenPolicyBlocksEverythingWhileTheDaemonRunsAndSaysWhy() {
        boot();
        connect();
        assertThat(read("notes.txt").out()).contains("\"allow\"");
        mirror.run("stop");
        Workspace.write(mirror.home().resolve("policy/policy.yaml"), "version: 1\nrules: [\n");

        start();

        Result health = mirror.run("health");
        assertThat(health.exit()).isEqualTo(1);
        assertThat(health.out()).contains("gate: everything is blocked", "policy.yaml");
        assertThat(read("notes.txt").out()).contains("\"deny\"");
        Result sign = mirror.run("policy", "sign");
        assertThat(sign.exit()).isEqualTo(1);
        assertThat(sign.err()).startsWith("mirror: ").contains("policy");
    }

    @Test
    void anEditedPolicyCountsOnlyAfterItWasSigned() throws IOException {
        boot();
        connect();
        Path policy = mirror.home().resolve("policy/policy.yaml");
        Workspace.write(policy, Files.readString(policy) + "# my note\n");

        Result health = mirror.run("health");
        assertThat(health.exit()).isEqualTo(1);
        assertThat(health.out()).contains("changed after it was signed", "mirror policy sign");
        assertThat(read("notes.txt").out()).contains("\"deny\"");

        assertThat(mirror.run("policy", "sign").exit()).isZero();
        assertThat(mirror.run("health").exit()).isZero();
        assertThat(read("notes.txt").out()).contains("\"allow\"");
    }

    @Test
    void aLogWithoutItsKeyIsNotContinuedWithANewOne() throws IOException {
        boot();
        mirror.run("stop");
        Path key = mirror.home().resolve("keys/device.key");
        Path away = workspace.root().resolve("backup.key");
        Files.move(key, away);

        refused(mirror.run("boot"), 1, "the device key " + key + " is gone", "backup");
        assertThat(key).doesNotExist();

        Files.move(away, key);
        start();
        assertThat(mirror.run("verify").exit()).isZero();
    }

    @Test
    void aKeyThatOthersMayReadIsRefusedWithAndWithoutADaemon() throws IOException {
        boot();
        mirror.run("stop");
        Path key = mirror.home().resolve("keys/device.key");
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-r--r--"));

        refused(mirror.run("boot"), 1, "chmod 600 " + key);
        refused(mirror.run("verify"), 1, "chmod 600 " + key);

        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
        start();
    }

    // ---- the log and the disk

    @Test
    void aDamagedLogStaysAsItIsAndIsNamedProvenAndStillRead() throws IOException {
        boot();
        connect();
        mirror.run("stop");
        Path segment = mirror.segment();
        String whole = Files.readString(segment);
        String[] lines = whole.split("\n");
        assertThat(lines.length).isGreaterThan(3);
        lines[2] = lines[2].replaceFirst("\"type\":\"mirror\\.", "\"type\":\"mirr0r.");
        String damaged = String.join("\n", lines) + "\n";
        Files.writeString(segment, damaged);

        refused(mirror.run("boot"), 1, "damaged", segment.toString(), "3", "mirror verify");
        assertThat(segment).hasContent(damaged.strip());
        assertThat(mirror.home().resolve("run/mirror.sock")).doesNotExist();

        Result verify = mirror.run("verify", "--json");
        assertThat(verify.exit()).isEqualTo(1);
        JsonNode finding = verify.json().path("findings").get(0);
        assertThat(finding.path("file").asString()).isEqualTo(segment.toString());
        assertThat(finding.path("line").asInt()).isEqualTo(3);
        Result log = mirror.run("log", "--json", "--limit", "0");
        assertThat(log.exit()).as(log.err()).isZero();
        assertThat(log.out().lines()).startsWith(lines[0], lines[1]);

        Files.writeString(segment, whole);
        start();
        assertThat(mirror.run("verify").out()).startsWith("intact");
    }

    @Test
    void onAFullDiskNothingIsAllowedAndNothingIsLost() throws IOException {
        assumeTrue(root(), "only root can mount a small disk");
        Path disk = Files.createDirectories(mirror.home());
        assumeTrue(
                sh("mount -t tmpfs -o size=2m,mode=700 tmpfs \"$1\"", disk).exit() == 0,
                "a small disk cannot be mounted here");
        try {
            mirror.layOut();
            fill(disk);
            Result boot = mirror.run("boot");
            refused(boot, 1, "No space left");
            Files.delete(disk.resolve("filler"));
            start();
            connect();
            assertThat(read("notes.txt").out()).contains("\"allow\"");
            long pid = mirror.pid();

            fill(disk);
            // What was reserved before may still take some events; after that nothing passes.
            Result refused = read("notes.txt");
            for (int i = 0; i < 500 && refused.out().contains("\"allow\""); i++) {
                refused = read("notes.txt");
            }
            assertThat(refused.out()).doesNotContain("\"allow\"");
            assertThat(refused.out() + refused.err()).contains("Mirror");
            assertThat(refused.exit() == 2 || refused.out().contains("\"deny\""))
                    .isTrue();
            Result end = mirror.hook("Stop", Map.of("last_assistant_message", "done"));
            assertThat(end.exit()).isZero();
            assertThat(mirror.pid()).isEqualTo(pid);
            assertThat(mirror.run("log").exit()).isZero();

            Files.delete(disk.resolve("filler"));
            assertThat(read("notes.txt").out()).contains("\"allow\"");
            assertThat(mirror.run("verify").out()).startsWith("intact");
            mirror.run("stop");
            assertThat(mirror.run("verify").out()).startsWith("intact");
        } finally {
            mirror.stop();
            sh("umount -l \"$1\"", disk);
        }
    }

    private static void fill(Path disk) {
        sh("dd if=/dev/zero of=\"$1/filler\" bs=4096 2>/dev/null", disk);
    }

    // ---- Java

    @Test
    void aJdkThatIsTooOldIsSaidInOneSentence() throws IOException {
        Path old = workspace.root().resolve("jdk-17");
        Workspace.write(old.resolve("release"), "JAVA_VERSION=\"17.0.15\"\n");
        for (String tool : List.of("java", "javac")) {
            Path file = Workspace.write(old.resolve("bin").resolve(tool), "#!/bin/sh\nexit 9\n");
            assertThat(file.toFile().setExecutable(true)).isTrue();
        }
        Path tree = Files.createDirectories(workspace.root().resolve("tree"));
        String launcher = Files.readString(MirrorHome.launcher());
        Path copy = Workspace.write(
                tree.resolve("mirror"), launcher.replaceAll("(?<=[ \\t])/(usr/lib/jvm|opt|Library)/", "/nonexistent/"));
        assertThat(Files.readString(copy)).contains("/nonexistent/").doesNotContain("/usr/lib/jvm");
        mirror.env("JAVA_HOME", old.toString())
                .env("PATH", old.resolve("bin") + ":" + workspace.environment().get("PATH"));

        refused(
                mirror.call(workspace.project(), Path.of("/dev/null"), List.of("sh", copy.toString(), "boot")),
                1,
                "JDK 25 or later",
                "JAVA_HOME");
        assertThat(files(tree)).containsExactly("mirror");
    }

    // ---- ends

    @Test
    void aSocketLeftByAKilledDaemonIsNoObstacle() {
        boot();
        long pid = mirror.pid();
        mirror.kill();
        assertThat(mirror.home().resolve("run/mirror.sock")).exists();
        refused(mirror.run("status"), 3, "mirror boot");

        start();

        assertThat(mirror.pid()).isNotEqualTo(pid);
        assertThat(mirror.run("verify").out()).startsWith("intact");
    }

    @Test
    void afterStopNothingRunsAndTheNextBootIsAFreshDaemon() {
        boot();
        long pid = mirror.pid();
        var gone = ProcessHandle.of(pid).orElseThrow().onExit();

        Result stop = mirror.run("stop");

        assertThat(stop.exit()).as(stop.err()).isZero();
        assertThat(mirror.home().resolve("run/mirror.sock")).doesNotExist();
        assertThat(mirror.home().resolve("run/pid")).doesNotExist();
        assertClosedInOrder();
        start();
        assertThat(mirror.pid()).isNotEqualTo(pid);
        gone.join();
    }

    @Test
    void aSignalEndsTheDaemonInOrder() {
        boot();
        connect();
        ProcessHandle daemon = ProcessHandle.of(mirror.pid()).orElseThrow();

        assertThat(daemon.destroy()).isTrue();
        daemon.onExit().join();

        assertThat(mirror.home().resolve("run/mirror.sock")).doesNotExist();
        assertClosedInOrder();
    }

    /** The log ends with the daemon's own last word, and the last signed checkpoint covers it. */
    private void assertClosedInOrder() {
        JsonNode verify = mirror.run("verify", "--json").json();
        assertThat(verify.path("verdict").asString()).isEqualTo("intact");
        List<String> log =
                mirror.run("log", "--json", "--limit", "0").out().lines().toList();
        assertThat(log.getLast()).contains("\"type\":\"mirror.daemon.stopped.v1\"");
        assertThat(mirror.segment().resolveSibling("checkpoints"))
                .content()
                .contains("\n" + verify.path("events").asLong() + "\n");
    }

    // ---- names and arguments

    @ParameterizedTest
    @ValueSource(strings = {"a b", "it's", "say \"x\"", "höme 世", "$HOME `id`", "50%s\\n"})
    void aHomeMayHaveAnyName(String name) {
        mirror = MirrorHome.at(workspace, workspace.root().resolve(name)).env("LANG", "C");
        boot();

        assertThat(mirror.run("status", "--json").json().path("home").asString())
                .isEqualTo(mirror.home().toString());
        connect();
        assertThat(mirror.run("health").exit()).isZero();
        assertThat(read("notes.txt").out()).contains("\"allow\"");
        var doctor = mirror.run("doctor");
        assertThat(doctor.exit()).as(doctor.out()).isZero();
        assertThat(mirror.run("disconnect", "claude", "--yes").exit()).isZero();
        assertThat(mirror.run("stop").exit()).isZero();
        assertThat(mirror.run("verify").out()).startsWith("intact");
        assertThat(mirror.run("log").out()).contains("daemon.stopped");
    }

    @Test
    void theLauncherWorksThroughLinksAndFromEveryFolder() throws IOException {
        boot();
        Path bin = Files.createDirectories(workspace.root().resolve("my bin"));
        Files.createSymbolicLink(bin.resolve("mirror-itself"), MirrorHome.launcher());
        Path link = Files.createSymbolicLink(bin.resolve("m"), Path.of("mirror-itself"));

        assertThat(mirror.call(bin, Path.of("/dev/null"), List.of(link.toString(), "status"))
                        .exit())
                .isZero();
        mirror.run("stop");
        for (String name : List.of(link.toString(), "./m", "../my bin/m")) {
            Result verify = mirror.call(bin, Path.of("/dev/null"), List.of("sh", name, "verify"));
            assertThat(verify.out()).as(verify.err()).startsWith("intact");
        }
        mirror.env("PATH", bin + ":" + workspace.environment().get("PATH"));
        assertThat(mirror.call(workspace.home(), Path.of("/dev/null"), List.of("sh", "-c", "m verify"))
                        .exit())
                .isZero();
    }

    @Test
    void argumentsArriveAsTheyWereGiven() throws IOException {
        List<String> args = List.of(
                "a b",
                "",
                "two\nlines\n",
                "@/etc/passwd",
                "=x",
                "a=b&c=d",
                "100%41+1",
                "Grüße 世界 🌍",
                "--",
                "-o",
                "$(id)",
                "\\");
        try (FakeDaemon daemon = fake("mirror-exit: 0\r\n", "answer\n\n")) {
            List<String> call = new ArrayList<>(List.of("show"));
            call.addAll(args);

            Result result = mirror.run(call.toArray(String[]::new));

            assertThat(result.exit()).isZero();
            assertThat(result.out()).isEqualTo("answer\n\n");
            assertThat(result.err()).isEmpty();
            var request = daemon.requests().getFirst();
            assertThat(request.path()).isEqualTo("/cli/show");
            assertThat(Stream.of(new String(request.body(), UTF_8).split("&"))
                            .filter(pair -> pair.startsWith("a="))
                            .map(pair -> URLDecoder.decode(pair.substring(2), UTF_8)))
                    .containsExactlyElementsOf(args);
        }
    }

    @Test
    void whatAnswersButIsNotMirrorIsNotBelieved() throws IOException {
        try (FakeDaemon _ = fake("", "<html>welcome</html>")) {
            Result result = mirror.run("status");
            assertThat(result.exit()).isEqualTo(3);
            assertThat(result.err()).contains("is not Mirror");
        }
        try (FakeDaemon _ = fake("mirror-exit: 0\r\nContent-Length: 999\r\n", "half")) {
            Result result = mirror.run("log");
            assertThat(result.exit()).isEqualTo(3);
            assertThat(result.err()).contains("before its answer was complete");
        }
    }

    @Test
    void aQuestionIsForATerminalOnly() throws IOException {
        try (FakeDaemon daemon = fake("mirror-exit: 0\r\nmirror-confirm: Really?\r\n", "")) {
            refused(mirror.run("approve", "a123456"), 1, "--yes");
            assertThat(daemon.requests()).hasSize(1);
        }
    }

    private FakeDaemon fake(String headers, String body) throws IOException {
        Path socket = mirror.home().resolve("run/mirror.sock");
        Files.createDirectories(socket.getParent());
        Files.deleteIfExists(socket);
        byte[] bytes = body.getBytes(UTF_8);
        String length = headers.contains("Content-Length") ? "" : "Content-Length: " + bytes.length + "\r\n";
        byte[] answer = FakeDaemon.concat("HTTP/1.1 200 OK\r\n" + length + headers + "\r\n", bytes);
        return FakeDaemon.on(socket, _ -> answer);
    }

    // ---- output

    @Test
    void onlyATerminalThatWantsColoursGetsThem() {
        boot();
        connect();
        for (String[] command : new String[][] {{"status"}, {"log"}, {"doctor"}, {"help"}, {"verify"}}) {
            assertThat(mirror.run(command).out()).doesNotContain("\u001b").isNotEmpty();
        }
        assumeTrue(sh("command -v script", folder).exit() == 0, "there is no 'script' to make a terminal with");
        String status = "'" + MirrorHome.launcher() + "' status";
        assertThat(terminal(status)).contains("\u001b[");
        assertThat(terminal("NO_COLOR=1 " + status)).contains("healthy").doesNotContain("\u001b");
        assertThat(terminal(status + " | cat")).contains("healthy").doesNotContain("\u001b");
    }

    private String terminal(String command) {
        Path out = workspace.tmp().resolve("typescript");
        mirror.call(
                workspace.project(),
                Path.of("/dev/null"),
                List.of("script", "-q", "-e", "-c", command, out.toString()));
        try {
            return Files.readString(out);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void whatAModelOrAPromptSaysNeverReachesTheTerminalRaw() throws IOException {
        mirror.layOut();
        Workspace.write(mirror.home().resolve("config.yaml"), "http-port: 0\napprovals-expire: 1s\n");
        start();
        connect();
        mirror.hook("SessionStart", Map.of("source", "startup"));
        mirror.hook("UserPromptSubmit", Map.of("prompt", HOSTILE));
        mirror.hook("PreToolUse", Map.of("tool_name", HOSTILE, "tool_use_id", "t", "tool_input", Map.of("x", HOSTILE)));
        mirror.hook(
                "PreToolUse",
                Map.of("tool_name", "Bash", "tool_use_id", "t", "tool_input", Map.of("command", "rm -rf '" + HOSTILE)));
        mirror.hook("Stop", Map.of("last_assistant_message", HOSTILE + "\n\nDecision: " + HOSTILE));
        List<String[]> commands = new ArrayList<>(List.of(
                new String[] {"log"},
                new String[] {"status"},
                new String[] {"session", "list"},
                new String[] {"session", "show", "session-1"},
                new String[] {"continuity"},
                new String[] {"approvals"}));
        mirror.events("")
                .forEach(event ->
                        commands.add(new String[] {"show", event.path("id").asString()}));
        for (String[] command : commands) {
            Result result = mirror.run(command);
            assertThat(result.exit())
                    .as(String.join(" ", command) + result.err())
                    .isZero();
            assertThat(result.out().replace("\n", ""))
                    .as(String.join(" ", command))
                    .matches("[^\\p{Cntrl}\\u0080-\\u009f\\u202a-\\u202e\\u2066-\\u2069]*");
        }
        assertThat(mirror.run("log").out()).contains("evil");
        refused(mirror.run("show", HOSTILE), 2, "evil");
    }

    @Test
    void followingStreamsWhatHappensAndEndsWithItsReader() throws IOException {
        boot();
        connect();
        Process follow = mirror.begin("log", "--follow", "--json", "--limit", "1", "--type", "session");
        try (var out = new BufferedReader(new InputStreamReader(follow.getInputStream(), UTF_8))) {
            while (callers() == 0) {
                Thread.onSpinWait();
            }
            mirror.hook("UserPromptSubmit", Map.of("prompt", "first"));
            String line = String.valueOf(out.readLine());
            while (!line.contains("session.prompted")) {
                line = String.valueOf(out.readLine());
            }
            assertThat(line).contains("\"prompt\":\"first\"");
        } finally {
            follow.descendants().forEach(ProcessHandle::destroyForcibly);
            follow.destroyForcibly();
        }
        follow.onExit().join();

        // Nothing that it would print happens any more; the daemon must notice all the same.
        while (callers() > 0) {
            Thread.onSpinWait();
        }
        assertThat(mirror.run("verify").exit()).isZero();
    }

    /** Callers that the daemon is connected with (proc_net(5): "03" is connected), or -1 where the system does not tell. */
    private long callers() throws IOException {
        Path sockets = Path.of("/proc/net/unix");
        if (!Files.isReadable(sockets)) {
            return -1;
        }
        String socket = mirror.home().resolve("run/mirror.sock").toString();
        return Files.readAllLines(sockets).stream()
                .map(line -> line.strip().split(" +", 8))
                .filter(fields -> fields.length == 8 && fields[5].equals("03") && fields[7].equals(socket))
                .count();
    }

    @Test
    void aReaderThatHasSeenEnoughIsNoErrorOfTheDaemon() {
        boot();
        for (int i = 0; i < 20; i++) {
            mirror.run("connect", "claude", "--yes");
            mirror.run("disconnect", "claude", "--yes");
        }
        Result head = mirror.call(
                workspace.project(),
                Path.of("/dev/null"),
                List.of(
                        "sh",
                        "-c",
                        "\"$1\" log --json --limit 0 | head -n 1",
                        "sh",
                        MirrorHome.launcher().toString()));
        assertThat(head.out().lines()).hasSize(1);
        assertThat(head.err()).isEmpty();
    }

    // ----

    private void boot() {
        mirror.layOut();
        start();
    }

    private void start() {
        mirror.start();
    }

    private void connect() {
        Result connect = mirror.run("connect", "claude", "--yes");
        assertThat(connect.exit()).as(connect.err()).isZero();
    }

    /** A harmless action through the installed hook. */
    private Result read(String name) {
        String file = workspace.project().resolve(name).toString();
        return mirror.hook(
                "PreToolUse",
                Map.of("tool_name", "Read", "tool_use_id", "t1", "tool_input", Map.of("file_path", file)));
    }

    /** One sentence on standard error, nothing on standard output. */
    private static void refused(Result result, int exit, String... parts) {
        assertThat(result.err()).startsWith("mirror: ").endsWith("\n").contains(parts);
        assertThat(result.err().strip().lines()).as(result.err()).hasSize(1);
        assertThat(result.out()).isEmpty();
        assertThat(result.exit()).as(result.err()).isEqualTo(exit);
    }

    private static boolean root() {
        return "root".equals(System.getProperty("user.name"));
    }

    private static Result sh(String script, Path argument) {
        try {
            Process process = new ProcessBuilder("sh", "-c", script, "sh", argument.toString())
                    .redirectErrorStream(true)
                    .start();
            String out = new String(process.getInputStream().readAllBytes(), UTF_8);
            return new Result(process.waitFor(), out, "");
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static List<String> files(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }
}
