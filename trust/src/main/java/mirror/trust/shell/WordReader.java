package mirror.trust.shell;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import mirror.trust.shell.Word.Part;
import org.jspecify.annotations.Nullable;

/**
 * Reads words: quoting, expansions and patterns (POSIX XCU 2.2 and 2.6, bash's {@code $'…'} and extended patterns). What is
 * inside a substitution is parsed as commands at once, so a quote or parenthesis in there never ends the word outside.
 */
final class WordReader {
    private final Source source;

    WordReader(Source source) {
        this.source = source;
    }

    /** The word that starts here; empty when the next character cannot be part of a word. */
    Word word() {
        return read(source -> Source.isMeta(source.peek()), false);
    }

    /** A word inside {@code [[ ]]}, where only blanks end a word. */
    Word conditionWord() {
        return read(source -> Source.isBlank(source.peek()) || source.peek() == '\n', true);
    }

    /** Text with expansions but no quotes, such as the body of a here-document. */
    static Word hereText(String text, int depth) {
        Source inner = new Source(text, depth);
        List<Part> parts = new ArrayList<>();
        new WordReader(inner).doubleQuoted(parts, Source::atEnd, false);
        return new Word(parts);
    }

    private Word read(Predicate<Source> stop, boolean parenthesesAreText) {
        List<Part> parts = new ArrayList<>();
        while (!source.atEnd()) {
            char c = source.peek();
            if ((c == '<' || c == '>') && source.peek(1) == '(') {
                source.at += 2;
                parts.add(new Word.Channel(substitution(), c == '<'));
            } else if (stop.test(source)) {
                break;
            } else {
                unquoted(parts, parenthesesAreText);
            }
        }
        return new Word(parts);
    }

    private void unquoted(List<Part> parts, boolean parenthesesAreText) {
        char c = source.peek();
        switch (c) {
            case '\\' -> escape(parts);
            case '\'' -> {
                source.at++;
                parts.add(new Word.Text(until('\''), true));
            }
            case '"' -> {
                source.at++;
                quoted(parts);
            }
            case '`' -> parts.add(backticks(false));
            case '$' -> dollar(parts, false);
            case '*', '?', '[' -> wild(parts, c);
            case '@', '+', '!' -> {
                source.at++;
                if (source.peek() == '(' && !parenthesesAreText) {
                    extendedPattern(parts, c);
                } else {
                    parts.add(new Word.Text(String.valueOf(c), false));
                }
            }
            default -> plain(parts);
        }
    }

    private void plain(List<Part> parts) {
        int start = source.at;
        source.at++;
        while (!source.atEnd() && "\\'\"`$*?[@+!".indexOf(source.peek()) < 0 && !Source.isMeta(source.peek())) {
            source.at++;
        }
        parts.add(new Word.Text(source.text.substring(start, source.at), false));
    }

    private void wild(List<Part> parts, char c) {
        source.at++;
        if (c != '[' && source.peek() == '(') {
            extendedPattern(parts, c);
        } else if (c != '[' || closesBracket()) {
            parts.add(new Word.Wild(String.valueOf(c)));
        } else {
            parts.add(new Word.Text("[", false));
        }
    }

    private boolean closesBracket() {
        for (int i = source.at; i < source.text.length() && i < source.at + 256; i++) {
            char c = source.text.charAt(i);
            if (c == ']') {
                return i > source.at;
            }
            if (Source.isMeta(c)) {
                return false;
            }
        }
        return false;
    }

    /** {@code !(a|b)}: matches names, so for effects one wild card is as good. */
    private void extendedPattern(List<Part> parts, char c) {
        int open = 0;
        do {
            char next = source.peek();
            if (source.atEnd() || next == '`' || (next == '$' && source.peek(1) == '(')) {
                throw new ShellSyntaxException("syntax error in an extended pattern");
            }
            open += next == '(' ? 1 : next == ')' ? -1 : 0;
            source.at++;
        } while (open > 0);
        parts.add(new Word.Wild(c + "(…)"));
    }

    private void escape(List<Part> parts) {
        source.at++;
        if (source.atEnd()) {
            parts.add(new Word.Text("\\", true));
        } else if (source.peek() == '\n') {
            source.at++;
        } else {
            parts.add(new Word.Text(String.valueOf(source.peek()), true));
            source.at++;
        }
    }

    private String until(char end) {
        int close = source.text.indexOf(end, source.at);
        if (close < 0) {
            throw new ShellSyntaxException("syntax error: a quote is not closed");
        }
        String text = source.text.substring(source.at, close);
        source.at = close + 1;
        return text;
    }

