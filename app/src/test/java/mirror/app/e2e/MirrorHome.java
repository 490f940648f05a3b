package mirror.app.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A Mirror of its own for one test, driven as a person does: through the launcher, with the workspace's clean environment. */
final class MirrorHome implements AutoCloseable {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    /** What a command did. */
    record Result(int exit, String out, String err) {
        JsonNode json() {
            return JSON.readTree(out);
        }
    }

    static {
        // Maven has just made the jar. Should a source be newer than the launcher's last build, a test would build
        // everything again.
        Workspace.write(launcher().resolveSibling("target/built"), "");
    }

    private final Workspace workspace;
    private final Path home;
    private final Map<String, String> environment;

    /** Boots a Mirror in the workspace's home folder, on a port that the system chooses. */
    static MirrorHome boot(Workspace workspace) {
        return boot(workspace, "");
    }

    /** @param config more lines of its configuration */
    static MirrorHome boot(Workspace workspace, String config) {
        MirrorHome mirror = new MirrorHome(workspace, workspace.home().resolve(".mirror"));
        Workspace.write(mirror.home.resolve("config.yaml"), "http-port: 0\n" + config);
        try {
            Files.setPosixFilePermissions(mirror.home, PosixFilePermissions.fromString("rwx------"));
            Files.setPosixFilePermissions(
                    mirror.home.resolve("config.yaml"), PosixFilePermissions.fromString("rw-------"));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        mirror.start();
        return mirror;
    }

    /** A Mirror at a place of its own, which nobody has made or started yet. */
    static MirrorHome at(Workspace workspace, Path home) {
        return new MirrorHome(workspace, home).env("MIRROR_HOME", home.toString());
    }

    /** The launcher in a workspace where no Mirror ever ran. */
    static MirrorHome absent(Workspace workspace) {
        return new MirrorHome(workspace, workspace.home().resolve(".mirror"));
    }

    private MirrorHome(Workspace workspace, Path home) {
        this.workspace = workspace;
        this.home = home;
        this.environment = new HashMap<>(workspace.environment());
    }

    /** A folder of the owner's alone, with a configuration that lets the system choose the port. */
    MirrorHome layOut() {
        Workspace.write(home.resolve("config.yaml"), "http-port: 0\n");
        try {
            Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwx------"));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return this;
    }

    MirrorHome env(String name, String value) {
        environment.put(name, value);
        return this;
    }

    static Path launcher() {
        return Path.of(System.getProperty("mirror.root"), "mirror");
    }

    Path home() {
        return home;
    }

    Path vault() {
        return workspace.home().resolve("vault");
    }

    void start() {
        Result boot = run("boot");
        assertThat(boot.exit).as(boot.err).isZero();
    }

    Result run(String... args) {
        return runIn(workspace.project(), args);
    }

    Result runIn(Path cwd, String... args) {
        List<String> command = new ArrayList<>(List.of(launcher().toString()));
        command.addAll(List.of(args));
        return call(cwd, Path.of("/dev/null"), command);
    }

    /** Starts the daemon's JVM itself and waits for its end; for starts that must fail. */
    Result daemon() {
        return call(
                workspace.project(),
                Path.of("/dev/null"),
                List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-Dmirror.home=" + home,
                        "-Dmirror.user=" + workspace.home(),
                        "-Dmirror.launcher=" + launcher(),
                        "-jar",
                        launcher()
                                .resolveSibling("app/target/mirror/mirror.jar")
                                .toString(),
                        "daemon"));
    }

    /** What Claude Code would get from the installed hook client. */
    Result hook(String event, Map<String, ?> fields) {
        Map<String, Object> body = new HashMap<>(fields);
        body.putIfAbsent("session_id", "session-1");
        body.put("cwd", workspace.project().toString());
        body.put("hook_event_name", event);
        Path input = Workspace.write(workspace.tmp().resolve("hook.json"), JSON.writeValueAsString(body));
        return call(
                workspace.project(), input, List.of(home.resolve("hooks/claude").toString(), event));
    }

    /** Starts a command that goes on; its output is the caller's to read and its end the caller's to see to. */
    Process begin(String... args) throws IOException {
        List<String> command = new ArrayList<>(List.of(launcher().toString()));
        command.addAll(List.of(args));
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(workspace.project().toFile())
                .redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().clear();
        builder.environment().putAll(environment);
        return builder.start();
    }

    Result call(Path cwd, Path input, List<String> command) {
        try {
            Path out = Files.createTempFile(workspace.tmp(), "out", "");
            Path err = Files.createTempFile(workspace.tmp(), "err", "");
            ProcessBuilder builder = new ProcessBuilder(command)
                    .directory(cwd.toFile())
                    .redirectInput(input.toFile())
                    .redirectOutput(out.toFile())
                    .redirectError(err.toFile());
            builder.environment().clear();
            builder.environment().putAll(environment);
            Process process = builder.start();
            if (!process.waitFor(2, TimeUnit.MINUTES)) {
                process.destroyForcibly();
                throw new AssertionError(String.join(" ", command) + " did not end");
            }
            return new Result(
                    process.exitValue(),
                    Files.readString(out, StandardCharsets.UTF_8),
                    Files.readString(err, StandardCharsets.UTF_8));
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** All events of a type, from the stored lines. */
    List<JsonNode> events(String type) {
        Result log = run("log", "--json", "--limit", "0", "--type", type);
        assertThat(log.exit).as(log.err).isZero();
        return log.out.lines().map(JSON::readTree).toList();
    }

    /** The request that a running session waits for; fails when the session ends without one. */
    JsonNode awaitApproval(CompletableFuture<?> session) {
        while (!session.isDone()) {
            JsonNode pending = run("approvals", "--json").json();
            if (!pending.isEmpty()) {
                return pending.get(0);
            }
            Thread.onSpinWait();
        }
        throw new AssertionError("the session ended without asking: " + session.join());
    }

    long pid() {
        return run("status", "--json").json().path("pid").asLong();
    }

    /** Ends the daemon as a power cut would, and returns when it is gone. */
    void kill() {
        ProcessHandle daemon = ProcessHandle.of(pid()).orElseThrow();
        daemon.destroyForcibly();
        daemon.onExit().join();
    }

    /** The one file of the chain, while the log is small. */
    Path segment() {
        try (var chains = Files.list(home.resolve("bus"))) {
            return chains.findFirst().orElseThrow().resolve("000001.jsonl");
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** Whatever the test did, the home must be sound afterwards: this is the invariant check after every end-to-end test. */
    @Override
    public void close() {
        Result verify = run("verify");
        run("stop");
        assertThat(verify.out).startsWith("intact");
        assertThat(verify.exit).isZero();
    }

    /** Stops the daemon without the check, for tests that damage the log on purpose. */
    void stop() {
        run("stop");
    }
}
