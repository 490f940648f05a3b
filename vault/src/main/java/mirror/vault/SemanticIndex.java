package mirror.vault;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import mirror.bus.AtomicFiles;
import mirror.vault.ChunkIndex.Near;
import mirror.vault.Vault.Known;
import mirror.vault.VaultFiles.Stamp;
import mirror.vault.embed.Chunker.Chunk;
import mirror.vault.embed.Embeddings;
import org.apache.lucene.search.Query;
import org.jspecify.annotations.Nullable;

/**
 * Finds notes by what they mean. One thread of its own takes changed notes apart and embeds what was never embedded before, for as long
 * as that takes; meanwhile questions are answered by what is there. A crash loses at most a minute of that work. Thread-safe.
 */
final class SemanticIndex implements Closeable {
    /** Longer texts are found by their words. */
    private static final int TEXT = 4 << 20;

    private static final long SHOWN = Duration.ofSeconds(2).toNanos();
    private static final long COMMITTED = Duration.ofMinutes(1).toNanos();

    private final VaultFiles files;
    private final ChunkIndex index;
    private final Embeddings embeddings;
    private final Thread thread;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition told = lock.newCondition();
    /** What is to be done, by path. */
    private final LinkedHashMap<String, Due> due = new LinkedHashMap<>();

    private final AtomicLong embedded = new AtomicLong();
    private volatile String trouble = "";
    private @Nullable Map<String, Known> all;
    private boolean busy;
    private volatile boolean closed;

    /** @param sha256 of the note, or null when it is gone */
    private record Due(Stamp stamp, @Nullable String sha256) {}

    private static final Due GONE = new Due(new Stamp(0, 0, 0), null);

    private SemanticIndex(VaultFiles files, ChunkIndex index, Embeddings embeddings) {
        this.files = files;
        this.index = index;
        this.embeddings = embeddings;
        this.thread = Thread.ofPlatform().daemon().name("embedding").start(this::run);
    }

    static SemanticIndex open(VaultFiles files, Path folder, Embeddings embeddings) throws IOException {
        return new SemanticIndex(files, ChunkIndex.open(folder), embeddings);
    }

    // ---- being told

    void changed(String path, Stamp stamp, String sha256) {
        tell(path, new Due(stamp, sha256));
    }

    void gone(String path) {
        tell(path, GONE);
    }

