package mirror.tiers.dialect;

import java.io.IOException;
import java.io.Reader;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.JacksonSerializable;
import tools.jackson.databind.SerializationContext;

/**
 * Base64 as it stood in a request, perhaps behind {@code data:…;base64,}: a window on the text that was read, never a copy, since one image may
 * have tens of megabytes. It is neither decoded nor checked; whoever needs its bytes does that. Equal when the characters are.
 */
public final class Base64Text {
    private final String holder;
    private final int from;

    Base64Text(String holder, int from) {
        this.holder = holder;
        this.from = from;
    }

    public static Base64Text of(String base64) {
        return new Base64Text(base64, 0);
    }

    /** Characters, not bytes. */
    public int length() {
        return holder.length() - from;
    }

    /** The characters; a copy when they stood behind something else. */
    public String text() {
        return holder.substring(from);
    }

    /** A JSON string of the prefix and this, written without joining them in memory. */
    JacksonSerializable after(String prefix) {
        return new JacksonSerializable.Base() {
            @Override
            public void serialize(JsonGenerator out, SerializationContext context) {
                out.writeString(new Joined(prefix, holder, from), -1);
            }

            @Override
            public void serializeWithType(
                    JsonGenerator out,
                    SerializationContext context,
                    tools.jackson.databind.jsontype.TypeSerializer types) {
                serialize(out, context);
            }
        };
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Base64Text that
                && length() == that.length()
                && holder.regionMatches(from, that.holder, that.from, length());
    }

    @Override
    public int hashCode() {
        int tail = Math.max(from, holder.length() - 64);
        return 31 * length() + holder.substring(tail).hashCode();
    }

    @Override
    public String toString() {
        return length() + " characters of base64";
    }

    private static final class Joined extends Reader {
        private final String prefix;
        private final String holder;
        private final int from;
        private int at;

        Joined(String prefix, String holder, int from) {
            this.prefix = prefix;
            this.holder = holder;
            this.from = from;
        }

        @Override
        public int read(char[] buffer, int offset, int length) throws IOException {
            int inHolder = at - prefix.length();
            boolean first = inHolder < 0;
            String text = first ? prefix : holder;
            int start = first ? at : from + inHolder;
            int n = Math.min(length, text.length() - start);
            if (n <= 0) {
                return -1;
            }
            text.getChars(start, start + n, buffer, offset);
            at += n;
            return n;
        }

        @Override
        public void close() {}
    }
}
