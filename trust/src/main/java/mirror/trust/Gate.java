package mirror.trust;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import mirror.bus.BusException;
import mirror.bus.Draft;
import mirror.bus.Event;
import mirror.bus.Home;
import mirror.bus.Json;
import mirror.bus.Projector;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * The permit gate: every action of every agent passes {@link #decide} before it happens, and the answer is in the log before it is
 * given. ALLOW is what remains when nothing speaks against it: the kill switch is off, the policy is present, signed and sound, a rule
 * allows each effect, no rule asks or blocks, the decision came in time, and the log took the record. In every other case, and on
 * every error, the answer is BLOCK or ASK.
 *
 * <p>Must never: answer ALLOW for what it does not understand, answer before the record is durable, throw. Thread-safe.
 */
public final class Gate {
    public static final String DECIDED = "mirror.action.decided.v1";

    /** A policy that takes longer than this is no policy; real ones take microseconds. */
    private static final long LATE_NANOS = 2_000_000_000L;

    private final Switch kill;
    private final Projector projector;
    private final PolicyStore policies;
    private final Zones zones;
    private final Approvals approvals;
    private final Permits permits;
    private final List<Check> checks;
    private final Budgets budgets;
    private final LongSupplier nanoTime;
    /** Held before the projector's lock, never the other way round. */
    private final Object leased = new Object();

    /**
     * @param permits what may turn an ASK of the policy into ALLOW
     * @param checks what may make a verdict stricter; all are asked, and the strictest counts
     */
    public Gate(
            Home home,
            Projector projector,
            PolicyStore policies,
            Zones zones,
            Approvals approvals,
            Permits permits,
            List<Check> checks,
            Budgets budgets,
            LongSupplier nanoTime) {
        this.kill = new Switch(home.kill());
        this.projector = projector;
        this.policies = policies;
        this.zones = zones;
        this.approvals = approvals;
        this.permits = permits;
        this.checks = List.copyOf(checks);
        this.budgets = budgets;
        this.nanoTime = nanoTime;
    }

    /** Decides and records. For ASK the request is open, and {@link #settle} tells how it ended. */
    public Decision decide(Action action) {
        try {
            Ruling ruling = judge(action);
            if (ruling.match.permit() == null) {
                return record(action, ruling.match, ruling.policy);
            }
            // The record is what counts a use: between looking what is left and writing that down there must be nobody
            // else.
            synchronized (leased) {
                Ruling now = judge(action);
                return record(action, now.match, now.policy);
            }
        } catch (RuntimeException e) {
            return unrecorded(e);
        }
    }

    /** What {@link #decide} would say, without recording anything and without regard to approvals. Pure but for reading the policy. */
    public Decision dryRun(Action action) {
        Ruling ruling = judge(action);
        Policy.Match match = ruling.match;
        return new Decision(match.verdict(), match.rule(), match.reason(), ruling.policy, null, null);
    }

    /**
     * What was decided, and by which policy.
     *
     * @param policy SHA-256 of the policy that was asked, or {@code none}
     */
    private record Ruling(Policy.Match match, String policy) {
        Ruling(Verdict verdict, String rule, String reason, @Nullable Policy policy) {
            this(new Policy.Match(verdict, rule, reason), policy == null ? "none" : policy.digest());
        }
    }

    /** Never throws: what fails is a BLOCK like any other, and is recorded. */
    private Ruling judge(Action action) {
        Policy policy = null;
        try {
            PolicyStore.State state = policies.current();
            policy = state.policy();
            if (kill.isOn()) {
                return new Ruling(
                        Verdict.BLOCK,
                        "kill-switch",
                        "the owner has stopped all agents; " + kill.file() + " exists",
                        policy);
            }
            if (policy == null) {
                return new Ruling(Verdict.BLOCK, "no-policy", String.valueOf(state.refusal()), null);
            }
            long start = nanoTime.getAsLong();
            Policy.Match match = checked(action, permitted(action, policy, policy.judge(action, zones)));
            return nanoTime.getAsLong() - start > LATE_NANOS
                    ? new Ruling(Verdict.BLOCK, "late", "the policy took too long to decide", policy)
                    : new Ruling(match, policy.digest());
        } catch (RuntimeException e) {
            return new Ruling(
                    Verdict.BLOCK,
                    "gate-error",
                    "the gate failed: " + Redactor.redact(String.valueOf(e.getMessage())),
                    policy);
        }
    }

    /** What the policy allows by itself needs no permit: only the effects that it asks about have to be covered. */
    private Policy.Match permitted(Action action, Policy policy, Policy.Match match) {
        if (match.verdict() != Verdict.ASK) {
            return match;
        }
        return permits.covering(action.of(policy.asked(action, zones)))
                .map(lease -> new Policy.Match(
                        Verdict.ALLOW,
                        "lease",
                        "the lease " + lease + " covers what would be asked: " + match.reason(),
                        lease))
                .orElse(match);
    }

    private Policy.Match checked(Action action, Policy.Match sofar) {
        Policy.Match worst = sofar;
        for (Check check : checks) {
            Policy.Match said = check.check(action, sofar).orElse(null);
            if (said == null) {
                continue;
            }
            if (said.verdict().compareTo(worst.verdict()) > 0) {
                worst = said;
            } else if (said.verdict() == Verdict.ASK && worst.verdict() == Verdict.ASK) {
                // Whoever is asked has to read everything that speaks against it.
                worst = new Policy.Match(Verdict.ASK, worst.rule(), said.reason() + "; " + worst.reason());
            }
        }
        return worst;
    }

    private Decision record(Action action, Policy.Match match, String policy) {
        return switch (match.verdict()) {
            case BLOCK -> recorded(action, match, policy);
            case ASK -> ask(action, match, policy);
            case ALLOW -> {
                // The event is what counts as spent; until it is in the log, the hold is.
                Optional<Budgets.Hold> hold = budgets.hold(action.actor(), Budgets.Unit.ACTIONS, 1);
                if (hold.isEmpty()) {
                    yield ask(
                            action,
                            new Policy.Match(
                                    Verdict.ASK,
                                    "budget",
                                    action.actor() + " has used up its actions of today; 'mirror budget' shows them"),
                            policy);
                }
                try (Budgets.Hold _ = hold.get()) {
                    yield recorded(action, match, policy);
                }
            }
        };
    }

    private Decision recorded(Action action, Policy.Match match, String policy) {
        Event event = projector.record(decided(action, match, policy, null));
        return new Decision(match.verdict(), match.rule(), match.reason(), policy, event.id(), null);
    }

    private Decision ask(Action action, Policy.Match match, String policy) {
        synchronized (projector) {
            Optional<Approvals.Request> yes = approvals.allowed(action.digest());
            if (yes.isPresent()) {
                return useApproval(action, yes.get(), policy);
            }
            List<Draft> drafts = new ArrayList<>();
            String id = switch (approvals.ask(action, summary(action), match.reason())) {
                case Approvals.Asked.Open open -> open.id();
                case Approvals.Asked.New asked -> {
                    drafts.add(asked.draft());
                    yield asked.id();
                }
            };
            drafts.addFirst(decided(action, match, policy, id));
            Event event = projector.record(drafts).getFirst();
            return new Decision(Verdict.ASK, match.rule(), match.reason(), policy, event.id(), id);
        }
    }

    /**
     * The final word on an action that was asked about: ALLOW, once, when the owner said yes to exactly this action and the policy
     * does not block it meanwhile; ASK while the owner has not answered; BLOCK otherwise. Recorded unless it is still ASK.
     */
    public Decision settle(Action action, String approval) {
        try {
            Ruling ruling = judge(action);
            Policy.Match match = ruling.match;
            String policy = ruling.policy;
            if (match.verdict() == Verdict.BLOCK) {
                return record(action, match, policy);
            }
            synchronized (projector) {
                Approvals.Request request = approvals.get(approval).orElse(null);
                if (request == null || !request.digest().equals(action.digest())) {
                    return record(
                            action,
                            new Policy.Match(Verdict.BLOCK, "approval", "the approval is not for this action"),
                            policy);
                }
                return switch (request.status()) {
                    case ALLOWED -> useApproval(action, request, policy);
                    case PENDING -> new Decision(Verdict.ASK, match.rule(), match.reason(), policy, null, approval);
                    case DENIED, USED, EXPIRED -> {
                        String reason = request.status() == Approvals.Status.DENIED
                                ? "the owner said no (" + match.reason() + ")"
                                : "the approval " + approval + " is "
                                        + request.status().text();
                        yield record(action, new Policy.Match(Verdict.BLOCK, "approval", reason), policy);
                    }
                };
            }
        } catch (RuntimeException e) {
            return unrecorded(e);
        }
    }

    private Decision useApproval(Action action, Approvals.Request request, String policy) {
        Policy.Match yes =
                new Policy.Match(Verdict.ALLOW, "approval", "the owner approved exactly this (" + request.id() + ")");
        Event event = projector
                .record(List.of(approvals.use(request), decided(action, yes, policy, request.id())))
                .getLast();
        return new Decision(Verdict.ALLOW, yes.rule(), yes.reason(), policy, event.id(), request.id());
    }

    private static Decision unrecorded(RuntimeException e) {
        String why = e instanceof BusException.NotDurable ? "the log cannot record it" : "the gate failed";
        return new Decision(
                Verdict.BLOCK,
                "no-record",
                why + ": " + Redactor.redact(String.valueOf(e.getMessage())),
                "none",
                null,
                null);
    }

    private Draft decided(Action action, Policy.Match match, String policy, @Nullable String approval) {
        ObjectNode data = Json.object()
                .put("verdict", match.verdict().text())
                .put("rule", match.rule())
                .put("reason", Redactor.redact(match.reason()))
                .put("tool", action.tool())
                .put("digest", action.digest())
                .put("cwd", action.cwd().toString())
                .put("project", action.project().toString())
                .put("risk", action.risk().text())
                .put("policy", policy);
        if (approval != null) {
            data.put("approval", approval);
        }
        data.set("input", Redactor.fields(action.input()));
        data.set("effects", Effects.json(action.effects()));
        checks.forEach(check -> check.explain(action, data));
        return Draft.of(DECIDED, action.actor(), data)
                .subject(action.id())
                .permit(match.permit())
                .session(action.session());
    }

    /** What a person has to read before saying yes: all effects, not the tool's name. */
    private static String summary(Action action) {
        String input = action.input().path("command").asString("");
        String effects = action.effects().stream()
                .map(Effects::describe)
                .distinct()
                .limit(12)
                .collect(Collectors.joining("; "));
        return action.tool() + (input.isEmpty() ? "" : ": " + Redactor.field(input)) + " \u2192 " + effects;
    }
}
