package mirror.surface.agent;

import java.util.HashSet;
import java.util.Set;
import java.util.function.Predicate;
import mirror.bus.Event;
import mirror.bus.EventLog;
import mirror.trust.Verdict;

/**
 * Holds what an agent does against what the gate decided: a tool that ran although the log has no yes to its call ran outside the gate,
 * however that came about. The gate's decision is durable before the tool runs, so there is no race. Not thread-safe; for one run.
 */
final class GateWatch implements Predicate<AgentEvent> {
    private static final String DECIDED = "mirror.action.decided.v1";
    private static final int PAGE = 512;

    private final EventLog log;
    private final Set<String> allowed = new HashSet<>();
    private long seen;

    /** @param from number of the last event before the run */
    GateWatch(EventLog log, long from) {
        this.log = log;
        this.seen = from;
    }

    /** False for the result of a call that the gate did not allow. A failed call need not have come as far as the gate. */
    @Override
    public boolean test(AgentEvent event) {
        if (!(event instanceof AgentEvent.Result result) || result.error() || allowed.contains(result.id())) {
            return true;
        }
        for (long last = log.durable(); seen < last; ) {
            for (Event each : log.read(seen + 1, PAGE)) {
                seen = each.seq();
                if (each.type().equals(DECIDED)
                        && each.subject() != null
                        && each.text("verdict").equals(Verdict.ALLOW.text())) {
                    allowed.add(each.subject());
                }
            }
        }
        return allowed.contains(result.id());
    }
}
