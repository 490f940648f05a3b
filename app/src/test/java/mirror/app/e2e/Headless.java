package mirror.app.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Runs a real client without a terminal in a {@link Workspace}. It must never let the client see the person's own home, keys or
 * environment, and never end a process it did not start.
 */
final class Headless {
    private Headless() {}

    /** What a run left. */
    record Ran(int exitCode, String stdout, String stderr) {}

    /** The program of a client: the one that a property or variable names, or the one that the test script installed. */
    static Optional<Path> find(String name) {
        var candidates = new ArrayList<String>();
        addIfSet(candidates, System.getProperty("mirror." + name), "");
        addIfSet(candidates, System.getProperty("mirror.root"), "/target/npm/node_modules/.bin/" + name);
        addIfSet(candidates, System.getenv("MIRROR_" + name.toUpperCase(java.util.Locale.ROOT)), "");
        return candidates.stream()
                .map(Path::of)
                .filter(Files::isExecutable)
                .map(Path::toAbsolutePath)
                .findFirst();
    }

    private static void addIfSet(List<String> candidates, @Nullable String base, String rest) {
        if (base != null && !base.isBlank()) {
            candidates.add(base + rest);
        }
    }

    /** Whatever would leave loopback meets a proxy that is not there. */
    static Map<String, String> offline() {
        return Map.of("HTTPS_PROXY", "http://127.0.0.1:1", "NO_PROXY", "127.0.0.1,localhost");
    }

    /** Runs to the end; a client that is not done in time is ended and fails the test with what it printed. */
    static Ran run(Workspace workspace, List<String> command, Map<String, String> environment, Duration deadline) {
        try {
            Path out = Files.createTempFile(workspace.tmp(), "client", ".out");
            Path err = Files.createTempFile(workspace.tmp(), "client", ".err");
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
                throw new AssertionError(command.getFirst() + " was not done after " + deadline
                        + " and was ended.\nstdout:\n" + stdout + "\nstderr:\n" + stderr);
            }
            return new Ran(process.exitValue(), stdout, stderr);
        } catch (IOException e) {
            throw new UncheckedIOException("could not run " + command.getFirst(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while a client ran", e);
        }
    }

    private static void end(Process process) throws InterruptedException {
        var children = process.descendants().toList();
        process.destroyForcibly().waitFor();
        children.forEach(ProcessHandle::destroyForcibly);
    }
}
