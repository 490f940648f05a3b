package mirror.surface.agent;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Everything that a run started: the client, what stands below it in the tree of processes, and on Linux also what has left the tree but
 * has the run's mark in its environment. A process that did both, leave the tree and empty its environment, is not found. Never touches
 * another process.
 */
public final class ProcessTree {
    /** The variable that holds the mark. */
    public static final String VARIABLE = "MIRROR_RUN";

    /** Killing one may let another appear that was just being started; nobody starts that many in a row. */
    private static final int ROUNDS = 5;

    private static final Duration KILLED = Duration.ofSeconds(2);

    private final @Nullable ProcessHandle root;
    private final byte[] mark;
    private final Path proc;

    /** @param root the client's process, or null when only the mark is known */
    public ProcessTree(@Nullable ProcessHandle root, String mark) {
        this.root = root;
        this.mark = ("\0" + VARIABLE + "=" + mark + "\0").getBytes(StandardCharsets.UTF_8);
        this.proc = Path.of("/proc");
    }

    /** Those that are alive now, from the top down. */
    Set<ProcessHandle> alive() {
        Set<ProcessHandle> found = new LinkedHashSet<>();
        if (root != null) {
            found.add(root);
            root.descendants().forEach(found::add);
        }
        addMarked(found);
        // A daemon that was started by an agent has the agent's mark.
        found.remove(ProcessHandle.current());
        found.removeIf(handle -> !handle.isAlive());
        return found;
    }

    private void addMarked(Set<ProcessHandle> found) {
        if (!Files.isDirectory(proc)) {
            return;
        }
        try (DirectoryStream<Path> all = Files.newDirectoryStream(proc, "[0-9]*")) {
            for (Path each : all) {
                if (hasMark(each.resolve("environ"))) {
                    ProcessHandle.of(Long.parseLong(each.getFileName().toString()))
                            .ifPresent(found::add);
                }
            }
        } catch (IOException e) {
            // Without /proc the tree has to do.
        }
    }

    private boolean hasMark(Path environ) {
        byte[] variables;
        try {
            variables = Files.readAllBytes(environ);
        } catch (IOException e) {
            // Another user's, or gone meanwhile.
            return false;
        }
        String text = "\0" + new String(variables, StandardCharsets.ISO_8859_1);
        return text.contains(new String(mark, StandardCharsets.ISO_8859_1));
    }

    /**
     * Asks all of them to end, and kills those that have not after {@code grace}.
     *
     * @return how many there were
     */
    public int end(Duration grace) throws InterruptedException {
        Set<ProcessHandle> asked = alive();
        asked.forEach(ProcessHandle::destroy);
        await(asked, grace);
        Set<ProcessHandle> all = new LinkedHashSet<>(asked);
        Set<ProcessHandle> left = alive();
        for (int round = 0; round < ROUNDS && !left.isEmpty(); round++) {
            left.forEach(ProcessHandle::destroyForcibly);
            all.addAll(left);
            await(left, KILLED);
            left = alive();
        }
        return all.size();
    }

    private static void await(Set<ProcessHandle> handles, Duration atMost) throws InterruptedException {
        try {
            CompletableFuture.allOf(handles.stream().map(ProcessHandle::onExit).toArray(CompletableFuture<?>[]::new))
                    .get(atMost.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            // Those that are left are dealt with by the caller.
        } catch (ExecutionException e) {
            throw new IllegalStateException("the end of a process cannot be awaited", e);
        }
    }
}
