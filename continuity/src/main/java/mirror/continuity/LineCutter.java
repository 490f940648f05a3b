package mirror.continuity;

import java.util.Arrays;

/**
 * Cuts bytes that come in pieces into lines. It holds one line at a time and of that never more than a limit, so that what others wrote
 * cannot fill the memory: a longer line is only counted. Not thread-safe.
 */
public final class LineCutter {
    private static final int FIRST = 8 * 1024;

    /** Who hears of the lines, in order. Blank lines are not among them. */
    public interface Lines {
        /** One line without its end; the array is reused afterwards. */
        void line(byte[] bytes, int length);

        /** A line was longer than the limit and is not known. */
        void tooLong();
    }

    private final int limit;
    private final Lines lines;
    private byte[] kept = new byte[FIRST];
    private int length;
    private boolean tooLong;

    /** @param limit bytes of the longest line that is handed on */
    public LineCutter(int limit, Lines lines) {
        this.limit = limit;
        this.lines = lines;
    }

    /** Takes the next bytes. */
    public void accept(byte[] bytes, int offset, int count) {
        int from = offset;
        for (int i = offset; i < offset + count; i++) {
            if (bytes[i] == '\n') {
                keep(bytes, from, i);
                end();
                from = i + 1;
            }
        }
        keep(bytes, from, offset + count);
    }

    private void keep(byte[] bytes, int from, int to) {
        int more = to - from;
        if (tooLong || more > limit - length) {
            tooLong = true;
            length = 0;
            return;
        }
        if (length + more > kept.length) {
            kept = Arrays.copyOf(kept, Math.min(limit, Math.max(kept.length * 2, length + more)));
        }
        System.arraycopy(bytes, from, kept, length, more);
        length += more;
    }

    /** Hands on what stands after the last line end; call it when there are no more bytes. */
    public void end() {
        if (tooLong) {
            lines.tooLong();
        } else if (!isBlank()) {
            lines.line(kept, length);
        }
        length = 0;
        tooLong = false;
    }

    private boolean isBlank() {
        for (int i = 0; i < length; i++) {
            if (kept[i] != ' ' && kept[i] != '\t' && kept[i] != '\r') {
                return false;
            }
        }
        return true;
    }
}
