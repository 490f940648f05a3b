package mirror.trust.shell;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Walks a syntax tree the way a shell would, without running anything. Where the shell would look at an exit status, both ways
 * are walked; where it would loop, the body is walked until further turns tell nothing new. So every effect that can happen is
 * found, and some that cannot.
 *
 * <p>The control flow is here; one simple command is {@link Commands}, what a program does is {@link Programs}.
 */
final class Interpreter {
    /** Functions that the shell itself calls. */
    private static final Set<String> HOOKS = Set.of(
            "command_not_found_handle", "command_not_found_handler", "precmd", "preexec", "chpwd", "fish_prompt");

    private static final int MAX_TURNS = 48;
    private static final int MAX_CODE_DEPTH = 24;

    private final Findings findings;
    private final PathResolver resolver;
    private final Commands commands;
    private int depth;

    Interpreter(Findings findings, PathResolver paths) {
        this.findings = findings;
        this.resolver = paths;
        this.commands = new Commands(this, new Paths(findings, paths));
    }

    Findings findings() {
        return findings;
    }

    /** What a command would do in a place of its own; nothing of it is reported as done here. */
    List<mirror.trust.Effect> separately(List<Value> argv, State state, Io io) {
        Findings apart = new Findings();
        new Interpreter(apart, resolver).commands.run(argv, state.forChild(), io, Lookup.PROGRAMS);
        findings.spend(apart.spent());
        return apart.list();
    }

    /** Parses and walks code that a shell in this state would run; text that is not known is reported. */
    Outcome code(Value code, State state, Io io, String where) {
        String text = readable(code);
        if (text == null) {
            String remote = code.remote();
            if (remote != null) {
                findings.add(new mirror.trust.Effect.RemoteCode(remote));
            } else {
                findings.opaque("the code that " + where + " runs is not known: " + code.shown());
            }
            return Outcome.either(state.with(State.SOURCED, Value.of("1")));
        }
        findings.spend(1 + text.length() / 16);
        if (++depth > MAX_CODE_DEPTH) {
            depth--;
            findings.opaque("code inside code goes too deep to be followed");
            return Outcome.either(state);
        }
        try {
            return execute(Parser.parse(text), state, io);
        } catch (ShellSyntaxException unreadable) {
            findings.opaque("the code that " + where + " runs cannot be read: " + unreadable.getMessage());
            return Outcome.either(state);
        } finally {
            depth--;
        }
    }

    /** The text of code, numbers that are not known replaced by one; null when other parts of it are not known. */
    private static @Nullable String readable(Value code) {
        StringBuilder text = new StringBuilder();
        for (Value.Chunk chunk : code.chunks()) {
            switch (chunk) {
                case Value.Text(String piece) -> text.append(piece);
                case Value.Wild(String shown) when shown.startsWith("$") -> text.append('0');
                default -> {
                    return null;
                }
            }
        }
        return text.toString();
    }

    /** The output of a substitution, and its effects. */
    Value capture(Node script, State state, Io io) {
        Io.Capture capture = new Io.Capture();
        execute(script, state, io.writing(capture));
        return capture.value("$(…)").trimNewlines();
    }

    Outcome execute(Node node, State state, Io io) {
        // A state is copied and compared as a whole, so every step costs by its size.
        findings.spend(1 + state.variables().size() / 16 + state.written().size() / 16);
        return switch (node) {
            case Node.Script script -> script(script, state, io);
            case Node.Simple simple -> commands.simple(simple, state, io);
            case Node.Pipeline pipeline -> pipeline(pipeline, state, io);
            case Node.AndOr list -> andOr(list, state, io);
            case Node.Subshell(Node body) -> subshell(body, state, io);
            case Node.Group(Node body) -> execute(body, state, io);
            case Node.If conditional -> conditional(conditional, state, io);
            case Node.Loop(Node condition, Node body) -> loop(condition, body, state, io);
            case Node.For loop -> forEach(loop, state, io);
            case Node.ForArithmetic(Word clauses, Node body) -> {
                Expander expander = new Expander(this, state, io);
                expander.arithmetic(clauses);
                yield loop(new Node.Script(List.of()), body, expander.state(), io);
            }
            case Node.Case choice -> choice(choice, state, io);
            case Node.Function(String name, Node body) -> {
                if (HOOKS.contains(name)) {
                    execute(body, state, io);
                }
                yield Outcome.success(state.withFunction(name, body));
            }
            case Node.Test(List<Word> words) -> {
                Expander expander = new Expander(this, state, io);
                words.forEach(expander::single);
                yield Outcome.either(expander.state());
            }
            case Node.Arithmetic(Word expression) -> {
                Expander expander = new Expander(this, state, io);
                expander.arithmetic(expression);
                yield Outcome.either(expander.state());
            }
            case Node.Redirected(Node inner, List<Node.Redirect> redirects) ->
                commands.redirected(redirects, state, io, (from, through) -> execute(inner, from, through));
        };
    }

    private Outcome executeAll(Node node, List<State> states, Io io) {
        Outcome all = Outcome.NEVER;
        if (states.size() > 1) {
            io.uncertain();
        }
        for (State state : states) {
            all = all.or(execute(node, state, io));
        }
        return all;
    }

