package mirror.trust.shell;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import mirror.trust.shell.CodeActions.Argument;
import mirror.trust.shell.CodeLexer.Kind;
import mirror.trust.shell.CodeLexer.Token;

/**
 * Reads a snippet of perl, ruby or php by its words. Their grammar is too rich to scan, so the rule is plain: every word must be
 * known, either to act on literals or to be harmless; one word that is not makes the snippet not understood.
 */
final class WordScanner {
    /** {@code s/a/b/g} and {@code tr/a/b/} without code in them, alone or in a row: most of what perl -pe is used for. */
    private static final Pattern SUBSTITUTION = Pattern.compile(
            "\\s*((s|tr|y)([/|#,!])((?!\\3)[^\\\\\\n`]|\\\\.){0,2000}\\3((?!\\3)[^\\\\\\n`]|\\\\.){0,2000}\\3[gimsx0-9r]*\\s*;?\\s*)+",
            Pattern.DOTALL);

    private final Language language;
    private final String code;
    private final CodeActions actions;

    WordScanner(Language language, String code, CodeActions actions) {
        this.language = language;
        this.code = code;
        this.actions = actions;
    }

    void scan() {
        if (code.length() > 8000) {
            actions.opaque("more code than is read");
            return;
        }
        if (language.is("perl")
                && SUBSTITUTION.matcher(code).matches()
                && !code.contains("(?{")
                && !code.contains("@{[")
                && !code.contains("(??{")) {
            return;
        }
        List<Token> tokens = new CodeLexer(language, code).tokens();
        for (int i = 0; i < tokens.size(); i++) {
            Token token = tokens.get(i);
            switch (token.kind()) {
                case SHELL ->
                    actions.shell(
                            "backticks", List.of(token.plain() ? Argument.literal(token.text()) : Argument.UNKNOWN));
                case NAME -> i = word(tokens, i);
                case STRING -> {
                    if (!token.plain()
                            && (token.text().contains("#{")
                                    || token.text().contains("@{")
                                    || token.text().contains("${")
                                    || token.text().contains("{$"))
                            && token.text().matches("(?s).*[({]\\s*[\\[`]?.*[a-z_]{3,}\\s*[(\"'`].*")) {
                        actions.opaque("code inside a string");
                    }
                }
                case SIGN -> {
                    if (runsComputed(tokens, i)) {
                        actions.opaque("something that is computed is run or read");
                    }
                }
                default -> {}
            }
        }
    }

    /** Signs by which these languages run or open what they have computed. */
    private boolean runsComputed(List<Token> tokens, int i) {
        Token token = tokens.get(i);
        Token next = i + 1 < tokens.size() ? tokens.get(i + 1) : new Token(Kind.LINE, "", true);
        Token before = i > 0 ? tokens.get(i - 1) : new Token(Kind.LINE, "", true);
        return switch (language.name()) {
            case "ruby" ->
                token.is("%") && next.kind() == Kind.NAME && next.text().startsWith("x");
            case "php" ->
                (token.text().startsWith("$") && next.is("("))
                        || (token.is("(") && (before.is(")") || before.is("]") || before.kind() == Kind.STRING));
            default ->
                (token.is("<")
                                && !next.text().equals("STDIN")
                                && !next.is(">")
                                && !next.is("=")
                                && next.kind() != Kind.NUMBER)
                        || (token.is("&") && !next.is("&") && !before.is("&"));
        };
    }

    private int word(List<Token> tokens, int start) {
        StringBuilder full = new StringBuilder(tokens.get(start).text());
        int end = start;
        while (end + 2 < tokens.size()
                && (tokens.get(end + 1).is(".")
                        || (tokens.get(end + 1).is(":") && tokens.get(end + 2).is(":")))) {
            int next = tokens.get(end + 1).is(".") ? end + 2 : end + 3;
            if (next >= tokens.size() || tokens.get(next).kind() != Kind.NAME || language.is("php")) {
                break;
            }
            full.append('.').append(tokens.get(next).text());
            end = next;
        }
        String name = full.toString();
        boolean key = start > 0
                && tokens.get(start - 1).is("{")
                && end + 1 < tokens.size()
                && tokens.get(end + 1).is("}");
        boolean member = start > 0
                && (tokens.get(start - 1).is(".") || tokens.get(start - 1).is(">"));
        String action = member ? null : language.calls().get(name);
        if (action != null) {
            actions.perform(action, name, arguments(tokens, end + 1), "");
        } else if (!language.isHarmless(name) && !allHarmless(name) && !key) {
            actions.opaque("the word " + name);
        }
        return end;
    }

    private boolean allHarmless(String name) {
        int from = 0;
        while (from <= name.length()) {
            int dot = name.indexOf('.', from);
            String part = name.substring(from, dot < 0 ? name.length() : dot);
            if (!language.harmless().contains(part)) {
                return false;
            }
            from = dot < 0 ? name.length() + 1 : dot + 1;
        }
        return name.indexOf('.') > 0;
    }

    /** The literals up to the end of the statement; anything else in there makes its place unknown. */
    private static List<Argument> arguments(List<Token> tokens, int from) {
        List<Argument> arguments = new ArrayList<>();
        boolean pending = false;
        for (int i = from; i < tokens.size(); i++) {
            Token token = tokens.get(i);
            if (token.kind() == Kind.LINE || token.is(";") || token.is(")") || token.is("}")) {
                break;
            }
            if (token.is("(") || token.is(",")) {
                pending = false;
                continue;
            }
            if (pending) {
                arguments.set(arguments.size() - 1, Argument.UNKNOWN);
            } else {
                arguments.add(
                        token.kind() == Kind.STRING && token.plain()
                                ? Argument.literal(token.text())
                                : Argument.UNKNOWN);
                pending = true;
            }
        }
        return arguments;
    }
}
