package mirror.tiers.dialect;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Server-sent events out of bytes that are cut anywhere (HTML Living Standard, 9.2). Lines end with LF, CR or CRLF; a byte order mark at the start is
 * passed over; what is not UTF-8 becomes U+FFFD. An event that the stream's end cuts is not given, as the standard has it.
 */
final class SseParser {
    private static final int LF = '\n';
    private static final int CR = '\r';

    /** What comes out. */
    interface Sink {
        /** @param type of the field {@code event}, empty when there was none */
        void event(String type, byte[] data);

        /** A line that clients pass over. */
        void comment();
    }

    private final int mostBytes;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();
    private final ByteArrayOutputStream data = new ByteArrayOutputStream();
    private String type = "";
    private boolean hasData;
    private boolean afterCr;
    private boolean firstLine = true;

    /** @param mostBytes of one line and of one event's data; more is {@link TooLarge} */
    SseParser(int mostBytes) {
        this.mostBytes = mostBytes;
    }

    /** An event is larger than any that a provider would send. */
    static final class TooLarge extends Exception {}

    void feed(byte[] bytes, int offset, int length, Sink sink) throws TooLarge {
        int start = offset;
        int end = offset + length;
        for (int at = offset; at < end; at++) {
            byte b = bytes[at];
            if (b == LF && afterCr) {
                start = at + 1;
            } else if (b == LF || b == CR) {
                add(bytes, start, at);
                start = at + 1;
                line(sink);
            }
            afterCr = b == CR;
        }
        add(bytes, start, end);
    }

    private void add(byte[] bytes, int from, int to) throws TooLarge {
        if (line.size() + (to - from) > mostBytes) {
            throw new TooLarge();
        }
        line.write(bytes, from, to - from);
    }

    private void line(Sink sink) throws TooLarge {
        byte[] text = line.toByteArray();
        line.reset();
        int from = firstLine && startsWithMark(text) ? 3 : 0;
        firstLine = false;
        if (from == text.length) {
            dispatch(sink);
            return;
        }
        int colon = from;
        while (colon < text.length && text[colon] != ':') {
            colon++;
        }
        if (colon == from) {
            sink.comment();
            return;
        }
        String field = new String(text, from, colon - from, StandardCharsets.UTF_8);
        int value = Math.min(colon + 1, text.length);
        if (value < text.length && text[value] == ' ') {
            value++;
        }
        if (field.equals("data")) {
            if (data.size() + (text.length - value) + 1 > mostBytes) {
                throw new TooLarge();
            }
            if (hasData) {
                data.write(LF);
            }
            data.write(text, value, text.length - value);
            hasData = true;
        } else if (field.equals("event")) {
            type = new String(text, value, text.length - value, StandardCharsets.UTF_8);
        }
    }

    private void dispatch(Sink sink) {
        String of = type;
        type = "";
        if (hasData) {
            byte[] bytes = data.toByteArray();
            data.reset();
            hasData = false;
            sink.event(of, bytes);
        }
    }

    private static boolean startsWithMark(byte[] text) {
        return text.length >= 3 && Arrays.equals(text, 0, 3, new byte[] {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF}, 0, 3);
    }
}
