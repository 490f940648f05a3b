package mirror.bus.organism;

import java.util.function.Function;
import mirror.bus.Event;
import org.jspecify.annotations.Nullable;

/** Whether an organism may hear events now. */
public sealed interface Permit {
    /**
     * It may hear what its leases cover.
     *
     * @param covering the id of the lease that covers an event, or null when none does: that event is not for this organism
     */
    record Valid(Function<Event, @Nullable String> covering) implements Permit {}

    /** It may hear nothing: no lease, an expired or a revoked one. Its events wait in the log until there is a new one. */
    record Withheld(String reason) implements Permit {}

    /** Says what holds at this moment; asked before each single delivery. Thread-safe, quick, and never answers from memory. */
    @FunctionalInterface
    interface Source {
        /** @param lease the id of the only lease the organism may act under, or null for any that it holds */
        Permit of(String organism, @Nullable String lease);
    }
}
