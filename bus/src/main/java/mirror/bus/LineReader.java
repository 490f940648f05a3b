package mirror.bus;

import java.io.IOException;
import java.util.Arrays;

/** Hands out the lines of one file in place, without copying; not thread-safe. */
final class LineReader implements AutoCloseable {
    private final Storage.Reader file;
    private byte[] buffer = new byte[256 * 1024];
    private long bufferAt;
    private int filled;
    private int from;
    private int to;
    private int next;
    private boolean terminated;

    LineReader(Storage.Reader file, long position) {
        this.file = file;
        this.bufferAt = position;
    }

    /**
     * Moves to the next line, which then stands in {@code array()[from, to)} without its line feed. Without a line feed within
     * {@link EventLine#MAX_LINE} bytes, or before the end of the file, what is there counts as a line that is not {@link #terminated}.
     *
     * @return false at the end of the file
     */
    boolean next() throws IOException {
        from = next;
        int scan = from;
        while (true) {
            for (; scan < filled; scan++) {
                if (buffer[scan] == '\n') {
                    to = scan;
                    next = scan + 1;
                    terminated = true;
                    return true;
                }
            }
            if (filled - from > EventLine.MAX_LINE || !fill()) {
                to = filled;
                next = filled;
                terminated = false;
                return to > from;
            }
            scan = filled - lastRead;
        }
    }

    private int lastRead;

    private boolean fill() throws IOException {
        if (from > 0) {
            System.arraycopy(buffer, from, buffer, 0, filled - from);
            bufferAt += from;
            filled -= from;
            from = 0;
        }
        if (filled == buffer.length) {
            buffer = Arrays.copyOf(buffer, buffer.length * 2);
        }
        lastRead = file.read(bufferAt + filled, buffer, filled, buffer.length - filled);
        if (lastRead <= 0) {
            lastRead = 0;
            return false;
        }
        filled += lastRead;
        return true;
    }

    byte[] array() {
        return buffer;
    }

    int from() {
        return from;
    }

    int to() {
        return to;
    }

    boolean terminated() {
        return terminated;
    }

    /** Position of the line's first byte in the file. */
    long offset() {
        return bufferAt + from;
    }

    /** Position after the line and its line feed. */
    long end() {
        return bufferAt + next;
    }

    byte[] copy() {
        return Arrays.copyOfRange(buffer, from, to);
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
