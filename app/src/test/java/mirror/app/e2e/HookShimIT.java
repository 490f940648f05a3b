package mirror.app.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;
import static mirror.app.e2e.FakeDaemon.concat;
import static mirror.app.e2e.FakeDaemon.http;
import static mirror.app.e2e.FakeDaemon.says;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import java.util.stream.Stream;
import mirror.bus.DiskCalls;
import mirror.bus.FileStore;
import mirror.bus.Home;
import mirror.surface.hook.ClaudeConnection;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The hook client by itself, in every shell that may be {@code sh}, against daemons that are missing, broken, late or hostile. The
 * client it serves lets an action through unless the hook says otherwise, so whatever fails here must end in exit 2.
 */
final class HookShimIT {
    private static final List<String> GATES = List.of("PreToolUse", "UserPromptSubmit", "PreCompact", "ConfigChange");
    private static final List<String> ENDS = List.of("Stop", "StopFailure", "SubagentStop", "SessionEnd");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @SuppressWarnings("NullAway.Init")
    private Home home;

    @SuppressWarnings("NullAway.Init")
    private Path shim;

    private final Map<String, String> environment = new HashMap<>();

    /** What a call left. */
    private record Outcome(int exit, byte[] out, String err) {
        String text() {
            return new String(out, UTF_8);
        }
    }

    @BeforeEach
    void writeShim() throws Exception {
        // Not the test's own folder: the path of a Unix socket may have about 100 bytes.
        home = new Home(Files.createTempDirectory("mirror it's"));
        Files.createDirectories(home.run());
        ClaudeConnection connection = new ClaudeConnection(
                home,
                Path.of("/opt/mirror/mirror"),
                new FileStore(home, new DiskCalls(), InstantSource.system(), draft -> {}));
        connection.apply(List.of());
        shim = connection.shim();
        environment.put("PATH", path());
        environment.put("HOME", folder.toString());
    }

