package mirror.continuity;

/** Text that came from a client or a model and goes into a line of Markdown: one line, bounded, without markup of ours. */
final class Text {
    private Text() {}

    /** Enough of a digest or a commit's name to know it again. */
    static String start(String digest) {
        return digest.substring(0, Math.min(12, digest.length()));
    }

    /** A line of code in Markdown: no back quote of its own ends it. */
    static String code(String text, int limit) {
        return "`" + line(text, limit).replace('`', '\'') + "`";
    }

    /** White space folded, control characters dropped, cut at {@code limit} characters. */
    static String line(String text, int limit) {
        StringBuilder out = new StringBuilder();
        boolean space = false;
        for (int i = 0; i < text.length() && out.length() <= limit; i++) {
            char c = text.charAt(i);
            if (Character.isWhitespace(c)) {
                space = !out.isEmpty();
            } else if (!Character.isISOControl(c) && !turnsDirection(c)) {
                if (space) {
                    out.append(' ');
                    space = false;
                }
                out.append(c);
            }
        }
        if (out.length() > limit) {
            out.setLength(Character.isHighSurrogate(out.charAt(limit - 2)) ? limit - 2 : limit - 1);
            out.append('\u2026');
        }
        return out.toString();
    }

    /** Embeddings, overrides and isolates (UAX #9): they let a text show other words than it holds. */
    private static boolean turnsDirection(char c) {
        return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
    }
}
