package mirror.trust.shell;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import mirror.trust.shell.Value.Chunk;
import mirror.trust.shell.Word.Part;
import org.jspecify.annotations.Nullable;

/**
 * Word expansion (POSIX XCU 2.6): words become fields whose text is known where the shell's own knowledge suffices, and marked
 * as unknown where it does not. Command substitutions are interpreted on the way, because they run even when their output is
 * thrown away. It must never turn something unknown into known text.
 */
final class Expander {
    private static final Pattern ASSIGNED_TILDE = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*\\+?=~");

    private static final Pattern INDEX = Pattern.compile("[A-Za-z_]\\w*\\[[^\\]]*(\\$\\(|`)");

    private static final int MAX_PATTERN_TEXT = 400;
    private static final Set<String> NUMBERS = Words.of("""
            # ? $ ! - RANDOM SRANDOM LINENO SECONDS UID EUID PPID BASHPID COLUMNS LINES SHLVL EPOCHSECONDS EPOCHREALTIME
            HOSTNAME OSTYPE HOSTTYPE MACHTYPE BASH_VERSION
            """);

    private final Interpreter interpreter;
    private final Io io;
    private State state;

    Expander(Interpreter interpreter, State state, Io io) {
        this.interpreter = interpreter;
        this.state = state;
        this.io = io;
    }

    /** The state after the expansions, which may assign. */
    State state() {
        return state;
    }

    List<Value> fields(List<Word> words) {
        List<Value> fields = new ArrayList<>();
        for (Word word : words) {
            for (Word alternative : Braces.expand(word)) {
                new FieldBuilder(fields).expand(alternative);
            }
            interpreter.findings().spend(1 + word.parts().size());
        }
        return fields;
    }

    /** One field whatever the text holds: assignments, redirections, the subject of {@code case}. */
    Value single(Word word) {
        List<Chunk> chunks = new ArrayList<>();
        int length = 0;
        for (Part part : tilde(word.parts())) {
            Value piece = whole(part);
            chunks.addAll(piece.chunks());
            length += piece.length();
        }
        Value value = new Value(chunks);
        if (length > Value.MAX_LENGTH) {
            value = new Value(List.of(new Value.Unknown("…", value.remote(), List.of())));
        }
        interpreter.findings().spend(1 + value.length() / 64);
        return value;
    }

    private Value whole(Part part) {
        return switch (part) {
            case Word.Text(String text, boolean quoted) -> Value.of(text);
            case Word.Wild(String text) -> Value.wild(text);
            case Word.Parameter parameter -> Value.joined(values(parameter), " ");
            case Word.Substitution(Node script, boolean quoted) -> interpreter.capture(script, state, io);
            case Word.Calculation(Word expression) -> arithmetic(expression);
            case Word.Channel(Node script, boolean input) -> process(script, input);
            case Word.Array(List<Word> elements) -> Value.joined(fields(elements), " ");
        };
    }

    private Value process(Node script, boolean input) {
        if (input) {
            return new Value(List.of(new Value.Pipe(interpreter.capture(script, state, io))));
        }
        Value stdin = io.stdin() == null ? Value.unknown(">(…)") : io.stdin();
        String remote = stdin.remote();
        Value fed = new Value(List.of(new Value.Unknown(">(…)", remote, List.of())));
        interpreter.execute(script, state, io.reading(fed));
        return new Value(List.of(new Value.Pipe(Value.EMPTY)));
    }

    /** A number; the names it assigns become numbers too. */
    Value arithmetic(Word expression) {
        String text = single(expression).shown();
        for (int i = 1; i < text.length(); i++) {
            if (text.charAt(i) == '=' || text.startsWith("++", i) || text.startsWith("--", i)) {
                int end = i;
                while (end > 0 && "+-*/%&|^<> ".indexOf(text.charAt(end - 1)) >= 0) {
                    end--;
                }
                int start = end;
                while (start > 0 && Source.isNamePart(text.charAt(start - 1))) {
                    start--;
                }
                if (start < end && Source.isNameStart(text.charAt(start))) {
                    state = state.with(text.substring(start, end), Value.wild("$((…))"));
                }
            }
        }
        return Value.wild("$((…))");
    }

    /** Splits and collects fields of one word. */
    private final class FieldBuilder {
        private final List<Value> fields;
        private final List<Chunk> current = new ArrayList<>();
        private boolean open;

        FieldBuilder(List<Value> fields) {
            this.fields = fields;
        }

