package mirror.trust.shell;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import mirror.trust.Effect;
import mirror.trust.shell.Paths.Use;
import org.jspecify.annotations.Nullable;

/**
 * What a program does, by its row in {@link ProgramTable}: options first, operands next, consequences last. The few programs
 * whose arguments are a language of their own ({@code find}, {@code sed}, {@code git push}, interpreters …) are understood by
 * the classes named in {@link #special}.
 */
final class Programs {
    private static final Set<String> STARTS_SHELL = Set.of("chroot", "unshare", "nsenter", "script", "setpriv");

    private static final Set<String> TALKS = Set.of("u", "h", "g");
    /** Places of people and of the system's accounts: what is named there is more than text. */
    private static final Pattern PERSONAL = Pattern.compile("(?s)[^/:]*?[=@]?(?=/(home|Users|root|etc)(/|$))(/.*)");

    private final ProgramTable table = ProgramTable.standard();
    private final Interpreter interpreter;
    private final Findings findings;
    private final Commands commands;
    private final Paths paths;
    private final FilePrograms files;
    private final NetworkPrograms network;
    private final GitPrograms git;
    private final SystemPrograms system;
    private final CodePrograms code;
    private @Nullable State changed;

    Programs(Interpreter interpreter, Commands commands, Paths paths) {
        this.interpreter = interpreter;
        this.findings = interpreter.findings();
        this.commands = commands;
        this.paths = paths;
        this.files = new FilePrograms(this);
        this.network = new NetworkPrograms(this);
        this.git = new GitPrograms(this);
        this.system = new SystemPrograms(this);
        this.code = new CodePrograms(this);
    }

    Interpreter interpreter() {
        return interpreter;
    }

    Findings findings() {
        return findings;
    }

    Paths paths() {
        return paths;
    }

    CodePrograms code() {
        return code;
    }

    /** The state after the last program, if it wrote files that later commands may run. */
    State takeState(State before) {
        State after = changed;
        changed = null;
        return after == null ? before : before.withWritten(after.written());
    }

    void wrote(State state, Path file, Value content) {
        changed = (changed == null ? state : changed).withWritten(file, content);
    }

    void run(List<Value> argv, State state, Io io) {
        String written = argv.getFirst().shown();
        List<Value> args = argv.subList(1, argv.size());
        if (written.indexOf('/') >= 0) {
            Path file = paths.file(argv.getFirst(), state);
            Value content = file == null ? null : state.written().get(file);
            if (content != null) {
                code.runText(content, state.withArguments(args, argv.getFirst()), io);
                return;
            }
            if (file != null && CodePrograms.fetchedWith(file, state)) {
                findings.opaque("a file is started that was just fetched: " + written);
            }
        }
        String key = table.name(written);
        Spec spec = table.row(key);
        State from = state;
        List<Arguments.Option> before = new ArrayList<>();
        List<Value> rest = args;
        while (table.hasSubcommands(key)) {
            Arguments global = Arguments.parse(spec == null ? Map.of() : spec.options(), rest, 0, false, false);
            from = options(global, from, io);
            before.addAll(global.options());
            if (global.rest().isEmpty()) {
                rest = List.of();
                break;
            }
            Value word = global.rest().getFirst();
            String longer = key + " " + word.shown();
            if (!word.isKnown()) {
                findings.opaque("which command of " + key + " runs is not known: " + word.shown());
            }
            if (!word.isKnown() || (table.row(longer) == null && !table.hasSubcommands(longer))) {
                rest = global.rest();
                break;
            }
            key = longer;
            spec = table.row(longer);
            rest = global.rest().subList(1, global.rest().size());
        }
        if (spec == null) {
            args.forEach(arg -> mention(arg, state));
            io.print(unknownOutput(written, null, io, List.of()));
            return;
        }
        boolean assignments = spec.slots().stream().anyMatch(slot -> slot.kind().equals("as"));
        Arguments own = Arguments.parse(spec.options(), rest, spec.commandAt(), assignments, spec.has("single"));
        State inside = options(own, from, io);
        before.addAll(own.options());
        Arguments all = new Arguments(before, own.operands(), own.rest(), own.dynamic());
        apply(new Call(key, spec, all, args, inside, io));
    }

