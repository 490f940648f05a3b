package mirror.kernel;

import java.util.List;
import java.util.function.Function;
import mirror.bus.Event;
import mirror.bus.organism.Permit;
import mirror.trust.Lease;
import mirror.trust.Leases;
import org.jspecify.annotations.Nullable;

/** Organisms hear what their leases cover, and are withheld while none of them allows what they do. Thread-safe. */
final class LeasePermits implements Permit.Source {
    /** What an organism hears and does, as far as its leases must allow it. */
    record Need(List<String> types, String effect) {}

    private final Leases leases;
    private final Function<String, Need> needs;

    /** @param needs by the organism's name */
    LeasePermits(Leases leases, Function<String, Need> needs) {
        this.leases = leases;
        this.needs = needs;
    }

    static String holder(String organism) {
        return "organism:" + organism;
    }

    @Override
    public Permit of(String organism, @Nullable String only) {
        Need need = needs.apply(organism);
        String holder = holder(organism);
        List<Lease> able = need.effect.isEmpty() ? leases.held(holder) : leases.allowing(holder, need.effect);
        List<Lease> held = able.stream()
                .filter(lease -> only == null || only.equals(lease.id()))
                .toList();
        return held.isEmpty()
                ? new Permit.Withheld(refusal(organism, only, need))
                : new Permit.Valid(event -> covering(held, event));
    }

    private static @Nullable String covering(List<Lease> held, Event event) {
        return held.stream()
                .filter(lease -> lease.covers(event.type()))
                .map(Lease::id)
                .findFirst()
                .orElse(null);
    }

    private String refusal(String organism, @Nullable String only, Need need) {
        String which = only == null ? "it holds no valid lease" : "the lease " + only + " is not valid or not its own";
        return which + (need.effect.isEmpty() ? "" : " that allows " + need.effect) + "; "
                + Leases.advice(holder(organism), need.types, need.effect.isEmpty() ? List.of() : List.of(need.effect));
    }
}
