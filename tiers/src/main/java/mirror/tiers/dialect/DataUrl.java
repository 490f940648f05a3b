package mirror.tiers.dialect;

import mirror.tiers.dialect.Part.Source;
import org.jspecify.annotations.Nullable;

/** {@code data:} URLs of RFC 2397, as far as they hold base64. */
final class DataUrl {
    private static final int LONGEST_TYPE = 200;

    private DataUrl() {}

    /** What is in it, or null when it is no URL of base64. */
    static Source.@Nullable Inline read(String url) {
        int comma = url.substring(0, Math.min(url.length(), LONGEST_TYPE)).indexOf(',');
        if (comma < 0 || !url.startsWith("data:")) {
            return null;
        }
        String head = url.substring("data:".length(), comma);
        if (!head.endsWith(";base64")) {
            return null;
        }
        String type = head.substring(0, head.indexOf(';'));
        return new Source.Inline(type, new Base64Text(url, comma + 1));
    }

    static String prefix(String mediaType) {
        return "data:" + mediaType + ";base64,";
    }
}
