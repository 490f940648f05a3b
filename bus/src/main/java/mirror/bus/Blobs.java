package mirror.bus;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Optional;

/** Payloads too large for an event line, by the SHA-256 of their bytes. Thread-safe: the same bytes make the same file. */
public final class Blobs {
    private final Path directory;
    private final Storage storage;

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

    /** Removes the blob durably; nothing happens when it is not there. */
    void erase(String hash) throws IOException {
        Path file = file(hash);
        if (storage.exists(file)) {
            storage.delete(file);
            storage.forceDirectory(directory);
        }
    }

    Path file(String hash) {
        if (!BlobRef.isHash(hash)) {
            throw new BusException("'" + hash + "' is not the name of a blob");
        }
        return directory.resolve(hash);
    }
}
