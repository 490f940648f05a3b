package mirror.vault.embed;

import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import mirror.vault.embed.Chunker.Chunk;
import org.jspecify.annotations.Nullable;

/** The embedding model as it is needed: loaded at the first question or text, put away after ten minutes without one. Thread-safe. */
public final class Embeddings implements Closeable {
    public static final Duration IDLE = Duration.ofMinutes(10);

    private final Loader loader;
    private final InstantSource clock;
    /** Shared by those who use the model, exclusive for loading it and putting it away. */
    private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();

    private @Nullable Embedder embedder;
    private volatile Instant used = Instant.MIN;

    /** What makes a model ready. */
    public interface Loader {
        Embedder load() throws IOException;
    }

    public Embeddings(Loader loader, InstantSource clock) {
        this.loader = loader;
        this.clock = clock;
    }

    private interface Use<T> {
        T with(Embedder embedder) throws IOException;
    }

    private <T> T use(Use<T> use) throws IOException {
        while (true) {
            lock.readLock().lock();
            try {
                used = clock.instant();
                Embedder ready = embedder;
                if (ready != null) {
                    return use.with(ready);
                }
            } finally {
                lock.readLock().unlock();
            }
            lock.writeLock().lock();
            try {
                embedder = embedder == null ? loader.load() : embedder;
            } finally {
                lock.writeLock().unlock();
            }
        }
    }

    /** @see Chunker#chunks */
    public List<Chunk> chunks(String text, int from, String title) throws IOException {
        return use(ready -> ready.chunker().chunks(text, from, title));
    }

    /** @see Embedder#embed */
    public byte[] embed(int[] ids) throws IOException {
        return use(ready -> ready.embed(ids));
    }

    /** The vector of a question. */
    public byte[] question(String text) throws IOException {
        return use(ready -> ready.embed(ready.chunker().question(text)));
    }

    /** Puts the model away when it was not used for a while. */
    public void rest() throws IOException {
        if (!clock.instant().isBefore(used.plus(IDLE))) {
            close();
        }
    }

    @Override
    public void close() throws IOException {
        lock.writeLock().lock();
        try {
            Embedder ready = embedder;
            embedder = null;
            if (ready != null) {
                ready.close();
            }
        } finally {
            lock.writeLock().unlock();
        }
    }
}
