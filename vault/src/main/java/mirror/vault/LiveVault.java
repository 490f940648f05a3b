package mirror.vault;

import io.methvin.watcher.DirectoryChangeEvent;
import io.methvin.watcher.DirectoryWatcher;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import mirror.vault.embed.Embeddings;
import org.jspecify.annotations.Nullable;

/**
 * A vault that keeps itself up to date. The system's word that a file changed is a hint, taken up after a moment of quiet; the walk
 * through the whole vault, at the start, after lost hints and every ten minutes, is what counts. One thread writes; any number ask.
 */
public final class LiveVault implements Closeable {
    private static final Duration WALK = Duration.ofMinutes(10);
    private static final Duration BLIND = Duration.ofMinutes(1);
    private static final long QUIET = 100;
    private static final long LONGEST = 400;

    private final Path root;
    private final Path index;
    private final InstantSource clock;
    private final @Nullable Embeddings embeddings;
    private final LinkedBlockingQueue<Word> words = new LinkedBlockingQueue<>();
    private final Thread thread;
    private volatile @Nullable Vault vault;
    private volatile String trouble;
    private @Nullable DirectoryWatcher watcher;
    private volatile Duration patience = WALK;
    private volatile boolean closed;
    private volatile Consumer<String> listener = _ -> {};

    /** What the thread is told. */
    private sealed interface Word {
        /** A file changed, came or went. */
        record Changed(String path) implements Word {}

        /** More changed than was told. */
        record Everything() implements Word {}

        /** Somebody wants to know when all that was told before is dealt with. */
        record Settle(CompletableFuture<Void> done) implements Word {}
    }

    /** There are no notes to ask; the message says why. */
    public static final class Unavailable extends Exception {
        private static final long serialVersionUID = 1;

        Unavailable(String message) {
            super(message);
        }
    }

    /**
     * A vault that is neither open nor watched before {@link #start}.
     *
     * @param index folder for the index, outside the vault
     * @param embeddings by which notes are found by what they mean, or null for words alone
     */
    public LiveVault(Path root, Path index, InstantSource clock, @Nullable Embeddings embeddings) {
        this.root = root;
        this.index = index;
        this.clock = clock;
        this.embeddings = embeddings;
        this.trouble = "the notes in " + root + " are being opened";
        this.thread = Thread.ofPlatform().daemon().name("vault").unstarted(this::run);
    }

    /**
     * Lets somebody hear the hints too, from now on; only one.
     *
     * @param hears gets the path from the root in '/', or an empty one when more changed than was told; must not wait
     */
    public void listen(Consumer<String> hears) {
        listener = hears;
    }

    /** Starts to open and watch the vault, and returns at once. A folder that is not there is looked for again later. */
    public LiveVault start() {
        thread.start();
        return this;
    }

    /** The notes, as far as they are known by now. */
    public Vault vault() throws Unavailable {
        Vault open = vault;
        if (open == null) {
            words.add(new Word.Everything());
            throw new Unavailable(trouble);
        }
        return open;
    }

    /** Whether a note links to the file at this path; also true when that is not known. */
    public boolean isLinked(String path) {
        Vault open = vault;
        return open == null
                || open.freshness().reconciled() == null
                || !open.links().to(path).isEmpty();
    }

    /** Why there are no notes, or empty. */
    public String trouble() {
        return vault == null ? trouble : "";
    }

    public Path root() {
        return root;
    }

