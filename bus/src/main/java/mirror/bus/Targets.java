package mirror.bus;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Which file a path really is, what stands there, and whether it may be written: every refusal of {@link FileStore} but the disk's. */
record Targets(FileCalls disk) {
    private static final Set<PosixFilePermission> OWNERS = EnumSet.of(
            PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE, PosixFilePermission.OWNER_EXECUTE);

    /** What stands in a file; the mode of a file that is not there is that of a new one. */
    record State(byte @Nullable [] bytes, @Nullable String digest, Set<PosixFilePermission> mode) {}

    /** The file itself: links followed, and inside {@code root} when there is one. What does not exist yet is named as it would be. */
    Path place(Path target, @Nullable Path root) throws IOException {
        Path absolute = target.toAbsolutePath();
        Path there = absolute;
        while (disk.kind(there) == FileCalls.Kind.NONE) {
            there = Objects.requireNonNull(there.getParent(), "the root folder is not there");
        }
        Path rest =
                there.equals(absolute) ? Path.of("") : absolute.subpath(there.getNameCount(), absolute.getNameCount());
        for (Path name : rest) {
            if (name.toString().equals("..")) {
                throw new RejectedWrite(
                        RejectedWrite.Reason.OUTSIDE,
                        target + " goes up from a folder that does not exist; name it plainly");
            }
        }
        Path file;
        try {
            file = disk.real(there).resolve(rest).normalize();
        } catch (NoSuchFileException e) {
            throw new RejectedWrite(
                    RejectedWrite.Reason.DANGLING_LINK,
                    there + " is a link that leads nowhere; correct or remove it first");
        }
        if (root != null) {
            Path folder = place(root, null);
            if (!file.startsWith(folder) || file.equals(folder)) {
                throw new RejectedWrite(
                        RejectedWrite.Reason.OUTSIDE,
                        target + " is really " + file + ", which is outside of " + folder
                                + "; remove the link or the '..'");
            }
        }
        return file;
    }

    State state(Path file) throws IOException {
        byte[] bytes = bytes(file);
        return bytes == null
                ? new State(null, null, DiskCalls.OWNER_ONLY)
                : new State(bytes, AtomicFiles.digest(bytes), disk.mode(file));
    }

    byte @Nullable [] bytes(Path file) throws IOException {
        return switch (disk.kind(file)) {
            case NONE -> null;
            case FILE -> disk.read(file);
            case FOLDER ->
                throw new RejectedWrite(RejectedWrite.Reason.FOLDER, file + " is a folder; name a file in it");
            case LINK ->
                throw new RejectedWrite(
                        RejectedWrite.Reason.OUTSIDE,
                        file + " became a link while it was looked at; look who did that");
            case OTHER ->
                throw new RejectedWrite(
                        RejectedWrite.Reason.NOT_A_FILE, file + " is a device, a pipe or a socket; name a file");
        };
    }

    /** Refuses when a folder on the way was replaced by a link after {@link #place}. */
    void stillThere(Path file) throws IOException {
        Path folder = AtomicFiles.folder(file);
        if (!disk.real(folder).equals(folder)) {
            throw new RejectedWrite(
                    RejectedWrite.Reason.OUTSIDE,
                    folder + " was replaced by a link while " + file + " was written; look who did that");
        }
    }

    static void expect(FileWrite write, Path file, State now) throws RejectedWrite {
        String expected = write.expected();
        if (expected != null && !expected.equals(now.digest == null ? FileWrite.NONE : now.digest)) {
            throw new RejectedWrite(
                    RejectedWrite.Reason.STALE,
                    file + " was changed meanwhile: it is " + shown(now.digest) + " and was to be " + shown(expected)
                            + "; read it again and repeat");
        }
    }

    /** The first digits of a digest, for a sentence. */
    static String shown(@Nullable String digest) {
        return digest == null ? FileWrite.NONE : digest.substring(0, Math.min(12, digest.length()));
    }

    /** The permissions that the file will have: never more for others than now. */
    static Set<PosixFilePermission> mode(FileWrite write, Path file, State now) throws RejectedWrite {
        Set<PosixFilePermission> present = write.care() == FileWrite.Care.BARE ? DiskCalls.OWNER_ONLY : now.mode;
        Set<PosixFilePermission> wanted = write.mode();
        if (wanted == null) {
            return present;
        }
        if (wanted.stream().anyMatch(right -> !present.contains(right) && !OWNERS.contains(right))) {
            throw new RejectedWrite(
                    RejectedWrite.Reason.MODE_WIDENS,
                    file + " is " + PosixFilePermissions.toString(present) + " and was to become "
                            + PosixFilePermissions.toString(wanted) + "; run chmod yourself if others shall have it");
        }
        return wanted;
    }
}
