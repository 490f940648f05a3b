package mirror.trust.shell;

import java.util.List;
import mirror.trust.Effect;

public final class ShellEffects {
    private ShellEffects() {}

    public static List<Effect> of(String command, ShellContext context) {
        return List.of(new Effect.Opaque("shell commands are not understood yet"));
    }
}
