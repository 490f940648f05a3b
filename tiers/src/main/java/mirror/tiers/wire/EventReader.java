package mirror.tiers.wire;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Arrays;

/**
 * Finds server-sent events (WHATWG HTML, 9.2) in a stream as it comes, in place: nothing is copied, no text is made. Bytes are handed
 * on as whole events only, so that a stream which breaks off inside one leaves no half of it with the reader behind.
 *
 * <pre>{@code
 * while (reader.fill(in) >= 0) {
 *     while (reader.next()) { … reader.bytes(), reader.dataFrom(), reader.dataTo() … }
 *     reader.forward(out);
 * }
 * }</pre>
 *
 * An event is at most {@value #LONGEST} bytes. Not thread-safe.
 */
public final class EventReader {
    /** A whole image as base64 in one event fits. */
    public static final int LONGEST = 16 * 1024 * 1024;

    private static final int FIRST = 16 * 1024;

    private byte[] bytes = new byte[FIRST];
    private int filled;

    /** Everything before this was given out as events. */
    private int taken;

    /** Where the event begins that was gone to last. */
    private int from;

    /** Where the search for the end of the next event goes on. */
    private int searched;

    /** Where the line starts in which the search is. */
    private int line;

    private boolean ended;
    private int nameFrom;
    private int nameTo;
    private int dataFrom;
    private int dataTo;
    private boolean joined;

    /**
     * Reads once. Call {@link #next} until it says no before reading again.
     *
     * @return the number of bytes that came, or -1 at the end of the stream
     * @throws WireException when an event is too long
     * @throws IOException when the stream cannot be read
     */
    public int fill(InputStream in) throws IOException {
        if (filled == bytes.length) {
            if (filled >= LONGEST) {
                throw new WireException(
                        WireException.Kind.TOO_LARGE, "an event of the stream is longer than " + LONGEST + " bytes");
            }
            bytes = Arrays.copyOf(bytes, Math.min(LONGEST, 2 * bytes.length));
        }
        int more = in.read(bytes, filled, bytes.length - filled);
        if (more > 0) {
            filled += more;
        } else if (more < 0) {
            ended = true;
        }
        return more;
    }

    /** Goes to the next whole event. After the stream's end a last one without its blank line counts, when its lines are whole. */
    public boolean next() {
        while (searched < filled) {
            byte c = bytes[searched];
            if (c != '\n' && c != '\r') {
                searched++;
                continue;
            }
            if (c == '\r' && searched + 1 == filled && !ended) {
                // Whether a line feed belongs to it, the next byte tells.
                return false;
            }
            boolean blank = searched == line;
            searched += c == '\r' && searched + 1 < filled && bytes[searched + 1] == '\n' ? 2 : 1;
            line = searched;
            if (blank) {
                return take(searched);
            }
        }
        return ended && line == filled && taken < filled && take(filled);
    }

    private boolean take(int end) {
        from = taken;
        taken = end;
        line = end;
        searched = end;
        fields(from, end);
        return true;
    }

    private void fields(int from, int end) {
        nameFrom = nameTo = 0;
        dataFrom = dataTo = -1;
        joined = false;
        int i = from;
        while (i < end) {
            int stop = i;
            while (stop < end && bytes[stop] != '\n' && bytes[stop] != '\r') {
                stop++;
            }
            field(i, stop);
            i = stop + 1;
        }
    }

    private void field(int from, int to) {
        if (starts(from, to, "data:")) {
            if (dataFrom >= 0) {
                joined = true;
            } else {
                dataFrom = value(from + 5, to);
                dataTo = to;
            }
        } else if (starts(from, to, "event:")) {
            nameFrom = value(from + 6, to);
            nameTo = to;
        }
    }

    private int value(int from, int to) {
        return from < to && bytes[from] == ' ' ? from + 1 : from;
    }

    private boolean starts(int from, int to, String text) {
        if (to - from < text.length()) {
            return false;
        }
        for (int i = 0; i < text.length(); i++) {
            if (bytes[from + i] != text.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /** What the places are in; good until the next {@link #fill} or {@link #forward}. */
    public byte[] bytes() {
        return bytes;
    }

    /** Whether the event has data in exactly one line, as the events of all providers have. */
    public boolean hasData() {
        return dataFrom >= 0 && !joined;
    }

    public int dataFrom() {
        return dataFrom;
    }

    public int dataTo() {
        return dataTo;
    }

    /** Whether the event's {@code event} field is this. */
    public boolean isNamed(String name) {
        return nameTo - nameFrom == name.length() && starts(nameFrom, nameTo, name);
    }

    /** Whether the data is exactly this. */
    public boolean isData(String text) {
        return hasData() && dataTo - dataFrom == text.length() && starts(dataFrom, dataTo, text);
    }

    /** Where the event begins; what stands before it are events that were gone through and not forwarded. */
    public int from() {
        return from;
    }

    /** How many bytes of whole events wait to be forwarded. */
    public int ready() {
        return taken;
    }

    /** Whether bytes came that are not a whole event yet. */
    public boolean isPartial() {
        return taken < filled;
    }

    /** Writes the events before the one that was gone to last, byte for byte. Nothing can be read afterwards. */
    public void forwardBefore(OutputStream out) throws IOException {
        out.write(bytes, 0, from);
    }

    /** Writes the events that were gone through, byte for byte, and forgets them. */
    public void forward(OutputStream out) throws IOException {
        if (taken > 0) {
            out.write(bytes, 0, taken);
            System.arraycopy(bytes, taken, bytes, 0, filled - taken);
            filled -= taken;
            searched -= taken;
            line -= taken;
            from = 0;
            taken = 0;
        }
    }
}
