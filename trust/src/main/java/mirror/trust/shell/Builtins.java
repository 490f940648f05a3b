package mirror.trust.shell;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import mirror.trust.Effect;
import mirror.trust.shell.Paths.Use;
import org.jspecify.annotations.Nullable;

/** The commands that change the shell itself, or run text as code within it. */
final class Builtins {
    /** Builtins that exist as programs too, and mean the same. */
    static final Set<String> EVERYWHERE = Set.of("echo", "printf", "pwd", "true", "false", "test", "[", ":");

    /** Builtins that take the name of a variable or a calculation, either of which may hold an index. */
    private static final Set<String> CALCULATES = Set.of(
            "test",
            "[",
            "let",
            "read",
            "unset",
            "declare",
            "typeset",
            "local",
            "export",
            "readonly",
            "printf",
            "mapfile",
            "readarray",
            "getopts",
            "wait");

    private final Interpreter interpreter;
    private final Findings findings;
    private final Commands commands;
    private final Paths paths;
    private final Printing printing = new Printing();

    Builtins(Interpreter interpreter, Commands commands, Paths paths) {
        this.interpreter = interpreter;
        this.findings = interpreter.findings();
        this.commands = commands;
        this.paths = paths;
    }

    /** Null when {@code name} is no builtin. */
    @Nullable
    Outcome run(String name, List<Value> argv, State state, Io io) {
        List<Value> args = argv.subList(1, argv.size());
        boolean calculates = name.equals("printf")
                ? !args.isEmpty() && args.getFirst().lead().startsWith("-v")
                : CALCULATES.contains(name);
        if (calculates
                && args.stream()
                        .limit(name.equals("printf") ? 2 : args.size())
                        .map(Value::known)
                        .anyMatch(text -> text != null && Expander.indexRuns(text))) {
            findings.opaque(name + " runs what stands in an index");
        }
        return switch (name) {
            case ":", "true" -> Outcome.success(state);
            case "false",
                    "test",
                    "[",
                    "wait",
                    "fg",
                    "bg",
                    "disown",
                    "dirs",
                    "times",
                    "shopt",
                    "umask",
                    "ulimit",
                    "type",
                    "caller",
                    "help",
                    "suspend",
                    "unalias",
                    "logout",
                    "break",
                    "continue",
                    "setopt",
                    "unsetopt",
                    "autoload" -> Outcome.either(state);
            case "echo", "printf" -> printing.run(name, args, state, io);
            case "pwd" -> {
                Path cwd = state.cwd();
                io.print(cwd == null ? Value.unknown("$(pwd)") : Value.of(cwd + "\n"));
                yield Outcome.success(state);
            }
            case "cd", "chdir" -> cd(args, state);
            case "pushd" -> pushd(args, state);
            case "popd" -> popd(state);
            case "export", "readonly", "declare", "typeset", "local" -> {
                if (args.stream().allMatch(arg -> arg.lead().startsWith("-"))) {
                    io.print(environment(name));
                }
                yield declare(name, args, state, io);
            }
            case "jobs" -> {
                io.print(Value.wild("$!"));
                yield Outcome.either(state);
            }
            case "history" -> {
                if (args.stream().anyMatch(arg -> arg.lead().matches("-[a-z]*[cdrw].*"))) {
                    findings.add(new mirror.trust.Effect.Machine("history forgets or replaces what was typed"));
                }
                yield Outcome.either(state);
            }
            case "unset" -> unset(args, state);
            case "set" -> {
                if (args.isEmpty()) {
                    io.print(environment(name));
                }
                yield set(args, state);
            }
            case "shift" -> shift(args, state);
            case "alias" -> alias(args, state);
            case "eval" ->
                args.isEmpty()
                        ? Outcome.either(state)
                        : interpreter.code(Value.joined(withoutDashes(args), " "), state, io, "eval");
            case "source", "." -> source(withoutDashes(args), state, io);
            case "exec" -> exec(args, state, io);
            case "command" -> command(args, state, io);
            case "builtin" -> args.isEmpty() ? Outcome.either(state) : commands.run(args, state, io, Lookup.BUILTINS);
            case "exit" -> leaves(args) ? Outcome.NEVER : Outcome.either(state);
            case "return" -> leaves(args) && commands.leaveFunction(state) ? Outcome.NEVER : Outcome.either(state);
            case "trap" -> trap(args, state, io);
            case "read" -> read(args, state, io);
            case "mapfile", "readarray" -> mapfile(args, state);
            case "getopts" ->
                args.size() < 2 || args.get(1).known() == null
                        ? Outcome.either(state)
                        : Outcome.either(state.with(args.get(1).shown(), Value.wild("$opt"))
                                .with("OPTARG", Value.unknown("$OPTARG")));
            case "let" -> let(args, state);
            case "enable", "hash", "bind", "complete", "compgen", "compopt", "fc" -> rare(name, args, state);
            default -> null;
        };
    }

