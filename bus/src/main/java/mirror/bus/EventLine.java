package mirror.bus;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The event line: how an event is written and how a written one is proven.
 *
 * <p>A line is one JSON object in the CloudEvents 1.0 JSON format, in a fixed order of fields, and ends in a suffix of exactly
 * 75 bytes: {@code ,"hash":"<64 hex>"}}. The hash is SHA-256 over every byte before the suffix, so any tool that can cut and hash
 * proves a line; {@code prev}, the hash of the line before, stands in the 74 bytes before that. Readers hash the stored bytes and
 * compare the literals around both hashes; they never write the JSON anew. Searching for {@code ,"seq":} from the front is safe: in
 * a JSON string every quote is escaped, and the only field that may hold objects, {@code data}, comes later.
 *
 * <p>Must never: accept a line whose stored bytes differ in any bit from what was written.
 */
final class EventLine {
    static final int HASH_HEX = 64;
    static final int SUFFIX = 75;
    static final int PREV = 74;

    static final String GENESIS_PREV = "0".repeat(HASH_HEX);

    /** Lines beyond this are damage: data over {@link EventLog#INLINE_LIMIT} goes to a blob. */
    static final int MAX_LINE = 128 * 1024;

    static final byte[] HEAD = ascii("{\"specversion\":\"1.0\",\"id\":\"");
    static final byte[] PREV_OPEN = ascii(",\"prev\":\"");
    static final byte[] HASH_OPEN = ascii(",\"hash\":\"");
    static final byte[] SEQ = ascii(",\"seq\":");
    static final byte[] ACK = ascii(",\"ack\":");
    static final byte[] DATA = ascii(",\"data\":{");
    private static final HexFormat HEX = HexFormat.of();
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);
    private static final JsonMapper JSON = Json.LINES;

    private EventLine() {}

    /** Why bytes are not a proven line. */
    static final class Unproven extends Exception {
        private static final long serialVersionUID = 1;

        Unproven(String why) {
            super(why, null, false, false);
        }
    }

    /** The time as a line has it, to the microsecond. */
    static String time(Instant time) {
        return TIME.format(time);
    }

    /**
     * Writes the line for {@code draft}, its line feed included, and returns its hash.
     *
     * @param time as {@link #time} gives it
     */
    static byte[] encode(
            Draft draft,
            byte[] data,
            String origin,
            long seq,
            long lamport,
            String time,
            long ack,
            byte[] prev,
            LineBuffer out,
            MessageDigest sha256) {
        int start = out.length();
        out.add(HEAD).ascii(origin).ascii("-").number(seq);
        out.ascii("\",\"source\":\"mirror://").ascii(origin).ascii("/").ascii(draft.actor());
        out.ascii("\",\"type\":\"").ascii(draft.type());
        out.ascii("\",\"time\":\"").ascii(time).ascii("\"");
        string(out, "subject", draft.subject());
        out.ascii(",\"origin\":\"").ascii(origin).ascii("\"");
        out.add(SEQ).number(seq).ascii(",\"lamport\":").number(lamport);
        string(out, "permit", draft.permit());
        string(out, "session", draft.session());
        if (ack >= 0) {
            out.add(ACK).number(ack);
        }
        out.ascii(",\"data\":").add(data);
        out.add(PREV_OPEN).add(ascii(HEX.formatHex(prev))).ascii("\"");
        sha256.reset();
        sha256.update(out.array(), start, out.length() - start);
        byte[] hash = sha256.digest();
        out.add(HASH_OPEN).add(ascii(HEX.formatHex(hash))).ascii("\"}\n");
        return hash;
    }

    private static void string(LineBuffer out, String name, @Nullable String value) {
        if (value != null) {
            out.ascii(",\"").ascii(name).ascii("\":").add(JSON.writeValueAsBytes(value));
        }
    }

    /** The number that a line names in its id, without any proof; -1 when there is none to see. For searching. */
    static long seqOf(byte[] bytes, int from, int to) {
        int end = from + HEAD.length;
        while (end < to && bytes[end] != '"') {
            end++;
        }
        long seq = 0;
        long digit = 1;
        int at = end;
        while (at > from && bytes[at - 1] >= '0' && bytes[at - 1] <= '9' && end - at < 18) {
            seq += digit * (bytes[--at] - '0');
            digit *= 10;
        }
        return end < to && at < end && at > from && bytes[at - 1] == '-' ? seq : -1;
    }

    /** Reads a proven line. */
    static Event parse(byte[] line) {
        try {
            JsonNode json = JSON.readTree(line);
            String origin = json.path("origin").asString();
            String source = json.path("source").asString();
            return new Event(
                    json.path("id").asString(),
                    source.substring(Math.min(source.length(), "mirror://".length() + origin.length() + 1)),
                    json.path("type").asString(),
                    Instant.parse(json.path("time").asString()),
                    text(json, "subject"),
                    origin,
                    json.path("seq").asLong(),
                    json.path("lamport").asLong(),
                    text(json, "permit"),
                    text(json, "session"),
                    json.path("data"),
                    json.path("prev").asString(),
                    json.path("hash").asString(),
                    new String(line, StandardCharsets.UTF_8));
        } catch (JacksonException | java.time.DateTimeException e) {
            throw new BusException("an event line is proven but is not a CloudEvent: " + e.getMessage(), e);
        }
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }

    private static @Nullable String text(JsonNode json, String field) {
        JsonNode value = json.get(field);
        return value == null ? null : value.asString();
    }

    /** Reads the 64 hex digits at {@code at} and the quote after them. */
    static byte[] hex(byte[] bytes, int at) throws Unproven {
        byte[] out = new byte[HASH_HEX / 2];
        for (int i = 0; i < out.length; i++) {
            int high = digit(bytes[at + 2 * i]);
            int low = digit(bytes[at + 2 * i + 1]);
            if (high < 0 || low < 0) {
                throw new Unproven("has a hash that is not lower-case hex");
            }
            out[i] = (byte) (high << 4 | low);
        }
        if (bytes[at + HASH_HEX] != '"') {
            throw new Unproven("does not have the form of an event line");
        }
        return out;
    }

    /** Upper case is refused: one event has one spelling. */
    private static int digit(byte b) {
        if (b >= '0' && b <= '9') {
            return b - '0';
        }
        return b >= 'a' && b <= 'f' ? b - 'a' + 10 : -1;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
