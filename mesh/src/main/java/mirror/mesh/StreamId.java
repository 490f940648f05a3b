package mirror.mesh;

import java.nio.charset.StandardCharsets;

/**
 * The id of a stream entry. Event {@code n} stands at {@code n-0} and nowhere else; a checkpoint that was signed when {@code n} was
 * the last event published stands at {@code n-1} or after. Both halves are unsigned 64-bit numbers in Redis.
 */
record StreamId(long seq, long sub) implements Comparable<StreamId> {
    static final StreamId ZERO = new StreamId(0, 0);

    static StreamId event(long seq) {
        return new StreamId(seq, 0);
    }

    static StreamId parse(byte[] bytes) {
        String[] halves = new String(bytes, StandardCharsets.US_ASCII).split("-", 2);
        return new StreamId(
                Long.parseUnsignedLong(halves[0]), halves.length < 2 ? 0 : Long.parseUnsignedLong(halves[1]));
    }

    StreamId next() {
        return new StreamId(seq, sub + 1);
    }

    @Override
    public int compareTo(StreamId other) {
        int first = Long.compareUnsigned(seq, other.seq);
        return first != 0 ? first : Long.compareUnsigned(sub, other.sub);
    }

    @Override
    public String toString() {
        return Long.toUnsignedString(seq) + "-" + Long.toUnsignedString(sub);
    }
}