    /** {@code declare -a A=(x y)}: the words hold the elements, the fields no longer do. */
    Outcome arrays(List<Word> words, Outcome outcome, Io io) {
        Map<String, List<Value>> arrays = new HashMap<>();
        for (Word word : words) {
            if (word.parts().getLast() instanceof Word.Array(List<Word> elements)
                    && !outcome.all().isEmpty()
                    && word.parts().getFirst() instanceof Word.Text(String name, boolean quoted)) {
                boolean keyed = elements.stream()
                        .anyMatch(
                                element -> element.parts().getFirst() instanceof Word.Wild(String w) && w.equals("["));
                State state = outcome.all().getFirst();
                arrays.put(
                        name.substring(0, Math.max(name.indexOf('='), 0)),
                        keyed
                                ? List.of(Value.unknown("$" + name))
                                : new Expander(interpreter, state, io).fields(elements));
            }
        }
        if (arrays.isEmpty()) {
            return outcome;
        }
        return new Outcome(withArrays(outcome.ok(), arrays), withArrays(outcome.failed(), arrays));
    }

    private static List<State> withArrays(List<State> states, Map<String, List<Value>> arrays) {
        List<State> changed = new ArrayList<>();
        for (State state : states) {
            State with = state;
            for (Map.Entry<String, List<Value>> array : arrays.entrySet()) {
                with = with.with(array.getKey(), array.getValue());
            }
            changed.add(with);
        }
        return changed;
    }

    private static List<Value> withoutDashes(List<Value> args) {
        return !args.isEmpty() && args.getFirst().is("--") ? args.subList(1, args.size()) : args;
    }

    private static List<Value> operands(List<Value> args) {
        return args.stream()
                .filter(arg -> !arg.lead().startsWith("-") || arg.is("-"))
                .toList();
    }

    private Outcome cd(List<Value> args, State state) {
        List<Value> operands = operands(args);
        Value target = operands.isEmpty() ? home(state) : operands.getFirst();
        if (target.is("-")) {
            return new Outcome(List.of(state.in(state.previous())), List.of(state));
        }
        Path path = paths.file(placed(target), state);
        if (path != null && paths.isDirectory(path)) {
            return Outcome.success(state.in(path));
        }
        return new Outcome(List.of(state.in(path)), List.of(state));
    }

    /** A directory whose name is a pattern is still below the one before it; the pattern stands for its name. */
    private static Value placed(Value target) {
        if (target.isKnown() || target.hasUnknown() || target.piped() != null) {
            return target;
        }
        StringBuilder text = new StringBuilder();
        target.chunks().forEach(chunk -> text.append(chunk instanceof Value.Text(String piece) ? piece : "*"));
        return Value.of(text.toString());
    }

    private static Value home(State state) {
        Value home = state.variable("HOME");
        return home == null ? Value.unknown("$HOME") : home;
    }

    private Outcome pushd(List<Value> args, State state) {
        List<Path> stack = new ArrayList<>(state.stack());
        Path cwd = state.cwd();
        if (cwd != null) {
            stack.add(cwd);
        }
        List<Value> operands = operands(args);
        if (operands.isEmpty() || operands.getFirst().lead().startsWith("+")) {
            return new Outcome(List.of(state.in(null).stack(List.of())), List.of(state));
        }
        Outcome moved = cd(args, state);
        return new Outcome(moved.ok().stream().map(each -> each.stack(stack)).toList(), moved.failed());
    }

    private static Outcome popd(State state) {
        List<Path> stack = state.stack();
        if (stack.isEmpty()) {
            return new Outcome(List.of(state.in(null)), List.of(state));
        }
        return Outcome.success(state.in(stack.getLast()).stack(stack.subList(0, stack.size() - 1)));
    }

