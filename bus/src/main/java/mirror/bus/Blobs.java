package mirror.bus;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongConsumer;
import mirror.bus.VerifyReport.Verdict;

/**
 * Payloads too large for an event line, and files taken in as evidence, by the SHA-256 of their bytes. Thread-safe: the same bytes make
 * the same file.
 */
public final class Blobs {
    private static final int CHUNK = 64 * 1024;

    private final Path directory;
    private final Storage storage;

    /** A stream's name is known only when all of it was read, so streams share one temporary file. */
    private final Lock incoming = new ReentrantLock();

    public Blobs(Path directory, Storage storage) {
        this.directory = directory;
        this.storage = storage;
    }

    /** Stores the bytes durably and returns their hash in hex. An interrupt of the caller is kept for later. */
    public String put(byte[] bytes) throws IOException {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return store(bytes);
                } catch (ClosedByInterruptException e) {
                    interrupted |= Thread.interrupted();
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private String store(byte[] bytes) throws IOException {
        String hash = HexFormat.of().formatHex(EventLine.sha256().digest(bytes));
        Path file = directory.resolve(hash);
        if (!storage.exists(file)) {
            storage.createDirectories(directory);
            Path temp = directory.resolve(hash + "." + Thread.currentThread().threadId() + ".tmp");
            try (Storage.Appender appender = storage.append(temp)) {
                appender.truncate(0);
                appender.write(ByteBuffer.wrap(bytes));
                appender.force();
            }
            storage.rename(temp, file);
        }
        // Also when the file was there already: whoever made it may not have come as far as this.
        storage.forceDirectory(directory);
        return hash;
    }

    /**
     * Stores what the stream still has, durably and a little at a time, however much it is. A blob of that name that was altered on disk
     * is whole again afterwards.
     *
     * @throws IOException when the stream or the disk fails; then nothing is stored
     */
    public BlobRef put(InputStream in) throws IOException {
        incoming.lock();
        try {
            storage.createDirectories(directory);
            // What a crash left of an earlier stream is overwritten here.
            Path temp = directory.resolve("incoming.tmp");
            try {
                BlobRef ref = copy(in, temp);
                storage.rename(temp, directory.resolve(ref.hash()));
                storage.forceDirectory(directory);
                return ref;
            } catch (IOException | RuntimeException e) {
                storage.delete(temp);
                throw e;
            }
        } finally {
            incoming.unlock();
        }
    }

    private BlobRef copy(InputStream in, Path temp) throws IOException {
        MessageDigest digest = EventLine.sha256();
        long bytes = 0;
        try (Storage.Appender appender = storage.append(temp)) {
            appender.truncate(0);
            byte[] buffer = new byte[CHUNK];
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                digest.update(buffer, 0, n);
                appender.write(ByteBuffer.wrap(buffer, 0, n));
                bytes += n;
            }
            appender.force();
        }
        return new BlobRef(HexFormat.of().formatHex(digest.digest()), bytes);
    }

    /**
     * Whether the blob is what its name says: {@code INTACT}, {@code ALTERED} or {@code MISSING}. Reads a little at a time.
     *
     * @param read hears of every number of bytes that was read
     */
    public Verdict check(String hash, LongConsumer read) throws IOException {
        Path file = file(hash);
        if (!storage.exists(file)) {
            return Verdict.MISSING;
        }
        try (Storage.Reader reader = storage.read(file)) {
            return digest(reader, read).equals(hash) ? Verdict.INTACT : Verdict.ALTERED;
        }
    }

    /** Lower-case hex SHA-256 of all that the reader has, read a little at a time. */
    static String digest(Storage.Reader reader, LongConsumer read) throws IOException {
        MessageDigest digest = EventLine.sha256();
        byte[] buffer = new byte[CHUNK];
        long at = 0;
        for (int n = reader.read(at, buffer, 0, CHUNK); n > 0; n = reader.read(at, buffer, 0, CHUNK)) {
            digest.update(buffer, 0, n);
            at += n;
            read.accept(n);
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /**
     * The bytes, or nothing when the blob is not there. A blob whose bytes do not match its name is an error, never an answer.
     *
     * @throws BusException.Damaged when it was altered
     */
    public Optional<byte[]> get(String hash) throws IOException {
        Path file = file(hash);
        if (!storage.exists(file)) {
            return Optional.empty();
        }
        byte[] bytes = ChainWalk.readAll(storage, file, 0);
        if (!HexFormat.of().formatHex(EventLine.sha256().digest(bytes)).equals(hash)) {
            throw new BusException.Damaged("payload " + hash + " was altered; restore " + file + " from a backup");
        }
        return Optional.of(bytes);
    }

    /**
     * Removes the blob durably; nothing happens when it is not there. Only for a blob that nobody else can have: the payloads of events
     * are erased by {@link Projector#erase}, and what others may have stored too is not to be removed at all.
     */
    public void erase(String hash) throws IOException {
        Path file = file(hash);
        if (storage.exists(file)) {
            storage.delete(file);
            storage.forceDirectory(directory);
        }
    }

    /**
     * Where the blob stands, whether it is there or not.
     *
     * @throws BusException when {@code hash} is not the name of a blob
     */
    public Path file(String hash) {
        if (!BlobRef.isHash(hash)) {
            throw new BusException("'" + hash + "' is not the name of a blob");
        }
        return directory.resolve(hash);
    }
}
