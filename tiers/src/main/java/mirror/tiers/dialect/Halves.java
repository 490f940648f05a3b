package mirror.tiers.dialect;

/**
 * Text in pieces, some of which end in the middle of a character: the first half of a surrogate pair waits for the second. A half that stays alone
 * becomes U+FFFD, since no UTF-8 can carry it.
 */
final class Halves {
    private char waiting;

    String add(String piece) {
        String text = waiting == 0 ? piece : waiting + piece;
        waiting = 0;
        if (!text.isEmpty() && Character.isHighSurrogate(text.charAt(text.length() - 1))) {
            waiting = text.charAt(text.length() - 1);
            text = text.substring(0, text.length() - 1);
        }
        return whole(text);
    }

    /** What is left at the end of the text. */
    String rest() {
        boolean half = waiting != 0;
        waiting = 0;
        return half ? "\uFFFD" : "";
    }

    private static String whole(String text) {
        int at = 0;
        while (at < text.length()) {
            int c = text.codePointAt(at);
            if (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE) {
                return replaced(text);
            }
            at += Character.charCount(c);
        }
        return text;
    }

    private static String replaced(String text) {
        StringBuilder out = new StringBuilder(text.length());
        text.codePoints()
                .map(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE ? 0xFFFD : c)
                .forEach(out::appendCodePoint);
        return out.toString();
    }
}
