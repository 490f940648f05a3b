package mirror.vault;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import mirror.vault.Hit.Mark;

/** The few lines of a note that answer best: those with most of the different words that were asked for. */
record Passage(int first, int last, String text, List<Mark> marks) {
    private static final int LINES = 4;
    private static final int LENGTH = 400;

    /** @param found ranges of characters in the text, in any order; empty when the name alone answers */
    static Passage of(String text, List<Mark> found) {
        int[] starts = starts(text);
        List<Mark> marks = found.stream()
                .filter(mark -> mark.start() < mark.end() && mark.end() <= text.length())
                .sorted((one, other) -> Integer.compare(one.start(), other.start()))
                .distinct()
                .toList();
        if (marks.isEmpty()) {
            int first = opening(text, starts);
            return cut(text, starts, first, first, List.of());
        }
        Map<String, Integer> within = new HashMap<>();
        int best = 0;
        int from = 0;
        int to = 0;
        int low = 0;
        for (int high = 0; high < marks.size(); high++) {
            within.merge(word(text, marks.get(high)), 1, Integer::sum);
            while (line(starts, marks.get(high).start())
                                    - line(starts, marks.get(low).start())
                            >= LINES
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
                starts,
                line(starts, marks.get(from).start()),
                line(starts, Math.max(marks.get(from).start(), marks.get(to).end() - 1)),
                marks);
    }

    private static String word(String text, Mark mark) {
        return text.substring(mark.start(), mark.end()).toLowerCase(Locale.ROOT);
    }

    /** Index of the first line that says something, after the front matter. */
    private static int opening(String text, int[] starts) {
        int line = 0;
        if (at(text, starts, 0).stripTrailing().equals("---")) {
            for (int i = 1; i < starts.length; i++) {
                if (at(text, starts, i).stripTrailing().equals("---")) {
                    line = i + 1;
                    break;
                }
            }
        }
        for (int i = line; i < starts.length; i++) {
            if (!at(text, starts, i).isBlank()) {
                return i;
            }
        }
        // A note of nothing but properties is told by the first of them.
        return line > 2 ? 1 : 0;
    }

    private static String at(String text, int[] starts, int line) {
        return text.substring(starts[line], end(text, starts, line));
    }

    private static int end(String text, int[] starts, int line) {
        int end = line + 1 < starts.length ? starts[line + 1] : text.length();
        while (end > starts[line] && (text.charAt(end - 1) == '\n' || text.charAt(end - 1) == '\r')) {
            end--;
        }
        return end;
    }

    private static Passage cut(String text, int[] starts, int first, int last, List<Mark> marks) {
        int from = starts[first];
        int to = end(text, starts, last);
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

    private static int[] starts(String text) {
        List<Integer> starts = new ArrayList<>();
        starts.add(0);
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\n' || (c == '\r' && (i + 1 == text.length() || text.charAt(i + 1) != '\n'))) {
                starts.add(i + 1);
            }
        }
        return starts.stream().mapToInt(Integer::intValue).toArray();
    }

    private static int line(int[] starts, int offset) {
        int at = java.util.Arrays.binarySearch(starts, offset);
        return at >= 0 ? at : -at - 2;
    }
}
