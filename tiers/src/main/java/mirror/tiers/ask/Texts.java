package mirror.tiers.ask;

/** Texts that models wrote, cut without breaking a character. Stateless. */
public final class Texts {
    private Texts() {}

    /** The same with U+FFFD for every half of a surrogate pair, which no log and no wire could carry. */
    public static String sound(String text) {
        StringBuilder sound = null;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (!Character.isSurrogate(c)) {
                continue;
            }
            if (Character.isHighSurrogate(c) && i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))) {
                i++;
                continue;
            }
            if (sound == null) {
                sound = new StringBuilder(text);
            }
            sound.setCharAt(i, '\uFFFD');
        }
        return sound == null ? text : sound.toString();
    }

    /** The first so many characters (code points). */
    public static String head(String text, int most) {
        return text.length() <= most || text.codePointCount(0, text.length()) <= most
                ? text
                : text.substring(0, text.offsetByCodePoints(0, most));
    }

    /** The same with a mark where it was cut. */
    public static String clip(String text, int most) {
        String head = head(text, most);
        return head.length() == text.length() ? text : head + "\u2026";
    }

    /** In one line, cut. */
    public static String line(String text, int most) {
        return clip(text.strip().replaceAll("[\\p{Cntrl}\\s]+", " "), most);
    }
}
