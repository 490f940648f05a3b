package mirror.tiers.wire;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Reads a few members of a JSON object in its bytes, without building anything of the rest. Every byte is looked at once, so that
 * what is accepted is JSON (RFC 8259) to its last byte.
 *
 * <p>Whoever decides by a member and passes the bytes on must see what the next reader sees. So more is refused than the grammar
 * refuses: a wanted member that comes twice (readers differ in which one counts), one that only looks like a wanted name to a reader
 * that ignores case, invalid UTF-8, a byte order mark, nesting beyond {@value #DEPTH}. Members that nobody wants may repeat.
 *
 * <p>Strings are skipped eight bytes at a time. Immutable once made; the bytes must not change meanwhile.
 */
public final class JsonScan {
    /** Tool schemas nest some twenty levels; common parsers give up between 512 and 1,024. */
    public static final int DEPTH = 256;

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long ONES = 0x0101010101010101L;
    private static final long HIGH = 0x8080808080808080L;
    /** A wanted name in which every character is escaped is shorter. */
    private static final int LONGEST_NAME = 512;

    private static final byte[] TYPE = "type".getBytes(StandardCharsets.US_ASCII);

    /** Told of the values of members named {@code type} inside nested objects; sees bytes of a string without its quotes. */
    @FunctionalInterface
    public interface Types {
        /** @param depth of the object; the top one has 1, and each object or list in it one more */
        void type(byte[] bytes, int from, int to, int depth);
    }

    private final byte[] bytes;
    private final int end;
    private final Members members;
    private final @Nullable Types types;
    private final int[] starts;
    private final int[] ends;
    private final int[] sizes;

    /** Elements of the list whose end was passed last. */
    private int size;

    private JsonScan(byte[] bytes, int end, Members members, @Nullable Types types) {
        this.bytes = bytes;
        this.end = end;
        this.members = members;
        this.types = types;
        this.starts = new int[members.size()];
        this.ends = new int[members.size()];
        this.sizes = new int[members.size()];
        Arrays.fill(starts, -1);
    }

    /** @throws MalformedJson when the bytes are not one object that can be trusted */
    public static JsonScan of(byte[] bytes, Members members) {
        return of(bytes, 0, bytes.length, members, null);
    }

    /**
     * Scans {@code bytes} from {@code from} to {@code to}.
     *
     * @param types hears of the nested members, or null
     * @throws MalformedJson when these bytes are not one object that can be trusted
     */
    public static JsonScan of(byte[] bytes, int from, int to, Members members, @Nullable Types types) {
        JsonScan scan = new JsonScan(bytes, to, members, types);
        int at = scan.space(from);
        if (scan.at(at) != '{') {
            throw new MalformedJson("not a JSON object");
        }
        at = scan.space(scan.object(at, 1));
        if (at != to) {
            throw new MalformedJson("something follows the JSON object", at);
        }
        return scan;
    }

    // ---- what was found

    public boolean has(int member) {
        return starts[member] >= 0;
    }

    /** Where the member's value starts; its first byte is in the bytes at this place. */
    public int start(int member) {
        return starts[member];
    }

    /** After the last byte of the member's value. */
    public int end(int member) {
        return ends[member];
    }

    /** How many elements the member has; 0 when it is no list. */
    public int size(int member) {
        return has(member) && bytes[starts[member]] == '[' ? sizes[member] : 0;
    }

    /** Whether it is there and not {@code null}. */
    public boolean isSet(int member) {
        return has(member) && bytes[starts[member]] != 'n';
    }

    /**
     * The member's text, or null when it is absent or {@code null}.
     *
     * @throws MalformedJson when it is no string, or one that cannot be written in UTF-8
     */
    public @Nullable String text(int member) {
        if (!isSet(member)) {
            return null;
        }
        if (bytes[starts[member]] != '"') {
            throw new MalformedJson("'" + members.name(member) + "' is not a string");
        }
        String text = decode(starts[member] + 1, ends[member] - 1);
        if (!StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
            throw new MalformedJson("'" + members.name(member) + "' has half of a surrogate pair");
        }
        return text;
    }

    /**
     * The member's number, or nothing when it is absent or {@code null}.
     *
     * @throws MalformedJson when it is anything but a whole number from 0 to 10^15, written without point and exponent
     */
    public OptionalLong count(int member) {
        if (!isSet(member)) {
            return OptionalLong.empty();
        }
        long value = 0;
        for (int i = starts[member]; i < ends[member]; i++) {
            int digit = bytes[i] - '0';
            if (digit < 0 || digit > 9 || ends[member] - starts[member] > 16) {
                throw new MalformedJson("'" + members.name(member) + "' is not a whole number");
            }
            value = value * 10 + digit;
        }
        return OptionalLong.of(value);
    }

    /**
     * Whether the member is {@code true}; absent and {@code null} are not.
     *
     * @throws MalformedJson when it is something else than a boolean
     */
    public boolean isTrue(int member) {
        if (!isSet(member)) {
            return false;
        }
        byte first = bytes[starts[member]];
        if (first != 't' && first != 'f') {
            throw new MalformedJson("'" + members.name(member) + "' is not true or false");
        }
        return first == 't';
    }

    /** The members of a member that is an object; null when it is absent or something else. */
    public @Nullable JsonScan inside(int member, Members wanted) {
        return has(member) && bytes[starts[member]] == '{'
                ? of(bytes, starts[member], ends[member], wanted, null)
                : null;
    }

    /** The same bytes with another value for one member; everything else is as it was. */
    public byte[] splice(int member, byte[] value) {
        int head = starts[member];
        int tail = ends[member];
        byte[] spliced = new byte[head + value.length + (end - tail)];
        System.arraycopy(bytes, 0, spliced, 0, head);
        System.arraycopy(value, 0, spliced, head, value.length);
        System.arraycopy(bytes, tail, spliced, head + value.length, end - tail);
        return spliced;
    }

    // ---- the grammar; each method takes the place where its part starts and answers the place behind it

    private int at(int i) {
        return i < end ? bytes[i] : -1;
    }

    private int space(int from) {
        int i = from;
        while (i < end && (bytes[i] == ' ' || bytes[i] == '\n' || bytes[i] == '\r' || bytes[i] == '\t')) {
            i++;
        }
        return i;
    }

    private int value(int i, int depth) {
        return switch (at(i)) {
            case '{' -> object(i, depth + 1);
            case '[' -> array(i, depth + 1);
            case '"' -> string(i);
            case 't' -> literal(i, "true");
            case 'f' -> literal(i, "false");
            case 'n' -> literal(i, "null");
            default -> number(i);
        };
    }

    private int object(int from, int depth) {
        if (depth > DEPTH) {
            throw new MalformedJson("nested deeper than " + DEPTH + " levels", from);
        }
        int i = space(from + 1);
        if (at(i) == '}') {
            return i + 1;
        }
        while (true) {
            if (at(i) != '"') {
                throw new MalformedJson("a member's name is missing", i);
            }
            int name = i + 1;
            i = string(i);
            int nameEnd = i - 1;
            int wanted = depth == 1 ? wanted(name, nameEnd) : -1;
            i = space(i);
            if (at(i) != ':') {
                throw new MalformedJson("':' is missing", i);
            }
            int start = space(i + 1);
            i = value(start, depth);
            if (wanted >= 0) {
                starts[wanted] = start;
                ends[wanted] = i;
                sizes[wanted] = size;
            }
            if (types != null && depth > 1 && isType(name, nameEnd)) {
                boolean text = bytes[start] == '"';
                types.type(bytes, text ? start + 1 : start, text ? i - 1 : i, depth);
            }
            i = space(i);
            int next = at(i);
            if (next == '}') {
                return i + 1;
            }
            if (next != ',') {
                throw new MalformedJson("',' or '}' is missing", i);
            }
            i = space(i + 1);
        }
    }

    /** Called just after the name was skipped. */
    private int wanted(int from, int to) {
        int found = members.exactly(bytes, from, to);
        if (found < 0 && to - from < LONGEST_NAME) {
            String name = decode(from, to);
            found = members.loosely(name);
            if (found >= 0 && !name.equals(members.name(found))) {
                throw new MalformedJson("a name that some readers take for '" + members.name(found) + "'", from);
            }
        }
        if (found >= 0 && starts[found] >= 0) {
            throw new MalformedJson("a second '" + members.name(found) + "'", from);
        }
        return found;
    }

    private boolean isType(int from, int to) {
        if (to - from == TYPE.length) {
            return Arrays.equals(TYPE, 0, TYPE.length, bytes, from, to);
        }
        boolean escaped = to - from > TYPE.length && to - from <= 6 * TYPE.length;
        return escaped
                && (bytes[from] == 't' || bytes[from] == '\\')
                && decode(from, to).equals("type");
    }

    private int array(int from, int depth) {
        if (depth > DEPTH) {
            throw new MalformedJson("nested deeper than " + DEPTH + " levels", from);
        }
        int i = space(from + 1);
        int elements = 0;
        if (at(i) == ']') {
            size = 0;
            return i + 1;
        }
        while (true) {
            i = space(value(i, depth));
            elements++;
            int next = at(i);
            if (next == ']') {
                // The list around is left after those in it, so this holds when it is asked for.
                size = elements;
                return i + 1;
            }
            if (next != ',') {
                throw new MalformedJson("',' or ']' is missing", i);
            }
            i = space(i + 1);
        }
    }

    private int literal(int from, String word) {
        for (int i = 0; i < word.length(); i++) {
            if (at(from + i) != word.charAt(i)) {
                throw new MalformedJson("a value is missing", from);
            }
        }
        return from + word.length();
    }

    private int number(int from) {
        int i = at(from) == '-' ? from + 1 : from;
        if (at(i) == '0') {
            i++;
        } else {
            i = digits(i);
        }
        if (at(i) == '.') {
            i = digits(i + 1);
        }
        if (at(i) == 'e' || at(i) == 'E') {
            i++;
            i = digits(at(i) == '+' || at(i) == '-' ? i + 1 : i);
        }
        return i;
    }

    private int digits(int from) {
        int i = from;
        while (at(i) >= '0' && at(i) <= '9') {
            i++;
        }
        if (i == from) {
            throw new MalformedJson("a value is missing", from);
        }
        return i;
    }

    private int string(int from) {
        int i = from + 1;
        while (true) {
            i = unremarkable(i);
            int c = at(i);
            if (c == '"') {
                return i + 1;
            }
            if (i >= end) {
                throw new MalformedJson("a string does not end", from);
            }
            if (c == '\\') {
                i = escape(i);
            } else if (c < 0) {
                i = utf8(i);
            } else if (c < 0x20) {
                throw new MalformedJson("a control character in a string", i);
            } else {
                i++;
            }
        }
    }

    /** Skips whole groups of eight bytes in which nothing is a quote, a backslash, a control character or beyond ASCII. */
    private int unremarkable(int from) {
        int i = from;
        while (i + Long.BYTES <= end) {
            long eight = (long) LONGS.get(bytes, i);
            long quote = eight ^ (ONES * '"');
            long slash = eight ^ (ONES * '\\');
            long found = (((quote - ONES) & ~quote) | ((slash - ONES) & ~slash) | (eight - ONES * 0x20) | eight) & HIGH;
            if (found != 0) {
                // A borrow can raise a flag above the first true one, never below it.
                return i + Long.numberOfTrailingZeros(found) / Byte.SIZE;
            }
            i += Long.BYTES;
        }
        return i;
    }

    private int escape(int from) {
        return switch (at(from + 1)) {
            case '"', '\\', '/', 'b', 'f', 'n', 'r', 't' -> from + 2;
            case 'u' -> {
                for (int i = from + 2; i < from + 6; i++) {
                    if (Character.digit((char) (at(i) & 0xFF), 16) < 0) {
                        throw new MalformedJson("an escape that is none", from);
                    }
                }
                yield from + 6;
            }
            default -> throw new MalformedJson("an escape that is none", from);
        };
    }

    /** One well-formed sequence beyond ASCII; Unicode 16, table 3-7. */
    private int utf8(int from) {
        int first = bytes[from] & 0xFF;
        int length = first >= 0xC2 && first <= 0xDF ? 2 : first >= 0xE0 && first <= 0xEF ? 3 : first <= 0xF4 ? 4 : 0;
        int second = at(from + 1) & 0xFF;
        boolean sound = from + length <= end
                && first >= 0xC2
                && length > 0
                && second >= (first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80)
                && second <= (first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF);
        for (int i = 2; sound && i < length; i++) {
            sound = (bytes[from + i] & 0xC0) == 0x80;
        }
        if (!sound) {
            throw new MalformedJson("bytes that are not UTF-8", from);
        }
        return from + length;
    }

    /** The text of a string that was found sound; {@code from} and {@code to} are inside its quotes. */
    private String decode(int from, int to) {
        String raw = new String(bytes, from, to - from, StandardCharsets.UTF_8);
        if (raw.indexOf('\\') < 0) {
            return raw;
        }
        StringBuilder text = new StringBuilder(raw.length());
        int i = 0;
        while (i < raw.length()) {
            char c = raw.charAt(i);
            if (c != '\\') {
                text.append(c);
                i++;
                continue;
            }
            char kind = raw.charAt(i + 1);
            i += 2;
            switch (kind) {
                case 'b' -> text.append('\b');
                case 'f' -> text.append('\f');
                case 'n' -> text.append('\n');
                case 'r' -> text.append('\r');
                case 't' -> text.append('\t');
                case 'u' -> {
                    text.append((char) Integer.parseInt(raw, i, i + 4, 16));
                    i += 4;
                }
                default -> text.append(kind);
            }
        }
        return text.toString();
    }
}
