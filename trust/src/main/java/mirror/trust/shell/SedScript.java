package mirror.trust.shell;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import mirror.trust.shell.Paths.Use;

/** {@code sed}: its scripts can write files ({@code w}), read them ({@code r}) and run programs ({@code e}, {@code s///e}). */
final class SedScript {
    private static final Map<String, Character> OPTIONS = Map.ofEntries(
            Map.entry("e", 'v'),
            Map.entry("expression", 'v'),
            Map.entry("f", 'r'),
            Map.entry("file", 'r'),
            Map.entry("i", 'o'),
            Map.entry("in-place", 'o'),
            Map.entry("l", 'v'),
            Map.entry("line-length", 'v'));

    private final Programs programs;
    private final Call call;
    private String script = "";
    private int at;

    SedScript(Programs programs, Call call) {
        this.programs = programs;
        this.call = call;
    }

    void apply() {
        Arguments parsed = Arguments.parse(OPTIONS, call.args(), -1, false, false);
        List<Value> files = new ArrayList<>(parsed.operands());
        boolean inPlace = parsed.has("i") || parsed.has("in-place");
        if (inPlace && !files.isEmpty() && files.getFirst().isEmpty()) {
            files.removeFirst();
        }
        List<Value> scripts = new ArrayList<>();
        boolean given = false;
        for (Arguments.Option option : parsed.options()) {
            Value value = option.value();
            if (option.name().equals("e") || option.name().equals("expression")) {
                given = true;
                scripts.add(value == null ? Value.EMPTY : value);
            } else if ((option.name().equals("f") || option.name().equals("file")) && value != null) {
                given = true;
                programs.code().file(value, call.state(), call.io(), "sed");
            }
        }
        if (!given && !files.isEmpty()) {
            scripts.add(files.removeFirst());
        }
        Use use = inPlace ? Use.WRITE : Use.READ;
        files.forEach(file -> programs.paths().touch(file, call.state(), use));
        scripts.forEach(this::read);
    }

    private void read(Value value) {
        if (value.remote() != null) {
            programs.findings().opaque("sed runs a script that came from " + value.remote());
            return;
        }
        StringBuilder text = new StringBuilder();
        value.chunks().forEach(chunk -> text.append(chunk instanceof Value.Text(String piece) ? piece : "x"));
        script = text.toString();
        at = 0;
        while (at < script.length()) {
            char c = script.charAt(at);
            if (Character.isWhitespace(c) || c == ';' || c == '{' || c == '}') {
                at++;
            } else if (!address() || !command()) {
                programs.findings().opaque("sed runs a script that is not understood: " + script);
                return;
            }
        }
    }

    private char peek() {
        return at < script.length() ? script.charAt(at) : '\n';
    }

    private boolean address() {
        while (at < script.length()) {
            char c = peek();
            if (Character.isDigit(c) || c == '$' || c == ',' || c == '~' || c == '+' || c == '!' || c == ' ') {
                at++;
            } else if (c == '/' || c == '\\') {
                at += c == '\\' ? 1 : 0;
                char delimiter = peek();
                at++;
                if (delimited(delimiter) == null) {
                    return false;
                }
                while (peek() == 'I' || peek() == 'M') {
                    at++;
                }
            } else {
                return true;
            }
        }
        return true;
    }

    /** Steps over text up to the delimiter; null when there is none. */
    private @org.jspecify.annotations.Nullable String delimited(char delimiter) {
        int start = at;
        while (at < script.length()) {
            if (script.charAt(at) == '\\') {
                at++;
            } else if (script.charAt(at) == '[' && delimiter != '[') {
                bracket(delimiter);
            } else if (script.charAt(at) == delimiter) {
                return script.substring(start, at++);
            }
            at++;
        }
        return null;
    }

    /** A delimiter inside a bracket expression does not end the pattern. */
    private void bracket(char delimiter) {
        int from = at + 1;
        from += script.startsWith("^", from) ? 1 : 0;
        from += script.startsWith("]", from) ? 1 : 0;
        int close = script.indexOf(']', from);
        int line = script.indexOf('\n', from);
        if (close > 0
                && (line < 0 || close < line)
                && script.indexOf(delimiter, from) < close
                && script.indexOf(delimiter, close) > 0) {
            at = close;
        }
    }

    private String line() {
        int end = script.indexOf('\n', at);
        String rest = script.substring(at, end < 0 ? script.length() : end);
        at = end < 0 ? script.length() : end + 1;
        return rest.strip();
    }

    private boolean command() {
        char c = peek();
        at++;
        switch (c) {
            case '{', '}', ';', '\n', '=', 'd', 'D', 'g', 'G', 'h', 'H', 'n', 'N', 'p', 'P', 'x', 'z', 'F' -> {}
            case '#', 'a', 'i', 'c', 'v' -> {
                String text = line();
                while (text.endsWith("\\") && at < script.length()) {
                    text = line();
                }
            }
            case 'b', 't', 'T', ':', 'q', 'Q', 'l', 'L' -> {
                while (at < script.length() && ";\n}".indexOf(peek()) < 0) {
                    at++;
                }
            }
            case 'r', 'R' -> programs.paths().touch(Value.of(line()), call.state(), Use.READ);
            case 'w', 'W' -> programs.paths().touch(Value.of(line()), call.state(), Use.WRITE);
            case 'e' -> {
                String code = line();
                if (code.isEmpty()) {
                    programs.findings().opaque("sed runs the lines it reads as commands");
                } else {
                    programs.interpreter().code(Value.of(code), call.state().forChild(), call.io(), "sed");
                }
            }
            case 's', 'y' -> {
                return substitute(c);
            }
            default -> {
                return false;
            }
        }
        return true;
    }

    private boolean substitute(char c) {
        char delimiter = peek();
        at++;
        String pattern = delimited(delimiter);
        String replacement = pattern == null ? null : delimited(delimiter);
        if (replacement == null) {
            return false;
        }
        while (c == 's' && at < script.length() && ";\n} ".indexOf(peek()) < 0) {
            char flag = peek();
            at++;
            if (flag == 'e') {
                programs.findings().opaque("sed runs the lines it changes as commands");
            } else if (flag == 'w') {
                programs.paths().touch(Value.of(line()), call.state(), Use.WRITE);
            } else if ("gpiImM0123456789".indexOf(flag) < 0) {
                return false;
            }
        }
        return true;
    }
}
