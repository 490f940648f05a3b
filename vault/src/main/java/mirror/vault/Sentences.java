package mirror.vault;

import java.text.BreakIterator;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** The sentences of a part of a note, each a range of its text as it stands. Headings, fences and rules are none. */
final class Sentences {
    /** What begins something of its own, whatever the line before was. */
    private static final Pattern START = Pattern.compile("\\s*(?:[-*+]\\s|\\d{1,9}[.)]\\s|>|\\|).*", Pattern.DOTALL);

    private static final Pattern NONE =
            Pattern.compile("\\s*(?:#{1,6}(?:\\s.*)?|[-*_=|:\\s]*|(?:```|~~~).*)", Pattern.DOTALL);
    /** What makes a list item or a quotation of a sentence. */
    private static final Pattern MARK =
            Pattern.compile("\\s*(?:[-*+]\\s+(?:\\[.]\\s+)?|\\d{1,9}[.)]\\s+|>\\s?|\\|)*\\s*");

    /** A range of characters, the end not included. */
    record Sentence(int start, int end) {}

    private Sentences() {}

    /**
     * @param first line to look at, from 0
     * @param last line to look at
     */
    static List<Sentence> of(String text, Lines lines, int first, int last) {
        List<Sentence> sentences = new ArrayList<>();
        int from = -1;
        for (int i = first; i <= last; i++) {
            String line = lines.line(i);
            boolean none = NONE.matcher(line).matches();
            if (from >= 0 && (none || START.matcher(line).matches())) {
                add(text, lines.start(from), lines.end(i - 1), sentences);
                from = -1;
            }
            from = none ? -1 : from < 0 ? i : from;
        }
        if (from >= 0) {
            add(text, lines.start(from), lines.end(last), sentences);
        }
        return sentences;
    }

    private static void add(String text, int from, int to, List<Sentence> sentences) {
        String block = text.substring(from, to);
        var mark = MARK.matcher(block);
        int offset = mark.lookingAt() ? mark.end() : 0;
        BreakIterator breaks = BreakIterator.getSentenceInstance(Locale.ROOT);
        // A line's end within a paragraph ends no sentence.
        breaks.setText(block.substring(offset).replace('\n', ' ').replace('\r', ' '));
        int start = breaks.first();
        for (int end = breaks.next(); end != BreakIterator.DONE; end = breaks.next()) {
            String sentence = block.substring(offset + start, offset + end);
            if (sentence.codePoints().anyMatch(Character::isLetterOrDigit)) {
                int stripped = from + offset + start + sentence.stripTrailing().length();
                sentences.add(new Sentence(from + offset + start, stripped));
            }
            start = end;
        }
    }
}
