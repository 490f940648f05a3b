package mirror.surface.agent;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import mirror.bus.Event;
import mirror.bus.EventLog;
import mirror.trust.Gate;
import mirror.trust.Verdict;

/**
 * Holds what an agent does against what the gate decided: a tool that ran although the log has no yes to its call ran outside the gate,
 * however that came about. The gate's decision is durable before the tool runs, so there is no race.
 *
 * <p>A yes counts for the run's own session, and for as many results as it was given times: where a client gives its calls no name,
 * Mirror makes one of tool and input, and two calls may have the same. Not thread-safe; for one run.
 */
final class GateWatch implements Predicate<AgentEvent> {
    private static final int PAGE = 512;

    private final EventLog log;
    private final Set<String> sessions = new HashSet<>();
    private final Map<String, Integer> allowed = new HashMap<>();
    private long seen;

    /** @param from number of the last event before the run */
    GateWatch(EventLog log, long from) {
        this.log = log;
        this.seen = from;
    }

    /** False for the result of a tool that ran and was not allowed. */
    @Override
    public boolean test(AgentEvent event) {
        if (event instanceof AgentEvent.Opened opened) {
            sessions.add(opened.session());
        }
        return !(event instanceof AgentEvent.Result result) || !result.ran() || take(result.id()) || found(result.id());
    }

    private boolean found(String id) {
        for (long last = log.durable(); seen < last; ) {
            for (Event each : log.read(seen + 1, PAGE)) {
                seen = each.seq();
                if (each.type().equals(Gate.DECIDED)
                        && each.subject() != null
                        && sessions.contains(each.session())
                        && each.text("verdict").equals(Verdict.ALLOW.text())) {
                    allowed.merge(each.subject(), 1, Integer::sum);
                }
            }
        }
        return take(id);
    }

    private boolean take(String id) {
        Integer times = allowed.get(id);
        if (times == null) {
            return false;
        }
        allowed.put(id, times - 1);
        if (times == 1) {
            allowed.remove(id);
        }
        return true;
    }
}
