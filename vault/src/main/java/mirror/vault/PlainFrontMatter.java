package mirror.vault;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads the front matter that most notes have, names with one plain word or line each or with a list of them, without a YAML reader: that one is
 * exact and takes a fifth of the time in which a vault is indexed. Whatever could mean anything else in YAML 1.2 is left to it: here there is no quoting
 * with escapes, no comment, no anchor, no text over two lines, no number.
 */
final class PlainFrontMatter {
    private static final int NAME = 100;

    private final String text;
    private final Map<String, List<String>> values = new LinkedHashMap<>();
    /** Of the name whose value may be a list in the lines below; null where it may not. */
    private @Nullable List<String> list;
    /** How far the items of that list are indented; -1 before the first. */
    private int indent;

    private PlainFrontMatter(String text) {
        this.text = text;
    }

    /** @return the values by name as {@link FrontMatter} gives them, or null when it takes more to read them */
    static @Nullable Map<String, List<String>> read(String text) {
        PlainFrontMatter reader = new PlainFrontMatter(text);
        int from = 0;
        while (from < text.length()) {
            int end = text.indexOf('\n', from);
            int next = end < 0 ? text.length() : end + 1;
            int to = end < 0 ? text.length() : end > from && text.charAt(end - 1) == '\r' ? end - 1 : end;
            if (!reader.line(from, to)) {
                return null;
            }
            from = next;
        }
        return reader.values.isEmpty() ? null : reader.values;
    }

    private boolean line(int from, int to) {
        int start = start(from, to);
        if (start + 1 < to && text.charAt(start) == '-' && text.charAt(start + 1) == ' ') {
            return item(start - from, start + 2, to);
        }
        return start == from && pair(from, to);
    }

    private boolean item(int indented, int from, int to) {
        List<String> items = list;
        if (items == null || (indent >= 0 && indent != indented)) {
            return false;
        }
        indent = indented;
        String item = plain(from, to);
        return item != null && !item.isEmpty() && items.add(item);
    }

    private boolean pair(int from, int to) {
        int colon = from;
        while (colon < to && isOfName(text.charAt(colon))) {
            colon++;
        }
        boolean named = colon > from
                && colon - from <= NAME
                && isLetter(text.charAt(from))
                && text.charAt(colon - 1) != ' '
                && colon < to
                && text.charAt(colon) == ':'
                && (colon + 1 == to || text.charAt(colon + 1) == ' ');
        if (!named) {
            return false;
        }
        List<String> found = new ArrayList<>();
        if (values.put(text.substring(from, colon), found) != null) {
            return false;
        }
        String value = plain(colon + 1, to);
        if (value == null) {
            list = null;
            return quoted(colon + 1, to, found);
        }
        list = value.isEmpty() ? found : null;
        indent = -1;
        return value.isEmpty() || found.add(value);
    }

    /** A list of nothing but texts in quotation marks, on one line. */
    private boolean quoted(int from, int to, List<String> found) {
        String line = text.substring(start(from, to), end(from, to));
        if (!line.startsWith("[\"") || !line.endsWith("\"]") || line.length() < 4) {
            return false;
        }
        for (String each : line.substring(2, line.length() - 2).split("\", \"", -1)) {
            for (int i = 0; i < each.length(); i++) {
                char c = each.charAt(i);
                if (c == '"' || c == '\\' || !isPrintable(c)) {
                    return false;
                }
            }
            found.add(each);
        }
        return true;
    }

    /** @return a scalar that is a text and nothing else, empty where there is none, or null where it may be something else */
    private @Nullable String plain(int from, int to) {
        int start = start(from, to);
        int end = end(from, to);
        if (start == to) {
            return "";
        }
        char first = text.charAt(start);
        boolean worded = isLetter(first) || first == '_' || first == '/';
        if (!worded && !(first >= '0' && first <= '9')) {
            return null;
        }
        for (int i = start; i < end; i++) {
            char c = text.charAt(i);
            if (!isPrintable(c)
                    || (c == ':' && (i + 1 == end || text.charAt(i + 1) == ' '))
                    || (c == '#' && text.charAt(i - 1) == ' ')) {
                return null;
            }
            // No number has such a letter.
            worded |= c == '/' || (isLetter(c) && c != 'e' && c != 'E');
        }
        String value = text.substring(start, end);
        return worded && !value.equals("null") ? value : null;
    }

    private int start(int from, int to) {
        int start = from;
        while (start < to && text.charAt(start) == ' ') {
            start++;
        }
        return start;
    }

    private int end(int from, int to) {
        int end = to;
        while (end > from && text.charAt(end - 1) == ' ') {
            end--;
        }
        return end;
    }

    private static boolean isOfName(char c) {
        return isLetter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.' || c == ' ';
    }

    private static boolean isLetter(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    }

    /** Characters that YAML takes as they are. Halves of pairs are left to its reader. */
    private static boolean isPrintable(char c) {
        return (c >= ' ' && c <= '~') || (c >= '\u00a0' && c < '\u2000');
    }
}
