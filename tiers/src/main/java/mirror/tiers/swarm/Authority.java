package mirror.tiers.swarm;

import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import mirror.tiers.swarm.Order.Rank;
import mirror.trust.LeaseScope;
import mirror.trust.LeaseToken;
import mirror.trust.Sensitivity;

/**
 * The leases of a run, each narrowed from the one above: the run's, one for each task with all that it and its children may use, and below that one for each attempt, with a
 * session of its own. Narrowing needs nobody's leave and widening is impossible: {@link LeaseToken} refuses it. Thread-safe.
 */
final class Authority {
    private final LeaseToken root;
    private final Map<String, LeaseToken> tasks = new HashMap<>();

    Authority(LeaseToken root) {
        this.root = root;
    }

    /** The lease of a run: the effects of its models, its money and its time, and nothing else. */
    static LeaseScope run(Graph graph, Purse purse, Instant end) {
        LeaseScope any = LeaseScope.of(List.of(), graph.effects(), end);
        return any.onTier(graph.stays() ? Sensitivity.Tier.LOCAL : Sensitivity.Tier.CLOUD)
                .spending(purse.tokens(), purse.cents());
    }

    /** A lease for one attempt. */
    synchronized LeaseToken attempt(Order order, Instant end) {
        LeaseToken above = root;
        for (Rank rank : order.lineage()) {
            LeaseToken parent = above;
            above = tasks.computeIfAbsent(
                    rank.task(),
                    _ -> parent.attenuate(scope -> narrowed(
                            scope, rank.effects(), rank.purse(), scope.session(), scope.actions(), scope.expires())));
        }
        return above.attenuate(
                scope -> narrowed(scope, order.task().effects(), order.purse(), order.session(), order.calls(), end));
    }

    private static LeaseScope narrowed(
            LeaseScope above, List<String> effects, Purse purse, String session, long calls, Instant end) {
        return new LeaseScope(
                above.events(),
                effects.stream()
                        .filter(effect -> above.allows(
                                effect.substring(0, effect.indexOf(':')), effect.substring(effect.indexOf(':') + 1)))
                        .toList(),
                above.tools(),
                above.from(),
                end.isBefore(above.expires()) ? end : above.expires(),
                session,
                above.risk(),
                above.ceiling(),
                above.tier(),
                Math.min(above.actions(), calls),
                Math.min(above.tokens(), purse.tokens()),
                Math.min(above.cents(), purse.cents()));
    }
}
