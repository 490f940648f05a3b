package mirror.tiers.gateway;

import java.util.List;
import mirror.tiers.Candidate;
import mirror.tiers.wire.JsonScan;
import mirror.trust.Leases;

/**
 * What is known of a call before it goes anywhere.
 *
 * @param model the name that the client asked for
 * @param candidates who may answer it, in the order in which they are tried; at least one
 * @param limit the most tokens that the client wants written; 0 when it does not say
 * @param bounded whether the request's own bytes bound its tokens
 * @param streams whether the client wants the answer in pieces
 * @param started {@link System#nanoTime} when it came
 */
record Call(
        Request request,
        JsonScan body,
        String model,
        Leases.Presented lease,
        Governor.Slot slot,
        List<Candidate> candidates,
        long limit,
        boolean bounded,
        boolean streams,
        boolean localOnly,
        String actor,
        long started) {}
