package mirror.tiers;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import mirror.trust.ProgramEnvironment;

/**
 * Starts the keychain's programs: no shell, no input, a small environment, an end to time and output. When the time is over the program
 * and what it started are ended. Thread-safe.
 */
final class KeychainPrograms implements Keychain.Programs {
    /** The owner may have to type a password. */
    static final Duration PATIENCE = Duration.ofSeconds(20);

    private final Map<String, String> environment;
    private final Duration patience;

    KeychainPrograms(Map<String, String> environment, Duration patience) {
        this.environment = ProgramEnvironment.of(environment);
        this.patience = patience;
    }

    @Override
    public Ended run(List<String> argv, int most) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(argv)
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
        builder.environment().clear();
        builder.environment().putAll(environment);
        Process process = builder.start();
        CompletableFuture<byte[]> output = read(process.getInputStream(), most);
        CompletableFuture<byte[]> errors = read(process.getErrorStream(), 1);
        try {
            long end = System.nanoTime() + patience.toNanos();
            boolean ended = process.waitFor(patience.toNanos(), TimeUnit.NANOSECONDS);
            // A child that lives on may hold the output open.
            return ended ? new Ended(process.exitValue(), within(output, end), within(errors, end).length > 0) : late();
        } catch (TimeoutException e) {
            return late();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return late();
        } catch (ExecutionException e) {
            throw new IOException("its output cannot be read", e);
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    private static Ended late() {
        return new Ended(-1, new byte[0], false);
    }

    private static byte[] within(CompletableFuture<byte[]> bytes, long end)
            throws InterruptedException, ExecutionException, TimeoutException {
        return bytes.get(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
    }

    /** Reads all, so that the program is not held up, and keeps the begin. */
    private static CompletableFuture<byte[]> read(InputStream stream, int most) {
        CompletableFuture<byte[]> kept = new CompletableFuture<>();
        Thread.ofPlatform().daemon(true).name("keychain").start(() -> {
            try (InputStream in = stream) {
                byte[] begin = in.readNBytes(most);
                in.transferTo(OutputStream.nullOutputStream());
                kept.complete(begin);
            } catch (IOException e) {
                kept.completeExceptionally(e);
            }
        });
        return kept;
    }
}