    private Outcome script(Node.Script script, State state, Io io) {
        Outcome outcome = Outcome.success(state);
        for (Node.Item item : script.items()) {
            List<State> states = outcome.all();
            if (states.isEmpty()) {
                return outcome;
            }
            if (item.background()) {
                Outcome all = Outcome.NEVER;
                for (State each : states) {
                    all = all.or(commands.apart(() -> subshell(item.node(), each, io)));
                }
                outcome = all;
                continue;
            }
            outcome = executeAll(item.node(), states, io);
            if (item.node() instanceof Node.Simple && outcome.failed().stream().allMatch(State::stopsOnFailure)) {
                outcome = new Outcome(outcome.ok(), List.of());
            }
        }
        return outcome;
    }

    private Outcome andOr(Node.AndOr list, State state, Io io) {
        Outcome outcome = execute(list.first(), state, io);
        for (Node.Link link : list.rest()) {
            io.uncertain();
            outcome = link.and()
                    ? withFailed(executeAll(link.node(), outcome.ok(), io), outcome.failed())
                    : withOk(executeAll(link.node(), outcome.failed(), io), outcome.ok());
        }
        return outcome;
    }

    private static Outcome withFailed(Outcome outcome, List<State> failed) {
        return outcome.or(new Outcome(List.of(), failed));
    }

    private static Outcome withOk(Outcome outcome, List<State> ok) {
        return outcome.or(new Outcome(ok, List.of()));
    }

    /** Only files outlive a subshell. */
    private Outcome subshell(Node body, State state, Io io) {
        State after = state.withWritten(written(state, execute(body, state, io).all()));
        return Outcome.either(after);
    }

    private static Map<Path, Value> written(State before, List<State> after) {
        Map<Path, Value> files = new HashMap<>(before.written());
        for (State state : after) {
            files.putAll(state.written());
        }
        return files;
    }

    private Outcome pipeline(Node.Pipeline pipeline, State state, Io io) {
        Value stdin = io.stdin();
        State current = state;
        List<Node> stages = pipeline.stages();
        for (int i = 0; i < stages.size(); i++) {
            Node stage = stages.get(i);
            Io.Capture capture = new Io.Capture();
            Io through = new Io(stdin, i == stages.size() - 1 ? io.out() : capture);
            State from = current;
            Outcome outcome = commands.apart(() -> execute(stage, from, through));
            current = current.withWritten(written(current, outcome.all()));
            stdin = capture.value("…");
        }
        return Outcome.either(current);
    }

    private Outcome conditional(Node.If conditional, State state, Io io) {
        io.uncertain();
        Outcome result = Outcome.NEVER;
        List<State> entering = List.of(state);
        for (Node.Branch branch : conditional.branches()) {
            Outcome condition = executeAll(branch.condition(), entering, io);
            result = result.or(executeAll(branch.body(), condition.ok(), io));
            entering = condition.failed();
        }
        Node otherwise = conditional.otherwise();
        return otherwise == null
                ? result.or(new Outcome(entering, List.of()))
                : result.or(executeAll(otherwise, entering, io));
    }

    private Outcome loop(Node condition, Node body, State state, Io io) {
        io.uncertain();
        List<State> entering = List.of(state);
        List<State> leaving = entering;
        for (int turn = 0; turn < 3 && !entering.isEmpty(); turn++) {
            List<State> tested = executeAll(condition, entering, io).all();
            leaving = Outcome.union(leaving, tested);
            List<State> next = executeAll(body, tested, io).all();
            leaving = Outcome.union(leaving, next);
            if (leaving.containsAll(next) && entering.containsAll(next)) {
                break;
            }
            entering = turn == 1 ? List.of(mergeAll(leaving)) : next;
        }
        return new Outcome(leaving, leaving);
    }

    private static State mergeAll(List<State> states) {
        State merged = states.getFirst();
        for (State state : states.subList(1, states.size())) {
            merged = merged.merge(state);
        }
        return merged;
    }

    private Outcome forEach(Node.For loop, State state, Io io) {
        Expander expander = new Expander(this, state, io);
        List<Word> words = loop.words();
        List<Value> values = new ArrayList<>(words == null ? state.arguments() : expander.fields(words));
        State start = expander.state();
        if (values.size() > MAX_TURNS) {
            List<Value> rest = values.subList(MAX_TURNS, values.size());
            Value more = Value.unknown("$" + loop.name());
            rest.clear();
            values.add(more);
        }
        List<State> states = List.of(start);
        List<State> leaving = states;
        for (Value value : values) {
            int turns = value.isKnown() ? 1 : 2;
            for (int turn = 0; turn < turns; turn++) {
                List<State> next = new ArrayList<>();
                states.forEach(each -> next.add(each.with(loop.name(), value)));
                if (!value.isKnown()) {
                    io.uncertain();
                }
                states = executeAll(loop.body(), next, io).all();
                leaving = value.isKnown() ? states : Outcome.union(leaving, states);
            }
        }
        return new Outcome(leaving, leaving);
    }

    /** Every arm is walked: which pattern matches is seldom known, and a wrong guess would leave an effect out. */
    private Outcome choice(Node.Case choice, State state, Io io) {
        io.uncertain();
        Expander expander = new Expander(this, state, io);
        expander.single(choice.subject());
        Outcome result = Outcome.either(expander.state());
        for (Node.Arm arm : choice.arms()) {
            arm.patterns().forEach(expander::single);
            result = result.or(execute(arm.body(), expander.state(), io));
        }
        return result;
    }
}