    @AfterEach
    void removeHome() throws IOException {
        try (Stream<Path> files = Files.walk(home.root())) {
            for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    static Stream<List<String>> shells() {
        return Stream.of(List.of("sh"), List.of("dash"), List.of("bash", "--posix"), List.of("busybox", "sh"))
                .filter(shell -> executable(shell.getFirst()) != null)
                .map(shell -> {
                    List<String> command = new ArrayList<>(shell);
                    command.set(0, String.valueOf(executable(shell.getFirst())));
                    return command;
                });
    }

    /** Answers that are no answer. */
    private static Map<String, byte @Nullable []> failures() {
        Map<String, byte @Nullable []> failures = new LinkedHashMap<>();
        failures.put("a connection closed at once", new byte[0]);
        failures.put("an empty body", http(200, ""));
        failures.put("bytes that are not HTTP", "MIRROR1 print\n{}\nMIRROR1 end".getBytes(UTF_8));
        failures.put("an error page", http(500, "<html><body>Internal Server Error</body></html>"));
        failures.put("an error page that reads like an answer", http(500, "MIRROR1 print\n{}\nMIRROR1 end"));
        failures.put("a page of another program", http(200, "<html><body>welcome</body></html>"));
        failures.put(
                "a redirect",
                concat("HTTP/1.1 302 Found\r\nLocation: http://x/\r\nContent-Length: 0\r\n\r\n", new byte[0]));
        failures.put(
                "a body that was cut by the network",
                concat("""
                        HTTP/1.1 200 OK\r
                        Content-Length: 90\r
                        \r
                        """, "MIRROR1 print\n{\"a\":1}\nMIRROR1 end".getBytes(UTF_8)));
        failures.put(
                "a chunked body without its end",
                concat("""
                        HTTP/1.1 200 OK\r
                        Transfer-Encoding: chunked\r
                        \r
                        """, "1f\r\nMIRROR1 print\n{\"a\":1}\nMIRROR1 end\r\n".getBytes(UTF_8)));
        failures.put("an answer without its last line", http(200, "MIRROR1 print\n{\"permissionDecision\":\"allow\"}"));
        failures.put("an answer with half of its last line", http(200, "MIRROR1 print\n{}\nMIRROR1 en"));
        failures.put("an answer without room for its text", http(200, "MIRROR1 print\nMIRROR1 end"));
        failures.put("words after the last line", http(200, "MIRROR1 print\n{}\nMIRROR1 end\nmore"));
        failures.put("another version of the protocol", http(200, "MIRROR2 print\n{}\nMIRROR2 end"));
        failures.put("an unknown verb", says("allow", "{}"));
        failures.put("a verb with something behind it", says("print now", "{}"));
        failures.put("nothing at all", null);
        return failures;
    }

    @ParameterizedTest
    @MethodSource("shells")
    void noBrokenAnswerLetsAnActionThrough(List<String> shell) throws Exception {
        edit("ask 10 ", "ask 1 ");
        for (var failure : failures().entrySet()) {
            try (FakeDaemon _ = daemon(_ -> failure.getValue())) {
                assertBlocked(shell, "PreToolUse", failure.getKey());
            }
        }
    }

    @ParameterizedTest
    @MethodSource("shells")
    void noDaemonAndADeadSocketBlockEveryGateAndTellTheOwnerWhatToDo(List<String> shell) throws Exception {
        for (String event : GATES) {
            assertThat(assertBlocked(shell, event, "no socket").err()).contains("mirror boot");
        }
        try (var dead = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            dead.bind(UnixDomainSocketAddress.of(home.socket()));
        }
        assertThat(home.socket()).exists();
        for (String event : GATES) {
            assertThat(assertBlocked(shell, event, "a dead socket").err()).contains("mirror boot");
        }
    }

    @ParameterizedTest
    @MethodSource("shells")
    void theHooksThatReportAnEndNeverTellTheModelToGoOn(List<String> shell) throws Exception {
        for (String event : ENDS) {
            Outcome outcome = run(shell, event, "{}");
            assertThat(outcome.exit()).as(event).isZero();
            assertThat(outcome.out()).isEmpty();
            assertThat(outcome.err()).startsWith("Mirror blocked this: ");
        }
        try (FakeDaemon _ = daemon(_ -> says("refuse", "the disk is full"))) {
            for (String event : ENDS) {
                Outcome outcome = run(shell, event, "{}");
                assertThat(outcome.exit()).as(event + " refused").isZero();
                assertThat(outcome.out()).isEmpty();
                assertThat(outcome.err()).isEqualTo("the disk is full\n");
            }
        }
    }

    @ParameterizedTest
    @MethodSource("shells")
    void textIsPrintedAsItIsWhateverIsInIt(List<String> shell) throws Exception {
        for (String text : List.of(
                "{\"hookSpecificOutput\":{\"permissionDecision\":\"deny\"}}",
                "one\ntwo\n\n  four\n\n",
                "-n",
                "-e \\a\\0101\\n %s %d %n 100%",
                "it's \"quoted\" `touch pwned` $(touch pwned) $HOME ${IFS} !x \\ \\\\ \\'",
                "* ? [a-z] ~ # ; & | > /dev/null",
                "MIRROR1 end\nMIRROR1 end",
                "MIRROR1 wait\nMIRROR1 end\nx",
                "Grüße 世界 🌍 \u202e \u0007\u001b[31m\ttab\r")) {
            try (FakeDaemon _ = daemon(_ -> says("print", text))) {
                Outcome outcome = run(shell, "PreToolUse", "{}");
                assertThat(outcome.exit()).as(outcome.err()).isZero();
                assertThat(outcome.text()).isEqualTo(text + "\n");
                assertThat(outcome.err()).isEmpty();
            }
            try (FakeDaemon _ = daemon(_ -> says("refuse", text))) {
                Outcome outcome = run(shell, "PreToolUse", "{}");
                assertThat(outcome.exit()).isEqualTo(2);
                assertThat(outcome.out()).isEmpty();
                assertThat(outcome.err()).isEqualTo(text + "\n");
            }
        }
        assertThat(folder.resolve("pwned")).doesNotExist();
        try (FakeDaemon _ = daemon(_ -> says("print", ""))) {
            Outcome outcome = run(shell, "PostToolUse", "{}");
            assertThat(outcome.exit()).isZero();
            assertThat(outcome.out()).isEmpty();
        }
    }

    @ParameterizedTest
    @MethodSource("shells")
    void anAnswerThatNeverComesAndAWaitWithoutEndAreBounded(List<String> shell) throws Exception {
        edit("ask 10 ", "ask 1 ");
        edit("ask 55 ", "ask 1 ");
        try (FakeDaemon daemon = daemon(_ -> says("wait", "a123456"))) {
            assertBlocked(shell, "PreToolUse", "waiting without end");
            assertThat(daemon.requests()).hasSize(23);
            assertThat(daemon.requests().getFirst().path()).isEqualTo("/hook/claude/PreToolUse");
            assertThat(daemon.requests().subList(1, 23)).allSatisfy(request -> {
                assertThat(request.path()).isEqualTo("/hook/wait/a123456");
                assertThat(request.body()).isEmpty();
            });
        }
        try (FakeDaemon _ = daemon(n -> n == 0 ? says("wait", "a123456") : null)) {
            assertBlocked(shell, "PreToolUse", "a daemon that falls silent while the owner thinks");
        }
    }

    @ParameterizedTest
    @MethodSource("shells")
    void theAnswerAfterAWaitCounts(List<String> shell) throws Exception {
        try (FakeDaemon _ = daemon(n -> n < 2 ? says("wait", "a123456") : says("print", "{\"yes\":1}"))) {
            assertThat(run(shell, "PreToolUse", "{}").text()).isEqualTo("{\"yes\":1}\n");
        }
        try (FakeDaemon _ = daemon(n -> n < 2 ? says("wait", "a123456") : says("refuse", "the owner said no"))) {
            Outcome outcome = run(shell, "PreToolUse", "{}");
            assertThat(outcome.exit()).isEqualTo(2);
            assertThat(outcome.out()).isEmpty();
            assertThat(outcome.err()).isEqualTo("the owner said no\n");
        }
    }

    @ParameterizedTest
    @MethodSource("shells")
    void aCallOfFiveMegabytesArrivesByteForByteAndAsBigAnAnswerComesBack(List<String> shell) throws Exception {
        byte[] body = new byte[5 * 1024 * 1024];
        new Random(7).nextBytes(body);
        String big = "x%'\"\\\n".repeat(200_000);
        try (FakeDaemon daemon = daemon(_ -> says("print", big))) {
            Outcome outcome = run(shell, "PreToolUse", body);

            assertThat(daemon.requests().getFirst().body()).isEqualTo(body);
            assertThat(outcome.exit()).as(outcome.err()).isZero();
            assertThat(outcome.text()).isEqualTo(big + "\n");
        }
    }

    @ParameterizedTest
    @MethodSource("shells")
    void withoutCurlEveryGateBlocksAndSaysSo(List<String> shell) throws Exception {
        Path empty = Files.createDirectories(folder.resolve("empty"));
        environment.put("PATH", empty.toString());
        try (FakeDaemon _ = daemon(_ -> says("print", "{}"))) {
            for (String event : GATES) {
                assertThat(assertBlocked(shell, event, "no curl").err()).contains("curl");
            }
        }
    }

    @ParameterizedTest
    @MethodSource("shells")
    void aCurlThatFailsOrLiesHalfwayBlocks(List<String> shell) throws Exception {
        Path bin = Files.createDirectories(folder.resolve("bin"));
        Path curl = bin.resolve("curl");
        for (String script : List.of(
                "kill -9 $$",
                "exit 1",
                "printf 'MIRROR1 print\\n{}\\nMIRROR1 end'; exit 28",
                "printf 'MIRROR1 print\\n{}'",
                "exec /nonexistent/curl")) {
            Files.writeString(curl, "#!/bin/sh\n" + script + "\n");
            assertThat(curl.toFile().setExecutable(true)).isTrue();
            environment.put("PATH", bin + ":" + path());
            assertBlocked(shell, "PreToolUse", script);
        }
    }

    @ParameterizedTest
    @MethodSource("shells")
    void whatTheOwnerConfiguredForCurlElsewhereDoesNotCount(List<String> shell) throws Exception {
        String config = "url = http://127.0.0.1:1/\nproxy = http://127.0.0.1:1\noutput = " + folder.resolve("stolen")
                + "\nmax-time = 0.001\nhead\n";
        Files.writeString(folder.resolve(".curlrc"), config);
        Files.createDirectories(folder.resolve(".config"));
        Files.writeString(folder.resolve(".config/curlrc"), config);
        environment.put("CURL_HOME", folder.toString());
        environment.put("XDG_CONFIG_HOME", folder.resolve(".config").toString());
        for (String name : List.of("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "https_proxy")) {
            environment.put(name, "http://127.0.0.1:1");
        }
        environment.put("no_proxy", "");
        try (FakeDaemon _ = daemon(_ -> says("print", "{\"mine\":1}"))) {
            Outcome outcome = run(shell, "PreToolUse", "{}");
            assertThat(outcome.text()).as(outcome.err()).isEqualTo("{\"mine\":1}\n");
        }
        assertThat(folder.resolve("stolen")).doesNotExist();
    }

    @ParameterizedTest
    @MethodSource("shells")
    void variablesOfTheSessionDoNotReachTheShim(List<String> shell) throws Exception {
        for (String name : List.of("socket", "event", "reply", "verb", "text", "questions", "nl")) {
            environment.put(name, "MIRROR1 print");
        }
        environment.put("IFS", "M1");
        environment.put("ENV", folder.resolve("profile").toString());
        environment.put("BASH_ENV", folder.resolve("profile").toString());
        Files.writeString(folder.resolve("profile"), "");
        assertBlocked(shell, "PreToolUse", "no daemon and a prepared environment");
    }

    @Test
    void bothScriptsAreCleanForShellcheck() throws Exception {
        String shellcheck = executable("shellcheck");
        assumeTrue(shellcheck != null, "shellcheck is not installed");
        for (Path script : List.of(shim, MirrorHome.launcher())) {
            Outcome outcome = run(
                    List.of(String.valueOf(shellcheck), "--shell=sh", "--severity=style", script.toString()),
                    new byte[0]);
            assertThat(outcome.exit()).as(outcome.text()).isZero();
        }
    }

    private Outcome assertBlocked(List<String> shell, String event, String why) throws Exception {
        Outcome outcome = run(shell, event, "{\"hook_event_name\":\"" + event + "\"}");
        assertThat(outcome.exit()).as("%s in %s: %s", why, shell, outcome.err()).isEqualTo(2);
        assertThat(outcome.out()).as(why).isEmpty();
        assertThat(outcome.err()).as(why).contains("Mirror blocked this: ");
        return outcome;
    }

    private FakeDaemon daemon(IntFunction<byte @Nullable []> answers) throws IOException {
        Files.deleteIfExists(home.socket());
        return FakeDaemon.on(home.socket(), answers);
    }

    /** Changes a deadline in the script, so that no test waits for it; loud when the script does not say that any more. */
    private void edit(String from, String to) throws IOException {
        String script = Files.readString(shim);
        assertThat(script).contains(from);
        Files.writeString(shim, script.replace(from, to));
    }

    private Outcome run(List<String> shell, String event, String body) throws Exception {
        return run(shell, event, body.getBytes(UTF_8));
    }

    private Outcome run(List<String> shell, String event, byte[] body) throws Exception {
        List<String> command = new ArrayList<>(shell);
        command.addAll(List.of(shim.toString(), event));
        return run(command, body);
    }

    private Outcome run(List<String> command, byte[] body) throws Exception {
        Path in = Files.write(folder.resolve("in"), body);
        Path out = folder.resolve("out");
        Path err = folder.resolve("err");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectInput(in.toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
        builder.environment().clear();
        builder.environment().putAll(environment);
        Process process = builder.start();
        if (!process.waitFor(2, TimeUnit.MINUTES)) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
            throw new AssertionError(command + " did not end");
        }
        return new Outcome(process.exitValue(), Files.readAllBytes(out), Files.readString(err));
    }

    private static String path() {
        String path = System.getenv("PATH");
        return path == null ? "/usr/bin:/bin" : path;
    }

    private static @Nullable String executable(String name) {
        return Stream.of(path().split(":"))
                .map(directory -> Path.of(directory).resolve(name))
                .filter(Files::isExecutable)
                .map(Path::toString)
                .findFirst()
                .orElse(null);
    }
}