    private void quoted(List<Part> parts) {
        parts.add(new Word.Text("", true));
        doubleQuoted(parts, inner -> inner.peek() == '"', true);
        source.expect("\"");
    }

    private void doubleQuoted(List<Part> parts, Predicate<Source> stop, boolean quotes) {
        StringBuilder text = new StringBuilder();
        while (!stop.test(source)) {
            if (source.atEnd()) {
                throw new ShellSyntaxException("syntax error: a quote is not closed");
            }
            char c = source.peek();
            if (c == '\\') {
                char next = source.peek(1);
                if (next == '\n') {
                    source.at += 2;
                } else if (next == '$' || next == '`' || next == '\\' || (quotes && next == '"')) {
                    text.append(next);
                    source.at += 2;
                } else {
                    text.append(c);
                    source.at++;
                }
            } else if (c == '`' || c == '$') {
                flush(parts, text);
                if (c == '`') {
                    parts.add(backticks(true));
                } else {
                    dollar(parts, true);
                }
            } else {
                text.append(c);
                source.at++;
            }
        }
        flush(parts, text);
    }

    private static void flush(List<Part> parts, StringBuilder text) {
        if (!text.isEmpty()) {
            parts.add(new Word.Text(text.toString(), true));
            text.setLength(0);
        }
    }

    private Part backticks(boolean quoted) {
        source.at++;
        StringBuilder code = new StringBuilder();
        while (source.peek() != '`') {
            if (source.atEnd()) {
                throw new ShellSyntaxException("syntax error: a backtick is not closed");
            }
            char next = source.peek(1);
            if (source.peek() == '\\' && (next == '`' || next == '\\' || next == '$' || (quoted && next == '"'))) {
                source.at++;
            }
            code.append(source.peek());
            source.at++;
        }
        source.at++;
        source.enter();
        Node script = new Parser(new Source(code.toString(), source.depth)).whole();
        source.leave();
        return new Word.Substitution(script, quoted);
    }

    private Node substitution() {
        source.enter();
        Node script = new Parser(source).untilParenthesis();
        source.leave();
        return script;
    }

    private void dollar(List<Part> parts, boolean quoted) {
        char next = source.peek(1);
        if (next == '(') {
            parts.add(source.peek(2) == '(' ? mathOrSubstitution(quoted) : plainSubstitution(quoted));
        } else if (next == '[') {
            source.at += 2;
            parts.add(new Word.Calculation(arithmetic("]")));
        } else if (next == '{') {
            source.at += 2;
            parts.add(braced(quoted));
        } else if (next == '\'' && !quoted) {
            source.at += 2;
            parts.add(new Word.Text(AnsiQuote.read(source), true));
        } else if (next == '"' && !quoted) {
            source.at += 2;
            quoted(parts);
        } else if (Source.isNameStart(next)) {
            source.at++;
            parts.add(parameter(name(), quoted));
        } else if (next != '\0' && "0123456789@*#?-$!".indexOf(next) >= 0) {
            source.at += 2;
            parts.add(parameter(String.valueOf(next), quoted));
        } else {
            source.at++;
            parts.add(new Word.Text("$", true));
        }
    }

    private static Part parameter(String name, boolean quoted) {
        return new Word.Parameter(name, null, "", new Word(List.of()), quoted);
    }

    private String name() {
        int start = source.at;
        while (Source.isNamePart(source.peek())) {
            source.at++;
        }
        return source.text.substring(start, source.at);
    }

    private Part plainSubstitution(boolean quoted) {
        source.at += 2;
        return new Word.Substitution(substitution(), quoted);
    }

    /** {@code $((} opens arithmetic, or a substitution that starts with a subshell; only the end tells which. */
    private Part mathOrSubstitution(boolean quoted) {
        Source.Mark start = source.mark();
        source.at += 3;
        Word expression = arithmeticOrNothing();
        if (expression != null && !readsAsCommands(source.text, start.at() + 3, source.at - 2)) {
            return new Word.Calculation(expression);
        }
        int end = source.at;
        source.retry(start);
        try {
            return plainSubstitution(quoted);
        } catch (ShellSyntaxException noCommands) {
            if (expression == null) {
                throw noCommands;
            }
            source.retry(start);
            source.at = end;
            return new Word.Calculation(expression);
        }
    }

    /** The expression that ends in {@code ))}; null when what stands here is not one. */
    @Nullable
    Word arithmeticOrNothing() {
        try {
            return arithmetic("))");
        } catch (ShellSyntaxException notArithmetic) {
            return null;
        }
    }

