package mirror.trust.shell;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One possible condition of the shell between two commands. Immutable: a branch that may or may not be taken simply keeps both.
 *
 * @param cwd null when it cannot be told
 * @param previous what {@code cd -} goes back to, null when it cannot be told
 * @param stack of {@code pushd}
 * @param variables name to values: one for a scalar, several for an array. A name that is missing has an unknown value
 * @param written files this command line has written, with their content as far as it is known
 * @param arguments the positional parameters
 * @param stopsOnFailure {@code set -e}
 * @param exported the variables that programs started from here see
 */
record State(
        @Nullable Path cwd,
        @Nullable Path previous,
        List<Path> stack,
        Map<String, List<Value>> variables,
        Map<String, Body> functions,
        Map<String, String> aliases,
        Map<Path, Value> written,
        List<Value> arguments,
        Value zero,
        boolean stopsOnFailure,
        Set<String> exported) {

    /** A function's body; compared by identity, since comparing syntax trees would cost more than it tells. */
    static final class Body {
        final Node node;

        Body(Node node) {
            this.node = node;
        }
    }

    static State of(ShellContext context) {
        Map<String, List<Value>> variables = new HashMap<>();
        context.environment().forEach((name, value) -> variables.put(name, List.of(Value.of(value))));
        variables.keySet().removeAll(Set.of("PWD", "OLDPWD", "IFS"));
        return new State(
                context.cwd(),
                null,
                List.of(),
                variables,
                Map.of(),
                Map.of(),
                Map.of(),
                List.of(),
                Value.of("bash"),
                false,
                context.environment().keySet());
    }

    /** Set by code that was not read: from then on a missing variable may have been given any value. */
    static final String SOURCED = "*";

    /** Null when the value is not known; no values at all when it is known to be unset. */
    @Nullable
    List<Value> values(String name) {
        return variables.get(name);
    }

    /** The scalar value, or null when it is not known. */
    @Nullable
    Value variable(String name) {
        List<Value> values = variables.get(name);
        return values == null ? null : values.isEmpty() ? Value.EMPTY : values.getFirst();
    }

    State with(String name, List<Value> values) {
        Map<String, List<Value>> changed = new HashMap<>(variables);
        changed.put(name, List.copyOf(values));
        return withVariables(changed);
    }

    State with(String name, Value value) {
        return with(name, List.of(value));
    }

    State without(String name) {
        Map<String, List<Value>> changed = new HashMap<>(variables);
        changed.remove(name);
        return withVariables(changed);
    }

    State withVariables(Map<String, List<Value>> changed) {
        return new State(
                cwd, previous, stack, changed, functions, aliases, written, arguments, zero, stopsOnFailure, exported);
    }

    State exporting(String name) {
        Set<String> names = new HashSet<>(exported);
        names.add(name);
        return new State(
                cwd, previous, stack, variables, functions, aliases, written, arguments, zero, stopsOnFailure, names);
    }

    /** What a program started from here sees: variables that were not exported stay behind. */
    State forChild() {
        Map<String, List<Value>> seen = new HashMap<>(variables);
        seen.keySet().removeIf(name -> !exported.contains(name) && !name.equals(SOURCED));
        return withVariables(seen).stopping(false);
    }

    State in(@Nullable Path directory) {
        return new State(
                directory,
                cwd,
                stack,
                variables,
                functions,
                aliases,
                written,
                arguments,
                zero,
                stopsOnFailure,
                exported);
    }

    State stack(List<Path> directories) {
        return new State(
                cwd,
                previous,
                List.copyOf(directories),
                variables,
                functions,
                aliases,
                written,
                arguments,
                zero,
                stopsOnFailure,
                exported);
    }

    State withFunction(String name, Node body) {
        Map<String, Body> changed = new HashMap<>(functions);
        changed.put(name, new Body(body));
        return new State(
                cwd, previous, stack, variables, changed, aliases, written, arguments, zero, stopsOnFailure, exported);
    }

    State withFunctions(Map<String, Body> changed) {
        return new State(
                cwd, previous, stack, variables, changed, aliases, written, arguments, zero, stopsOnFailure, exported);
    }

    State withAlias(String name, String text) {
        Map<String, String> changed = new HashMap<>(aliases);
        changed.put(name, text);
        return new State(
                cwd,
                previous,
                stack,
                variables,
                functions,
                changed,
                written,
                arguments,
                zero,
                stopsOnFailure,
                exported);
    }

    State withWritten(Path file, Value content) {
        Map<Path, Value> changed = new HashMap<>(written);
        changed.put(file, content);
        return withWritten(changed);
    }

    State withWritten(Map<Path, Value> files) {
        return new State(
                cwd, previous, stack, variables, functions, aliases, files, arguments, zero, stopsOnFailure, exported);
    }

    State withArguments(List<Value> values, Value name) {
        return new State(
                cwd,
                previous,
                stack,
                variables,
                functions,
                aliases,
                written,
                List.copyOf(values),
                name,
                stopsOnFailure,
                exported);
    }

    State stopping(boolean stops) {
        return new State(
                cwd, previous, stack, variables, functions, aliases, written, arguments, zero, stops, exported);
    }

    /** One condition that covers both: what differs is unknown. */
    State merge(State other) {
        Map<String, List<Value>> common = new HashMap<>(variables);
        other.variables.keySet().forEach(name -> common.putIfAbsent(name, List.of()));
        common.replaceAll((name, values) ->
                values.equals(other.variables.get(name)) ? values : List.of(Value.unknown("$" + name)));
        Map<Path, Value> files = new HashMap<>(written);
        other.written.forEach((file, content) ->
                files.merge(file, content, (a, b) -> a.equals(b) ? a : Value.unknown(file.toString())));
        Map<String, Body> bodies = new HashMap<>(functions);
        other.functions.forEach((name, body) -> bodies.merge(name, body, (a, b) -> a == b ? a : either(a, b)));
        Map<String, String> names = new HashMap<>(aliases);
        names.putAll(other.aliases);
        boolean sameArguments = arguments.equals(other.arguments);
        return new State(
                cwd != null && cwd.equals(other.cwd) ? cwd : null,
                previous != null && previous.equals(other.previous) ? previous : null,
                stack.equals(other.stack) ? stack : List.of(),
                common,
                bodies,
                names,
                files,
                sameArguments ? arguments : List.of(Value.unknown("$@")),
                zero.equals(other.zero) ? zero : Value.unknown("$0"),
                stopsOnFailure && other.stopsOnFailure,
                exported);
    }

    private static Body either(Body a, Body b) {
        List<Node.Item> both = new ArrayList<>();
        both.add(new Node.Item(a.node, false));
        both.add(new Node.Item(b.node, false));
        return new Body(new Node.Script(both));
    }
}
