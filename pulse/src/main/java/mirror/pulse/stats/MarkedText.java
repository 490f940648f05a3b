package mirror.pulse.stats;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A published text, and the numbers in it that say what they are. The marks are comments of Markdown and HTML, and stand right behind
 * what they are about:
 *
 * <pre>
 * 12,345&lt;!-- mirror:stats events @12345 --&gt;
 * &lt;b&gt;2026-11-22&lt;/b&gt; &lt;!-- mirror:stats date @12345 --&gt;
 * &lt;!-- mirror:signed {"payloadType":…} --&gt;
 * </pre>
 *
 * The first says which number it is, and as of which event; the second that the day of that event stands there for readers, so that the
 * numbers of that event are honestly dated; the third carries the signed statement. Between a number and its mark there may be
 * blanks, emphasis and closing tags. What stands in a fenced code block is no mark.
 *
 * <p>Read in one pass; nothing of the text is ever run or followed. Immutable.
 */
public final class MarkedText {
    /** Longer texts are refused, in characters. */
    public static final int LONGEST = 4 * 1024 * 1024;

    /** More marks are refused. */
    static final int MOST = 5_000;

    private static final String OPEN = "<!-- mirror:";
    private static final String CLOSE = "-->";
    /** How far before a mark its number may begin. */
    private static final int BEFORE = 200;

    private static final int LONGEST_TAG = 20;

    private static final Pattern STATS = Pattern.compile("stats ([a-z][a-z0-9.-]{0,80})(?: @([0-9]{1,18}))?");
    private static final String SIGNED = "signed ";
    private static final Pattern CLOSING_TAG = Pattern.compile("</[A-Za-z][A-Za-z0-9]{0,15}>");
    private static final Pattern FENCE = Pattern.compile(" {0,3}(`{3,}|~{3,})(.*)");

    /** A place in the text, for a person; both from 1, the column in characters. */
    public record Place(int line, int column) {}

    /** Something that the text says of itself. */
    public sealed interface Mark {
        Place place();

        /** From where on the comment stands. */
        int from();

        /** Behind it. */
        int to();
    }

    /**
     * A number, or a day.
     *
     * @param seq the event as of which; 0 when the mark does not say
     * @param word what stands there, such as {@code 12,345}; empty when nothing does that could be meant
     * @param start where the word begins
     */
    public record Quoted(Place place, int from, int to, String name, long seq, String word, int start)
            implements Mark {}

    /** @param envelope the signed statement, as it stands there */
    public record Signed(Place place, int from, int to, String envelope) implements Mark {}

    /** Something that looks like a mark and is none. */
    public record Malformed(Place place, int from, int to) implements Mark {}

    private final String text;
    private final List<Mark> marks;

    private MarkedText(String text, List<Mark> marks) {
        this.text = text;
        this.marks = List.copyOf(marks);
    }

    /**
     * Reads one.
     *
     * @throws IllegalArgumentException with a sentence, when it is too long or has too many marks
     */
    public static MarkedText of(String text) {
        if (text.length() > LONGEST) {
            throw new IllegalArgumentException("the text is longer than " + LONGEST + " characters");
        }
        List<int[]> fences = fences(text);
        List<Mark> marks = new ArrayList<>();
        Places places = new Places(text);
        int fence = 0;
        for (int from = text.indexOf(OPEN); from >= 0; ) {
            while (fence < fences.size() && fences.get(fence)[1] <= from) {
                fence++;
            }
            if (fence < fences.size() && fences.get(fence)[0] <= from) {
                from = text.indexOf(OPEN, fences.get(fence)[1]);
                continue;
            }
            int close = text.indexOf(CLOSE, from + OPEN.length());
            int to = close < 0 ? text.length() : close + CLOSE.length();
            String inner =
                    close < 0 ? "" : text.substring(from + OPEN.length(), close).strip();
            marks.add(mark(text, places.at(from), from, to, inner));
            if (marks.size() > MOST) {
                throw new IllegalArgumentException("the text has more than " + MOST + " marks");
            }
            from = text.indexOf(OPEN, to);
        }
        return new MarkedText(text, marks);
    }

