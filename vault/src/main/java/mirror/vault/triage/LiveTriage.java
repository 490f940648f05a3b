package mirror.vault.triage;

import io.methvin.watcher.DirectoryWatcher;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Runs triage by itself: every half hour, or as the rules say, which is what counts; soon after something was dropped, of which the
 * system's word is a hint; and again while something waits to be left alone. One thread; nothing that a look finds ends it.
 */
public final class LiveTriage implements Closeable {
    /** How long it must be quiet before a hint is taken up, in milliseconds; ten times that is the longest. */
    private static final long QUIET = 300;

    private final Triage triage;
    private final InstantSource clock;
    private final Thread thread;
    private final LinkedBlockingQueue<Boolean> hints = new LinkedBlockingQueue<>(1);
    private final List<DirectoryWatcher> watchers = new ArrayList<>();
    private List<Path> watched = List.of();
    private volatile String inbox = "";
    private volatile boolean closed;

    public LiveTriage(Triage triage, InstantSource clock) {
        this.triage = triage;
        this.clock = clock;
        this.thread = Thread.ofPlatform().daemon().name("triage").unstarted(this::keepUp);
    }

    /** Starts to look, and returns at once. */
    public LiveTriage start() {
        thread.start();
        return this;
    }

    public Triage triage() {
        return triage;
    }

    /**
     * A file of the vault changed; whether that is a drop is seen here. Never waits.
     *
     * @param path from the vault's root in '/'; empty when more changed than was told
     */
    public void heard(String path) {
        if (path.indexOf('/') < 0 || path.startsWith(inbox + "/")) {
            hint();
        }
    }

    private void hint() {
        var _ = hints.offer(true);
    }

    private void keepUp() {
        Instant next = Instant.MIN;
        boolean hinted = false;
        while (!closed) {
            try {
                if (hinted || !clock.instant().isBefore(next)) {
                    next = clock.instant().plus(pause(triage.run()));
                    watch();
                }
                hinted = hear(Duration.between(clock.instant(), next));
            } catch (InterruptedException e) {
                break;
            } catch (RuntimeException e) {
                // A fault of ours. The owner's command meets it too, and says it; here the next look is another try.
                next = clock.instant().plus(Duration.ofMinutes(30));
                hinted = false;
            }
        }
        unwatch();
    }

    private Duration pause(Triage.Report report) {
        Duration every = triage.status().every();
        return report.again().filter(soon -> soon.compareTo(every) < 0).orElse(every);
    }

    /** Whether something was told before the time was over; what is told is collected until it is quiet. */
    private boolean hear(Duration patience) throws InterruptedException {
        Boolean told = hints.poll(Math.max(1, patience.toMillis()), TimeUnit.MILLISECONDS);
        if (told == null) {
            return false;
        }
        for (int i = 0; i < 10 && hints.poll(QUIET, TimeUnit.MILLISECONDS) != null; i++) {
            if (closed) {
                break;
            }
        }
        return true;
    }

    /** The folders outside of the vault, each with all below it; what happens in the vault is told by whoever watches that. */
    private void watch() {
        Triage.Status status = triage.status();
        inbox = status.inbox();
        List<Path> wanted = status.pulled();
        if (wanted.equals(watched)) {
            return;
        }
        unwatch();
        watched = wanted;
        for (Path folder : wanted) {
            if (!Files.isDirectory(folder)) {
                // It may come; the timed look asks again.
                watched = List.of();
                continue;
            }
            try {
                DirectoryWatcher watcher = DirectoryWatcher.builder()
                        .path(folder)
                        .fileHashing(false)
                        .listener(_ -> hint())
                        .build();
                watchers.add(watcher);
                var _ = watcher.watchAsync(task ->
                        Thread.ofPlatform().daemon().name("triage-watcher").start(task));
            } catch (IOException | RuntimeException e) {
                // Without hints the timed look still comes.
                hints.clear();
            }
        }
    }

    private void unwatch() {
        for (DirectoryWatcher each : watchers) {
            try {
                each.close();
            } catch (IOException e) {
                // It is not listened to any more.
            }
        }
        watchers.clear();
    }

    @Override
    public void close() {
        closed = true;
        triage.stop();
        if (!thread.isAlive()) {
            return;
        }
        hint();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