    /** Option values that have a meaning of their own; gives the state with the working directory they ask for. */
    private State options(Arguments arguments, State state, Io io) {
        State current = state;
        for (Arguments.Option option : arguments.options()) {
            Value value = option.value();
            if (value == null) {
                continue;
            }
            switch (option.kind()) {
                case 'r' -> paths.touch(curlFile(value), current, Use.READ);
                case 'w' -> paths.touch(value, current, Use.WRITE);
                case 'd' -> paths.touch(value, current, Use.DELETE);
                case 'u' -> egress(value);
                case 'x' -> interpreter.code(value, current.forChild(), io, "--" + option.name());
                case 'c' -> current = current.in(paths.file(value, current));
                case 'q' -> system.statement(value, current, io);
                case 'g' -> git.setting(value, current, io);
                case 'y' -> findings.opaque("code on a command line is not read: " + value.shown());
                case 'l' -> code.library(value, current);
                case '=' -> {
                    int equals = value.lead().indexOf('=');
                    String name = value.lead().substring(0, equals);
                    current = commands.variables()
                            .assign(name, List.of(value.drop(equals + 1)), current, io)
                            .exporting(name);
                }
                default -> {}
            }
        }
        return current;
    }

    private static Value curlFile(Value value) {
        return value.lead().startsWith("@") ? value.drop(1) : value;
    }

    private void apply(Call call) {
        operands(call);
        String host = null;
        String out = null;
        List<String> specials = new ArrayList<>();
        for (Spec.Clause clause : call.spec().clauses()) {
            if (!holds(clause, call.arguments())) {
                continue;
            }
            switch (clause.verb()) {
                case "out" -> out = out == null ? clause.argument() : out;
                case "special" -> specials.add(clause.argument());
                case "net" -> {
                    host = clause.argument();
                    findings.add(new Effect.Egress(host));
                }
                default -> consequence(clause, call);
            }
        }
        environment(call, host != null || call.spec().slots().stream().anyMatch(slot -> TALKS.contains(slot.kind())));
        boolean printed = false;
        for (String special : specials) {
            printed |= special(special, call);
        }
        if (!printed) {
            String remote = host != null && !host.equals("*") ? host : egressHost(call);
            call.io()
                    .print(
                            printsEnvironment(call)
                                    ? unknownOutput(
                                            "$(" + call.program() + ")", Value.ENVIRONMENT, call.io(), List.of())
                                    : output(out, call, host == null ? remote : host));
        }
        if (call.spec().commandAt() >= 0) {
            inner(call);
        }
    }

    private static boolean printsEnvironment(Call call) {
        return (call.program().equals("env") && call.arguments().rest().isEmpty())
                || (call.program().equals("printenv") && call.operands().isEmpty());
    }

    /** The variables of this shell hold passwords and keys; whoever talks to the network must not be given them all. */
    private void environment(Call call, boolean talks) {
        Value stdin = call.io().stdin();
        boolean given = (stdin != null && Value.ENVIRONMENT.equals(stdin.remote()))
                || call.args().stream().anyMatch(arg -> Value.ENVIRONMENT.equals(arg.remote()));
        if (talks && given) {
            findings.opaque(call.program() + " is given the whole environment of this shell");
        }
    }

    /** A program whose operands are addresses prints what comes from there. */
    private static @Nullable String egressHost(Call call) {
        boolean addresses = call.spec().slots().stream()
                .anyMatch(slot -> slot.kind().equals("u") || slot.kind().equals("h"));
        return addresses && !call.operands().isEmpty()
                ? Address.host(call.operands().getFirst())
                : null;
    }

    private void inner(Call call) {
        List<Value> rest = call.arguments().rest();
        if (rest.isEmpty()) {
            shellOnInput(call);
            return;
        }
        if (rest.getFirst().lead().startsWith("-")) {
            findings.opaque("what " + call.program() + " starts cannot be told: "
                    + rest.getFirst().shown());
        }
        boolean shell =
                call.spec().slots().stream().anyMatch(slot -> slot.kind().equals("sh"));
        boolean eachShell = shell && call.program().equals("hyperfine");
        State child = call.state().forChild();
        if (eachShell) {
            rest.forEach(text -> interpreter.code(text, child, call.io(), call.program()));
        } else if (shell) {
            interpreter.code(Value.joined(rest, " "), child, call.io(), call.program());
        } else {
            commands.run(rest, child, call.io(), Lookup.PROGRAMS);
        }
    }

