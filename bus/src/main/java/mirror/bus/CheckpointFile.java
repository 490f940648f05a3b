package mirror.bus;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds signed checkpoints in a chain's {@code checkpoints} file without reading all of it: the notes stand in the order of their
 * sizes, so a binary search over byte positions needs a few reads however long the log is. It looks at the file anew at each call
 * and keeps nothing, so it sees what the log's thread appends. It checks form, not signatures: who uses a note verifies it.
 *
 * <p>Thread-safe.
 */
public final class CheckpointFile {
    /** The search by halves ends here; what is left is read in one go. */
    private static final int NEAR = 8 * 1024;
    /** Longer than any note (about 250 bytes, 100 more for each cosignature) by far. */
    private static final int WINDOW = 32 * 1024;

    private static final byte[] SIGNATURE_MARK = {(byte) 0xe2, (byte) 0x80, (byte) 0x94, ' '};

    private final Storage storage;
    private final Path file;

    /**
     * A signed checkpoint as it is stored.
     *
     * @param size number of events it covers
     * @param text the note, its last line feed included
     */
    public record Note(long size, String text) {}

    /** @param chain folder of the chain, see {@link Home#chain} */
    public CheckpointFile(Storage storage, Path chain) {
        this.storage = storage;
        this.file = chain.resolve("checkpoints");
    }

    /** The newest complete note that covers at most {@code size} events, or null when there is none. */
    public @Nullable Note lastUpTo(long size) {
        if (!storage.exists(file)) {
            return null;
        }
        try (Storage.Reader reader = storage.read(file)) {
            long low = 0;
            long high = reader.size();
            while (high - low > NEAR) {
                long middle = low + (high - low) / 2;
                byte[] window = window(reader, middle, WINDOW);
                int start = boundary(window);
                List<Checkpoint> notes = notes(window, start);
                if (notes.isEmpty() || notes.getFirst().size() > size) {
                    high = middle;
                } else {
                    low = middle + start;
                }
            }
            Note found = null;
            for (Checkpoint note : notes(window(reader, low, NEAR + WINDOW), 0)) {
                if (note.size() > size) {
                    break;
                }
                found = new Note(note.size(), note.note());
            }
            return found;
        } catch (IOException e) {
            throw new BusException(file + " cannot be read: " + e.getMessage(), e);
        }
    }

    private static byte[] window(Storage.Reader reader, long from, int length) throws IOException {
        byte[] bytes = new byte[length];
        int at = 0;
        while (at < length) {
            int read = reader.read(from + at, bytes, at, length - at);
            if (read <= 0) {
                break;
            }
            at += read;
        }
        return Arrays.copyOf(bytes, at);
    }

    /** Where a note begins: after an empty line that is not the one before its signatures. */
    private static int boundary(byte[] window) {
        for (int i = 2; i + SIGNATURE_MARK.length < window.length; i++) {
            if (window[i - 1] == '\n'
                    && window[i - 2] == '\n'
                    && !Arrays.equals(window, i, i + SIGNATURE_MARK.length, SIGNATURE_MARK, 0, SIGNATURE_MARK.length)) {
                return i;
            }
        }
        return window.length;
    }

    private static List<Checkpoint> notes(byte[] window, int from) {
        return Checkpoint.parse(Arrays.copyOfRange(window, from, window.length)).checkpoints();
    }
}
