package mirror.tiers.gateway;

import java.util.List;
import mirror.tiers.Candidate;
import mirror.tiers.wire.JsonScan;
import mirror.trust.Leases;

/**
 * What is known of a call before it goes anywhere.
 *
 * @param model the name that the client asked for
 * @param choice who may answer it, and why
 * @param started {@link System#nanoTime} when it came
 */
record Call(
        Request request,
        JsonScan body,
        String model,
        Leases.Presented lease,
        Governor.Slot slot,
        Choice choice,
        Needs needs,
        boolean localOnly,
        String actor,
        long started) {
    /** Who may answer it, in the order in which they are tried; at least one. */
    List<Candidate> candidates() {
        return choice.candidates();
    }

    /** The most tokens that the client wants written; 0 when it does not say. */
    long limit() {
        return needs.limit();
    }

    /** Whether the request's own bytes bound its tokens. */
    boolean bounded() {
        return needs.bounded();
    }

    /** Whether the client wants the answer in pieces. */
    boolean streams() {
        return needs.streams();
    }
}