    /** Shells differ in how hard they try to read {@code ((} as arithmetic; words side by side are commands to some. */
    static boolean readsAsCommands(String text, int from, int to) {
        boolean word = false;
        for (int i = from; i < to; i++) {
            char c = text.charAt(i);
            if (c == ';' || c == '\n') {
                return true;
            }
            if (Source.isBlank(c)) {
                char next = i + 1 < to ? text.charAt(i + 1) : ' ';
                char after = i + 2 < to ? text.charAt(i + 2) : ' ';
                boolean option = (next == '-' || next == '/' || next == '~') && !Source.isBlank(after);
                if (word && (Source.isNamePart(next) || next == '$' || next == '"' || next == '\'' || option)) {
                    return true;
                }
                word &= Source.isBlank(next);
            } else {
                word = Source.isNamePart(c) || c == '"' || c == '\'' || c == '}';
            }
        }
        return false;
    }

    /** An arithmetic expression up to {@code end}; what it expands is kept, the rest is text. */
    Word arithmetic(String end) {
        source.enter();
        List<Part> parts = new ArrayList<>();
        int[] open = {0};
        while (true) {
            doubleQuoted(parts, s -> s.atEnd() || s.peek() == '(' || s.peek() == ')' || s.looking(end), false);
            if (source.atEnd()) {
                throw new ShellSyntaxException("syntax error: arithmetic is not closed");
            }
            if (open[0] == 0 && source.take(end)) {
                source.leave();
                return new Word(parts);
            }
            char c = source.peek();
            open[0] += c == '(' ? 1 : c == ')' ? -1 : 0;
            if (open[0] < 0) {
                throw new ShellSyntaxException("syntax error in arithmetic");
            }
            parts.add(new Word.Text(String.valueOf(c), true));
            source.at++;
        }
    }

    /** After <code>${</code>. */
    private Part braced(boolean quoted) {
        source.enter();
        String prefix = "";
        if (source.peek() == '!' && source.peek(1) != '}') {
            prefix = "!";
            source.at++;
        } else if (source.peek() == '#' && source.peek(1) != '}' && lengthFollows()) {
            prefix = "#len";
            source.at++;
        }
        String name = bracedName();
        Word index = null;
        if (source.peek() == '[') {
            source.at++;
            index = arithmetic("]");
        }
        String operator = prefix.isEmpty() ? operator() : prefix;
        if (!prefix.isEmpty() && source.peek() != '}') {
            operator = "?" + prefix;
        }
        boolean pattern = !operator.isEmpty() && "#%/".indexOf(operator.charAt(0)) >= 0;
        Word argument = bracedArgument(quoted && !pattern);
        source.expect("}");
        source.leave();
        return new Word.Parameter(name, index, operator, argument, quoted);
    }

    private boolean lengthFollows() {
        char after = source.peek(1);
        return Source.isNamePart(after) || ("@*?$!-#".indexOf(after) >= 0 && source.peek(2) == '}');
    }

    private String bracedName() {
        if (Source.isNamePart(source.peek())) {
            return name();
        }
        if (!source.atEnd() && "@*#?-$!".indexOf(source.peek()) >= 0) {
            source.at++;
            return source.text.substring(source.at - 1, source.at);
        }
        throw new ShellSyntaxException("syntax error: bad substitution");
    }

    private String operator() {
        for (String operator : List.of(
                ":-", ":=", ":?", ":+", "##", "%%", "//", "/#", "/%", "^^", ",,", "-", "=", "?", "+", "#", "%", "/",
                "^", ",", ":", "@")) {
            if (source.take(operator)) {
                return operator;
            }
        }
        if (source.peek() == '}') {
            return "";
        }
        throw new ShellSyntaxException("syntax error: bad substitution");
    }

    private Word bracedArgument(boolean quoted) {
        List<Part> parts = new ArrayList<>();
        while (source.peek() != '}') {
            if (source.atEnd()) {
                throw new ShellSyntaxException("syntax error: '}' is missing");
            }
            char c = source.peek();
            if (quoted && c == '\'') {
                parts.add(new Word.Text("'", true));
                source.at++;
            } else if (c == '\\' || c == '\'' || c == '"' || c == '`' || c == '$' || "*?[".indexOf(c) >= 0) {
                unquotedInBraces(parts, c);
            } else {
                parts.add(new Word.Text(String.valueOf(c), quoted));
                source.at++;
            }
        }
        return new Word(parts);
    }

    private void unquotedInBraces(List<Part> parts, char c) {
        if ("*?[".indexOf(c) >= 0) {
            source.at++;
            parts.add(new Word.Wild(String.valueOf(c)));
        } else {
            unquoted(parts, true);
        }
    }
}