        void expand(Word word) {
            for (Part part : tilde(word.parts())) {
                switch (part) {
                    case Word.Text(String text, boolean quoted) -> add(Value.of(text));
                    case Word.Parameter parameter when isList(parameter) -> list(parameter);
                    case Word.Parameter parameter
                    when !parameter.quoted() -> {
                        List<Value> values = values(parameter);
                        split(Value.joined(values, " "));
                    }
                    case Word.Substitution(Node script, boolean quoted)
                    when !quoted -> split(interpreter.capture(script, state, io));
                    default -> add(whole(part));
                }
            }
            close();
        }

        private boolean isList(Word.Parameter parameter) {
            Word index = parameter.index();
            return parameter.quoted()
                    && (parameter.name().equals("@")
                            || (index != null && Value.of("@").equals(single(index))))
                    && !parameter.operator().equals("#len");
        }

        private void list(Word.Parameter parameter) {
            List<Value> values = values(parameter);
            for (int i = 0; i < values.size(); i++) {
                if (i > 0) {
                    close();
                }
                add(values.get(i));
            }
        }

        private void add(Value value) {
            open = true;
            current.addAll(value.chunks());
        }

        private void close() {
            if (open) {
                fields.add(new Value(current));
                current.clear();
                open = false;
            }
        }

        private void split(Value value) {
            Value separators = state.variable("IFS");
            boolean unset = separators == null || List.of().equals(state.values("IFS"));
            String ifs = separators == null || unset ? " \t\n" : separators.known();
            for (Chunk chunk : value.chunks()) {
                if (!(chunk instanceof Value.Text(String text))) {
                    add(new Value(List.of(chunk)));
                } else if (ifs == null) {
                    add(Value.unknown(text));
                } else {
                    splitText(text, ifs);
                }
            }
        }

        private void splitText(String text, String ifs) {
            int start = 0;
            for (int i = 0; i < text.length(); i++) {
                char c = text.charAt(i);
                if (ifs.indexOf(c) >= 0 || "*?[".indexOf(c) >= 0) {
                    if (i > start) {
                        add(Value.of(text.substring(start, i)));
                    }
                    start = i + 1;
                    if (ifs.indexOf(c) >= 0) {
                        close();
                    } else {
                        add(c == '[' ? Value.of("[") : Value.wild(String.valueOf(c)));
                    }
                }
            }
            if (start < text.length()) {
                add(Value.of(text.substring(start)));
            }
        }
    }

    /** Bash expands a tilde at the start of a word, and also after the {@code =} of a word that looks like an assignment. */
    private List<Part> tilde(List<Part> parts) {
        boolean any = false;
        for (Part part : parts) {
            any |= part instanceof Word.Text(String text, boolean quoted) && !quoted && text.indexOf('~') >= 0;
        }
        if (!any) {
            return parts;
        }
        StringBuilder lead = new StringBuilder();
        int leading = 0;
        while (leading < parts.size()
                && parts.get(leading) instanceof Word.Text(String piece, boolean q)
                && !q
                && lead.length() < 256) {
            lead.append(piece);
            leading++;
        }
        Matcher assignment = ASSIGNED_TILDE.matcher(lead);
        if (!assignment.lookingAt()) {
            return tildeAtStart(parts);
        }
        List<Part> value = new ArrayList<>();
        value.add(new Word.Text(lead.substring(assignment.end() - 1), false));
        value.addAll(parts.subList(leading, parts.size()));
        List<Part> whole = new ArrayList<>();
        whole.add(new Word.Text(lead.substring(0, assignment.end() - 1), true));
        whole.addAll(tildeAtStart(value));
        return whole;
    }

    private List<Part> tildeAtStart(List<Part> parts) {
        if (parts.isEmpty()
                || !(parts.getFirst() instanceof Word.Text(String text, boolean quoted))
                || quoted
                || !text.startsWith("~")) {
            return parts;
        }
        // Brace expansion leaves single characters, so the prefix may be spread over several parts.
        StringBuilder prefix = new StringBuilder();
        int used = 0;
        while (used < parts.size()
                && parts.get(used) instanceof Word.Text(String piece, boolean q)
                && !q
                && prefix.indexOf("/") < 0) {
            prefix.append(piece);
            used++;
        }
        int slash = prefix.indexOf("/");
        String name = prefix.substring(1, slash < 0 ? prefix.length() : slash);
        if ((slash < 0 && used < parts.size()) || !name.matches("[+-]?|[A-Za-z_][A-Za-z0-9._-]*")) {
            return parts;
        }
        String rest = slash < 0 ? "" : prefix.substring(slash);
        List<Part> expanded = new ArrayList<>();
        expanded.addAll(home(name));
        expanded.add(new Word.Text(rest, true));
        expanded.addAll(parts.subList(used, parts.size()));
        return expanded;
    }

