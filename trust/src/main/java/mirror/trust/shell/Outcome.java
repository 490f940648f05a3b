package mirror.trust.shell;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;

/**
 * The conditions a command may leave the shell in, by whether it succeeded. A command whose result is not known leaves its state
 * on both sides; one that ends the shell leaves it on none.
 */
record Outcome(List<State> ok, List<State> failed) {
    private static final int MAX_STATES = 6;

    static final Outcome NEVER = new Outcome(List.of(), List.of());

    Outcome {
        ok = bounded(ok);
        failed = bounded(failed);
    }

    static Outcome either(State state) {
        return new Outcome(List.of(state), List.of(state));
    }

    static Outcome success(State state) {
        return new Outcome(List.of(state), List.of());
    }

    List<State> all() {
        return union(ok, failed);
    }

    Outcome or(Outcome other) {
        return new Outcome(union(ok, other.ok), union(failed, other.failed));
    }

    static List<State> union(List<State> a, List<State> b) {
        if (a.isEmpty()) {
            return b;
        }
        if (b.isEmpty() || a.equals(b)) {
            return a;
        }
        List<State> both = new ArrayList<>(a);
        both.addAll(b);
        return bounded(both);
    }

    private static List<State> bounded(List<State> states) {
        if (states.size() < 2) {
            return List.copyOf(states);
        }
        List<State> distinct = new ArrayList<>(new LinkedHashSet<>(states));
        while (distinct.size() > MAX_STATES) {
            State last = distinct.removeLast();
            distinct.add(distinct.removeLast().merge(last));
        }
        return List.copyOf(distinct);
    }
}
