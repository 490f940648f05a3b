package mirror.trust.shell;

import java.util.ArrayDeque;
import java.util.Deque;

/** A text and a place in it, shared by the readers of commands and of words; bounds how deep they may nest. */
final class Source {
    private static final int MAX_DEPTH = 60;
    private static final int MAX_RETRIES = 200;

    final String text;
    int at;
    int depth;
    private int retries;
    final Deque<Node.Heredoc> pendingHeredocs = new ArrayDeque<>();

    Source(String text, int depth) {
        this.text = text;
        this.depth = depth;
    }

    boolean atEnd() {
        return at >= text.length();
    }

    /** The character {@code ahead} places on, or NUL past the end; the text itself holds no NUL. */
    char peek(int ahead) {
        int index = at + ahead;
        return index < text.length() ? text.charAt(index) : '\0';
    }

    char peek() {
        return peek(0);
    }

    boolean looking(String wanted) {
        return text.startsWith(wanted, at);
    }

    boolean take(String wanted) {
        if (looking(wanted)) {
            at += wanted.length();
            return true;
        }
        return false;
    }

    void expect(String wanted) {
        if (!take(wanted)) {
            throw new ShellSyntaxException("syntax error: '" + wanted + "' is missing");
        }
    }

    /** Goes back to try another reading; the number of retries is bounded, or nesting would make them multiply. */
    void retry(Mark mark) {
        if (++retries > MAX_RETRIES || pendingHeredocs.size() < mark.heredocs()) {
            throw new ShellSyntaxException("the command is too ambiguous to be followed");
        }
        while (pendingHeredocs.size() > mark.heredocs()) {
            pendingHeredocs.removeLast();
        }
        at = mark.at();
        depth = mark.depth();
    }

    Mark mark() {
        return new Mark(at, depth, pendingHeredocs.size());
    }

    record Mark(int at, int depth, int heredocs) {}

    void enter() {
        if (++depth > MAX_DEPTH) {
            throw new ShellSyntaxException("the command nests too deep to be followed");
        }
    }

    void leave() {
        depth--;
    }

    static boolean isBlank(char c) {
        return c == ' ' || c == '\t';
    }

    static boolean isNameStart(char c) {
        return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    }

    static boolean isNamePart(char c) {
        return isNameStart(c) || (c >= '0' && c <= '9');
    }

    /** Characters that end an unquoted word. */
    static boolean isMeta(char c) {
        return switch (c) {
            case ' ', '\t', '\n', ';', '&', '|', '<', '>', '(', ')', '\0' -> true;
            default -> false;
        };
    }
}
