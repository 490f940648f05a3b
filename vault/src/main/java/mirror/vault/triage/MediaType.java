package mirror.vault.triage;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * What a file is by its first bytes, whatever its name says: the signatures of the formats that people drop into a vault, and text.
 * Not a full detector: what it does not know is {@code application/octet-stream}, and the rules then leave it alone. Stateless.
 *
 * @see <a href="https://mimesniff.spec.whatwg.org/">MIME Sniffing, for most of the signatures</a>
 */
final class MediaType {
    static final String UNKNOWN = "application/octet-stream";
    static final String EMPTY = "application/x-empty";
    static final String ZIP = "application/zip";

    private MediaType() {}

    /** @param head the first bytes, some hundred at least when the file has them; a character may be cut at their end */
    static String of(byte[] head) {
        if (head.length == 0) {
            return EMPTY;
        }
        String known = signature(head);
        if (!known.equals(UNKNOWN) || !isText(head)) {
            return known;
        }
        String text = new String(head, 0, Math.min(head.length, 1024), StandardCharsets.UTF_8)
                .replace("\ufeff", "")
                .strip()
                .toLowerCase(Locale.ROOT);
        if (text.startsWith("<svg") || (text.startsWith("<?xml") && text.contains("<svg"))) {
            return "image/svg+xml";
        }
        if (text.startsWith("<!doctype html") || text.startsWith("<html")) {
            return "text/html";
        }
        return text.startsWith("<?xml") ? "text/xml" : "text/plain";
    }

    private static String signature(byte[] head) {
        if (at(head, 0, "%PDF-")) {
            return "application/pdf";
        }
        if (at(head, 0, "PK\u0003\u0004")) {
            return ZIP;
        }
        if (at(head, 0, "\u0089PNG\r\n\u001a\n")) {
            return "image/png";
        }
        if (at(head, 0, "\u00ff\u00d8\u00ff")) {
            return "image/jpeg";
        }
        if (at(head, 0, "GIF87a") || at(head, 0, "GIF89a")) {
            return "image/gif";
        }
        if (at(head, 0, "II*\0") || at(head, 0, "MM\0*")) {
            return "image/tiff";
        }
        if (at(head, 0, "BM") && head.length > 14 && head[6] == 0 && head[7] == 0 && head[8] == 0 && head[9] == 0) {
            return "image/bmp";
        }
        if (at(head, 0, "RIFF")) {
            return at(head, 8, "WEBP")
                    ? "image/webp"
                    : at(head, 8, "WAVE") ? "audio/wav" : at(head, 8, "AVI ") ? "video/x-msvideo" : UNKNOWN;
        }
        if (at(head, 4, "ftyp")) {
            return brand(head);
        }
        if (at(head, 0, "\u001aE\u00df\u00a3")) {
            return "video/webm";
        }
        if (at(head, 0, "OggS")) {
            return "audio/ogg";
        }
        if (at(head, 0, "fLaC")) {
            return "audio/flac";
        }
        if (at(head, 0, "ID3") || isMpegAudio(head)) {
            return "audio/mpeg";
        }
        if (at(head, 0, "\u001f\u008b")) {
            return "application/gzip";
        }
        if (at(head, 0, "SQLite format 3\0")) {
            return "application/vnd.sqlite3";
        }
        return UNKNOWN;
    }

    /** The ISO base media format: the brand tells sound, moving and still pictures apart. */
    private static String brand(byte[] head) {
        if (at(head, 8, "M4A ") || at(head, 8, "M4B ")) {
            return "audio/mp4";
        }
        if (at(head, 8, "heic") || at(head, 8, "heix") || at(head, 8, "mif1") || at(head, 8, "msf1")) {
            return "image/heic";
        }
        if (at(head, 8, "avif")) {
            return "image/avif";
        }
        return at(head, 8, "qt  ") ? "video/quicktime" : "video/mp4";
    }

    /** A frame header: eleven set bits, a version, a layer, and a bit rate and sampling rate that exist. */
    private static boolean isMpegAudio(byte[] head) {
        return head.length > 3
                && (head[0] & 0xff) == 0xff
                && (head[1] & 0xe0) == 0xe0
                && (head[1] >> 3 & 3) != 1
                && (head[1] >> 1 & 3) != 0
                && (head[2] >> 4 & 15) != 15
                && (head[2] >> 4 & 15) != 0
                && (head[2] >> 2 & 3) != 3;
    }

    /** UTF-8 without the control characters that no text has. */
    private static boolean isText(byte[] head) {
        for (byte b : head) {
            int c = b & 0xff;
            if (c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != 0x1b) {
                return false;
            }
        }
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
        CoderResult result = decoder.decode(ByteBuffer.wrap(head), CharBuffer.allocate(head.length), false);
        return !result.isError();
    }

    private static boolean at(byte[] head, int from, String signature) {
        if (head.length < from + signature.length()) {
            return false;
        }
        for (int i = 0; i < signature.length(); i++) {
            if ((head[from + i] & 0xff) != signature.charAt(i)) {
                return false;
            }
        }
        return true;
    }
}
