package mirror.tiers.gateway;

import java.util.List;
import mirror.bus.Json;
import mirror.tiers.Candidate;
import mirror.tiers.Tokens;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What one call of one provider may cost, drawn before it goes, and what it did cost, settled once and written down after it. What
 * nobody reports stays spent in full. Used by one thread.
 */
final class Bill {
    private final Call call;
    private final Candidate candidate;
    private final List<String> passedOver;
    private final Governor governor;
    private final Receipts receipts;
    private final Governor.Draw draw;

    private Bill(
            Call call,
            Candidate candidate,
            List<String> passedOver,
            Governor governor,
            Receipts receipts,
            Governor.Draw draw) {
        this.call = call;
        this.candidate = candidate;
        this.passedOver = passedOver;
        this.governor = governor;
        this.receipts = receipts;
        this.draw = draw;
    }

    /**
     * Draws the worst case.
     *
     * @param passedOver who was not asked before, and why
     * @param bytes of the body that is sent: no tokenizer makes more tokens than bytes
     * @param limit the most tokens that may be written
     * @throws Refusal when there is not so much left
     */
    static Bill open(
            Call call,
            Candidate candidate,
            List<String> passedOver,
            long bytes,
            long limit,
            Governor governor,
            Receipts receipts)
            throws Refusal {
        Endpoint endpoint = call.request().endpoint();
        long in = Needs.most(endpoint, call.bounded(), candidate, bytes);
        long out = endpoint.generates() ? limit : 0;
        Governor.Draw draw =
                governor.draw(call.slot(), in + out, candidate.model().price().most(in, out));
        return new Bill(call, candidate, passedOver, governor, receipts, draw);
    }

    /**
     * Gives back what was not used, and hands in the receipt.
     *
     * @param used null: nobody said
     * @param status of HTTP; 0: none came
     * @param firstNanos when the client heard the first of it; below zero: never
     */
    void settle(@Nullable Tokens used, String outcome, int status, long firstNanos) {
        Tokens all = call.request().endpoint().isFree() ? Tokens.NONE : used;
        long money = all == null ? draw.money() : candidate.model().price().of(all);
        governor.settle(draw, all == null ? draw.tokens() : all.sum(), money);
        ObjectNode receipt = Json.object()
                .put("provider", candidate.provider().name())
                .put("model", candidate.model().name())
                .put("tier", candidate.provider().tier())
                .put("agent", call.actor())
                .put("endpoint", call.request().endpoint().text())
                .put("block", draw.block())
                .put("outcome", outcome)
                .put("status", status)
                .put("ms", (System.nanoTime() - call.started()) / 1_000_000);
        if (firstNanos >= 0) {
            receipt.put("first-ms", (firstNanos - call.started()) / 1_000_000);
        }
        if (all == null) {
            receipt.put("unreported", draw.tokens());
        } else {
            receipt.put("in", all.in()).put("out", all.out());
            if (all.cacheRead() + all.cacheWrite() > 0) {
                receipt.put("cache-read", all.cacheRead()).put("cache-write", all.cacheWrite());
            }
        }
        receipt.put("money", money);
        put(receipt, "session", call.slot().key.session());
        put(receipt, "project", call.slot().key.project());
        Choice choice = call.choice();
        if (!choice.why().isEmpty()) {
            receipt.put("route", call.slot().key.route()).put("why", choice.why());
        }
        if (!choice.leftOut().isEmpty() || !passedOver.isEmpty()) {
            ArrayNode leftOut = receipt.putArray("left-out");
            choice.leftOut().forEach(leftOut::add);
            passedOver.forEach(leftOut::add);
        }
        receipts.call(receipt);
    }

    static void put(ObjectNode node, String name, String value) {
        if (!value.isEmpty()) {
            node.put(name, value);
        }
    }
}
