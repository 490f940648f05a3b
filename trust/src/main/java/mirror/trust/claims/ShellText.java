package mirror.trust.claims;

import java.util.ArrayList;
import java.util.List;

/**
 * The text that a shell command carries in itself: here-documents, quoted strings, and the words of {@code echo} and {@code printf}.
 * It runs nothing and expands nothing, and need not be exact: what it misses is looked at on disk afterwards. Stateless.
 */
final class ShellText {
    private ShellText() {}

    static String of(String command) {
        StringBuilder text = new StringBuilder();
        List<String> documents = new ArrayList<>();
        int i = 0;
        while (i < command.length()) {
            char c = command.charAt(i);
            if (c == '\n' && !documents.isEmpty()) {
                i = document(command, i + 1, documents.removeFirst(), text);
            } else if (c == '\\') {
                i += 2;
            } else if (c == '\'' || c == '"') {
                i = quoted(command, i, text);
            } else if (command.startsWith("<<", i) && !command.startsWith("<<<", i)) {
                i = delimiter(command, i + 2, documents);
            } else if (isWord(command, i, "echo") || isWord(command, i, "printf")) {
                i = words(command, i + (command.startsWith("echo", i) ? 4 : 6), text);
            } else {
                i++;
            }
        }
        return text.toString();
    }

    private static boolean isWord(String command, int at, String word) {
        int end = at + word.length();
        return command.startsWith(word, at)
                && (at == 0 || !Character.isLetterOrDigit(command.charAt(at - 1)))
                && end < command.length()
                && command.charAt(end) == ' ';
    }

    private static int words(String command, int from, StringBuilder text) {
        int i = from;
        while (i < command.length() && ";|>&\n".indexOf(command.charAt(i)) < 0) {
            char c = command.charAt(i);
            if (c == '\'' || c == '"') {
                i = quoted(command, i, text);
                // One argument and the next are one line of output; quoted() ends each as a paragraph of its own.
                text.setLength(text.length() - 2);
            } else if (c == '\\') {
                i += 2;
            } else {
                text.append(c);
                i++;
            }
        }
        text.append("\n\n");
        return i;
    }

    private static int quoted(String command, int open, StringBuilder text) {
        char quote = command.charAt(open);
        int i = open + 1;
        while (i < command.length() && command.charAt(i) != quote) {
            char c = command.charAt(i);
            if (c == '\\' && i + 1 < command.length() && (quote == '"' || command.charAt(i + 1) == 'n')) {
                i++;
                c = command.charAt(i) == 'n' ? '\n' : command.charAt(i);
            }
            text.append(c);
            i++;
        }
        text.append("\n\n");
        return i + 1;
    }

    private static int delimiter(String command, int from, List<String> documents) {
        int i = from;
        StringBuilder word = new StringBuilder();
        while (i < command.length() && (command.charAt(i) == '-' || command.charAt(i) == ' ')) {
            i++;
        }
        while (i < command.length()
                && !Character.isWhitespace(command.charAt(i))
                && ";|>&)".indexOf(command.charAt(i)) < 0) {
            if ("'\"\\".indexOf(command.charAt(i)) < 0) {
                word.append(command.charAt(i));
            }
            i++;
        }
        documents.add(word.toString());
        return i;
    }

    private static int document(String command, int from, String delimiter, StringBuilder text) {
        int start = from;
        while (start < command.length()) {
            int end = command.indexOf('\n', start);
            end = end < 0 ? command.length() : end;
            String line = command.substring(start, end);
            if (line.strip().equals(delimiter)) {
                text.append("\n\n");
                return end;
            }
            text.append(line).append('\n');
            start = end + 1;
        }
        return command.length();
    }
}