    /** Some programs start a shell when they are given no command, and it reads their input. */
    private void shellOnInput(Call call) {
        Value stdin = call.io().stdin();
        if (stdin != null && !stdin.isEmpty() && STARTS_SHELL.contains(call.program())) {
            interpreter.code(stdin, call.state().forChild(), call.io(), call.program());
        }
    }

    static boolean holds(Spec.Clause clause, Arguments arguments) {
        return clause.when().stream()
                        .allMatch(any -> any.stream().anyMatch(condition -> arguments.holds(condition, false)))
                && clause.unless().stream().noneMatch(condition -> arguments.holds(condition, true));
    }

    private void operands(Call call) {
        List<Spec.Slot> slots = call.spec().slots().stream()
                .filter(slot -> slot.unless().stream().noneMatch(call.arguments()::has))
                .filter(slot -> !slot.kind().equals("as"))
                .toList();
        List<Value> operands = call.operands();
        boolean recursive = call.arguments().dynamic()
                || call.program().equals("rimraf")
                || call.spec().clauses().stream()
                        .anyMatch(clause -> clause.verb().equals("recursive") && holds(clause, call.arguments()));
        Use deletion = recursive ? Use.DELETE_TREE : Use.DELETE;
        int fixed = (int) slots.stream().filter(slot -> !slot.repeated()).count();
        int at = 0;
        for (Spec.Slot slot : slots) {
            int take = slot.repeated() ? Math.max(0, operands.size() - fixed) : 1;
            for (int i = 0; i < take && at < operands.size(); i++) {
                operand(slot.kind(), operands.get(at++), call, deletion);
            }
        }
        // More operands than the row knows of: take them as the last kind, since what they are for is not known.
        while (at < operands.size() && !slots.isEmpty()) {
            operand(slots.getLast().kind(), operands.get(at++), call, deletion);
        }
    }

    /** An argument whose meaning is not known, but which names a file of a person: it counts as read. */
    void mention(Value argument, State state) {
        Value home = state.variable("HOME");
        String text = argument.shown();
        int path = text.indexOf('/');
        boolean begins = path == 0 || (path > 0 && "=@".indexOf(text.charAt(path - 1)) >= 0);
        boolean personal = begins && PERSONAL.matcher(text).matches();
        boolean own = begins && home != null && !home.isEmpty() && text.startsWith(home.shown(), path);
        if (argument.lead().length() >= path && (personal || own)) {
            int colon = argument.lead().indexOf(':', path);
            paths.touch(
                    colon < 0 ? argument.drop(path) : Value.of(argument.lead().substring(path, colon)),
                    state,
                    Use.READ);
        }
    }

    /** A program that only turns names into text does nothing with what they name. */
    private static boolean isAction(Spec spec) {
        return !spec.has("out")
                && spec.clauses().stream().noneMatch(clause -> clause.argument().equals("pathname"));
    }

    private void operand(String kind, Value operand, Call call, Use deletion) {
        State state = call.state();
        switch (kind) {
            case "r" -> paths.touch(operand, state, Use.READ);
            case "w" -> paths.touch(operand, state, Use.WRITE);
            case "d" -> paths.touch(operand, state, deletion);
            case "u", "h" -> egress(operand);
            case "g" -> git.address(operand, call);
            case "q" -> system.statement(operand, state, call.io());
            case "f" -> code.file(operand, state, call.io(), call.program());
            case "s" -> {
                if (call.spec().slots().size() == 1 && isAction(call.spec())) {
                    mention(operand, state);
                }
            }
            default -> {}
        }
    }

    void egress(Value address) {
        String host = Address.host(address);
        if (host != null) {
            findings.add(new Effect.Egress(host));
        }
    }

    /** Storing an address sends nothing, but git's {@code ext::} addresses are commands. */
    void egressOnlyIfCode(Value address, Call call) {
        if (address.lead().startsWith("ext::")) {
            findings.opaque("git is given a command as an address: " + address.shown());
        }
    }

