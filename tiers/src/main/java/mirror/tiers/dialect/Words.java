package mirror.tiers.dialect;

import java.util.regex.Pattern;

/** Text of others that goes into sentences of ours. */
final class Words {
    private static final Pattern KEY =
            Pattern.compile("\\b(?:(?:sk|pk|rk|xai|gsk|hf|key)[-_]|AIza|Bearer )[A-Za-z0-9*._-]{12,400}");

    private Words() {}

    /** Bounded, on one line, whole characters only, keys masked. */
    static String sentence(String text, int most) {
        StringBuilder line = new StringBuilder(Math.min(text.length(), most));
        for (int at = 0; at < text.length() && line.length() < most; ) {
            int c = text.codePointAt(at);
            at += Character.charCount(c);
            boolean visible = !Character.isISOControl(c)
                    && c != 0x2028
                    && c != 0x2029
                    && Character.getType(c) != Character.FORMAT
                    && Character.getType(c) != Character.SURROGATE;
            line.appendCodePoint(visible ? c : ' ');
        }
        return KEY.matcher(line).replaceAll("[key]").strip();
    }

    /** A name of a field or a value, short and quoted. */
    static String name(String text) {
        return "'" + sentence(text, 64) + "'";
    }
}