    private Outcome declare(String builtin, List<Value> args, State state, Io io) {
        State current = state;
        boolean export = builtin.equals("export");
        boolean local = !export && !builtin.equals("readonly");
        for (Value arg : args) {
            String lead = arg.lead();
            if (lead.startsWith("-") || lead.startsWith("+")) {
                export |= lead.contains("x");
                local &= !lead.contains("g");
                if (lead.contains("n") && !export) {
                    findings.opaque(builtin + " -n gives a variable a second name");
                }
                continue;
            }
            int equals = lead.indexOf('=');
            String name = equals < 0 ? arg.known() : lead.substring(0, equals).replaceAll("\\+$", "");
            if (name == null) {
                findings.opaque("the name of a variable is not known: " + arg.shown());
                continue;
            }
            if (local) {
                commands.makeLocal(name);
            }
            if (equals >= 0) {
                Value value = arg.drop(equals + 1);
                if (lead.startsWith("+", equals - 1)) {
                    Value old = current.variable(name);
                    value = (old == null ? Value.unknown("$" + name) : old).plus(value);
                }
                current = commands.variables().assign(name, List.of(value), current, io);
            }
            if (export) {
                current = current.exporting(name);
            }
        }
        return Outcome.either(current);
    }

    /** What a builtin prints that is asked for all variables. */
    private static Value environment(String builtin) {
        return new Value(List.of(new Value.Unknown("$(" + builtin + ")", Value.ENVIRONMENT, List.of())));
    }

    private static Outcome unset(List<Value> args, State state) {
        State current = state;
        Map<String, State.Body> functions = new HashMap<>(state.functions());
        for (Value arg : operands(args)) {
            String name = arg.known();
            if (name != null) {
                current = current.with(name, List.of());
                if (args.getFirst().is("-f")) {
                    functions.remove(name);
                }
            }
        }
        return Outcome.either(current.withFunctions(functions));
    }

    private static Outcome set(List<Value> args, State state) {
        State current = state;
        for (int i = 0; i < args.size(); i++) {
            String lead = args.get(i).lead();
            if (args.get(i).is("--") || args.get(i).is("-")) {
                return Outcome.success(current.withArguments(args.subList(i + 1, args.size()), state.zero()));
            }
            if (!lead.startsWith("-") && !lead.startsWith("+")) {
                return Outcome.success(current.withArguments(args.subList(i, args.size()), state.zero()));
            }
            boolean named = lead.endsWith("o") && i + 1 < args.size();
            if (lead.contains("e") || (named && args.get(i + 1).is("errexit"))) {
                current = current.stopping(lead.startsWith("-"));
            }
            i += named ? 1 : 0;
        }
        return Outcome.success(current);
    }

    private static Outcome shift(List<Value> args, State state) {
        List<Value> arguments = state.arguments();
        String count = args.isEmpty() ? "1" : args.getFirst().known();
        boolean known = count != null
                && count.matches("[0-9]{1,4}")
                && arguments.stream().noneMatch(Value::hasUnknown);
        if (!known || count == null) {
            return Outcome.either(state.withArguments(List.of(Value.unknown("$@")), state.zero()));
        }
        int by = Math.min(Integer.parseInt(count), arguments.size());
        return Outcome.either(state.withArguments(arguments.subList(by, arguments.size()), state.zero()));
    }

    private Outcome alias(List<Value> args, State state) {
        State current = state;
        for (Value arg : operands(args)) {
            int equals = arg.lead().indexOf('=');
            String text = arg.known();
            if (equals > 0 && text != null) {
                current = current.withAlias(text.substring(0, equals), text.substring(equals + 1));
            } else if (!arg.isKnown()) {
                findings.opaque("an alias stands for something that is not known: " + arg.shown());
            }
        }
        return Outcome.either(current);
    }

    /** A file that lies on the disk is ordinary work, as {@code sh file} is; text made by this line is read. */
    private Outcome source(List<Value> args, State state, Io io) {
        if (args.isEmpty()) {
            return Outcome.either(state);
        }
        Value file = args.getFirst();
        Value piped = file.is("/dev/stdin") ? io.stdin() : file.piped();
        if (piped != null) {
            return interpreter.code(piped, state, io, "source");
        }
        Path path = paths.file(file, state);
        Value written = path == null ? null : state.written().get(path);
        if (written != null) {
            return interpreter.code(written, state, io, "source");
        }
        if (file.hasUnknown()) {
            return interpreter.code(file, state, io, "source");
        }
        paths.touch(file, state, Use.READ);
        return Outcome.either(state.with(State.SOURCED, Value.of("1")));
    }

    private Outcome exec(List<Value> args, State state, Io io) {
        int i = 0;
        while (i < args.size() && args.get(i).lead().startsWith("-")) {
            i += args.get(i).is("-a") ? 2 : 1;
        }
        return i < args.size()
                ? commands.run(args.subList(i, args.size()), state, io, Lookup.PROGRAMS)
                : Outcome.either(state);
    }

