package mirror.trust.shell;

import org.jspecify.annotations.Nullable;

/** The escapes of {@code $'…'}, {@code echo -e} and {@code printf}: names by number are names all the same. */
final class AnsiQuote {
    private AnsiQuote() {}

    /** Reads up to and over the closing quote. */
    static String read(Source source) {
        StringBuilder out = new StringBuilder();
        while (source.peek() != '\'') {
            if (source.atEnd()) {
                throw new ShellSyntaxException("syntax error: a quote is not closed");
            }
            if (source.peek() == '\\') {
                source.at++;
                escape(source, out);
            } else {
                out.append(source.peek());
                source.at++;
            }
        }
        source.at++;
        return out.toString();
    }

    /** The text with its escapes read; null when it cuts the output short or holds a NUL. */
    static @Nullable String unescape(String text) {
        Source source = new Source(text, 0);
        StringBuilder out = new StringBuilder();
        while (!source.atEnd()) {
            if (source.peek() == '\\') {
                source.at++;
                if (source.peek() == 'c') {
                    return null;
                }
                escape(source, out);
            } else {
                out.append(source.peek());
                source.at++;
            }
        }
        return out.indexOf("\0") >= 0 ? null : out.toString();
    }

    private static void escape(Source source, StringBuilder out) {
        char c = source.peek();
        source.at++;
        switch (c) {
            case 'n' -> out.append('\n');
            case 't' -> out.append('\t');
            case 'r' -> out.append('\r');
            case 'a' -> out.append('\007');
            case 'b' -> out.append('\b');
            case 'f' -> out.append('\f');
            case 'v' -> out.append('\013');
            case 'e', 'E' -> out.append('\033');
            case 'x' -> number(source, out, 16, 2);
            case 'u' -> number(source, out, 16, 4);
            case 'U' -> number(source, out, 16, 8);
            case 'c' -> {
                out.append((char) (source.peek() & 0x1f));
                source.at++;
            }
            case '0', '1', '2', '3', '4', '5', '6', '7' -> {
                source.at--;
                number(source, out, 8, c == '0' ? 4 : 3);
            }
            case '\\', '\'', '"', '?' -> out.append(c);
            case '\0' -> out.append('\\');
            default -> out.append('\\').append(c);
        }
    }

    private static void number(Source source, StringBuilder out, int base, int digits) {
        int start = source.at;
        long value = 0;
        while (source.at < start + digits && Character.digit(source.peek(), base) >= 0) {
            value = value * base + Character.digit(source.peek(), base);
            source.at++;
        }
        if (source.at == start) {
            out.append(base == 16 ? "\\x" : "\\0");
        } else if (Character.isValidCodePoint((int) value)) {
            out.appendCodePoint((int) value);
        } else {
            throw new ShellSyntaxException("a quoted character is out of range");
        }
    }
}
