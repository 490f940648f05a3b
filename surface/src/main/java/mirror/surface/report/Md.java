package mirror.surface.report;

/** Words of strangers in a note of the owner's: one line, cut short, and nothing in it is Markdown, HTML, a link, an embed or a tag. */
final class Md {
    static final int MOST = 200;

    private Md() {}

    static String words(String text) {
        String line = text.replaceAll("[\\p{Cntrl}\\u2028\\u2029\\u202A-\\u202E\\u2066-\\u2069]+", " ")
                .strip();
        if (line.length() > MOST) {
            int end = Character.isHighSurrogate(line.charAt(MOST - 1)) ? MOST - 1 : MOST;
            line = line.substring(0, end) + "\u2026";
        }
        return line.replaceAll("[\\\\`*_\\[\\]<>#|!~$%^={}&@]", "\\\\$0").replace("://", "\\://");
    }

    /** A command or an id, as code. */
    static String code(String text) {
        return "`" + text.replaceAll("[`\\p{Cntrl}]", " ") + "`";
    }
}
