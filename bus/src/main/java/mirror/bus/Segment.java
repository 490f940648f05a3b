package mirror.bus;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * One file of a chain and where its events begin, every {@value #STRIDE}th of them, so that a reader starts near the event it wants.
 * Written by the log's thread, read by others under the log's lock.
 */
final class Segment {
    private static final int STRIDE = 128;

    private final Path file;
    private final long first;
    private long[] offsets = new long[16];
    private long count;
    private long end;

    Segment(Path file, long first) {
        this.file = file;
        this.first = first;
    }

    static List<Path> files(Storage storage, Path chain) throws IOException {
        return storage.list(chain).stream()
                .filter(file -> file.getFileName().toString().matches("[0-9]{6,}\\.jsonl"))
                .toList();
    }

    /** Events come in order, without gaps. */
    void add(long seq, long offset, long endOffset) {
        if (count % STRIDE == 0) {
            int slot = (int) (count / STRIDE);
            if (slot == offsets.length) {
                offsets = Arrays.copyOf(offsets, slot * 2);
            }
            offsets[slot] = offset;
        }
        count = seq - first + 1;
        end = endOffset;
    }

    /** Position at or before the line of {@code seq}. */
    long near(long seq) {
        return seq <= first ? 0 : offsets[(int) ((seq - first) / STRIDE)];
    }

    /** How many lines stand between {@link #near} and the line of {@code seq}. */
    int after(long seq) {
        return seq <= first ? 0 : (int) ((seq - first) % STRIDE);
    }

    Path file() {
        return file;
    }

    long first() {
        return first;
    }

    long count() {
        return count;
    }

    /** Bytes up to and with the last event. */
    long end() {
        return end;
    }
}
