package mirror.trust.shell;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import mirror.trust.Effect;
import org.jspecify.annotations.Nullable;

/** The effects found so far, and what may still be spent on finding more: a command cannot buy unlimited analysis. */
final class Findings {
    private static final int MAX_WORK = 300_000;
    private static final int MAX_EFFECTS = 5_000;

    private final Set<Effect> effects = new LinkedHashSet<>();
    private int work;
    private @Nullable String socketHost;

    /** The command is too expensive to follow to its end. */
    static final class Exhausted extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Exhausted() {
            super("the command does more than can be followed", null, false, false);
        }
    }

    void add(Effect effect) {
        if (effects.size() >= MAX_EFFECTS) {
            throw new Exhausted();
        }
        effects.add(effect);
    }

    void opaque(String why) {
        effects.add(new Effect.Opaque(why.length() > 300 ? why.substring(0, 300) + "…" : why));
    }

    int spent() {
        return work;
    }

    void spend(int units) {
        work += units;
        if (work > MAX_WORK) {
            throw new Exhausted();
        }
    }

    /** Remembers that a descriptor of this shell may be a connection to {@code host}. */
    void socket(String host) {
        socketHost = host;
    }

    @Nullable
    String socketHost() {
        return socketHost;
    }

    List<Effect> list() {
        return new ArrayList<>(effects);
    }
}
