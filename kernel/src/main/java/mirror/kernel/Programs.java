package mirror.kernel;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import mirror.trust.ProgramEnvironment;

/**
 * Starts the programs of organisms and of routes of messages: no shell, a small environment, the input on standard input, an end to time and to what is kept of
 * the output. When the time is over the program ends and with it everything it started that can still be found below it.
 * Thread-safe.
 */
public final class Programs {
    /** Of the output, the end is kept: that is where errors stand. */
    static final int KEPT = 2_000;

    private static final Duration OUTPUT_GRACE = Duration.ofSeconds(1);

    /**
     * How a program ended.
     *
     * @param exit its exit code; -1 when the time was over
     * @param output the end of what it wrote to both its outputs
     */
    public record Result(int exit, boolean late, String output) {}

    private final Path folder;
    private final Map<String, String> environment;

    /** @param folder where programs start */
    public Programs(Path folder, Map<String, String> environment) {
        this.folder = folder;
        this.environment = ProgramEnvironment.of(environment);
    }

    /**
     * Starts a program and waits for its end.
     *
     * @param variables added to what it gets of the environment
     * @param input what it can read on standard input, with a line feed
     * @throws IOException when it cannot be started
     */
    public Result run(List<String> argv, Map<String, String> variables, String input, Duration timeout)
            throws IOException, InterruptedException {
        ProcessBuilder builder =
                new ProcessBuilder(argv).directory(folder.toFile()).redirectErrorStream(true);
        builder.environment().clear();
        builder.environment().putAll(environment);
        builder.environment().putAll(variables);
        Process process = builder.start();
        Tail tail = new Tail();
        Thread output = Thread.ofPlatform().daemon(true).name("organism-output").start(() -> tail.read(process));
        Thread.ofPlatform().daemon(true).name("organism-input").start(() -> write(process, input));
        try {
            if (!process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
                end(process);
                return new Result(-1, true, tail.text());
            }
            // A child that goes on in the background may keep the output open; it is not waited for.
            output.join(OUTPUT_GRACE);
            return new Result(process.exitValue(), false, tail.text());
        } catch (InterruptedException e) {
            end(process);
            throw e;
        }
    }

    private static void write(Process process, String input) {
        try (OutputStream in = process.getOutputStream()) {
            in.write((input + "\n").getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            // The program need not read its input; how it ended is what counts.
        }
    }

    /** From the top down, and twice, so that what was being started meanwhile is found too. */
    private static void end(Process process) {
        List<ProcessHandle> tree = new ArrayList<>(List.of(process.toHandle()));
        for (int round = 0; round < 2; round++) {
            for (ProcessHandle handle : List.copyOf(tree)) {
                handle.descendants().filter(child -> !tree.contains(child)).forEach(tree::add);
            }
            tree.forEach(ProcessHandle::destroyForcibly);
        }
    }

    /** The last bytes of a stream. */
    private static final class Tail {
        private byte[] kept = new byte[0];

        void read(Process process) {
            byte[] buffer = new byte[8192];
            try (InputStream in = process.getInputStream()) {
                for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                    add(buffer, n);
                }
            } catch (IOException e) {
                // The stream ends with the program, however that ended.
            }
        }

        private synchronized void add(byte[] bytes, int length) {
            int from = Math.max(0, kept.length + length - KEPT);
            byte[] next = new byte[kept.length + length - from];
            for (int i = 0; i < next.length; i++) {
                int at = from + i;
                next[i] = at < kept.length ? kept[at] : bytes[at - kept.length];
            }
            kept = next;
        }

        synchronized String text() {
            return new String(kept, StandardCharsets.UTF_8).strip();
        }
    }
}
