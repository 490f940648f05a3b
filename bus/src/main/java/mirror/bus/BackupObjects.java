package mirror.bus;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * The versions' bytes, {@code backups/objects/<sha256>}: a file named by its digest, so that {@code sha256sum} proves it and the same
 * bytes are kept once. Nothing here is ever changed or deleted. Used under the store's lock.
 */
final class BackupObjects {
    private final FileCalls disk;
    private final Path folder;

    BackupObjects(FileCalls disk, Path folder) {
        this.disk = disk;
        this.folder = folder;
    }

    /** Returns the digest when the bytes are durable. An object that was damaged is made whole by this. */
    String hold(byte[] bytes) throws IOException {
        String digest = AtomicFiles.digest(bytes);
        Path object = folder.resolve(digest);
        if (disk.kind(object) == FileCalls.Kind.FILE && Arrays.equals(disk.read(object), bytes)) {
            // A crash may have come between its rename and the flush of the folder.
            disk.forceFolder(folder);
            return digest;
        }
        disk.createFolders(folder);
        AtomicFiles.replace(disk, object, bytes, DiskCalls.OWNER_ONLY, folder.resolve(digest + ".tmp"), () -> {});
        return digest;
    }

    byte[] get(String digest) throws IOException {
        Path object = folder.resolve(digest);
        if (disk.kind(object) != FileCalls.Kind.FILE) {
            throw new BusException.Damaged("the kept version " + object + " is gone; restore it from a backup");
        }
        byte[] bytes = disk.read(object);
        if (!AtomicFiles.digest(bytes).equals(digest)) {
            throw new BusException.Damaged("the kept version " + object + " was altered; restore it from a backup");
        }
        return bytes;
    }
}