    private List<Part> home(String name) {
        Word.Parameter home = new Word.Parameter("HOME", null, "", new Word(List.of()), true);
        Value user = state.variable("USER");
        if (name.isEmpty() || (user != null && user.is(name))) {
            return List.of(home);
        }
        return switch (name) {
            case "+" -> List.of(new Word.Parameter("PWD", null, "", new Word(List.of()), true));
            case "-" -> List.of(new Word.Parameter("OLDPWD", null, "", new Word(List.of()), true));
            case "root" -> List.of(new Word.Text("/root", true));
            default -> List.of(home, new Word.Text("/../" + name, true));
        };
    }

    private List<Value> values(Word.Parameter parameter) {
        String shown = "$" + parameter.name();
        List<Value> base = base(parameter.name(), parameter.index());
        Word argument = parameter.argument();
        List<Value> unknown = List.of(Value.unknown(shown));
        return switch (parameter.operator()) {
            case "" -> base == null ? unknown : base;
            case ":-", "-", ":=", "=" -> withDefault(parameter, base, unknown);
            case ":+", "+" -> {
                Value alternative = single(argument);
                if (base == null || alternative.hasUnknown() || base.stream().anyMatch(Value::hasUnknown)) {
                    yield unknown;
                }
                yield base.stream().allMatch(Value::isEmpty) ? List.of() : List.of(alternative);
            }
            case "#len" -> List.of(Value.wild("${#" + parameter.name() + "}"));
            case "!" -> {
                Value name = base == null || base.size() != 1 ? null : base.getFirst();
                String target = name == null ? null : name.known();
                List<Value> values = target == null || target.isEmpty() ? null : base(target, null);
                yield values == null ? unknown : values;
            }
            case ":?", "?" -> {
                single(argument);
                yield base == null ? unknown : base;
            }
            default -> {
                Value operand = single(argument);
                interpreter.findings().spend(200);
                if (parameter.operator().equals("@")
                        && operand.is("P")
                        && (base == null
                                || base.stream().anyMatch(each -> !each.isKnown() || substitutes(each.shown())))) {
                    interpreter.findings().opaque("a text is expanded as a prompt, which may run something: " + shown);
                }
                yield base == null
                        ? unknown
                        : base.stream()
                                .map(value -> change(value, parameter.operator(), operand, shown))
                                .toList();
            }
        };
    }

    /**
     * {@code ${X:-word}}. Whoever writes a default expects the variable to be unset, so one that nothing is known of counts as
     * unset here, unless code that was not read may have set it.
     */
    private List<Value> withDefault(Word.Parameter parameter, @Nullable List<Value> base, List<Value> unknown) {
        if (base == null && state.variable(State.SOURCED) != null) {
            single(parameter.argument());
            return unknown;
        }
        boolean colon = parameter.operator().startsWith(":");
        if (base != null && !base.isEmpty() && !(colon && base.stream().allMatch(Value::isEmpty))) {
            return base;
        }
        Value fallback = single(parameter.argument());
        if (parameter.operator().endsWith("=")) {
            state = state.with(parameter.name(), fallback);
        }
        return List.of(fallback);
    }

    /** Whether a text would run something when it is expanded once more. */
    static boolean substitutes(String text) {
        return text.contains("$(") || text.indexOf('`') >= 0;
    }

    /** Whether arithmetic, {@code test -v} or an assignment would run what stands in the index: {@code a[$(rm x)]}. */
    static boolean indexRuns(String text) {
        return substitutes(text) && INDEX.matcher(text).find();
    }

