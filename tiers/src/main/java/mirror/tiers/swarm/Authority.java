package mirror.tiers.swarm;

import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
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

    /** The lease of a run: the hosts of its models, its money and its time, and nothing else. */
    static LeaseScope run(Graph graph, Purse purse, Instant end) {
        LeaseScope any = LeaseScope.of(List.of(), effects(graph.hosts()), end);
        return new LeaseScope(
                any.events(),
                any.effects(),
                any.tools(),
                any.from(),
                end,
                "",
                any.risk(),
                any.ceiling(),
                graph.stays() ? Sensitivity.Tier.LOCAL : Sensitivity.Tier.CLOUD,
                any.actions(),
                purse.tokens(),
                purse.cents());
    }

    private static List<String> effects(List<String> hosts) {
        return hosts.stream().map(host -> "egress:" + host).toList();
    }

    /** A lease for one attempt. */
    synchronized LeaseToken attempt(Order order, Instant end) {
        LeaseToken above = root;
        for (Rank rank : order.lineage()) {
            LeaseToken parent = above;
            above = tasks.computeIfAbsent(
                    rank.task(),
                    _ -> parent.attenuate(scope -> narrowed(
                            scope, rank.hosts(), rank.purse(), scope.session(), scope.actions(), scope.expires())));
        }
        return above.attenuate(
                scope -> narrowed(scope, order.task().hosts(), order.purse(), order.session(), order.calls(), end));
    }

    private static LeaseScope narrowed(
            LeaseScope above, List<String> hosts, Purse purse, String session, long calls, Instant end) {
        Stream<String> covered = hosts.stream().filter(host -> above.allows("egress", host));
        return new LeaseScope(
                above.events(),
                effects(covered.toList()),
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