    private void consequence(Spec.Clause clause, Call call) {
        String text = clause.argument();
        switch (clause.verb()) {
            case "read" -> place(text, call, Use.READ);
            case "write" -> place(text, call, Use.WRITE);
            case "delete" -> place(text, call, Use.DELETE_TREE);
            case "lose" -> inRepository(text, call, Use.DELETE_TREE);
            case "change" -> inRepository(text, call, Use.WRITE);
            case "inplace" -> call.operands().forEach(operand -> paths.touch(operand, call.state(), Use.WRITE));
            case "consume" ->
                call.operands().stream()
                        .skip(1)
                        .forEach(operand -> paths.touch(operand, call.state(), Use.DELETE_TREE));
            case "machine" -> findings.add(new Effect.Machine(call.program() + " " + text));
            case "opaque" -> findings.opaque(text);
            case "publish" -> findings.add(new Effect.Publish(text, false));
            case "publish!" -> findings.add(new Effect.Publish(text, true));
            case "elevate" -> {
                Value user = call.arguments().value("u", "user");
                findings.add(new Effect.Elevate(user == null ? "root" : user.shown()));
            }
            case "recursive", "single" -> {}
            default -> throw new IllegalStateException("program table: verb " + clause.verb());
        }
    }

    private void place(String place, Call call, Use use) {
        Value value = Value.of(place.isEmpty() ? "." : place);
        if (place.startsWith("~")) {
            Value home = call.state().variable("HOME");
            value = (home == null ? Value.unknown("$HOME") : home).plus(Value.of(place.substring(1)));
        }
        paths.touch(value, call.state(), use);
    }

    void inRepository(String place, Call call, Use use) {
        Path cwd = call.state().cwd();
        if (cwd == null) {
            findings.opaque(call.program() + " works in a directory that is not known");
        } else {
            Path top = paths.repository(cwd);
            paths.addResolved(place.equals(".") ? top : top.resolve(place), use);
        }
    }

    private boolean special(String name, Call call) {
        return files.special(name, call)
                || network.special(name, call)
                || git.special(name, call)
                || system.special(name, call)
                || code.special(name, call);
    }

    private Value output(@Nullable String kind, Call call, @Nullable String remote) {
        Io io = call.io();
        String shown = "$(" + call.program() + ")";
        Value stdin = io.stdin();
        return switch (kind == null ? "" : kind) {
            case "stdin" -> {
                Value written = written(call);
                yield call.operands().isEmpty() && stdin != null
                        ? stdin
                        : written != null ? written : unknownOutput(shown, remote, io, List.of());
            }
            case "filter" -> {
                List<Path> under =
                        stdin != null && !stdin.isEmpty() && stdin.chunks().getFirst() instanceof Value.Unknown list
                                ? list.under()
                                : List.of();
                boolean lists = call.has("l", "L", "files-with-matches")
                        && !call.operands().isEmpty();
                List<Value> places = call.operands()
                        .subList(
                                Math.min(1, call.operands().size()),
                                call.operands().size());
                yield unknownOutput(shown, remote, io, lists ? paths.under(places, call.state()) : under);
            }
            case "listing" -> {
                int patterns =
                        call.has("files") ? 0 : Math.min(1, call.operands().size());
                List<Value> places =
                        call.operands().subList(patterns, call.operands().size());
                boolean names = call.has("l", "files", "files-with-matches", "files-without-match");
                yield unknownOutput(shown, remote, io, names ? paths.under(places, call.state()) : List.of());
            }
            case "under" -> unknownOutput(shown, remote, io, paths.under(call.operands(), call.state()));
            case "number", "name" -> Value.wild(shown);
            case "git" -> git.output(call);
            default -> unknownOutput(shown, remote, io, List.of());
        };
    }

    /** The one file that is printed, if this command line wrote it. */
    private @Nullable Value written(Call call) {
        Path file = call.program().equals("cat") && call.operands().size() == 1
                ? paths.file(call.operands().getFirst(), call.state())
                : null;
        return file == null ? null : call.state().written().get(file);
    }

    static Value unknownOutput(String shown, @Nullable String remote, Io io, List<Path> under) {
        Value stdin = io.stdin();
        String from = remote != null || stdin == null ? remote : stdin.remote();
        return new Value(List.of(new Value.Unknown(shown, from, under)));
    }

    /** Starts words as a program would start another program. */
    void start(List<Value> argv, State state, Io io) {
        commands.run(argv, state.forChild(), io, Lookup.PROGRAMS);
    }
}
