package mirror.bus;

import java.io.IOException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Instant;
import java.util.List;
import java.util.Set;

/**
 * The calls on the file system of which writing whole files consists, so that a test can fail the n-th or cut the power between two.
 * {@link Storage} is the same for the log, which keeps its file open.
 *
 * <p>Assumptions about a real disk: a name that was made, changed or removed may be as before until {@link #forceFolder} of its folder
 * has returned; a call that throws may have done all, some or nothing.
 */
public interface FileCalls {
    enum Kind {
        NONE,
        FILE,
        FOLDER,
        LINK,
        OTHER
    }

    /** What stands at the path; a link is a link, wherever it leads. */
    Kind kind(Path path) throws IOException;

    /** The path without links and dots; something must stand there. */
    Path real(Path path) throws IOException;

    byte[] read(Path file) throws IOException;

    /** Lower-case hex SHA-256 of the file, read a little at a time. */
    String digest(Path file) throws IOException;

    Set<PosixFilePermission> mode(Path file) throws IOException;

    /** When the contents were last written, as the file system says. */
    Instant modified(Path file) throws IOException;

    /** Whether both names are of one and the same file; both must be there. */
    boolean isSame(Path one, Path other) throws IOException;

    /** Names directly in the folder, sorted; empty when there is no such folder. */
    List<Path> list(Path folder) throws IOException;

    /** Makes the folder and its parents, for the owner only, and flushes their names. */
    void createFolders(Path folder) throws IOException;

    /** Makes a file that is not there, writes and flushes it. */
    void create(Path file, byte[] bytes, Set<PosixFilePermission> mode) throws IOException;

    /** Makes a file that is not there with the bytes, permissions and time of another, a little at a time, and flushes it. */
    void copy(Path from, Path to) throws IOException;

    /** Adds to the end of a file, which is made for the owner only when it is not there, and flushes it. */
    void append(Path file, byte[] bytes) throws IOException;

    /** Cuts the file to {@code size} bytes and flushes it. */
    void truncate(Path file, long size) throws IOException;

    /** Atomic within one file system; replaces the target. */
    void rename(Path from, Path to) throws IOException;

    /**
     * Gives a file a second name, which must not be taken.
     *
     * @return false when that cannot be done here: another file system, or one without hard links
     * @throws java.nio.file.FileAlreadyExistsException when the name is taken
     */
    boolean link(Path name, Path existing) throws IOException;

    /** Removes a name; a folder must be empty. */
    void delete(Path file) throws IOException;

    void forceFolder(Path folder) throws IOException;
}