    private Outcome command(List<Value> args, State state, Io io) {
        int i = 0;
        while (i < args.size() && args.get(i).lead().startsWith("-")) {
            if (args.get(i).lead().matches("-p*[vV][pvV]*")) {
                io.print(Value.unknown("$(command -v)"));
                return Outcome.either(state);
            }
            i++;
        }
        return i < args.size()
                ? commands.run(args.subList(i, args.size()), state, io, Lookup.BUILTINS)
                : Outcome.either(state);
    }

    /** Whether {@code exit} or {@code return} really leaves; with odd arguments a shell may refuse and go on. */
    private static boolean leaves(List<Value> args) {
        return args.isEmpty()
                || (args.size() == 1
                        && (args.getFirst().lead().matches("[0-9]+")
                                || args.getFirst().is("$?")
                                || args.getFirst().shown().equals("$?")));
    }

    private Outcome trap(List<Value> args, State state, Io io) {
        List<Value> rest = withoutDashes(args);
        if (rest.size() > 1
                && !rest.getFirst().is("-")
                && !rest.getFirst().lead().matches("-[lp]")) {
            interpreter.code(rest.getFirst(), state, io, "trap");
        }
        return Outcome.either(state);
    }

    private static Outcome read(List<Value> args, State state, Io io) {
        State current = state;
        List<String> names = new ArrayList<>();
        for (int i = 0; i < args.size(); i++) {
            String text = args.get(i).known();
            if (text != null && text.matches("-[a-zA-Z]*[pdnNtui]")) {
                i++;
            } else if (text != null && !text.startsWith("-")) {
                names.add(text);
            }
        }
        Value stdin = io.stdin();
        Value line = stdin == null ? null : stdin.trimNewlines();
        String text = line == null ? null : line.known();
        if (line == null || (text != null && text.indexOf('\n') >= 0)) {
            line = null;
        } else if (!line.isKnown()) {
            Value.Chunk first = line.chunks().getFirst();
            boolean list = line.chunks().size() == 1 && first instanceof Value.Unknown;
            line = list ? line : new Value(List.of(new Value.Unknown("$line", line.remote(), List.of())));
        }
        if (names.isEmpty()) {
            names.add("REPLY");
        }
        boolean array = args.stream().anyMatch(arg -> arg.lead().matches("-[a-zA-Z]*a[a-zA-Z]*"));
        if (array) {
            return Outcome.either(state.with(names.getFirst(), fields(line, state)));
        }
        for (String name : names) {
            Value unknown =
                    new Value(List.of(new Value.Unknown("$" + name, stdin == null ? null : stdin.remote(), List.of())));
            current = current.with(name, line != null && names.size() == 1 ? line : unknown);
        }
        return Outcome.either(current);
    }

    /** A line as {@code read -a} splits it. */
    private static List<Value> fields(@Nullable Value line, State state) {
        Value separators = state.variable("IFS");
        String text = line == null ? null : line.known();
        String characters = separators == null ? " \t" : separators.known();
        if (text == null || characters == null) {
            Value unknown =
                    new Value(List.of(new Value.Unknown("$line", line == null ? null : line.remote(), List.of())));
            return List.of(unknown, unknown);
        }
        List<Value> fields = new ArrayList<>();
        java.util.StringTokenizer tokens = new java.util.StringTokenizer(text, characters);
        while (tokens.hasMoreTokens()) {
            fields.add(Value.of(tokens.nextToken()));
        }
        return fields;
    }

    private static Outcome mapfile(List<Value> args, State state) {
        String last = args.isEmpty() ? null : args.getLast().known();
        String name = last == null || last.startsWith("-") ? "MAPFILE" : last;
        Value unknown = Value.unknown("$" + name);
        return Outcome.either(state.with(name, List.of(unknown, unknown)));
    }

    private static Outcome let(List<Value> args, State state) {
        State current = state;
        for (Value arg : args) {
            String name = arg.lead().replaceAll("[^A-Za-z0-9_].*", "");
            if (!name.isEmpty()) {
                current = current.with(name, Value.wild("$((…))"));
            }
        }
        return Outcome.either(current);
    }

    private Outcome rare(String name, List<Value> args, State state) {
        boolean loads = args.stream().anyMatch(arg -> arg.lead().matches("-[a-zA-Z]*[CFfpsx].*"));
        if ((loads && !(name.equals("complete") && args.getFirst().is("-F")))
                || (name.equals("fc") && !loads && args.isEmpty())) {
            findings.add(new Effect.Opaque(name + " makes the shell run something else"));
        }
        return Outcome.either(state);
    }
}
