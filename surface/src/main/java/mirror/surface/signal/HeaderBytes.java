package mirror.surface.signal;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * What a client sends over one connection, with the bytes of its headers that are not ASCII written as encoded words (RFC 2047, section
 * 4.2), and everything else as it came. It follows HTTP/1.1's messages (RFC 9112) to tell headers from bodies: by length, by chunks, or
 * nothing. Where it would not know any more, after a request to upgrade or one that it does not understand, all passes as it is. It decides
 * nothing: who reads what comes out is the parser. Used by one thread.
 */
final class HeaderBytes {
    private static final int LONGEST_LINE = 16 * 1024;

    private enum Part {
        HEAD,
        BODY,
        CHUNK_SIZE,
        CHUNK,
        TRAILERS,
        REST
    }

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream run = new ByteArrayOutputStream();
    private final StringBuilder line = new StringBuilder();
    private Part part = Part.HEAD;
    private int spaces;
    private long left;
    private boolean chunked;

    /** The next bytes; may be none while the end of a word is not known. */
    byte[] pass(byte[] bytes) {
        out.reset();
        for (byte b : bytes) {
            next(b);
        }
        return out.toByteArray();
    }

    private void next(byte b) {
        switch (part) {
            case REST -> out.write(b);
            case BODY, CHUNK -> {
                out.write(b);
                left--;
                if (left == 0) {
                    begin(part == Part.BODY ? Part.HEAD : Part.CHUNK_SIZE);
                }
            }
            case CHUNK_SIZE, TRAILERS -> {
                out.write(b);
                if (b == '\n') {
                    chunkLine();
                } else {
                    keep(b);
                }
            }
            case HEAD -> head(b);
        }
    }

    private void head(byte b) {
        if (b < 0) {
            // Space between two words does not count (section 6.2), so it is a part of one.
            run.writeBytes(" ".repeat(spaces).getBytes(StandardCharsets.US_ASCII));
            spaces = 0;
            run.write(b);
            return;
        }
        if (b == ' ' && run.size() > 0) {
            spaces++;
            return;
        }
        word();
        out.write(b);
        if (b == '\n') {
            headLine();
        } else {
            keep(b);
        }
    }

    /** Writes what was held back of bytes that are not ASCII. */
    private void word() {
        if (run.size() == 0) {
            return;
        }
        out.writeBytes("=?utf-8?q?".getBytes(StandardCharsets.US_ASCII));
        for (byte b : run.toByteArray()) {
            out.writeBytes(String.format(Locale.ROOT, "=%02X", b & 0xFF).getBytes(StandardCharsets.US_ASCII));
        }
        out.writeBytes("?=".getBytes(StandardCharsets.US_ASCII));
        run.reset();
        for (; spaces > 0; spaces--) {
            out.write(' ');
            keep((byte) ' ');
        }
    }

    private void keep(byte b) {
        if (line.length() < LONGEST_LINE) {
            line.append((char) (b & 0xFF));
        }
    }

    private void begin(Part next) {
        part = next;
        line.setLength(0);
    }

    private void headLine() {
        String text = line.toString().strip();
        line.setLength(0);
        if (!text.isEmpty()) {
            field(text.toLowerCase(Locale.ROOT));
        } else if (chunked) {
            chunked = false;
            begin(Part.CHUNK_SIZE);
        } else if (left > 0) {
            begin(Part.BODY);
        }
    }

    private void field(String text) {
        int colon = text.indexOf(':');
        String value = text.substring(colon + 1).strip();
        switch (colon < 0 ? "" : text.substring(0, colon)) {
            case "content-length" -> {
                if (value.matches("[0-9]{1,15}")) {
                    left = Long.parseLong(value);
                } else {
                    part = Part.REST;
                }
            }
            case "transfer-encoding" -> {
                chunked = value.equals("chunked");
                part = chunked ? part : Part.REST;
            }
            case "upgrade" -> part = Part.REST;
            default -> {
                // Says nothing of where the next message begins.
            }
        }
    }

    private void chunkLine() {
        String text = line.toString().strip();
        line.setLength(0);
        if (part == Part.TRAILERS) {
            if (text.isEmpty()) {
                left = 0;
                begin(Part.HEAD);
            }
            return;
        }
        String size = text.replaceFirst(";.*", "").strip();
        if (!size.matches("[0-9a-fA-F]{1,8}")) {
            part = Part.REST;
            return;
        }
        // The line feed after a chunk's data is counted with it.
        left = Long.parseLong(size, 16) + 2;
        begin(left == 2 ? Part.TRAILERS : Part.CHUNK);
    }
}
