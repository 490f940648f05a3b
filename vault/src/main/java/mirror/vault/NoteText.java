package mirror.vault;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;

/** The text of a note's bytes: UTF-8, or what a byte order mark says; bytes that are neither become replacement characters. */
public final class NoteText {
    private NoteText() {}

    public static String of(byte[] bytes) {
        if (starts(bytes, 0xef, 0xbb, 0xbf)) {
            return decode(bytes, 3, StandardCharsets.UTF_8);
        }
        if (starts(bytes, 0xff, 0xfe)) {
            return decode(bytes, 2, StandardCharsets.UTF_16LE);
        }
        if (starts(bytes, 0xfe, 0xff)) {
            return decode(bytes, 2, StandardCharsets.UTF_16BE);
        }
        return decode(bytes, 0, StandardCharsets.UTF_8);
    }

    /** Whether the bytes are text without loss. */
    public static boolean isExact(byte[] bytes) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
            return true;
        } catch (CharacterCodingException e) {
            return starts(bytes, 0xff, 0xfe) || starts(bytes, 0xfe, 0xff);
        }
    }

    /** What stands behind the front matter, or all of it. */
    public static String body(String text) {
        Lines lines = Lines.of(text);
        int body = lines.body();
        return body < lines.count() ? text.substring(lines.start(body)) : "";
    }

    private static boolean starts(byte[] bytes, int... mark) {
        for (int i = 0; i < mark.length; i++) {
            if (bytes.length <= i || (bytes[i] & 0xff) != mark[i]) {
                return false;
            }
        }
        return true;
    }

    private static String decode(byte[] bytes, int from, Charset charset) {
        return new String(bytes, from, bytes.length - from, charset);
    }
}
