package mirror.bus;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HexFormat;
import java.util.Set;

/**
 * How every file that is not the log is written: whole or not at all. The bytes go to a temporary file in the same folder, are
 * flushed, read back and compared by digest, and then take the target's name in one step; the folder is flushed last. Whoever reads
 * the file sees the old bytes or the new ones. Static because it has no state; thread-safe for different targets, and for the same
 * target the last one wins.
 */
public final class AtomicFiles {
    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rw-------");

    private AtomicFiles() {}

    public static void write(Path target, String text) throws IOException {
        write(target, text.getBytes(StandardCharsets.UTF_8));
    }

    /** Writes for the owner only, or with the mode that the file has now. A symbolic link stays, and its target is written. */
    public static void write(Path target, byte[] bytes) throws IOException {
        Path real = Files.isSymbolicLink(target) ? target.toRealPath() : target;
        Path folder = real.toAbsolutePath().getParent();
        if (folder == null) {
            throw new IOException(target + " has no folder");
        }
        Files.createDirectories(folder);
        Set<PosixFilePermission> mode =
                Files.exists(real, LinkOption.NOFOLLOW_LINKS) ? Files.getPosixFilePermissions(real) : OWNER_ONLY;
        Path temp = Files.createTempFile(
                folder, "." + real.getFileName(), ".tmp", PosixFilePermissions.asFileAttribute(OWNER_ONLY));
        try {
            try (FileChannel channel = FileChannel.open(temp, StandardOpenOption.WRITE)) {
                ByteBuffer buffer = ByteBuffer.wrap(bytes);
                while (buffer.hasRemaining()) {
                    channel.write(buffer);
                }
                channel.force(true);
            }
            if (!digest(Files.readAllBytes(temp)).equals(digest(bytes))) {
                throw new IOException("the disk gave back other bytes than were written to " + temp);
            }
            Files.setPosixFilePermissions(temp, mode);
            Files.move(temp, real, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
                channel.force(true);
            }
        } finally {
            Files.deleteIfExists(temp);
        }
    }

    /** Writes the file and beside it {@code <name>.sha256} in the form {@code sha256sum -c} reads. */
    public static void writeWithDigest(Path target, String text) throws IOException {
        write(target, text);
        write(sidecar(target), digest(text.getBytes(StandardCharsets.UTF_8)) + "  " + target.getFileName() + "\n");
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
        return Files.readString(sidecar).startsWith(digest(Files.readAllBytes(target)) + "  ");
    }

    public static Path sidecar(Path target) {
        return target.resolveSibling(target.getFileName() + ".sha256");
    }

    /** Lower-case hex SHA-256. */
    public static String digest(byte[] bytes) {
        return HexFormat.of().formatHex(EventLine.sha256().digest(bytes));
    }
}