    /** Waits until what happened before is taken in. */
    public void settle() throws InterruptedException {
        CompletableFuture<Void> done = new CompletableFuture<>();
        words.add(new Word.Everything());
        words.add(new Word.Settle(done));
        while (!done.isDone() && thread.isAlive()) {
            try {
                done.get(1, TimeUnit.SECONDS);
            } catch (TimeoutException e) {
                // It is at work; or it has ended, and then nobody answers any more.
            } catch (ExecutionException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private void run() {
        try {
            keepUp();
        } finally {
            // Whatever ended it: no answer may look as if it were kept up to date.
            lose(null);
        }
    }

    private void keepUp() {
        Instant walked = Instant.MIN;
        Set<String> changed = new LinkedHashSet<>();
        while (!closed) {
            Vault open = vault;
            if (open == null) {
                open = open();
                walked = Instant.MIN;
            }
            boolean all = open != null && !clock.instant().isBefore(walked.plus(patience));
            CompletableFuture<Void> settled = null;
            try {
                if (!all) {
                    settled = hear(changed);
                    all = changed.remove("");
                }
                if (closed) {
                    break;
                }
                if (open != null && all) {
                    open.reconcile();
                    walked = clock.instant();
                    changed.clear();
                } else if (open != null && !changed.isEmpty()) {
                    open.look(changed);
                    changed.clear();
                }
            } catch (IOException | RuntimeException e) {
                lose(e);
            } catch (InterruptedException e) {
                break;
            }
            if (settled != null) {
                settled.complete(null);
            }
        }
    }

    /** Collects what is told until it is quiet for a moment, or somebody waits; an empty path means everything. */
    private @Nullable CompletableFuture<Void> hear(Set<String> changed) throws InterruptedException {
        Word word = words.poll(patience.toMillis(), TimeUnit.MILLISECONDS);
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(LONGEST);
        while (word != null) {
            switch (word) {
                case Word.Changed(String path) -> changed.add(path);
                case Word.Everything() -> changed.add("");
                case Word.Settle(CompletableFuture<Void> done) -> {
                    return done;
                }
            }
            long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
            word = left <= 0 ? null : words.poll(Math.min(left, QUIET), TimeUnit.MILLISECONDS);
        }
        return null;
    }

    private @Nullable Vault open() {
        if (!Files.isDirectory(root)) {
            trouble =
                    "there is no folder " + root + "; make it, or name your notes' folder with 'vault:' in config.yaml";
            return null;
        }
        try {
            Vault open = Vault.open(root, index, clock, embeddings);
            vault = open;
            // The walk needs what the index holds and somebody who hears; neither needs the other. What fails here
            // fails there again.
            Thread.ofVirtual()
                    .name("vault-load")
                    .uncaughtExceptionHandler((_, _) -> {})
                    .start(open::links);
            watch();
            return open;
        } catch (IOException | RuntimeException e) {
            trouble = "the notes in " + root + " cannot be opened: " + e.getMessage();
            return null;
        }
    }

    /** Returns when hints come: what happened before that, the walk that follows sees. */
    private void watch() {
        patience = WALK;
        try {
            DirectoryWatcher started = DirectoryWatcher.builder()
                    .path(root)
                    .fileHashing(false)
                    .listener(this::heard)
                    .build();
            watcher = started;
            var _ = started.watchAsync(task ->
                            Thread.ofPlatform().daemon().name("vault-watcher").start(task))
                    .whenComplete((_, e) -> {
                        if (e != null) {
                            goBlind();
                        }
                    });
        } catch (IOException | RuntimeException e) {
            goBlind();
        }
    }

    /** The system may not have room to watch so many folders. Without hints the walks go on, more often. */
    private void goBlind() {
        patience = BLIND;
        words.add(new Word.Everything());
    }

    private void heard(DirectoryChangeEvent event) {
        Path path = event.path();
        if (path == null || event.eventType() == DirectoryChangeEvent.EventType.OVERFLOW) {
            words.add(new Word.Everything());
            listener.accept("");
            return;
        }
        String name = root.relativize(path).toString().replace('\\', '/');
        boolean hidden = name.startsWith(".") || name.contains("/.");
        if (!hidden) {
            // A folder that was moved away says nothing of what was in it.
            words.add(event.isDirectory() ? new Word.Everything() : new Word.Changed(name));
            listener.accept(name);
        }
    }

    private void lose(@Nullable Exception why) {
        Vault open = vault;
        vault = null;
        trouble = why == null
                ? "the notes are closed"
                : "the notes in " + root + " could not be read: " + why.getMessage();
        try {
            if (watcher != null) {
                watcher.close();
            }
            if (open != null) {
                open.close();
            }
        } catch (IOException | RuntimeException e) {
            trouble = trouble + "; " + e.getMessage();
        }
        watcher = null;
        if (why != null) {
            discard();
        }
        for (Word word = words.poll(); word != null; word = words.poll()) {
            if (word instanceof Word.Settle(CompletableFuture<Void> done)) {
                done.complete(null);
            }
        }
    }

    /** What cannot be read once cannot be read again; the notes themselves are there. */
    private void discard() {
        try {
            DisposableIndex.clear(index);
        } catch (IOException e) {
            trouble = trouble + "; the index " + index + " cannot be deleted: " + e.getMessage();
        }
    }

    @Override
    public void close() {
        closed = true;
        if (!thread.isAlive()) {
            return;
        }
        Vault open = vault;
        if (open != null) {
            open.stop();
        }
        // Not an interrupt: that would break the index in the middle of a write.
        words.add(new Word.Everything());
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * The vector of a question, by the model that the notes are found with.
     *
     * @throws IOException when meanings are turned off, or the model cannot run here
     */
    public byte[] meaning(String question) throws IOException {
        if (embeddings == null) {
            throw new IOException("meanings are turned off: 'embeddings' in config.yaml");
        }
        return embeddings.question(question);
    }
}
