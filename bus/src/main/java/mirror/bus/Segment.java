package mirror.bus;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One file of a chain: {@code NNNNNN.jsonl} while it is young, {@code NNNNNN.jsonl.zst} when it was compressed. Positions are always
 * those of the plain text. There is no index: events lie in order, so a binary search over the bytes finds one. Written by the log's
 * thread, read by others under the log's lock.
 */
final class Segment {
    static final String PLAIN = ".jsonl";
    static final String COMPRESSED = ".jsonl.zst";

    /** A search ends with a scan of at most this many bytes. */
    private static final int NEAR = 64 * 1024;

    private Path file;
    private final long first;
    private long count;
    private long end;

    Segment(Path file, long first) {
        this(file, first, 0, 0);
    }

    Segment(Path file, long first, long count, long end) {
        this.file = file;
        this.first = first;
        this.count = count;
        this.end = end;
    }

    /** The chain's segments in order. While a segment is there in both forms, a crash cut its compression short and the plain one counts. */
    static List<Path> files(Storage storage, Path chain) throws IOException {
        List<Path> files = new ArrayList<>();
        for (Path file : storage.list(chain)) {
            String name = file.getFileName().toString();
            boolean compressed = name.matches("[0-9]{6,}\\.jsonl\\.zst");
            if (compressed ? !storage.exists(plain(file)) : name.matches("[0-9]{6,}\\.jsonl")) {
                files.add(file);
            }
        }
        return files;
    }

    static boolean isCompressed(Path file) {
        return file.getFileName().toString().endsWith(COMPRESSED);
    }

    /** The name that the segment's plain text has or had. */
    static Path plain(Path file) {
        String name = file.getFileName().toString();
        return isCompressed(file) ? file.resolveSibling(name.substring(0, name.length() - 4)) : file;
    }

    /** The number in the name. */
    static int number(Path file) {
        String name = file.getFileName().toString();
        return Integer.parseInt(name.substring(0, name.indexOf('.')));
    }

    /** Reads the plain text of the segment. */
    static Storage.Reader open(Storage storage, Path file) throws IOException {
        return isCompressed(file) ? new ZstdReader(storage.read(file), file) : storage.read(file);
    }

    /** Events come in order, without gaps. */
    void add(long seq, long endOffset) {
        count = seq - first + 1;
        end = endOffset;
    }

    /** Position of a line at or not far before the one of {@code seq}, which the segment must hold. */
    static long near(Storage.Reader reader, long end, long seq) throws IOException {
        long low = 0;
        long high = end;
        while (high - low > NEAR) {
            long middle = low + (high - low) / 2;
            LineReader lines = new LineReader(reader, middle, 4096);
            lines.next(); // the rest of a line
            long found = lines.next() ? EventLine.seqOf(lines.array(), lines.from(), lines.to()) : -1;
            // A damaged line says nothing; to go left is slower then, but never wrong.
            if (found < 0 || found > seq || lines.offset() >= high) {
                high = middle;
            } else {
                low = lines.offset();
            }
        }
        return low;
    }

    Path file() {
        return file;
    }

    void file(Path moved) {
        file = moved;
    }

    long first() {
        return first;
    }

    long count() {
        return count;
    }

    /** Number of the last event, {@code first() - 1} when there is none. */
    long last() {
        return first + count - 1;
    }

    /** Bytes of plain text up to and with the last event. */
    long end() {
        return end;
    }

    /** The segment that holds {@code seq} or would, or null. */
    static @Nullable Segment of(List<Segment> segments, long seq) {
        int low = 0;
        int high = segments.size() - 1;
        Segment found = null;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            if (segments.get(middle).first <= seq) {
                found = segments.get(middle);
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return found;
    }
}
