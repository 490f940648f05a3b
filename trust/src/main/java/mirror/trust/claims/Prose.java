package mirror.trust.claims;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * What a Markdown or HTML file says to its readers: the text with everything blanked out that is no statement (code, addresses, tags,
 * numbers of lists and sections), at the same offsets, and cut into blocks. A block is a paragraph, an item, a heading or a row of a
 * table. Reads each character a bounded number of times.
 */
final class Prose {
    /**
     * @param context words of the block, its heading and the head of its table, in lower case and singular
     * @param output whether it is a fence without a language, such as the output of a program: only measures count there
     */
    record Block(int start, int end, Set<String> context, boolean output) {}

    private static final int LONGEST_SPAN = 1_000;
    private static final Set<String> BREAKING = Set.of(
            "p",
            "li",
            "tr",
            "div",
            "h1",
            "h2",
            "h3",
            "h4",
            "h5",
            "h6",
            "table",
            "ul",
            "ol",
            "section",
            "article",
            "br",
            "title",
            "header",
            "footer",
            "main",
            "body",
            "head",
            "blockquote",
            "dt",
            "dd");
    private static final Set<String> UNREAD = Set.of("script", "style", "pre", "code");

    private final String text;
    private final char[] shown;
    private final List<Block> blocks = new ArrayList<>();

    private Prose(String text) {
        this.text = text;
        this.shown = text.toCharArray();
    }

    static Prose markdown(String text) {
        Prose prose = new Prose(text);
        prose.comments();
        prose.lines();
        return prose;
    }

    static Prose html(String text) {
        Prose prose = new Prose(text);
        prose.comments();
        prose.tags();
        return prose;
    }

    String shown() {
        return new String(shown);
    }

    List<Block> blocks() {
        return blocks;
    }

    private void blank(int from, int to) {
        for (int i = from; i < to; i++) {
            if (shown[i] != '\n') {
                shown[i] = ' ';
            }
        }
    }

    private void comments() {
        for (int at = text.indexOf("<!--"); at >= 0; ) {
            int end = text.indexOf("-->", at);
            end = end < 0 ? text.length() : end + 3;
            blank(at, end);
            at = text.indexOf("<!--", end);
        }
    }

    // ---- HTML

    private void tags() {
        int start = 0;
        for (int at = text.indexOf('<'); at >= 0; ) {
            int end = text.indexOf('>', at);
            end = end < 0 ? text.length() : end + 1;
            boolean closing = at + 1 < text.length() && text.charAt(at + 1) == '/';
            String name = name(at + (closing ? 2 : 1), end);
            if (!closing && UNREAD.contains(name)) {
                int close = text.indexOf("</" + name, end);
                end = close < 0 ? text.length() : close;
            }
            if (shown[at] == '<') {
                blank(at, end);
            }
            if (BREAKING.contains(name)) {
                block(start, at, Set.of(), false);
                start = end;
            }
            at = text.indexOf('<', end);
        }
        block(start, text.length(), Set.of(), false);
        inline(0, text.length(), false);
    }

    private String name(int from, int to) {
        int end = from;
        while (end < to && end - from < 20 && Character.isLetterOrDigit(text.charAt(end))) {
            end++;
        }
        return text.substring(Math.min(from, to), Math.max(Math.min(from, to), end))
                .toLowerCase(Locale.ROOT);
    }

    // ---- Markdown

    private void lines() {
        int start = 0;
        boolean fenced = false;
        boolean output = false;
        String fence = "";
        int block = 0;
        Set<String> heading = Set.of();
        Set<String> table = Set.of();
        int front = text.startsWith("---\n") ? text.indexOf("\n---", 3) : -1;
        if (front > 0 && front < 20_000) {
            start = Math.min(text.length(), front + 4);
            blank(0, start);
            block = start;
        }
        while (start < text.length()) {
            int end = text.indexOf('\n', start);
            end = end < 0 ? text.length() : end;
            String line = new String(shown, start, Math.min(end - start, 200)).strip();
            String mark = line.startsWith("```") ? "```" : line.startsWith("~~~") ? "~~~" : "";
            if (fenced) {
                if (mark.equals(fence)
                        && line.replace(fence.substring(0, 1), "").isBlank()) {
                    blank(start, end);
                    if (output) {
                        block(block, start, heading, true);
                    }
                    block = end;
                    fenced = false;
                } else if (!output) {
                    blank(start, end);
                }
            } else if (!mark.isEmpty()) {
                block(block, start, heading, false);
                fenced = true;
                fence = mark;
                String language = line.substring(3)
                        .replace(mark.substring(0, 1), "")
                        .strip()
                        .toLowerCase(Locale.ROOT);
                output = language.isEmpty() || language.equals("text") || language.equals("txt");
                blank(start, end);
                block = end;
            } else {
                if (line.isEmpty()) {
                    block(block, start, heading, false);
                    block = end;
                    table = Set.of();
                } else if (line.startsWith("#")) {
                    block(block, start, heading, false);
                    marker(start, end);
                    heading = words(start, end);
                    block(start, end, Set.of(), false);
                    block = end;
                } else if (line.startsWith("|")) {
                    block(block, start, heading, false);
                    if (table.isEmpty()) {
                        table = new HashSet<>(words(start, end));
                        table.addAll(heading);
                    }
                    block(start, end, table, false);
                    block = end;
                } else if (isItem(line)) {
                    block(block, start, heading, false);
                    block = start;
                    marker(start, end);
                }
                inline(start, end, true);
            }
            start = end + 1;
        }
        if (!fenced || output) {
            block(Math.min(block, text.length()), text.length(), heading, fenced);
        }
    }

