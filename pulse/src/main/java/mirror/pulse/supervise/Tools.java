package mirror.pulse.supervise;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import mirror.trust.ProgramEnvironment;

/** Runs programs that answer and end: those of the system that start services, and probes. Thread-safe. */
public final class Tools {
    private static final int KEPT = 4_000;

    /** @param output what it wrote to both its outputs, clipped */
    public record Result(int exit, String output) {}

    private final Path folder;
    private final Map<String, String> environment;

    /**
     * @param folder where programs start
     * @param environment the daemon's, of which they get a small part
     */
    public Tools(Path folder, Map<String, String> environment) {
        this.folder = folder;
        this.environment = ProgramEnvironment.of(environment);
    }

    Map<String, String> environment() {
        return environment;
    }

    /**
     * The program's file, looked for in the PATH that programs are given, not in the one that this process was started with.
     *
     * @throws IOException when there is none
     */
    String find(String program) throws IOException {
        if (program.contains("/")) {
            return program;
        }
        for (String place : environment.getOrDefault("PATH", "/usr/bin:/bin").split(":", -1)) {
            Path file = Path.of(place.isEmpty() ? "." : place, program);
            if (Files.isExecutable(file) && !Files.isDirectory(file)) {
                return file.toString();
            }
        }
        throw new IOException("there is no program " + program + " in PATH");
    }

    /** Begins one that goes on by itself; its output is not read. */
    Process begin(List<String> argv) throws IOException {
        return builder(argv, Map.of())
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    private ProcessBuilder builder(List<String> argv, Map<String, String> more) throws IOException {
        List<String> command = new ArrayList<>(argv);
        command.set(0, find(argv.getFirst()));
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectErrorStream(true);
        builder.environment().clear();
        builder.environment().putAll(environment);
        builder.environment().putAll(more);
        return builder;
    }

    public Result run(List<String> argv, Duration timeout) throws IOException, InterruptedException {
        return run(argv, Map.of(), timeout);
    }

    /** @throws IOException when it cannot be started or does not end in time; then it is ended with all it started */
    Result run(List<String> argv, Map<String, String> more, Duration timeout) throws IOException, InterruptedException {
        Process process = builder(argv, more).start();
        CompletableFuture<String> output = new CompletableFuture<>();
        Thread.ofVirtual().name("tool-output").start(() -> output.complete(read(process)));
        try {
            if (!process.waitFor(timeout.toNanos(), TimeUnit.NANOSECONDS)) {
                throw new IOException(String.join(" ", argv) + " did not end within " + timeout.toMillis() + " ms");
            }
            // What it left in the background may keep the output open; that is not waited for.
            return new Result(
                    process.exitValue(), output.get(1, TimeUnit.SECONDS).strip());
        } catch (TimeoutException | ExecutionException e) {
            return new Result(process.exitValue(), "");
        } finally {
            if (process.isAlive()) {
                process.toHandle().descendants().forEach(ProcessHandle::destroyForcibly);
                process.toHandle().destroyForcibly();
            }
        }
    }

    private static String read(Process process) {
        StringBuilder kept = new StringBuilder();
        byte[] buffer = new byte[4096];
        try (InputStream in = process.getInputStream()) {
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                if (kept.length() < KEPT) {
                    kept.append(new String(buffer, 0, n, StandardCharsets.UTF_8));
                }
            }
        } catch (IOException e) {
            // The stream ends with the program.
        }
        return kept.toString();
    }
}
