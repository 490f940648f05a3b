package mirror.tiers.gateway;

import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import mirror.tiers.Provider;
import mirror.tiers.Tiers;
import mirror.tiers.TiersFile;
import mirror.trust.Action;
import mirror.trust.Check;
import mirror.trust.Effect;
import mirror.trust.Policy;
import mirror.trust.Verdict;

/**
 * What is marked as local must not leave the owner's machines, as a rule of the gate: such a call may reach the hosts of local
 * providers and no others, whoever chose them and however it was routed. Thread-safe.
 */
public final class LocalOnly implements Check {
    /** The tool under which the gateway asks the gate. */
    static final String TOOL = "model";

    /** The field of the action that marks it. */
    static final String MARK = "local-only";

    private final TiersFile tiers;

    public LocalOnly(TiersFile tiers) {
        this.tiers = tiers;
    }

    @Override
    public Optional<Policy.Match> check(Action action, Policy.Match sofar) {
        if (!action.tool().equals(TOOL) || !action.input().path(MARK).asBoolean(false)) {
            return Optional.empty();
        }
        Tiers now = tiers.current().tiers();
        Set<Effect> local = now == null
                ? Set.of()
                : now.providers().values().stream()
                        .filter(Provider::local)
                        .map(Provider::effect)
                        .collect(Collectors.toSet());
        boolean stays = local.containsAll(action.effects());
        return stays
                ? Optional.empty()
                : Optional.of(new Policy.Match(
                        Verdict.BLOCK,
                        "local-only",
                        "this must not leave the owner's machines, and one of its hosts is not local"));
    }
}
