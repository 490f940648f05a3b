package mirror.bus;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/** Hands out the lines of one file in place, without copying; not thread-safe. */
final class LineReader implements AutoCloseable {
    private final Storage.Reader file;
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    /** The JDK reads through a native buffer of the same size; a larger one would be mapped and unmapped each time. */
    private static final int READ = 64 * 1024;

    private static final long ONES = 0x0101010101010101L;
    private static final long FEEDS = ONES * '\n';

    /** What is read first; most reads are for one event, or of a small file. */
    private static final int FIRST = 8 * 1024;

    private final int capacity;
    private byte[] buffer;
    private long bufferAt;
    private int filled;
    private int from;
    private int to;
    private int next;
    private boolean terminated;

    LineReader(Storage.Reader file, long position) {
        this(file, position, 256 * 1024);
    }

    /** @param capacity bytes to read at once */
    LineReader(Storage.Reader file, long position, int capacity) {
        this.file = file;
        this.capacity = capacity;
        this.buffer = new byte[Math.min(FIRST, capacity)];
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
            scan = feed(scan);
            if (scan < filled) {
                to = scan;
                next = scan + 1;
                terminated = true;
                return true;
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

    /** Position of the next line feed at or after {@code at}, or {@code filled}; 32 bytes at a time, then eight. */
    private int feed(int at) {
        int i = at;
        for (; i + 32 <= filled; i += 32) {
            if ((feeds(i) | feeds(i + 8) | feeds(i + 16) | feeds(i + 24)) != 0) {
                break;
            }
        }
        for (; i + 8 <= filled; i += 8) {
            long zero = feeds(i);
            if (zero != 0) {
                return i + (Long.numberOfTrailingZeros(zero) >>> 3);
            }
        }
        while (i < filled && buffer[i] != '\n') {
            i++;
        }
        return i;
    }

    /** Has the highest bit of the first byte that is a line feed, and none when there is none among the eight. */
    private long feeds(int at) {
        long x = (long) LONG.get(buffer, at) ^ FEEDS;
        return (x - ONES) & ~x & (ONES << 7);
    }

    private int lastRead;

    private boolean fill() throws IOException {
        if (from > 0) {
            System.arraycopy(buffer, from, buffer, 0, filled - from);
            bufferAt += from;
            filled -= from;
            from = 0;
        }
        if (buffer.length < capacity && lastRead > 0) {
            buffer = Arrays.copyOf(buffer, Math.min(capacity, buffer.length * 8));
        } else if (filled == buffer.length) {
            buffer = Arrays.copyOf(buffer, buffer.length * 2);
        }
        lastRead = file.read(bufferAt + filled, buffer, filled, Math.min(READ, buffer.length - filled));
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