    private static Mark mark(String text, Place place, int from, int to, String inner) {
        if (inner.startsWith(SIGNED)) {
            return new Signed(place, from, to, inner.substring(SIGNED.length()).strip());
        }
        Matcher matcher = STATS.matcher(inner.length() > Query.LONGEST ? "" : inner);
        if (!matcher.matches()) {
            return new Malformed(place, from, to);
        }
        String seq = matcher.group(2);
        int end = behindWord(text, from);
        int start = beforeWord(text, end, Math.max(0, from - BEFORE));
        if (start == end) {
            // Nothing that could be meant: what is to stand there comes right before the mark.
            start = from;
            end = from;
        }
        return new Quoted(
                place,
                from,
                to,
                matcher.group(1),
                seq == null ? 0 : Long.parseLong(seq),
                text.substring(start, end),
                start);
    }

    /** Steps back over blanks, emphasis and closing tags. */
    private static int behindWord(String text, int from) {
        int at = from;
        int least = Math.max(0, from - BEFORE);
        while (at > least) {
            char before = text.charAt(at - 1);
            if (before == ' ' || before == '\t' || before == '*' || before == '_' || before == '`' || before == '~') {
                at--;
            } else if (before == '>') {
                int begin = Math.max(least, at - LONGEST_TAG);
                int tag = begin + text.substring(begin, at).lastIndexOf('<');
                if (tag < begin || !CLOSING_TAG.matcher(text.substring(tag, at)).matches()) {
                    return at;
                }
                at = tag;
            } else {
                return at;
            }
        }
        return at;
    }

    /** Steps back over a number, a day or {@code unknown}; stays where none ends. */
    private static int beforeWord(String text, int end, int least) {
        String unknown = "unknown";
        int at = end;
        if (text.startsWith(unknown, end - unknown.length())) {
            at = end - unknown.length();
        } else {
            while (at > least && isOfNumber(text.charAt(at - 1))) {
                at--;
            }
            while (at < end && !isDigit(text.charAt(at)) && text.charAt(at) != '-') {
                at++;
            }
        }
        boolean within = at > 0 && Character.isLetterOrDigit(text.charAt(at - 1));
        return within ? end : at;
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private static boolean isOfNumber(char c) {
        return isDigit(c)
                || c == '.'
                || c == ','
                || c == '_'
                || c == '\''
                || c == '-'
                || c == '\u00a0'
                || c == '\u202f'
                || c == '\u2009';
    }

    /** Where fenced code blocks begin and end, in order. */
    private static List<int[]> fences(String text) {
        List<int[]> fences = new ArrayList<>();
        String open = "";
        int begin = 0;
        for (int at = 0; at < text.length(); ) {
            int end = text.indexOf('\n', at);
            int next = end < 0 ? text.length() : end + 1;
            // A fence is short; of a long line its beginning tells enough.
            String line = text.substring(at, Math.min(next, at + BEFORE)).stripTrailing();
            Matcher matcher = FENCE.matcher(line);
            if (matcher.matches()) {
                String fence = matcher.group(1);
                if (open.isEmpty()) {
                    // A backtick in what follows makes it inline code (CommonMark 4.5).
                    if (fence.charAt(0) != '`' || matcher.group(2).indexOf('`') < 0) {
                        open = fence;
                        begin = at;
                    }
                } else if (fence.startsWith(open) && matcher.group(2).isBlank()) {
                    fences.add(new int[] {begin, next});
                    open = "";
                }
            }
            at = next;
        }
        if (!open.isEmpty()) {
            fences.add(new int[] {begin, text.length()});
        }
        return fences;
    }

    /** Lines and columns of offsets that come in order. */
    private static final class Places {
        private final String text;
        private int line = 1;
        private int end;
        private int last;
        private int column = 1;

        Places(String text) {
            this.text = text;
            this.end = text.indexOf('\n');
        }

        Place at(int offset) {
            while (end >= 0 && end < offset) {
                line++;
                last = end + 1;
                column = 1;
                end = text.indexOf('\n', last);
            }
            column += text.codePointCount(last, offset);
            last = offset;
            return new Place(line, column);
        }
    }

    public String text() {
        return text;
    }

    /** All marks, in order. */
    public List<Mark> marks() {
        return marks;
    }
}
