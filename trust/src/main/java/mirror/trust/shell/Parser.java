package mirror.trust.shell;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import mirror.trust.shell.Node.Assignment;
import mirror.trust.shell.Node.Redirect;
import org.jspecify.annotations.Nullable;

/**
 * Recursive descent over the grammar of POSIX XCU 2.10 with bash's additions. It works on characters, not on a token stream,
 * because what a character means depends on the construct around it.
 *
 * <p>It must accept no more than a shell does: text it would misread must end in {@link ShellSyntaxException}, which the caller
 * reports as not understood. Nesting is bounded, and every character is looked at a small fixed number of times per level.
 */
final class Parser {
    private static final Set<String> RESERVED = Words.of("""
            if then elif else fi for while until do done case esac { } ! [[ function select time coproc in
            """);
    private static final List<String> OPERATORS =
            List.of("&>>", "<<<", "<<-", "&>", "<<", ">>", ">|", ">&", "<&", "<>", "<", ">");

    private final Source source;
    private final WordReader words;

    Parser(Source source) {
        this.source = source;
        this.words = new WordReader(source);
    }

    static Node.Script parse(String text) {
        return new Parser(new Source(text, 0)).whole();
    }

    Node.Script whole() {
        Node.Script script = list(Set.of());
        if (!source.atEnd()) {
            throw new ShellSyntaxException("syntax error near '" + source.peek() + "'");
        }
        return script;
    }

    Node.Script untilParenthesis() {
        Node.Script script = list(Set.of());
        source.expect(")");
        return script;
    }

    /** Commands up to one of the reserved words, a closing parenthesis, {@code ;;} or the end. */
    private Node.Script list(Set<String> ends) {
        source.enter();
        List<Node.Item> items = new ArrayList<>();
        while (true) {
            newlines();
            if (source.atEnd() || source.peek() == ')' || source.looking(";;") || source.looking(";&")) {
                break;
            }
            String word = reservedWord();
            if (word != null && ends.contains(word)) {
                break;
            }
            Node node = andOr();
            blanks();
            boolean background = source.peek() == '&' && source.take("&");
            items.add(new Node.Item(node, background));
            if (!background
                    && !source.atEnd()
                    && source.peek() == ';'
                    && !source.looking(";;")
                    && !source.looking(";&")) {
                source.at++;
            } else if (!background && !source.atEnd() && "\n);".indexOf(source.peek()) < 0) {
                String next = reservedWord();
                if (next == null || !ends.contains(next)) {
                    throw new ShellSyntaxException("syntax error near '" + source.peek() + "'");
                }
            }
        }
        source.leave();
        return new Node.Script(items);
    }

    private Node.Script nonEmpty(String... ends) {
        Node.Script script = list(Set.of(ends));
        if (script.items().isEmpty()) {
            throw new ShellSyntaxException("syntax error: a command is missing");
        }
        return script;
    }

    private Node andOr() {
        Node first = pipeline();
        List<Node.Link> rest = new ArrayList<>();
        while (true) {
            blanks();
            boolean and = source.looking("&&");
            if (!and && !source.looking("||")) {
                return rest.isEmpty() ? first : new Node.AndOr(first, rest);
            }
            source.at += 2;
            newlines();
            rest.add(new Node.Link(and, pipeline()));
        }
    }

    private Node pipeline() {
        while (true) {
            blanks();
            String word = reservedWord();
            if (word != null && word.equals("!")) {
                source.at++;
            } else if (word != null && word.equals("time") && isKeywordTime()) {
                source.at += 4;
                blanks();
                if (source.looking("-p ") || source.looking("-- ")) {
                    source.at += 2;
                }
            } else {
                break;
            }
        }
        List<Node> stages = new ArrayList<>();
        stages.add(command());
        while (true) {
            blanks();
            if (source.peek() != '|' || source.looking("||")) {
                return stages.size() == 1 ? stages.getFirst() : new Node.Pipeline(stages);
            }
            source.at += source.looking("|&") ? 2 : 1;
            newlines();
            stages.add(command());
        }
    }

    /** {@code time -v cmd} is the program, not the keyword. */
    private boolean isKeywordTime() {
        int after = source.at + 4;
        while (after < source.text.length() && Source.isBlank(source.text.charAt(after))) {
            after++;
        }
        return !source.text.startsWith("-", after) || source.text.startsWith("-p ", after);
    }

