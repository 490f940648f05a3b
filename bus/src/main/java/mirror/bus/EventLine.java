package mirror.bus;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
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
    private static final int PREV = 74;

    static final String GENESIS_PREV = "0".repeat(HASH_HEX);

    /** Lines beyond this are damage: data over {@link EventLog#INLINE_LIMIT} goes to a blob. */
    static final int MAX_LINE = 128 * 1024;

    private static final byte[] HEAD = ascii("{\"specversion\":\"1.0\",\"id\":\"");
    private static final byte[] PREV_OPEN = ascii(",\"prev\":\"");
    private static final byte[] HASH_OPEN = ascii(",\"hash\":\"");
    private static final byte[] SEQ = ascii(",\"seq\":");
    private static final byte[] ACK = ascii(",\"ack\":");
    private static final byte[] DATA = ascii(",\"data\":{");
    private static final HexFormat HEX = HexFormat.of();
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);
    private static final JsonMapper JSON = Json.MAPPER;

    private EventLine() {}

    /** What the log needs of a proven line. {@code ack} is -1 when the line does not carry it. */
    record Proof(long seq, long ack, byte[] prev, byte[] hash) {}

    /** Why bytes are not a proven line. */
    static final class Unproven extends Exception {
        private static final long serialVersionUID = 1;

        Unproven(String why) {
            super(why, null, false, false);
        }
    }

    /** Writes the line for {@code draft}, its line feed included, and returns its hash. */
    static byte[] encode(
            Draft draft,
            byte[] data,
            String origin,
            long seq,
            long lamport,
            Instant time,
            long ack,
            byte[] prev,
            LineBuffer out,
            MessageDigest sha256) {
        int start = out.length();
        out.add(HEAD).ascii(origin).ascii("-").number(seq);
        out.ascii("\",\"source\":\"mirror://").ascii(origin).ascii("/").ascii(draft.actor());
        out.ascii("\",\"type\":\"").ascii(draft.type());
        out.ascii("\",\"time\":\"").ascii(TIME.format(time)).ascii("\"");
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

    /**
     * Proves the line in {@code bytes[from, to)}, the line feed excluded.
     *
     * @throws Unproven when a literal is wrong or the hash is not that of the bytes
     */
    static Proof prove(byte[] bytes, int from, int to, MessageDigest sha256) throws Unproven {
        int length = to - from;
        if (length < HEAD.length + PREV + SUFFIX) {
            throw new Unproven("is too short to be an event");
        }
        int hashAt = to - SUFFIX;
        int prevAt = hashAt - PREV;
        if (!matches(bytes, from, HEAD)
                || !matches(bytes, hashAt, HASH_OPEN)
                || bytes[to - 2] != '"'
                || bytes[to - 1] != '}'
                || !matches(bytes, prevAt, PREV_OPEN)
                || bytes[hashAt - 1] != '"') {
            throw new Unproven("does not have the form of an event line");
        }
        byte[] stored = hex(bytes, hashAt + HASH_OPEN.length);
        byte[] prev = hex(bytes, prevAt + PREV_OPEN.length);
        sha256.reset();
        sha256.update(bytes, from, hashAt - from);
        if (!Arrays.equals(stored, sha256.digest())) {
            throw new Unproven("does not match its hash");
        }
        int seqAt = find(bytes, from, prevAt, SEQ);
        int dataAt = find(bytes, from, prevAt + 1, DATA);
        if (seqAt < 0 || dataAt < seqAt) {
            throw new Unproven("has no seq");
        }
        int ackAt = find(bytes, seqAt, dataAt, ACK);
        return new Proof(
                number(bytes, seqAt + SEQ.length), ackAt < 0 ? -1 : number(bytes, ackAt + ACK.length), prev, stored);
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

    private static byte[] hex(byte[] bytes, int at) throws Unproven {
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

    private static long number(byte[] bytes, int at) throws Unproven {
        long value = 0;
        int i = at;
        while (bytes[i] >= '0' && bytes[i] <= '9') {
            if (i - at == 18) {
                throw new Unproven("has a number out of range");
            }
            value = value * 10 + (bytes[i++] - '0');
        }
        if (i == at) {
            throw new Unproven("has a number that is none");
        }
        return value;
    }

    private static boolean matches(byte[] bytes, int at, byte[] literal) {
        return Arrays.equals(bytes, at, at + literal.length, literal, 0, literal.length);
    }

    private static int find(byte[] bytes, int from, int to, byte[] literal) {
        for (int i = from; i + literal.length <= to; i++) {
            if (bytes[i] == literal[0] && matches(bytes, i, literal)) {
                return i;
            }
        }
        return -1;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