    private void tell(String path, Due what) {
        lock.lock();
        try {
            due.put(path, what);
            told.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** All notes that there are; the thread compares them with those it has taken apart, and what differs is due. */
    void compare(Map<String, Known> notes) {
        lock.lock();
        try {
            all = Map.copyOf(notes);
            told.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void differ(Map<String, Known> notes) throws IOException {
        Map<String, String> taken = index.notes();
        notes.forEach((path, note) -> {
            if (!note.sha256().equals(taken.remove(path))) {
                changed(path, note.stamp(), note.sha256());
            }
        });
        taken.keySet().forEach(this::gone);
    }

    /** Notes that cannot be found by what they mean now. */
    int pending() {
        lock.lock();
        try {
            return due.size() + (busy || all != null ? 1 : 0);
        } finally {
            lock.unlock();
        }
    }

    /** Texts that were given to the model since the start. */
    long embedded() {
        return embedded.get();
    }

    /** Why nothing is embedded, or empty. */
    String trouble() {
        return trouble;
    }

    /** Waits until nothing is due. */
    void settle() throws InterruptedException {
        lock.lock();
        try {
            while ((!due.isEmpty() || busy || all != null) && !closed) {
                told.await();
            }
        } finally {
            lock.unlock();
        }
    }

    // ---- working

    private void run() {
        long shown = System.nanoTime();
        long committed = shown;
        for (Work work = next(); work != null; work = next()) {
            try {
                switch (work) {
                    case Work.Compare(Map<String, Known> notes) -> differ(notes);
                    case Work.Take(String path, Due what) -> take(path, what);
                    case Work.Rest() -> embeddings.rest();
                }
                long now = System.nanoTime();
                boolean idle = isIdle();
                if (idle || now - shown > SHOWN) {
                    index.refresh();
                    shown = now;
                }
                if (idle || now - committed > COMMITTED) {
                    index.commit();
                    committed = now;
                }
            } catch (IOException | RuntimeException e) {
                fail(e);
            }
            done();
        }
    }

    private sealed interface Work {
        record Compare(Map<String, Known> notes) implements Work {}

        record Take(String path, Due what) implements Work {}

        /** Nothing was to do for a while. */
        record Rest() implements Work {}
    }

    /** What is to be done next, or null when it is over. */
    private @Nullable Work next() {
        lock.lock();
        try {
            boolean waited = false;
            while (due.isEmpty() && all == null && !closed) {
                if (waited) {
                    return new Work.Rest();
                }
                waited = !told.await(Embeddings.IDLE.toNanos(), TimeUnit.NANOSECONDS);
            }
            if (closed) {
                return null;
            }
            busy = true;
            Map<String, Known> notes = all;
            if (notes != null) {
                all = null;
                return new Work.Compare(notes);
            }
            Map.Entry<String, Due> first = due.pollFirstEntry();
            return new Work.Take(first.getKey(), first.getValue());
        } catch (InterruptedException e) {
            return null;
        } finally {
            lock.unlock();
        }
    }

    private boolean isIdle() {
        lock.lock();
        try {
            return due.isEmpty() && all == null;
        } finally {
            lock.unlock();
        }
    }

    private void done() {
        lock.lock();
        try {
            busy = false;
            told.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** What failed; said in every answer until something works again. */
    void fail(Exception e) {
        trouble = "notes cannot be found by their meaning: " + e.getMessage();
        lock.lock();
        try {
            // The next walk through the vault tells everything that is not there yet again.
            due.clear();
        } finally {
            lock.unlock();
        }
    }

    private void take(String path, Due what) throws IOException {
        byte[] bytes;
        try {
            bytes = what.sha256 == null ? null : Files.readAllBytes(files.file(path));
        } catch (NoSuchFileException e) {
            bytes = null;
        }
        if (bytes == null) {
            index.remove(path);
            return;
        }
        String sha256 = AtomicFiles.digest(bytes);
        if (!sha256.equals(what.sha256)) {
            // It changed again, and that will be told.
            return;
        }
        String text = NoteText.of(bytes);
        String read = text.substring(0, Math.min(TEXT, text.length()));
        Note note = NoteParser.parse(read);
        Lines lines = Lines.of(read);
        int body = lines.body();
        int from = body < lines.count() ? lines.start(body) : read.length();
        List<Chunk> chunks = embeddings.chunks(read, from, title(note));
        List<byte[]> vectors = new ArrayList<>();
        for (Chunk chunk : chunks) {
            if (closed) {
                // What was embedded is kept; the rest of the note is due again after the next start.
                return;
            }
            vectors.add(vector(chunk));
        }
        index.put(path, what.stamp, sha256, note, chunks, vectors);
        trouble = "";
    }

    /** Not the file's name: a note that is renamed says what it said. */
    private static String title(Note note) {
        return note.headings().isEmpty() ? "" : note.headings().getFirst().text();
    }

    private byte[] vector(Chunk chunk) throws IOException {
        byte[] key = chunk.key();
        byte[] known = index.kept(key);
        if (known != null) {
            return known;
        }
        byte[] vector = embeddings.embed(chunk.ids());
        embedded.incrementAndGet();
        index.keep(key, vector);
        return vector;
    }

    // ---- being asked

    byte[] question(String text) throws IOException {
        return embeddings.question(text);
    }

    /** @see ChunkIndex#nearest */
    Map<String, Near> nearest(byte[] question, @Nullable Query limits, int count) throws IOException {
        return index.nearest(question, limits, count);
    }

    /** @see ChunkIndex#of */
    Map<String, Near> of(Collection<String> paths, byte[] question) throws IOException {
        return index.of(paths, question);
    }

    @Override
    public void close() throws IOException {
        lock.lock();
        try {
            closed = true;
            told.signalAll();
        } finally {
            lock.unlock();
        }
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        index.close();
        embeddings.close();
    }
}