    private Node command() {
        source.enter();
        blanks();
        Node node = compound();
        if (node == null) {
            node = simple();
        } else if (!(node instanceof Node.Function)) {
            List<Redirect> redirects = new ArrayList<>();
            while (true) {
                blanks();
                Redirect redirect = redirect();
                if (redirect == null) {
                    break;
                }
                redirects.add(redirect);
            }
            node = redirects.isEmpty() ? node : new Node.Redirected(node, redirects);
        }
        source.leave();
        return node;
    }

    private @Nullable Node compound() {
        if (source.peek() == '(') {
            return parenthesis();
        }
        String word = reservedWord();
        if (word == null) {
            return null;
        }
        switch (word) {
            case "{", "if", "for", "select", "while", "until", "case", "[[", "function", "coproc" ->
                source.at += word.length();
            case "time", "in" -> {
                return null;
            }
            default -> throw new ShellSyntaxException("syntax error near '" + word + "'");
        }
        return switch (word) {
            case "{" -> {
                Node body = nonEmpty("}");
                keyword("}");
                yield new Node.Group(body);
            }
            case "if" -> conditional();
            case "for", "select" -> forLoop();
            case "while", "until" -> {
                Node condition = nonEmpty("do");
                yield new Node.Loop(condition, doGroup());
            }
            case "case" -> caseOf();
            case "[[" -> test();
            case "function" -> namedFunction();
            default -> coprocess();
        };
    }

    private Node parenthesis() {
        Source.Mark start = source.mark();
        Word expression = null;
        int end = start.at();
        if (source.take("((")) {
            expression = words.arithmeticOrNothing();
            end = source.at;
            if (expression != null && !WordReader.readsAsCommands(source.text, start.at() + 2, end - 2)) {
                return new Node.Arithmetic(expression);
            }
            source.retry(start);
        }
        try {
            source.at++;
            Node body = nonEmpty();
            source.expect(")");
            return new Node.Subshell(body);
        } catch (ShellSyntaxException noCommands) {
            if (expression == null) {
                throw noCommands;
            }
            source.retry(start);
            source.at = end;
            return new Node.Arithmetic(expression);
        }
    }

    private Node conditional() {
        List<Node.Branch> branches = new ArrayList<>();
        Node otherwise = null;
        Node condition = nonEmpty("then");
        keyword("then");
        branches.add(new Node.Branch(condition, nonEmpty("elif", "else", "fi")));
        while (true) {
            if (tryKeyword("elif")) {
                condition = nonEmpty("then");
                keyword("then");
                branches.add(new Node.Branch(condition, nonEmpty("elif", "else", "fi")));
            } else if (tryKeyword("else")) {
                otherwise = nonEmpty("fi");
                keyword("fi");
                return new Node.If(branches, otherwise);
            } else {
                keyword("fi");
                return new Node.If(branches, otherwise);
            }
        }
    }

    private Node forLoop() {
        blanks();
        if (source.take("((")) {
            Word clauses = words.arithmetic("))");
            blanks();
            source.take(";");
            return new Node.ForArithmetic(clauses, doOrBraces());
        }
        String name = words.word().bare();
        if (name == null || name.isEmpty()) {
            throw new ShellSyntaxException("syntax error after 'for'");
        }
        newlines();
        List<Word> list = null;
        if (tryKeyword("in")) {
            list = new ArrayList<>();
            blanks();
            while (!source.atEnd() && "\n;".indexOf(source.peek()) < 0) {
                list.add(nonEmptyWord());
                blanks();
            }
        }
        blanks();
        if (source.peek() == ';') {
            source.at++;
        }
        return new Node.For(name, list, doOrBraces());
    }

    private Node doOrBraces() {
        newlines();
        if (tryKeyword("{")) {
            Node body = nonEmpty("}");
            keyword("}");
            return body;
        }
        return doGroup();
    }

    private Node doGroup() {
        newlines();
        keyword("do");
        Node body = nonEmpty("done");
        keyword("done");
        return body;
    }

    private Node caseOf() {
        blanks();
        Word subject = nonEmptyWord();
        newlines();
        keyword("in");
        List<Node.Arm> arms = new ArrayList<>();
        while (true) {
            newlines();
            if (tryKeyword("esac")) {
                return new Node.Case(subject, arms);
            }
            source.take("(");
            List<Word> patterns = new ArrayList<>();
            do {
                blanks();
                patterns.add(nonEmptyWord());
                blanks();
            } while (source.take("|"));
            source.expect(")");
            arms.add(new Node.Arm(patterns, list(Set.of("esac"))));
            newlines();
            if (!source.take(";;&") && !source.take(";;") && !source.take(";&") && !"esac".equals(reservedWord())) {
                throw new ShellSyntaxException("syntax error in 'case'");
            }
        }
    }

