package mirror.bus;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One file as it shall be; what {@link FileStore#write} is asked.
 *
 * @param target path; a symbolic link stays, and what it leads to is written
 * @param bytes what shall stand in it, or null when the file shall be gone; not to be changed after it was handed over
 * @param care what is kept of what stood there
 * @param who {@code owner}, {@code daemon} or a client; becomes the event's actor
 * @param session id of the session it is done for
 * @param root folder that the file must lie in once all links are followed, or null for anywhere
 * @param expected SHA-256 of what must stand there now, {@link #NONE} when nothing may, or null for whatever does
 * @param mode permissions, or null for those the file has ({@code rw-------} for a new one)
 */
public record FileWrite(
        Path target,
        byte @Nullable [] bytes,
        Care care,
        String who,
        @Nullable String session,
        @Nullable Path root,
        @Nullable String expected,
        @Nullable Set<PosixFilePermission> mode) {
    /** In place of a digest: there is no file. */
    public static final String NONE = "none";

    /** What is kept of a file before it is replaced. */
    public enum Care {
        /** Every version, with an event for each change: what a person or another program writes too. */
        KEPT,
        /**
         * Only what others changed in it: the file can be made again from the log. It has a digest file beside it, by which a foreign
         * change is told from Mirror's own bytes.
         */
        DERIVED,
        /** Nothing, and no digest of it anywhere: secrets, marks of the running process, and the store's own records. */
        BARE
    }

    public static FileWrite kept(Path target, byte[] bytes) {
        return new FileWrite(target, bytes, Care.KEPT, "daemon", null, null, null, null);
    }

    public static FileWrite derived(Path target, String text) {
        return new FileWrite(
                target, text.getBytes(StandardCharsets.UTF_8), Care.DERIVED, "daemon", null, null, null, null);
    }

    public static FileWrite bare(Path target, String text) {
        return new FileWrite(
                target, text.getBytes(StandardCharsets.UTF_8), Care.BARE, "daemon", null, null, null, null);
    }

    /** The file shall be gone. */
    public static FileWrite removal(Path target, Care care) {
        return new FileWrite(target, null, care, "daemon", null, null, null, null);
    }

    public FileWrite by(String actor) {
        return new FileWrite(target, bytes, care, actor, session, root, expected, mode);
    }

    public FileWrite session(@Nullable String id) {
        return new FileWrite(target, bytes, care, who, id, root, expected, mode);
    }

    public FileWrite within(Path folder) {
        return new FileWrite(target, bytes, care, who, session, folder, expected, mode);
    }

    public FileWrite onlyIf(String digest) {
        return new FileWrite(target, bytes, care, who, session, root, digest, mode);
    }

    public FileWrite mode(Set<PosixFilePermission> permissions) {
        return new FileWrite(target, bytes, care, who, session, root, expected, Set.copyOf(permissions));
    }

    /** Of {@link #bytes}; null when the file shall be gone. */
    @Nullable
    String digest() {
        return bytes == null ? null : AtomicFiles.digest(bytes);
    }
}