    private static boolean isItem(String line) {
        int i = 0;
        while (i < line.length() && i < 9 && Character.isDigit(line.charAt(i))) {
            i++;
        }
        char first = line.charAt(Math.min(i, line.length() - 1));
        return i + 1 < line.length()
                && line.charAt(i + 1) == ' '
                && (i > 0 ? first == '.' || first == ')' : first == '-' || first == '*' || first == '+');
    }

    /** The number of an item or a section counts things of the text, not of the world. */
    private void marker(int start, int end) {
        int i = start;
        while (i < end && (shown[i] == '#' || shown[i] == ' ' || shown[i] == '\t')) {
            i++;
        }
        int digits = i;
        while (i < end && (Character.isDigit(shown[i]) || shown[i] == '.' || shown[i] == ')')) {
            i++;
        }
        // "## 3 tests" is no section number: one has a mark after it, or stands in a heading as 3.2.
        if (i > digits && i < end && shown[i] == ' ' && !Character.isDigit(shown[i - 1])) {
            blank(digits, i);
        } else if (i > digits && new String(shown, digits, i - digits).contains(".")) {
            blank(digits, i);
        }
    }

    /** Code spans, addresses, tags, emphasis and entities between two offsets. */
    private void inline(int start, int end, boolean markdown) {
        for (int i = start; i < end; i++) {
            char c = shown[i];
            if (markdown && c == '`') {
                int ticks = 1;
                while (i + ticks < end && shown[i + ticks] == '`') {
                    ticks++;
                }
                int close = find("`".repeat(ticks), i + ticks, end);
                if (close > 0) {
                    if (isBareMeasure(new String(shown, i + ticks, close - i - ticks))) {
                        blank(i, i + ticks);
                        blank(close, close + ticks);
                    } else {
                        blank(i, close + ticks);
                    }
                }
                i = close > 0 ? close + ticks - 1 : i + ticks - 1;
            } else if (markdown && c == ']' && i + 1 < end && (shown[i + 1] == '(' || shown[i + 1] == ':')) {
                int close = shown[i + 1] == '(' ? find(")", i + 1, end) : end;
                if (close > 0) {
                    blank(i + 1, Math.min(end, close + 1));
                }
            } else if (markdown && c == '[' && i + 1 < end && shown[i + 1] == '^') {
                int close = find("]", i, end);
                blank(i, close > 0 ? close + 1 : i + 2);
            } else if (markdown
                    && c == '<'
                    && i + 1 < end
                    && (Character.isLetter(shown[i + 1]) || shown[i + 1] == '/')) {
                int close = find(">", i, end);
                if (close > 0) {
                    blank(i, close + 1);
                }
            } else if (c == ':' && i + 2 < end && shown[i + 1] == '/' && shown[i + 2] == '/') {
                int close = i;
                while (close < end && !Character.isWhitespace(shown[close]) && shown[close] != ')') {
                    close++;
                }
                blank(i, close);
            } else if (markdown && (c == '*' || (c == '_' && isEdge(i, start, end)))) {
                shown[i] = ' ';
            } else if (c == '&') {
                int close = find(";", i, Math.min(end, i + 10));
                if (close > 0) {
                    String entity = new String(shown, i, close - i + 1);
                    blank(i, close + 1);
                    if (entity.equals("&times;")) {
                        shown[i] = '\u00d7';
                    }
                }
            }
        }
    }

    private boolean isEdge(int i, int start, int end) {
        return i == start
                || i + 1 == end
                || !Character.isLetterOrDigit(shown[i - 1])
                || !Character.isLetterOrDigit(shown[i + 1]);
    }

    /** {@code `16 ms`} in code font is still a figure; {@code `90s`} is how a setting is written. */
    private static boolean isBareMeasure(String code) {
        String span = code.strip();
        int space = span.indexOf(' ');
        return span.length() <= 24
                && !span.isEmpty()
                && Character.isDigit(span.charAt(0))
                && space > 0
                && span.indexOf(' ', space + 1) < 0;
    }

    private int find(String what, int from, int to) {
        int limit = Math.min(to, from + LONGEST_SPAN) - what.length();
        for (int i = from; i <= limit; i++) {
            int k = 0;
            while (k < what.length() && shown[i + k] == what.charAt(k)) {
                k++;
            }
            if (k == what.length()) {
                return i;
            }
        }
        return -1;
    }

    private void block(int start, int end, Set<String> context, boolean output) {
        if (start < end) {
            Set<String> words = new HashSet<>(context);
            words.addAll(words(start, end));
            blocks.add(new Block(start, end, words, output));
        }
    }

    private Set<String> words(int start, int end) {
        return words(text.substring(start, end));
    }

    /** The words of a text, in lower case and singular; numbers and single letters are none. */
    static Set<String> words(String text) {
        Set<String> words = new HashSet<>();
        int from = 0;
        for (int i = 0; i <= text.length(); i++) {
            if (i == text.length() || !Character.isLetterOrDigit(text.charAt(i))) {
                if (i - from > 1 && i - from < 40 && Character.isLetter(text.charAt(from))) {
                    words.add(Units.singular(text.substring(from, i)));
                }
                from = i + 1;
            }
        }
        return words;
    }
}