    private Node test() {
        List<Word> parts = new ArrayList<>();
        while (true) {
            newlines();
            if (source.atEnd()) {
                throw new ShellSyntaxException("syntax error: ']]' is missing");
            }
            if (source.looking("]]") && (source.at + 2 >= source.text.length() || Source.isMeta(source.peek(2)))) {
                source.at += 2;
                return new Node.Test(parts);
            }
            parts.add(words.conditionWord());
        }
    }

    private Node namedFunction() {
        blanks();
        String name = words.word().bare();
        if (name == null || name.isEmpty()) {
            throw new ShellSyntaxException("syntax error after 'function'");
        }
        blanks();
        if (source.take("(")) {
            blanks();
            source.expect(")");
        }
        newlines();
        return new Node.Function(name, command());
    }

    private Node coprocess() {
        blanks();
        int start = source.at;
        String name = words.word().bare();
        blanks();
        if (name == null || RESERVED.contains(name) || (source.peek() != '{' && source.peek() != '(')) {
            source.at = start;
        }
        return new Node.Script(List.of(new Node.Item(command(), true)));
    }

    private Node simple() {
        List<Assignment> assignments = new ArrayList<>();
        List<Word> list = new ArrayList<>();
        List<Redirect> redirects = new ArrayList<>();
        while (true) {
            blanks();
            Redirect redirect = redirect();
            if (redirect != null) {
                redirects.add(redirect);
                continue;
            }
            char c = source.peek();
            if (c == '(' && list.size() == 1 && assignments.isEmpty() && redirects.isEmpty()) {
                return function(list.getFirst());
            }
            if (Source.isMeta(c) && !((c == '<' || c == '>') && source.peek(1) == '(')) {
                break;
            }
            Assignment assignment = list.isEmpty() ? assignment() : null;
            if (assignment != null) {
                assignments.add(assignment);
            } else {
                list.add(argument());
            }
        }
        if (list.isEmpty() && assignments.isEmpty() && redirects.isEmpty()) {
            throw new ShellSyntaxException(
                    source.atEnd()
                            ? "syntax error: a command is missing"
                            : "syntax error near '" + source.peek() + "'");
        }
        return new Node.Simple(assignments, list, redirects);
    }

    private Node function(Word nameWord) {
        String name = nameWord.bare();
        source.at++;
        blanks();
        if (name == null || source.peek() != ')') {
            throw new ShellSyntaxException("syntax error near '('");
        }
        source.at++;
        newlines();
        return new Node.Function(name, command());
    }

    /** A word, or {@code name=(…)} as {@code declare} takes it. */
    private Word argument() {
        Word word = nonEmptyWord();
        String text = word.bare();
        if (source.peek() == '(' && text != null && text.length() > 1 && text.endsWith("=")) {
            List<Word.Part> parts = new ArrayList<>(word.parts());
            parts.add(array());
            return new Word(parts);
        }
        return word;
    }

    private @Nullable Assignment assignment() {
        int start = source.at;
        if (!Source.isNameStart(source.peek())) {
            return null;
        }
        while (Source.isNamePart(source.peek())) {
            source.at++;
        }
        String name = source.text.substring(start, source.at);
        boolean indexed = source.peek() == '[';
        if (indexed && !overIndex()) {
            source.at = start;
            return null;
        }
        boolean append = source.take("+=");
        if (!append && !source.take("=")) {
            source.at = start;
            return null;
        }
        if (source.peek() == '(') {
            return new Assignment(name, indexed, append, new Word(List.of(array())));
        }
        return new Assignment(name, indexed, append, words.word());
    }

    /** Steps over {@code [index]} when an assignment follows; an index may run commands, so those are refused. */
    private boolean overIndex() {
        int close = source.text.indexOf(']', source.at);
        if (close < 0) {
            return false;
        }
        String index = source.text.substring(source.at, close);
        if (!source.text.startsWith("=", close + 1) && !source.text.startsWith("+=", close + 1)) {
            return false;
        }
        if (index.contains("$(") || index.indexOf('`') >= 0) {
            throw new ShellSyntaxException("an array index runs a command");
        }
        source.at = close + 1;
        return true;
    }

    private Word.Array array() {
        source.expect("(");
        List<Word> elements = new ArrayList<>();
        while (true) {
            newlines();
            if (source.take(")")) {
                return new Word.Array(elements);
            }
            elements.add(nonEmptyWord());
        }
    }

