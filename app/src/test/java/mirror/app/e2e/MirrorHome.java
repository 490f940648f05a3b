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

    private final Workspace workspace;
    private final Path home;
    private final Map<String, String> environment;

    /** Boots a Mirror in the workspace's home folder, on a port that the system chooses. */
    static MirrorHome boot(Workspace workspace) {
        return boot(workspace, "");
    }

    /** @param config more lines of its configuration */
    static MirrorHome boot(Workspace workspace, String config) {
        MirrorHome mirror = new MirrorHome(workspace);
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

    private MirrorHome(Workspace workspace) {
        this.workspace = workspace;
        this.home = workspace.home().resolve(".mirror");
        this.environment = new HashMap<>(workspace.environment());
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
        try {
            Path out = Files.createTempFile(workspace.tmp(), "out", "");
            Path err = Files.createTempFile(workspace.tmp(), "err", "");
            ProcessBuilder builder = new ProcessBuilder(command)
                    .directory(cwd.toFile())
                    .redirectInput(
                            ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                    .redirectOutput(out.toFile())
                    .redirectError(err.toFile());
            builder.environment().clear();
            builder.environment().putAll(environment);
            Process process = builder.start();
            if (!process.waitFor(2, TimeUnit.MINUTES)) {
                process.destroyForcibly();
                throw new AssertionError("mirror " + String.join(" ", args) + " did not end");
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
