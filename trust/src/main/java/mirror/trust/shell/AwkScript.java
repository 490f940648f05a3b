package mirror.trust.shell;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import mirror.trust.shell.Paths.Use;
import org.jspecify.annotations.Nullable;

/**
 * {@code awk}: a program may start others ({@code system}, pipes to and from strings) and write files ({@code print > "file"}).
 * The text is only scanned for these; what is computed at run time is reported as not understood.
 */
final class AwkScript {
    private static final Map<String, Character> OPTIONS = Map.ofEntries(
            Map.entry("F", 'v'),
            Map.entry("field-separator", 'v'),
            Map.entry("v", 'v'),
            Map.entry("assign", 'v'),
            Map.entry("f", 'r'),
            Map.entry("file", 'r'),
            Map.entry("e", 'v'),
            Map.entry("source", 'v'),
            Map.entry("i", 'v'),
            Map.entry("include", 'v'),
            Map.entry("l", 'v'),
            Map.entry("load", 'v'),
            Map.entry("E", 'r'),
            Map.entry("exec", 'r'),
            Map.entry("o", 'o'),
            Map.entry("p", 'o'),
            Map.entry("d", 'o'));

    private final Programs programs;
    private final Call call;

    AwkScript(Programs programs, Call call) {
        this.programs = programs;
        this.call = call;
    }

    void apply() {
        Arguments parsed = Arguments.parse(OPTIONS, call.args(), -1, false, false);
        List<Value> files = new ArrayList<>(parsed.operands());
        Value script = parsed.value("e", "source");
        Value file = parsed.value("f", "file", "E", "exec");
        Value include = parsed.value("i", "include");
        boolean inPlace = include != null && include.is("inplace");
        if ((include != null && !inPlace) || parsed.has("l") || parsed.has("load")) {
            programs.findings().opaque("awk loads a library");
        }
        if (file != null) {
            programs.code().file(file, call.state(), call.io(), "awk");
        } else if (script == null && !files.isEmpty()) {
            script = files.removeFirst();
        }
        files.stream()
                .filter(operand -> !operand.lead().matches("[A-Za-z_]\\w*=.*"))
                .forEach(operand -> programs.paths().touch(operand, call.state(), inPlace ? Use.WRITE : Use.READ));
        if (script != null) {
            if (script.remote() != null) {
                programs.findings().opaque("awk runs a program that came from " + script.remote());
            }
            StringBuilder text = new StringBuilder();
            script.chunks().forEach(chunk -> text.append(chunk instanceof Value.Text(String piece) ? piece : "x"));
            scan(text.toString());
        }
    }

    private void scan(String text) {
        boolean printing = false;
        int open = 0;
        String last = null;
        char before = ';';
        int i = 0;
        while (i < text.length()) {
            char c = text.charAt(i);
            if (c == '"') {
                int end = string(text, i);
                last = text.substring(i + 1, Math.max(i + 1, end - 1));
                before = '"';
                i = end;
                continue;
            }
            if (c == '#') {
                int line = text.indexOf('\n', i);
                i = line < 0 ? text.length() : line;
                continue;
            }
            if (c == '/' && "(,~!&|{;\n".indexOf(before) >= 0) {
                i = regex(text, i);
                before = '/';
                continue;
            }
            if (Character.isLetter(c) || c == '_' || c == '@') {
                int end = i + 1;
                while (end < text.length()
                        && (Character.isLetterOrDigit(text.charAt(end)) || text.charAt(end) == '_')) {
                    end++;
                }
                String word = text.substring(i, end);
                if (word.equals("print") || word.equals("printf")) {
                    printing = true;
                    open = 0;
                } else if (word.equals("system")) {
                    run(argument(text, end), call.io());
                } else if (word.startsWith("@")) {
                    programs.findings().opaque("awk calls a function by a name that is computed, or loads code");
                }
                before = 'a';
                last = null;
                i = end;
                continue;
            }
            if (c == '|' && text.startsWith("||", i)) {
                before = '|';
                i += 2;
                continue;
            }
            if (c == '|') {
                int from = i + (text.startsWith("|&", i) ? 2 : 1);
                String after = text.substring(from).stripLeading();
                boolean reads = after.startsWith("getline");
                Io io = reads ? call.io() : call.io().reading(Value.unknown("what awk prints"));
                run(reads ? (before == '"' ? last : null) : literal(after), io);
            } else if (c == '>' && printing && open == 0) {
                String after =
                        text.substring(text.startsWith(">>", i) ? i + 2 : i + 1).stripLeading();
                String target = literal(after);
                if (target == null) {
                    programs.findings().opaque("awk writes a file whose name is computed");
                } else {
                    programs.paths().touch(Value.of(target), call.state(), Use.WRITE);
                }
                i += text.startsWith(">>", i) ? 1 : 0;
            }
            open += c == '(' ? 1 : c == ')' ? -1 : 0;
            if (c == ';' || c == '\n' || c == '}') {
                printing = false;
            }
            if (!Character.isWhitespace(c) || c == '\n') {
                before = c;
            }
            i++;
        }
    }

    private void run(@Nullable String code, Io io) {
        if (code == null) {
            programs.findings().opaque("awk starts a program that is computed");
        } else {
            programs.interpreter().code(Value.of(code), call.state().forChild(), io, "awk");
        }
    }

    private static @Nullable String argument(String text, int from) {
        String rest = text.substring(from).stripLeading();
        if (!rest.startsWith("(")) {
            return null;
        }
        String inner = rest.substring(1).stripLeading();
        String literal = literal(inner);
        return literal != null
                        && inner.substring(string(inner, 0)).stripLeading().startsWith(")")
                ? literal
                : null;
    }

    /** The string that the text starts with, when it is one whole operand. */
    private static @Nullable String literal(String text) {
        if (!text.startsWith("\"")) {
            return null;
        }
        int end = string(text, 0);
        String after = text.substring(end).stripLeading();
        boolean alone = after.isEmpty() || ";}\n)|".indexOf(after.charAt(0)) >= 0;
        return alone && end >= 2 ? AnsiQuote.unescape(text.substring(1, end - 1)) : null;
    }

    private static int string(String text, int start) {
        int i = start + 1;
        while (i < text.length() && text.charAt(i) != '"') {
            i += text.charAt(i) == '\\' ? 2 : 1;
        }
        return Math.min(i + 1, text.length());
    }

    private static int regex(String text, int start) {
        int i = start + 1;
        while (i < text.length() && text.charAt(i) != '/' && text.charAt(i) != '\n') {
            i += text.charAt(i) == '\\' ? 2 : 1;
        }
        return Math.min(i + 1, text.length());
    }
}
