package mirror.trust.shell;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import mirror.trust.Effect;
import org.jspecify.annotations.Nullable;

/**
 * One simple command: assignments, redirections, and the search for what its first word means, in the shell's order: alias,
 * function, builtin, program. Every command that gets as far as having a name is reported as {@link Effect.Run}.
 */
final class Commands {
    private static final int MAX_CALLS = 40;

    private final Interpreter interpreter;
    private final Findings findings;
    private final Paths paths;
    private final Variables variables;
    private final Builtins builtins;
    private final Programs programs;
    private final Deque<String> expanding = new ArrayDeque<>();
    private final Deque<State.Body> running = new ArrayDeque<>();
    private final Deque<List<State>> returns = new ArrayDeque<>();
    private final Deque<Set<String>> locals = new ArrayDeque<>();
    private int apart;

    Commands(Interpreter interpreter, Paths paths) {
        this.interpreter = interpreter;
        this.findings = interpreter.findings();
        this.paths = paths;
        this.variables = new Variables(interpreter);
        this.builtins = new Builtins(interpreter, this, paths);
        this.programs = new Programs(interpreter, this, paths);
    }

    Variables variables() {
        return variables;
    }

    /** Walks something that the shell starts beside itself: a stage of a pipeline, a background job. */
    Outcome apart(Supplier<Outcome> work) {
        apart++;
        try {
            return work.get();
        } finally {
            apart--;
        }
    }

    Outcome simple(Node.Simple simple, State state, Io io) {
        Expander expander = new Expander(interpreter, state, io);
        List<Value> argv = expander.fields(simple.words());
        List<Node.Assignment> assignments = simple.assignments();
        State expanded = expander.state();
        if (argv.isEmpty()) {
            State assigned = variables.assignAll(assignments, expanded, io, false);
            return redirected(simple.redirects(), assigned, io, (from, through) -> Outcome.either(from));
        }
        boolean takesOver = argv.size() == 1 && argv.getFirst().is("exec");
        if (takesOver
                && simple.redirects().stream()
                        .anyMatch(each ->
                                each.descriptor() <= 0 && each.operator().startsWith("<"))) {
            findings.opaque("the shell's own input is replaced");
        }
        State prepared = variables.assignAll(assignments, expanded, io, true);
        Map<String, List<Value>> before = expanded.variables();
        return redirected(simple.redirects(), prepared, io, (from, through) -> {
            Outcome outcome = builtins.arrays(simple.words(), run(argv, from, through, Lookup.SHELL), through);
            return assignments.isEmpty() ? outcome : restored(outcome, assignments, before);
        });
    }

    /** Assignments before a command are for that command only. */
    private static Outcome restored(
            Outcome outcome, List<Node.Assignment> assignments, Map<String, List<Value>> before) {
        return new Outcome(
                restored(outcome.ok(), assignments, before), restored(outcome.failed(), assignments, before));
    }

    private static List<State> restored(
            List<State> states, List<Node.Assignment> assignments, Map<String, List<Value>> before) {
        List<State> changed = new ArrayList<>();
        for (State state : states) {
            State back = state;
            for (Node.Assignment assignment : assignments) {
                List<Value> values = before.get(assignment.name());
                back = values == null ? back.without(assignment.name()) : back.with(assignment.name(), values);
            }
            changed.add(back);
        }
        return changed;
    }

    Outcome redirected(List<Node.Redirect> redirects, State state, Io io, BiFunction<State, Io, Outcome> body) {
        if (redirects.isEmpty()) {
            return body.apply(state, io);
        }
        Redirections applied = new Redirections(interpreter, paths, state, io);
        redirects.forEach(applied::apply);
        Outcome outcome = body.apply(applied.state(), applied.io());
        Path file = applied.file();
        if (file == null) {
            return outcome;
        }
        Value content = applied.content();
        return new Outcome(wrote(outcome.ok(), file, content), wrote(outcome.failed(), file, content));
    }

    private static List<State> wrote(List<State> states, Path file, Value content) {
        return states.stream().map(state -> state.withWritten(file, content)).toList();
    }

