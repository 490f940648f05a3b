package mirror.pulse.heal;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import mirror.bus.Json;
import mirror.trust.Action;
import mirror.trust.Decision;
import mirror.trust.Gate;
import mirror.trust.Lease;
import mirror.trust.Leases;
import mirror.trust.Switch;
import mirror.trust.Verdict;

/**
 * Deeds need the kill switch off, a lease of the owner's that allows each thing they need, and the gate's yes. The policy's asking is
 * answered by such a lease; otherwise by the owner, who is asked once. Thread-safe.
 */
public final class GatePermits implements Permits {
    private final Switch kill;
    private final Leases leases;
    private final Gate gate;

    /** The request for the owner's yes that a deed waits for, by the digest of its action. */
    private final Map<String, String> asked = new ConcurrentHashMap<>();

    public GatePermits(Path kill, Leases leases, Gate gate) {
        this.kill = new Switch(kill);
        this.leases = leases;
        this.gate = gate;
    }

    @Override
    public Answer look(Deed deed) {
        if (kill.isOn()) {
            return new Answer.No("the owner has stopped everything; " + kill.file() + " exists", false);
        }
        if (deed.needs().isEmpty()) {
            return new Answer.No("nothing is known of what it needs", false);
        }
        List<String> missing = new ArrayList<>();
        String lease = "";
        for (String effect : deed.needs()) {
            List<Lease> held = leases.allowing(deed.holder(), effect).stream()
                    .filter(each -> each.by().equals("owner"))
                    .toList();
            if (held.isEmpty()) {
                missing.add(effect);
            } else if (lease.isEmpty()) {
                lease = held.getFirst().id();
            }
        }
        return missing.isEmpty()
                ? new Answer.Yes(lease)
                : new Answer.No(
                        "it holds no valid lease that allows " + String.join(" and ", missing) + "; "
                                + Leases.advice(deed.holder(), List.of(), missing),
                        false);
    }

    @Override
    public Answer ask(Deed deed) {
        Answer may = look(deed);
        if (may instanceof Answer.No) {
            return may;
        }
        Action action = action(deed);
        String digest = action.digest();
        String open = asked.remove(digest);
        Decision decision = open == null ? gate.decide(action) : gate.settle(action, open);
        if (decision.verdict() == Verdict.ASK && decision.approval() != null) {
            asked.put(digest, decision.approval());
        }
        return answer(may, decision);
    }

    @Override
    public Answer rehearse(Deed deed) {
        Answer may = look(deed);
        return may instanceof Answer.No ? may : answer(may, gate.dryRun(action(deed)));
    }

    private static Answer answer(Answer may, Decision decision) {
        return switch (decision.verdict()) {
            case ALLOW -> may;
            case ASK ->
                new Answer.No(
                        decision.approval() == null
                                ? "it would ask you: " + decision.reason()
                                : "waits for your answer: mirror approve " + decision.approval() + " ("
                                        + decision.reason() + ")",
                        true);
            case BLOCK -> new Answer.No("blocked by rule " + decision.rule() + ": " + decision.reason(), false);
        };
    }

    private static Action action(Deed deed) {
        return new Action(
                deed.actor(),
                deed.actor(),
                null,
                "heal",
                Json.object().put("does", deed.does()).put("about", deed.about()),
                deed.cwd(),
                deed.cwd(),
                deed.effects());
    }
}
