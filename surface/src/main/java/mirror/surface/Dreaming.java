package mirror.surface;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import mirror.bus.Draft;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.trust.Action;
import mirror.trust.Effect;
import mirror.trust.Verdict;

/** Records what consolidation finds, and applies it where the owner's policy allows that. Stateless. */
public final class Dreaming {
    private static final Object TURN = new Object();

    private Dreaming() {}

    /** What the events tell that was not found before; nothing is recorded. */
    public static List<Draft> find(Core core) {
        return core.state()
                .continuity()
                .insights()
                .dream(core.state().continuity().memory(), core.clock().instant());
    }

    /** Records what is new. Running it again on the same events records nothing. */
    public static List<Event> dream(Core core) {
        List<Event> found = new ArrayList<>();
        // Two at a time would find the same. Not the projector's lock: the gate has one that comes before that.
        synchronized (TURN) {
            for (Draft draft : find(core)) {
                Event event = core.projector().record(draft);
                found.add(event);
                if (allowed(core, event)) {
                    core.projector().record(core.state().continuity().insights().answer(event.id(), true, "daemon"));
                }
            }
        }
        return found;
    }

    /** Only what the policy says yes to by itself: nobody is asked about every finding. */
    private static boolean allowed(Core core, Event insight) {
        String project = insight.text("project");
        Path folder = Path.of(project.isEmpty() ? "/" : project);
        Action action = new Action(
                "daemon",
                "dream",
                insight.id(),
                "dream",
                Json.object().put("insight", insight.text("text")),
                folder,
                folder,
                List.of(new Effect.Memory("insight/" + insight.text("kind"), true)));
        return core.gate().dryRun(action).verdict() == Verdict.ALLOW
                && core.gate().decide(action).verdict() == Verdict.ALLOW;
    }
}
