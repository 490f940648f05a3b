package mirror.surface;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.random.RandomGenerator;
import mirror.bus.Event;
import mirror.tiers.Route;
import mirror.tiers.Tiers;
import mirror.tiers.TiersFile;
import mirror.tiers.ask.GatewayModels;
import mirror.tiers.ask.Models.Said;
import mirror.tiers.gateway.Gateway;
import mirror.trust.LeaseScope;
import mirror.trust.Sensitivity;
import mirror.trust.TrustException;

/**
 * Asks a model for Mirror itself, through the gateway. Each question has a lease of its own: the hosts of that model, an end of money and of time,
 * and nothing else; it is taken back when the answer is there, or there is none. Without money only models on this machine are asked, and
 * nothing leaves it. Thread-safe.
 */
public final class LeasedModel {
    private final Core core;
    private final Gateway gateway;
    private final RandomGenerator random;

    public LeasedModel(Core core, Gateway gateway, RandomGenerator random) {
        this.core = core;
        this.gateway = gateway;
        this.random = random;
    }

    /**
     * Why a model cannot be asked at all, or nothing.
     *
     * @param model a name of {@code tiers.yaml}
     * @param cents what it may cost; 0: it must be on this machine
     */
    public Optional<String> refusal(String model, long cents) {
        TiersFile.State state = core.tiers().current();
        Tiers tiers = state.tiers();
        if (tiers == null) {
            return Optional.of(String.valueOf(state.refusal()));
        }
        Route route = tiers.route(model).orElse(null);
        if (route == null || route.candidates().isEmpty()) {
            return Optional.of("tiers.yaml has no model '" + model + "'");
        }
        return cents > 0
                ? Optional.empty()
                : route.candidates().stream()
                        .filter(each -> !each.provider().local())
                        .map(each -> "provider " + each.provider().name()
                                + " is not on this machine, and no money was set aside for it")
                        .findFirst();
    }

    /**
     * Asks it, and never takes an answer that was kept from before.
     *
     * @param holder of the lease; also the part of Mirror that costs are summed up by
     * @param output most tokens of the answer
     */
    public GatewayModels.Heard ask(
            String holder, String model, String prompt, long cents, int output, Duration patience) {
        Optional<String> refusal = refusal(model, cents);
        Tiers tiers = core.tiers().current().tiers();
        if (refusal.isPresent() || tiers == null) {
            return new GatewayModels.Heard(new Said.Absent(refusal.orElse("tiers.yaml cannot be read")), "");
        }
        String run = holder.charAt(0) + Long.toString(random.nextLong(1L << 40, 1L << 41), 36);
        LeaseScope scope = scope(tiers.route(model).orElseThrow(), cents, run, patience);
        String lease = core.projector()
                .record(core.state().leases().grant(holder, scope, "owner"))
                .text("lease");
        try {
            return new GatewayModels(
                            gateway,
                            tiers,
                            holder,
                            core.state().leases().token(lease, core.key()).text(),
                            Sensitivity.INTERNAL.text(),
                            patience,
                            output,
                            core.clock())
                    .askAnew(model, prompt);
        } finally {
            revoke(lease);
        }
    }

    private LeaseScope scope(Route route, long cents, String run, Duration patience) {
        Instant end = core.clock().instant().plus(patience.multipliedBy(2));
        LeaseScope any = LeaseScope.of(
                java.util.List.of(),
                route.candidates().stream()
                        .map(candidate -> candidate.provider().term())
                        .distinct()
                        .toList(),
                end);
        return any.until(end)
                .inSession(run)
                .onTier(cents == 0 ? Sensitivity.Tier.LOCAL : Sensitivity.Tier.CLOUD)
                // A lease of nothing is used up; a model on this machine that has a price in tiers.yaml may take a
                // cent.
                .spending(any.tokens(), Math.max(1, cents));
    }

    private void revoke(String lease) {
        try {
            Event _ = core.projector().record(core.state().leases().revoke(lease));
        } catch (TrustException e) {
            // It has ended by itself.
        }
    }
}