    /**
     * Runs a command whose words are expanded.
     *
     * @param lookup what the name may mean besides a program
     */
    Outcome run(List<Value> argv, State state, Io io, Lookup lookup) {
        findings.spend(2 + argv.size());
        if (argv.isEmpty()) {
            return Outcome.either(state);
        }
        Value first = argv.getFirst();
        String name = first.known();
        if (name == null) {
            return unknownName(argv, state, io, lookup);
        }
        if (name.isEmpty()) {
            return Outcome.either(state);
        }
        if (!isPlain(name)) {
            findings.opaque("a command name is not plain ASCII: " + name);
            findings.add(new Effect.Run(shown(argv)));
            return Outcome.either(state);
        }
        if (lookup == Lookup.SHELL) {
            Outcome own = ownName(name, argv, state, io);
            if (own != null) {
                return own;
            }
        }
        findings.add(new Effect.Run(shown(argv)));
        if (lookup != Lookup.PROGRAMS || Builtins.EVERYWHERE.contains(programName(name))) {
            Outcome builtin = builtins.run(lookup == Lookup.PROGRAMS ? programName(name) : name, argv, state, io);
            if (builtin != null) {
                return builtin;
            }
        }
        programs.run(argv, state, io);
        return Outcome.either(programs.takeState(state));
    }

    private @Nullable Outcome ownName(String name, List<Value> argv, State state, Io io) {
        String alias = state.aliases().get(name);
        if (alias != null && !expanding.contains(name)) {
            expanding.push(name);
            try {
                StringBuilder line = new StringBuilder(alias);
                for (Value value : argv.subList(1, argv.size())) {
                    line.append(' ').append(quote(value.shown()));
                }
                // A shell may be told not to expand aliases, so the name as it stands counts too.
                return interpreter
                        .code(Value.of(line.toString()), state, io, "an alias")
                        .or(run(argv, state, io, Lookup.SHELL));
            } finally {
                expanding.pop();
            }
        }
        State.Body function = state.functions().get(name);
        return function == null ? null : call(name, function, argv, state, io);
    }

    private Outcome call(String name, State.Body function, List<Value> argv, State state, Io io) {
        // A function may define another of its own name; only the same body again is recursion.
        boolean again = running.contains(function);
        if (again || running.size() >= MAX_CALLS) {
            if (apart > 0) {
                findings.add(new Effect.Machine("fork bomb: " + name + " starts itself"));
            } else {
                findings.opaque("the function " + name + " calls itself");
            }
            return Outcome.either(state);
        }
        running.push(function);
        returns.push(new ArrayList<>());
        Set<String> local = new HashSet<>();
        locals.push(local);
        try {
            State inside = state.withArguments(argv.subList(1, argv.size()), state.zero());
            Outcome outcome = interpreter.execute(function.node, inside, io);
            List<State> returned = returns.peek() == null ? List.of() : returns.peek();
            Outcome all = outcome.or(new Outcome(returned, returned));
            return new Outcome(outside(all.ok(), state, local), outside(all.failed(), state, local));
        } finally {
            returns.pop();
            locals.pop();
            running.pop();
        }
    }

    /** What a function leaves behind: the caller's arguments and the variables it made its own are as they were. */
    private static List<State> outside(List<State> states, State caller, Set<String> local) {
        List<State> changed = new ArrayList<>();
        for (State state : states) {
            State back = state.withArguments(caller.arguments(), caller.zero());
            for (String name : local) {
                List<Value> values = caller.values(name);
                back = values == null ? back.without(name) : back.with(name, values);
            }
            changed.add(back);
        }
        return changed;
    }

    /** The variable belongs to the function that is being walked, if there is one. */
    void makeLocal(String name) {
        Set<String> own = locals.peek();
        if (own != null) {
            own.add(name);
        }
    }

    /** Leaves the function that is being walked; false when there is none to leave. */
    boolean leaveFunction(State state) {
        List<State> returned = returns.peek();
        if (returned == null) {
            return false;
        }
        returned.add(state);
        return true;
    }

    private Outcome unknownName(List<Value> argv, State state, Io io, Lookup lookup) {
        Value first = argv.getFirst();
        String remote = first.remote();
        if (remote != null) {
            findings.add(new Effect.RemoteCode(remote));
        }
        findings.opaque("which program runs is not known: " + first.shown());
        findings.add(new Effect.Run(shown(argv)));
        // The unknown may expand to nothing, to `sudo` or to `env`: what follows is then the command.
        return first.startsUnknown() && argv.size() > 1
                ? run(argv.subList(1, argv.size()), state, io, lookup)
                : Outcome.either(state);
    }

    private static boolean isPlain(String name) {
        return name.length() < 1024 && name.chars().allMatch(c -> c > ' ' && c < 0x7f);
    }

    static List<String> shown(List<Value> argv) {
        return argv.stream().map(Value::shown).toList();
    }

    static String quote(String text) {
        return "'" + text.replace("'", "'\\''") + "'";
    }

    /** The name a program is known by: no directory, and no version such as in {@code python3.12}. */
    static String programName(String written) {
        String name = written.substring(written.lastIndexOf('/') + 1);
        if (name.toLowerCase(java.util.Locale.ROOT).endsWith(".exe")) {
            name = name.substring(0, name.length() - 4);
        }
        return name;
    }
}
