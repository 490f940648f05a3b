package mirror.bus;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * What is done with a segment that nothing is appended to any more: it gets a digest file that {@code sha256sum -c} reads, and when
 * it is old it is compressed. Each step leaves the chain whole when a crash cuts it short, and is done again then.
 *
 * <p>Must never: remove the plain text before the compressed file is on stable storage and was unpacked and compared.
 */
final class SealedSegments {
    private final Storage storage;

    SealedSegments(Storage storage) {
        this.storage = storage;
    }

    /** Whether {@link #seal} has been done. */
    boolean isSealed(Path file) {
        return storage.exists(digestFile(file));
    }

    /** Writes {@code <file>.sha256}. */
    void seal(Path file) throws IOException {
        writeDigest(file, digest(storage.read(file)));
    }

    /**
     * Compresses a sealed segment and removes its plain text.
     *
     * @return the compressed file, which readers must use from now on; the plain one is still there until {@link #removePlain}
     * @throws BusException.Damaged when the segment is not what its digest file says, or does not unpack to itself
     */
    Path compress(Path plain) throws IOException {
        String before = digest(storage.read(plain));
        String noted = new String(ChainWalk.readAll(storage, digestFile(plain), 0), StandardCharsets.US_ASCII);
        if (!noted.startsWith(before + "  ")) {
            throw new BusException.Damaged(
                    plain + " is not what " + digestFile(plain) + " says; it was not compressed; run 'mirror verify'");
        }
        Path packed = plain.resolveSibling(plain.getFileName() + ".zst");
        Path temp = packed.resolveSibling(packed.getFileName() + ".tmp");
        try (Storage.Appender out = storage.append(temp);
                Storage.Reader in = storage.read(plain)) {
            out.truncate(0);
            ZstdReader.compress(in, out);
            out.force();
        }
        if (!digest(new ZstdReader(storage.read(temp), temp)).equals(before)) {
            throw new BusException.Damaged(temp + " does not unpack to the segment it was made of; " + plain
                    + " stays; check the disk and the memory of this machine");
        }
        writeDigest(packed, digest(storage.read(temp)));
        storage.rename(temp, packed);
        storage.forceDirectory(folder(packed));
        return packed;
    }

    void removePlain(Path plain) throws IOException {
        storage.delete(plain);
        storage.delete(digestFile(plain));
        storage.forceDirectory(folder(plain));
    }

    private void writeDigest(Path file, String digest) throws IOException {
        Path target = digestFile(file);
        Path temp = target.resolveSibling(target.getFileName() + ".tmp");
        try (Storage.Appender out = storage.append(temp)) {
            out.truncate(0);
            out.write(ByteBuffer.wrap((digest + "  " + file.getFileName() + "\n").getBytes(StandardCharsets.US_ASCII)));
            out.force();
        }
        storage.rename(temp, target);
        storage.forceDirectory(folder(file));
    }

    private static String digest(Storage.Reader reader) throws IOException {
        try (reader) {
            return Blobs.digest(reader, _ -> {});
        }
    }

    private static Path digestFile(Path file) {
        return file.resolveSibling(file.getFileName() + ".sha256");
    }

    private static Path folder(Path file) {
        return requireNonNull(file.getParent());
    }
}
