package mirror.vault;

import java.util.Arrays;

/** The lines of a text, whatever ends them; counted from 0, and a last line that is empty counts. Immutable. */
public final class Lines {
    private final String text;
    private final int[] starts;
    private final int count;

    private Lines(String text, int[] starts, int count) {
        this.text = text;
        this.starts = starts;
        this.count = count;
    }

    public static Lines of(String text) {
        int[] starts = new int[64];
        int count = 1;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\n' || (c == '\r' && (i + 1 == text.length() || text.charAt(i + 1) != '\n'))) {
                if (count == starts.length) {
                    starts = Arrays.copyOf(starts, count * 2);
                }
                starts[count++] = i + 1;
            }
        }
        return new Lines(text, starts, count);
    }

    public int count() {
        return count;
    }

    /** Index of a line's first character in the text. */
    public int start(int line) {
        return starts[line];
    }

    /** Index after a line's last character, without what ends it. */
    public int end(int line) {
        int end = line + 1 < count ? starts[line + 1] : text.length();
        while (end > starts[line] && (text.charAt(end - 1) == '\n' || text.charAt(end - 1) == '\r')) {
            end--;
        }
        return end;
    }

    public String line(int line) {
        return text.substring(starts[line], end(line));
    }

    /** The line that a character stands in. */
    int at(int offset) {
        int at = Arrays.binarySearch(starts, 0, count, offset);
        return at >= 0 ? at : -at - 2;
    }

    /** The line after the front matter, which may be {@link #count}; 0 where there is none. */
    public int body() {
        if (isDashes(0)) {
            for (int i = 1; i < count; i++) {
                if (isDashes(i)) {
                    return i + 1;
                }
            }
        }
        return 0;
    }

    private boolean isDashes(int line) {
        return text.startsWith("---", starts[line])
                && line(line).stripTrailing().equals("---");
    }
}
