package mirror.trust.shell;

import java.util.ArrayList;
import java.util.List;

/** Cuts source code of the scripting languages into names, strings and signs; enough to find calls, not to understand a program. */
final class CodeLexer {
    enum Kind {
        NAME,
        STRING,
        /** A string that is run by a shell, as backticks are in perl, ruby and php. */
        SHELL,
        NUMBER,
        SIGN,
        LINE
    }

    /** @param plain whether a string holds nothing that is computed */
    record Token(Kind kind, String text, boolean plain) {
        boolean is(String sign) {
            return kind == Kind.SIGN && text.equals(sign);
        }
    }

    private final Language language;
    private final String code;
    private final List<Token> tokens = new ArrayList<>();
    private int at;

    CodeLexer(Language language, String code) {
        this.language = language;
        this.code = code;
    }

    List<Token> tokens() {
        while (at < code.length()) {
            char c = code.charAt(at);
            if (c == '\n') {
                add(Kind.LINE, "\n");
                at++;
            } else if (Character.isWhitespace(c)) {
                at++;
            } else if (!comment(c)) {
                token(c);
            }
        }
        return tokens;
    }

    private void token(char c) {
        if (c == '"' || c == '\'' || c == '`') {
            string(c, "");
        } else if ((Character.isJavaIdentifierStart(c) && c != '$') || (c == '$' && language.is("node"))) {
            name();
        } else if (c == '$' || (c == '@' && language.is("ruby"))) {
            variable();
        } else if (Character.isDigit(c)) {
            number();
        } else if (c == '/' && regexHere()) {
            regex();
        } else {
            add(Kind.SIGN, String.valueOf(c));
            at++;
        }
    }

    private void add(Kind kind, String text) {
        tokens.add(new Token(kind, text, true));
    }

    private boolean comment(char c) {
        boolean hash = c == '#' && !language.is("node");
        boolean slashes = code.startsWith("//", at) && (language.is("node") || language.is("php"));
        if (hash || slashes) {
            int end = code.indexOf('\n', at);
            at = end < 0 ? code.length() : end;
            return true;
        }
        if (code.startsWith("/*", at) && (language.is("node") || language.is("php"))) {
            int end = code.indexOf("*/", at + 2);
            at = end < 0 ? code.length() : end + 2;
            return true;
        }
        return false;
    }

    private void name() {
        int start = at;
        while (at < code.length() && (Character.isJavaIdentifierPart(code.charAt(at)) || code.charAt(at) == '\\')) {
            if (code.charAt(at) == '\\') {
                // JavaScript may spell a name with escapes; nobody does so for a good reason.
                add(Kind.SIGN, "\\");
                at++;
                return;
            }
            at++;
        }
        String name = code.substring(start, at);
        boolean prefix = language.is("python")
                && at < code.length()
                && (code.charAt(at) == '"' || code.charAt(at) == '\'')
                && name.length() <= 2
                && name.toLowerCase(java.util.Locale.ROOT).matches("[rbuft]+");
        if (prefix) {
            string(code.charAt(at), name.toLowerCase(java.util.Locale.ROOT));
        } else {
            add(Kind.NAME, name);
        }
    }

    /** A variable with its sigil is one sign: its name means nothing outside the snippet. */
    private void variable() {
        int start = at++;
        while (at < code.length() && Character.isJavaIdentifierPart(code.charAt(at))) {
            at++;
        }
        at += at == start + 1 && at < code.length() && !Character.isWhitespace(code.charAt(at)) ? 1 : 0;
        add(Kind.SIGN, code.substring(start, at));
    }

    private void number() {
        int start = at;
        while (at < code.length()
                && (Character.isLetterOrDigit(code.charAt(at)) || code.charAt(at) == '.' || code.charAt(at) == '_')) {
            at++;
        }
        add(Kind.NUMBER, code.substring(start, at));
    }

    private void string(char quote, String prefix) {
        boolean triple =
                language.is("python") && code.startsWith(String.valueOf(quote).repeat(3), at);
        String end = String.valueOf(quote).repeat(triple ? 3 : 1);
        at += end.length();
        StringBuilder text = new StringBuilder();
        boolean plain = !prefix.contains("f");
        while (at < code.length() && !code.startsWith(end, at)) {
            char c = code.charAt(at);
            if (c == '\\' && !prefix.contains("r") && at + 1 < code.length()) {
                plain &= escape(text, quote);
                continue;
            }
            boolean interpolates = switch (language.name()) {
                case "node" -> quote == '`' && code.startsWith("${", at);
                case "ruby" -> quote != '\'' && code.startsWith("#{", at);
                case "perl" -> quote != '\'' && (c == '$' || c == '@');
                case "php" -> quote != '\'' && c == '$';
                default -> false;
            };
            plain &= !interpolates;
            text.append(c);
            at++;
        }
        at = Math.min(code.length(), at + end.length());
        boolean shell = quote == '`' && !language.is("node");
        tokens.add(new Token(shell ? Kind.SHELL : Kind.STRING, text.toString(), plain));
    }

    /** One escape; false when its meaning is not certain. */
    private boolean escape(StringBuilder text, char quote) {
        char next = code.charAt(at + 1);
        at += 2;
        boolean raw = quote == '\'' && (language.is("perl") || language.is("ruby") || language.is("php"));
        if (next == '\\' || next == quote) {
            text.append(next);
            return true;
        }
        if (raw) {
            text.append('\\').append(next);
            return true;
        }
        switch (next) {
            case '"', '\'', '/', '`' -> text.append(next);
            case 'n' -> text.append('\n');
            case 't' -> text.append('\t');
            case 'r' -> text.append('\r');
            case '\n' -> {}
            case 'x', 'u' -> {
                int digits = next == 'x' ? 2 : 4;
                if (at + digits > code.length()
                        || !code.substring(at, at + digits).matches("[0-9a-fA-F]+")) {
                    return false;
                }
                text.append((char) Integer.parseInt(code.substring(at, at + digits), 16));
                at += digits;
            }
            case '0', '1', '2', '3', '4', '5', '6', '7', 'N', 'U', 'c', 'e' -> {
                text.append(next);
                return false;
            }
            default -> text.append('\\').append(next);
        }
        return true;
    }

    /** A slash after a value divides; anywhere else it opens a pattern. */
    private boolean regexHere() {
        if (language.is("python") || language.is("php")) {
            return false;
        }
        if (tokens.isEmpty()) {
            return true;
        }
        Token last = tokens.getLast();
        return switch (last.kind()) {
            case LINE -> true;
            case NAME -> last.text().matches("return|typeof|if|unless|and|or|not|split|grep|when|while|case|in|of");
            case SIGN ->
                !last.text().equals(")")
                        && !last.text().equals("]")
                        && !last.text().equals("}")
                        && !last.text().startsWith("$");
            default -> false;
        };
    }

    private void regex() {
        int start = at++;
        boolean bracket = false;
        while (at < code.length() && (bracket || code.charAt(at) != '/') && code.charAt(at) != '\n') {
            char c = code.charAt(at);
            bracket = c == '[' || (bracket && c != ']');
            at += c == '\\' ? 2 : 1;
        }
        at = Math.min(at + 1, code.length());
        while (at < code.length() && Character.isLetter(code.charAt(at))) {
            at++;
        }
        tokens.add(new Token(Kind.NUMBER, code.substring(start, Math.min(at, code.length())), true));
    }
}
