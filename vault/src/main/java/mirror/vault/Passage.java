package mirror.vault;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import mirror.vault.Hit.Mark;
import org.jspecify.annotations.Nullable;

/** The few lines of a note that answer best: those with most of the different words that were asked for. */
record Passage(int first, int last, String text, List<Mark> marks) {
    private static final int LINES = 4;
    private static final int LENGTH = 400;

    /**
     * @param found ranges of characters in the text, in any order; empty when the name alone answers
     * @param near the part of the text that means what was asked for, or null; what was found in it comes first
     */
    static Passage of(String text, List<Mark> found, @Nullable Mark near) {
        Lines lines = Lines.of(text);
        List<Mark> marks = found.stream()
                .filter(mark -> mark.start() < mark.end() && mark.end() <= text.length())
                .sorted(Comparator.comparingInt(Mark::start))
                .distinct()
                .toList();
        List<Mark> inside = near == null
                ? marks
                : marks.stream()
                        .filter(mark -> mark.start() >= near.start() && mark.end() <= near.end())
                        .toList();
        if (inside.isEmpty()) {
            int first = near == null || near.end() > text.length() ? opening(lines) : lines.at(near.start());
            return cut(text, lines, first, first, List.of());
        }
        return best(text, lines, inside);
    }

    /** The lines with most of the different words. */
    private static Passage best(String text, Lines lines, List<Mark> marks) {
        Map<String, Integer> within = new HashMap<>();
        int best = 0;
        int from = 0;
        int to = 0;
        int low = 0;
        for (int high = 0; high < marks.size(); high++) {
            within.merge(word(text, marks.get(high)), 1, Integer::sum);
            while (lines.at(marks.get(high).start()) - lines.at(marks.get(low).start()) >= LINES
                    || (marks.get(high).end() - marks.get(low).start() > LENGTH && low < high)) {
                within.merge(word(text, marks.get(low++)), -1, Integer::sum);
            }
            int words =
                    (int) within.values().stream().filter(count -> count > 0).count();
            if (words > best) {
                best = words;
                from = low;
                to = high;
            }
        }
        return cut(
                text,
                lines,
                lines.at(marks.get(from).start()),
                lines.at(Math.max(marks.get(from).start(), marks.get(to).end() - 1)),
                marks);
    }

    private static String word(String text, Mark mark) {
        return text.substring(mark.start(), mark.end()).toLowerCase(Locale.ROOT);
    }

    /** Index of the first line that says something, after the front matter. */
    private static int opening(Lines lines) {
        int body = lines.body();
        for (int i = body; i < lines.count(); i++) {
            if (!lines.line(i).isBlank()) {
                return i;
            }
        }
        // A note of nothing but properties is told by the first of them.
        return body > 2 ? 1 : 0;
    }

    private static Passage cut(String text, Lines lines, int first, int last, List<Mark> marks) {
        int from = lines.start(first);
        int to = lines.end(last);
        if (to - from > LENGTH) {
            // A line may be as long as a book; what was found decides which part of it is shown.
            int middle = from;
            for (Mark mark : marks) {
                if (mark.start() >= from && mark.end() <= to) {
                    middle = mark.start();
                    break;
                }
            }
            from = Math.max(from, middle - LENGTH / 4);
            to = Math.min(to, from + LENGTH);
            from = whole(text, from);
            to = whole(text, to);
        }
        List<Mark> shown = new ArrayList<>();
        for (Mark mark : marks) {
            if (mark.start() >= from && mark.end() <= to) {
                shown.add(new Mark(mark.start() - from, mark.end() - from));
            }
        }
        return new Passage(first + 1, last + 1, text.substring(from, to), List.copyOf(shown));
    }

    /** Not between the two halves of a character. */
    private static int whole(String text, int at) {
        return at > 0 && at < text.length() && Character.isLowSurrogate(text.charAt(at)) ? at - 1 : at;
    }
}
