package mirror.bus;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.DigestException;
import java.security.MessageDigest;
import java.util.Arrays;
import mirror.bus.EventLine.Unproven;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;

/**
 * Proves event lines where they lie in a buffer, one after the other, without making objects: verification reads whole logs through
 * this. What it found of the last line stands in its fields. Owned by one thread.
 *
 * <p>Must never: accept a line whose stored bytes differ in any bit from what was written.
 */
final class LineProver {
    /** No line has its {@code seq} nearer to the start: what stands before it is at least this long. */
    private static final int BEFORE_SEQ = EventLine.HEAD.length
            + "o-1\",\"source\":\"mirror://o/a\",\"type\":\"mirror.n.p.v1\",\"time\":\"2026-01-01T00:00:00.000000Z\",\"origin\":\"o\""
                    .length();

    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final Literal SEQ = Literal.of(EventLine.SEQ);
    private static final Literal ACK = Literal.of(EventLine.ACK);
    private static final Literal DATA = Literal.of(EventLine.DATA);
    private static final byte[] BLOB = "\"blob\":\"".getBytes(StandardCharsets.US_ASCII);

    private static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);

    /** The two lower-case hex digits of each byte. */
    private static final short[] HEX = new short[256];

    static {
        byte[] digits = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
        for (int i = 0; i < HEX.length; i++) {
            HEX[i] = (short) (digits[i >> 4] << 8 | digits[i & 15]);
        }
    }

    private final MessageDigest sha256 = EventLine.sha256();
    private byte[] hex = new byte[EventLine.HASH_HEX];
    private byte[] previous = new byte[EventLine.HASH_HEX];
    private byte[] hash = new byte[32];
    private byte[] line = hash;
    private int dataAt;
    private int prevAt;
    private long seq;
    private long ack;

    /**
     * Proves the line in {@code bytes[from, to)}, the line feed excluded.
     *
     * @throws Unproven when a literal is wrong or the hash is not that of the bytes; the fields then mean nothing
     */
    void prove(byte[] bytes, int from, int to) throws Unproven {
        int hashAt = to - EventLine.SUFFIX;
        int prev = hashAt - EventLine.PREV;
        if (prev < from + EventLine.HEAD.length) {
            throw new Unproven("is too short to be an event");
        }
        if (!matches(bytes, from, EventLine.HEAD)
                || !matches(bytes, hashAt, EventLine.HASH_OPEN)
                || bytes[to - 2] != '"'
                || bytes[to - 1] != '}'
                || !matches(bytes, prev, EventLine.PREV_OPEN)
                || bytes[hashAt - 1] != '"') {
            throw new Unproven("does not have the form of an event line");
        }
        byte[] older = previous;
        previous = hex;
        hex = older;
        hash = digest(bytes, from, hashAt);
        for (int i = 0; i < hash.length; i++) {
            SHORT.set(hex, 2 * i, HEX[hash[i] & 0xff]);
        }
        int stored = hashAt + EventLine.HASH_OPEN.length;
        if (!Arrays.equals(bytes, stored, stored + EventLine.HASH_HEX, hex, 0, EventLine.HASH_HEX)) {
            throw new Unproven("does not match its hash");
        }
        int seqAt = find(bytes, from + BEFORE_SEQ, prev, SEQ);
        dataAt = seqAt < 0 ? -1 : find(bytes, seqAt, prev, DATA);
        if (dataAt < 0) {
            throw new Unproven("has no seq");
        }
        seq = number(bytes, seqAt + EventLine.SEQ.length);
        int ackAt = find(bytes, seqAt, dataAt, ACK);
        ack = ackAt < 0 ? -1 : number(bytes, ackAt + EventLine.ACK.length);
        line = bytes;
        prevAt = prev + EventLine.PREV_OPEN.length;
    }

    /** What a single proven line says. */
    record Proof(long seq, byte[] prev, byte[] hash) {}

    /** Proves one line that stands alone. */
    static Proof proof(byte[] line) throws Unproven {
        LineProver prover = new LineProver();
        prover.prove(line, 0, line.length);
        return new Proof(prover.seq(), prover.prev(), prover.hash());
    }

    private byte[] digest(byte[] bytes, int from, int to) {
        byte[] out = new byte[32];
        try {
            sha256.update(bytes, from, to - from);
            sha256.digest(out, 0, out.length);
        } catch (DigestException e) {
            throw new AssertionError("the buffer holds a SHA-256", e);
        }
        return out;
    }

    /** Whether the line continues the one that was proven before it. The buffer must still hold the line. */
    boolean continuesPrevious() {
        return Arrays.equals(line, prevAt, prevAt + EventLine.HASH_HEX, previous, 0, EventLine.HASH_HEX);
    }

    /** The hash that the line names as its predecessor's. The buffer must still hold the line. */
    byte[] prev() throws Unproven {
        return EventLine.hex(line, prevAt);
    }

    /** The payload that the line has outside, or null; the buffer must still hold the line. */
    @Nullable
    BlobRef blob() {
        int at = dataAt + EventLine.DATA.length;
        if (!matches(line, at, BLOB)) {
            return null;
        }
        int open = at - 1;
        try {
            return BlobRef.of(Json.LINES.readTree(line, open, prevAt - EventLine.PREV_OPEN.length - open))
                    .orElse(null);
        } catch (JacksonException e) {
            return null;
        }
    }

    byte[] hash() {
        return hash;
    }

    long seq() {
        return seq;
    }

    /** Last number that was durable when the line's group was written, or -1 when the line does not carry it. */
    long ack() {
        return ack;
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

    private static int find(byte[] bytes, int from, int to, Literal literal) {
        for (int i = from; i + literal.bytes.length <= to; i++) {
            if (((long) LONG.get(bytes, i) & literal.mask) == literal.word && matches(bytes, i, literal.bytes)) {
                return i;
            }
        }
        return -1;
    }

    /** A literal to search for, and its first bytes, at most eight, as one number. A line goes on for more than eight bytes after it. */
    private record Literal(byte[] bytes, long word, long mask) {
        static Literal of(byte[] bytes) {
            long mask = bytes.length < 8 ? -1L >>> (64 - 8 * bytes.length) : -1;
            return new Literal(bytes, (long) LONG.get(Arrays.copyOf(bytes, Math.max(8, bytes.length)), 0) & mask, mask);
        }
    }
}
