package mirror.trust.shell;

import java.nio.file.Path;

/**
 * What the analysis may know about the disk. It is asked, never told: an implementation must answer from what is there now and
 * must not change anything. Tests answer from memory.
 */
public interface PathResolver {
    /**
     * The path with every symbolic link followed as far as it exists, and the rest normalised.
     *
     * @param path absolute; may hold {@code .} and {@code ..}, which must be applied after the links before them
     */
    Path resolve(Path path);

    /** Whether the path is an existing directory. */
    boolean isDirectory(Path path);

    /** Whether the path is the top of a git work tree. */
    boolean isGitRepository(Path path);

    /** Answers from the file system of this device. */
    static PathResolver onDisk() {
        return new DiskPaths();
    }
}
