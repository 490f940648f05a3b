package mirror.pulse.heal;

import java.nio.file.Path;
import java.util.List;
import mirror.trust.Effect;

/**
 * Something that Mirror would do by itself.
 *
 * @param holder whose lease it needs, such as {@code healer:log}
 * @param about what it is about; part of what an approval is for
 * @param does in words
 * @param needs what the lease has to allow, each {@code kind:target}
 * @param effects what it would bring about, for the gate
 */
public record Deed(String holder, String about, String does, List<String> needs, List<Effect> effects, Path cwd) {
    public Deed {
        needs = List.copyOf(needs);
        effects = List.copyOf(effects);
    }

    /** What the gate's records call whoever does it. */
    public String actor() {
        return holder.replace(':', '.');
    }
}
