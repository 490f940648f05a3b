package mirror.bus;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/**
 * How a file is written: whole or not at all. The bytes go to a temporary file in the same folder, are flushed, read back and
 * compared, and then take the target's name in one step; the folder is flushed last. Whoever reads the file sees the old bytes or the
 * new ones. This is the primitive: it keeps nothing of what stood there. What Mirror writes goes through {@link FileStore}; only what
 * has no home yet (a new device key) or no worth (a benchmark's report) is written with {@link #write}. Static because it has no
 * state; thread-safe for different targets, and for the same target the last one wins.
 */
public final class AtomicFiles {
    private AtomicFiles() {}

    /** What is looked at last, when the temporary file is ready and the target still has its old bytes. */
    interface Check {
        void run() throws IOException;
    }

    public static void write(Path target, String text) throws IOException {
        write(target, text.getBytes(StandardCharsets.UTF_8));
    }

    /** Writes for the owner only, or with the mode that the file has now. A symbolic link stays, and its target is written. */
    public static void write(Path target, byte[] bytes) throws IOException {
        FileCalls disk = new DiskCalls();
        Path real = (Files.isSymbolicLink(target) ? target.toRealPath() : target).toAbsolutePath();
        Set<PosixFilePermission> mode =
                Files.exists(real, LinkOption.NOFOLLOW_LINKS) ? disk.mode(real) : DiskCalls.OWNER_ONLY;
        Path folder = folder(real);
        disk.createFolders(folder);
        String random = Long.toHexString(ThreadLocalRandom.current().nextLong());
        replace(disk, real, bytes, mode, folder.resolve(".mirror-" + random + ".tmp"), () -> {});
    }

    static void replace(
            FileCalls disk, Path file, byte[] bytes, Set<PosixFilePermission> mode, Path temp, Check beforeRename)
            throws IOException {
        try {
            if (disk.kind(temp) != FileCalls.Kind.NONE) {
                disk.delete(temp);
            }
            disk.create(temp, bytes, mode);
            if (!Arrays.equals(disk.read(temp), bytes)) {
                throw new RejectedWrite(
                        RejectedWrite.Reason.READ_BACK,
                        "the disk gave back other bytes than were written to " + temp + "; check the disk");
            }
            beforeRename.run();
            disk.rename(temp, file);
        } catch (IOException e) {
            try {
                if (disk.kind(temp) != FileCalls.Kind.NONE) {
                    disk.delete(temp);
                }
            } catch (IOException again) {
                e.addSuppressed(again);
            }
            throw e;
        }
        try {
            disk.forceFolder(folder(file));
        } catch (IOException e) {
            throw new RejectedWrite(
                    RejectedWrite.Reason.DISK,
                    file + " has its new bytes, but their name could not be flushed and a power cut may undo it: "
                            + e.getMessage(),
                    e);
        }
    }

    static Path folder(Path file) throws IOException {
        Path folder = file.getParent();
        if (folder == null) {
            throw new RejectedWrite(RejectedWrite.Reason.FOLDER, file + " is the root folder; name a file");
        }
        return folder;
    }

    /**
     * Whether the file is what its sidecar says. False when either is missing or they do not agree; a crash between the two
     * writes leaves them so, and the file then counts as damaged until it is made again.
     */
    public static boolean matchesDigest(Path target) throws IOException {
        Path sidecar = sidecar(target);
        if (!Files.exists(target) || !Files.exists(sidecar)) {
            return false;
        }
        return Arrays.equals(Files.readAllBytes(sidecar), sidecarText(target, Files.readAllBytes(target)));
    }

    /** {@code <name>.sha256}, in the form that {@code sha256sum -c} reads. */
    public static Path sidecar(Path target) {
        return target.resolveSibling(target.getFileName() + ".sha256");
    }

    static byte[] sidecarText(Path target, byte[] bytes) {
        return (digest(bytes) + "  " + target.getFileName() + "\n").getBytes(StandardCharsets.UTF_8);
    }

    /** Lower-case hex SHA-256. */
    public static String digest(byte[] bytes) {
        return hex(sha256().digest(bytes));
    }

    /** Lower-case hex SHA-256 of what the stream still has, read a little at a time. */
    public static String digest(InputStream in) throws IOException {
        MessageDigest digest = sha256();
        byte[] buffer = new byte[64 * 1024];
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
            digest.update(buffer, 0, n);
        }
        return hex(digest.digest());
    }

    /** A SHA-256 that was fed nothing yet. */
    public static MessageDigest sha256() {
        return EventLine.sha256();
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}