    private Word nonEmptyWord() {
        int start = source.at;
        Word word = words.word();
        if (source.at == start) {
            throw new ShellSyntaxException(
                    source.atEnd() ? "syntax error: unexpected end" : "syntax error near '" + source.peek() + "'");
        }
        return word;
    }

    private @Nullable Redirect redirect() {
        int start = source.at;
        int descriptor = -1;
        int digits = start;
        while (digits < source.text.length()
                && digits < start + 6
                && Character.digit(source.text.charAt(digits), 10) >= 0) {
            digits++;
        }
        if (digits > start) {
            descriptor = Integer.parseInt(source.text.substring(start, digits));
            source.at = digits;
        } else if (source.peek() == '{') {
            int close = source.text.indexOf('}', start);
            if (close > start + 1 && "<>".indexOf(charAt(close + 1)) >= 0 && isName(start + 1, close)) {
                source.at = close + 1;
            }
        }
        for (String operator : OPERATORS) {
            boolean process = (operator.equals("<") || operator.equals(">")) && source.peek(1) == '(';
            if (source.looking(operator) && !process && (descriptor < 0 || operator.charAt(0) != '&')) {
                source.at += operator.length();
                blanks();
                Word target = nonEmptyWord();
                return new Redirect(descriptor, operator, target, heredoc(operator, target));
            }
        }
        source.at = start;
        return null;
    }

    private char charAt(int index) {
        return index < source.text.length() ? source.text.charAt(index) : ' ';
    }

    private boolean isName(int from, int to) {
        return source.text.substring(from, to).chars().allMatch(c -> Source.isNamePart((char) c));
    }

    private Node.@Nullable Heredoc heredoc(String operator, Word delimiter) {
        if (!operator.equals("<<") && !operator.equals("<<-")) {
            return null;
        }
        StringBuilder text = new StringBuilder();
        boolean literal = false;
        for (Word.Part part : delimiter.parts()) {
            switch (part) {
                case Word.Text(String piece, boolean quoted) -> {
                    text.append(piece);
                    literal |= quoted;
                }
                case Word.Wild(String piece) -> text.append(piece);
                default -> throw new ShellSyntaxException("a here-document ends in a word that is not plain");
            }
        }
        Node.Heredoc heredoc = new Node.Heredoc(text.toString(), operator.endsWith("-"), literal);
        source.pendingHeredocs.add(heredoc);
        return heredoc;
    }

    private void readHeredocs() {
        while (!source.pendingHeredocs.isEmpty()) {
            Node.Heredoc heredoc = source.pendingHeredocs.removeFirst();
            StringBuilder body = new StringBuilder();
            while (!source.atEnd()) {
                int end = source.text.indexOf('\n', source.at);
                String line = source.text.substring(source.at, end < 0 ? source.text.length() : end);
                source.at = end < 0 ? source.text.length() : end + 1;
                String stripped = heredoc.stripTabs ? line.replaceFirst("^\t+", "") : line;
                if (stripped.equals(heredoc.delimiter)) {
                    break;
                }
                body.append(stripped).append('\n');
            }
            heredoc.body =
                    heredoc.literal ? Word.of(body.toString()) : WordReader.hereText(body.toString(), source.depth);
        }
    }

    private void blanks() {
        while (true) {
            if (Source.isBlank(source.peek())) {
                source.at++;
            } else if (source.peek() == '\\' && source.peek(1) == '\n') {
                source.at += 2;
            } else if (source.peek() == '#' && startsWord()) {
                while (!source.atEnd() && source.peek() != '\n') {
                    source.at++;
                }
            } else {
                return;
            }
        }
    }

    private boolean startsWord() {
        return source.at == 0 || Source.isMeta(source.text.charAt(source.at - 1));
    }

    private void newlines() {
        blanks();
        while (source.peek() == '\n') {
            source.at++;
            readHeredocs();
            blanks();
        }
    }

    /** The reserved word that stands here, or null. */
    private @Nullable String reservedWord() {
        int end = source.at;
        while (end < source.text.length() && end < source.at + 9 && !Source.isMeta(source.text.charAt(end))) {
            end++;
        }
        String word = source.text.substring(source.at, end);
        return RESERVED.contains(word) ? word : null;
    }

    private boolean tryKeyword(String keyword) {
        if (keyword.equals(reservedWord())) {
            source.at += keyword.length();
            return true;
        }
        return false;
    }

    private void keyword(String keyword) {
        newlines();
        if (!tryKeyword(keyword)) {
            throw new ShellSyntaxException("syntax error: '" + keyword + "' is missing");
        }
    }
}
