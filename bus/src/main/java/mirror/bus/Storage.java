package mirror.bus;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/**
 * The disk under the log, as narrow as the log needs it, so that a test can fail the n-th call or cut the power between two.
 *
 * <p>Assumptions about a real disk: bytes written are lost or kept in any combination until {@link Appender#force} returns; a
 * created or renamed file may vanish until {@link #forceDirectory} of its folder returns.
 */
public interface Storage {
    /** An append-only file owned by one thread. */
    interface Appender extends AutoCloseable {
        /** Writes all remaining bytes at the end of the file. After an exception any part of them may be in the file. */
        void write(ByteBuffer bytes) throws IOException;

        /** Returns when all bytes written so far have reached stable storage. */
        void force() throws IOException;

        long size() throws IOException;

        /** Cuts the file to {@code size} bytes; used only to take back a write that was never acknowledged. */
        void truncate(long size) throws IOException;

        @Override
        void close() throws IOException;
    }

    /** A file read from any position. Not thread-safe. Reading is never cut short by an interrupt of the reading thread. */
    interface Reader extends AutoCloseable {
        /** Reads up to {@code length} bytes at {@code position}; returns -1 at or beyond the end. */
        int read(long position, byte[] into, int offset, int length) throws IOException;

        long size() throws IOException;

        @Override
        void close() throws IOException;
    }

    /** Opens for appending, creating the file if needed. */
    Appender append(Path file) throws IOException;

    Reader read(Path file) throws IOException;

    boolean exists(Path file);

    /** Regular files directly in the folder, sorted by name; empty when there is no such folder. */
    List<Path> list(Path directory) throws IOException;

    /** Creates the folder and its parents, for the owner only. */
    void createDirectories(Path directory) throws IOException;

    /** Atomic within one file system; replaces the target. */
    void rename(Path from, Path to) throws IOException;

    void forceDirectory(Path directory) throws IOException;

    /** Removes a file whose bytes are safe elsewhere; nothing happens when it is not there. */
    void delete(Path file) throws IOException;

    /**
     * Something that changes whenever anybody writes to the file, however they set its times: size and the system's own change time.
     */
    String stamp(Path file) throws IOException;
}
