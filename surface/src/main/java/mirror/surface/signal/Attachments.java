package mirror.surface.signal;

import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.random.RandomGenerator;
import mirror.bus.BlobRef;
import mirror.bus.Blobs;
import mirror.surface.signal.SignalRefused.Fault;
import org.jspecify.annotations.Nullable;

/**
 * Content and files of messages in the blob store. Each begins with random bytes, so that its name, which stays in the log, says nothing
 * about it once it is gone, and so that no other blob can be the same: it may be removed. Thread-safe.
 */
final class Attachments {
    static final long FILE_BYTES = 15L * 1024 * 1024;
    static final long ALL_BYTES = 256L * 1024 * 1024;
    private static final int SALT = 32;

    private final Blobs blobs;
    private final RandomGenerator random;

    Attachments(Blobs blobs, RandomGenerator random) {
        this.blobs = blobs;
        this.random = random;
    }

    private byte[] salt() {
        byte[] salt = new byte[SALT];
        random.nextBytes(salt);
        return salt;
    }

    /** Keeps bytes and returns the blob's name. */
    String keep(byte[] bytes) throws IOException {
        byte[] salted = new byte[SALT + bytes.length];
        System.arraycopy(salt(), 0, salted, 0, SALT);
        System.arraycopy(bytes, 0, salted, SALT, bytes.length);
        return blobs.put(salted);
    }

    /** What {@link #keep} was given, or null when it is gone. */
    byte @Nullable [] bytes(String blob) throws IOException {
        byte[] salted = blobs.get(blob).orElse(null);
        if (salted == null || salted.length < SALT) {
            return null;
        }
        byte[] bytes = new byte[salted.length - SALT];
        System.arraycopy(salted, SALT, bytes, 0, bytes.length);
        return bytes;
    }

    /**
     * Keeps a file.
     *
     * @param room bytes that are left for files
     * @throws SignalRefused when it is too large
     */
    BlobRef keep(InputStream in, long room) throws IOException {
        long most = Math.min(FILE_BYTES, room);
        try {
            return blobs.put(new SequenceInputStream(new ByteArrayInputStream(salt()), new Bounded(in, most)));
        } catch (TooLarge e) {
            throw SignalRefused.of(Fault.TOO_LARGE);
        }
    }

    /** Bytes of a file, without what Mirror put before it. */
    static long size(BlobRef ref) {
        return ref.bytes() - SALT;
    }

    boolean exists(String blob) {
        return !blob.isEmpty() && Files.exists(blobs.file(blob));
    }

    void copy(String blob, OutputStream out) throws IOException {
        Path file = blobs.file(blob);
        try (InputStream in = Files.newInputStream(file)) {
            in.skipNBytes(SALT);
            in.transferTo(out);
        }
    }

    void remove(String blob) throws IOException {
        if (!blob.isEmpty()) {
            blobs.erase(blob);
        }
    }

    private static final class TooLarge extends IOException {
        private static final long serialVersionUID = 1;
    }

    /** Ends with an error, and not early, when there is more than allowed. */
    private static final class Bounded extends FilterInputStream {
        private long left;

        Bounded(InputStream in, long most) {
            super(in);
            this.left = most;
        }

        @Override
        public int read() throws IOException {
            int b = super.read();
            count(b < 0 ? 0 : 1);
            return b;
        }

        @Override
        public int read(byte[] bytes, int from, int length) throws IOException {
            int n = super.read(bytes, from, length);
            count(Math.max(0, n));
            return n;
        }

        private void count(int n) throws IOException {
            left -= n;
            if (left < 0) {
                throw new TooLarge();
            }
        }
    }
}
