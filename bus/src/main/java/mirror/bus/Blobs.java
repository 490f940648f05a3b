package mirror.bus;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Files;
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

    /** The bytes, or nothing when the blob was erased. A blob whose bytes do not match its name is an error, never an answer. */
    public Optional<byte[]> get(String hash) throws IOException {
        if (!hash.matches("[0-9a-f]{64}")) {
            throw new BusException("'" + hash + "' is not the name of a blob");
        }
        Path file = directory.resolve(hash);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        byte[] bytes = Files.readAllBytes(file);
        if (!HexFormat.of().formatHex(EventLine.sha256().digest(bytes)).equals(hash)) {
            throw new BusException.Damaged("blob " + hash + " was altered; restore " + file + " from a backup");
        }
        return Optional.of(bytes);
    }
}
