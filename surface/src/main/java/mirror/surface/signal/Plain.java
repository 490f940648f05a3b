package mirror.surface.signal;

/** Text of strangers, made fit to be shown: no control characters, no end that is out of sight. */
final class Plain {
    private Plain() {}

    /** One line of at most so many characters. */
    static String line(String text, int most) {
        return clip(
                text.replaceAll("[\\p{Cntrl}\\u2028\\u2029\\u202A-\\u202E\\u2066-\\u2069]+", " ")
                        .strip(),
                most);
    }

    /** Several lines of at most so many characters. */
    static String text(String text, int most) {
        return clip(
                text.replaceAll("[\\p{Cntrl}&&[^\\n\\t]]|[\\u2028\\u2029\\u202A-\\u202E\\u2066-\\u2069]", " ")
                        .strip(),
                most);
    }

    private static String clip(String text, int most) {
        if (text.length() <= most) {
            return text;
        }
        int end = Character.isHighSurrogate(text.charAt(most - 2)) ? most - 2 : most - 1;
        return text.substring(0, end) + "\u2026";
    }
}