    private static Value change(Value value, String operator, Value operand, String shown) {
        String text = value.known();
        if (text == null) {
            return changePartly(value, operator, operand, shown);
        }
        String changed = text.length() > MAX_PATTERN_TEXT
                ? null
                : switch (operator) {
                    case "#", "##", "%", "%%" -> strip(text, operator, GlobPattern.of(operand));
                    case "/", "//", "/#", "/%" -> replace(text, operator, operand.known());
                    case "^^" -> text.toUpperCase(Locale.ROOT);
                    case ",," -> text.toLowerCase(Locale.ROOT);
                    case "^" ->
                        text.isEmpty() ? text : text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1);
                    case "," ->
                        text.isEmpty() ? text : text.substring(0, 1).toLowerCase(Locale.ROOT) + text.substring(1);
                    case ":" -> substring(text, operand.known());
                    default -> null;
                };
        return changed == null ? Value.unknown(shown) : Value.of(changed);
    }

    /** A name that is only partly known: without a slash in it, it stays a name without a slash. */
    private static Value changePartly(Value value, String operator, Value operand, String shown) {
        boolean slash = value.hasUnknown()
                || operand.hasUnknown()
                || value.chunks().stream().anyMatch(Value.Pipe.class::isInstance)
                || (operator.startsWith("/")
                        && operand.shown().lastIndexOf('/') > operand.shown().indexOf('/'))
                || operator.equals(":")
                || operator.equals("@");
        if (slash) {
            return Value.unknown(shown);
        }
        String suffix = operand.known();
        if (operator.startsWith("%")
                && suffix != null
                && value.chunks().getLast() instanceof Value.Text(String last)
                && last.endsWith(suffix)) {
            List<Chunk> chunks = new ArrayList<>(value.chunks());
            chunks.set(chunks.size() - 1, new Value.Text(last.substring(0, last.length() - suffix.length())));
            return new Value(chunks);
        }
        boolean afterLastSlash = operator.equals("##") && operand.shown().equals("*/");
        return afterLastSlash || value.shown().indexOf('/') < 0 ? Value.wild(shown) : Value.unknown(shown);
    }

    private static @Nullable String strip(String text, String operator, @Nullable GlobPattern pattern) {
        if (pattern == null) {
            return null;
        }
        boolean prefix = operator.startsWith("#");
        boolean longest = operator.length() == 2;
        for (int i = 0; i <= text.length(); i++) {
            int length = longest ? text.length() - i : i;
            String piece = prefix ? text.substring(0, length) : text.substring(text.length() - length);
            if (pattern.matches(piece)) {
                return prefix ? text.substring(length) : text.substring(0, text.length() - length);
            }
        }
        return text;
    }

    private static @Nullable String replace(String text, String operator, @Nullable String operand) {
        if (operand == null) {
            return null;
        }
        int slash = operand.indexOf('/');
        String from = slash < 0 ? operand : operand.substring(0, slash);
        String to = slash < 0 ? "" : operand.substring(slash + 1);
        if (from.isEmpty()) {
            return text;
        }
        return switch (operator) {
            case "//" -> text.replace(from, to);
            case "/#" -> text.startsWith(from) ? to + text.substring(from.length()) : text;
            case "/%" -> text.endsWith(from) ? text.substring(0, text.length() - from.length()) + to : text;
            default -> {
                int at = text.indexOf(from);
                yield at < 0 ? text : text.substring(0, at) + to + text.substring(at + from.length());
            }
        };
    }

    private static @Nullable String substring(String text, @Nullable String operand) {
        if (operand == null || !operand.matches(" ?-?[0-9]{1,5}(:-?[0-9]{1,5})?")) {
            return null;
        }
        int colon = operand.indexOf(':');
        int from = Integer.parseInt((colon < 0 ? operand : operand.substring(0, colon)).strip());
        from = from < 0 ? text.length() + from : from;
        int length = colon < 0 ? text.length() : Integer.parseInt(operand.substring(colon + 1));
        int to = length < 0 ? text.length() + length : Math.min(text.length(), from + length);
        return from < 0 || from > text.length() || to < from ? "" : text.substring(from, to);
    }

    /** The values of a parameter; null when not known, none when unset. */
    private @Nullable List<Value> base(String name, @Nullable Word index) {
        if (Character.isDigit(name.charAt(0))) {
            int position = name.length() > 4 ? Integer.MAX_VALUE : Integer.parseInt(name);
            return position == 0 ? List.of(state.zero()) : argument(position);
        }
        if (name.equals("@") || name.equals("*")) {
            return state.arguments();
        }
        List<Value> values = state.values(name);
        if (values == null) {
            return wellKnown(name);
        }
        if (index == null) {
            return values.isEmpty() ? values : values.subList(0, 1);
        }
        String at = single(index).known();
        if (at != null && (at.equals("@") || at.equals("*"))) {
            return values;
        }
        if (at == null || !at.matches("[0-9]{1,4}")) {
            return values.stream().allMatch(Value::isKnown) && values.isEmpty() ? values : null;
        }
        int position = Integer.parseInt(at);
        return position < values.size() ? List.of(values.get(position)) : List.of();
    }

    private List<Value> argument(int position) {
        List<Value> arguments = state.arguments();
        for (int i = 0; i < arguments.size() && i < position; i++) {
            if (arguments.get(i).hasUnknown() && arguments.get(i).shown().startsWith("$")) {
                return List.of(Value.unknown("$" + position));
            }
        }
        return position <= arguments.size() ? List.of(arguments.get(position - 1)) : List.of();
    }

    private @Nullable List<Value> wellKnown(String name) {
        if (NUMBERS.contains(name)) {
            return List.of(Value.wild("$" + name));
        }
        Path path = name.equals("PWD") ? state.cwd() : name.equals("OLDPWD") ? state.previous() : null;
        if (path != null) {
            return List.of(Value.of(path.toString()));
        }
        return name.equals("IFS") ? List.of(Value.of(" \t\n")) : null;
    }
}
