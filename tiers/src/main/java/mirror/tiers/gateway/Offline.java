package mirror.tiers.gateway;

import java.io.IOException;
import java.io.OutputStream;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import mirror.bus.BusException;
import mirror.bus.Draft;
import mirror.bus.Home;
import mirror.bus.Json;
import mirror.bus.Projector;
import mirror.tiers.Route;
import mirror.tiers.Tiers;
import mirror.tiers.dialect.ClientAdapter;
import mirror.tiers.dialect.DialectException;
import mirror.tiers.dialect.Exchange;
import mirror.tiers.dialect.Prompt;
import mirror.tiers.dialect.StreamEvent;
import mirror.tiers.dialect.StreamWriter;
import mirror.tiers.offline.CannotAnswer;
import mirror.tiers.offline.OfflineTier;
import mirror.tiers.wire.Header;
import mirror.tiers.wire.JsonScan;
import mirror.tiers.wire.MalformedJson;
import mirror.tiers.wire.Members;
import mirror.trust.Action;
import mirror.trust.AirGap;
import mirror.trust.Decision;
import mirror.trust.Effect;
import mirror.trust.Gate;
import mirror.trust.LeaseScope;
import mirror.trust.LeaseToken;
import mirror.trust.Leases;
import mirror.trust.TrustException;
import mirror.trust.Verdict;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * The end of a route that names the vault: when no provider of it can answer, and nothing has reached the client yet, the owner's notes
 * do, within the process. What is wrong with the request, the lease or the gate's rules stays refused: notes are no way around a no.
 *
 * <p>The caller sees of the notes what the tool {@code vault_ask} would show it: the gate is asked for that tool, the lease must
 * cover reading the vault, its uses are counted, and its ceiling and tier bound what is shown (docs/decisions/0032). Thread-safe.
 */
public final class Offline {
    /** Why a call may end here: nobody could be reached, might be paid, or was there at all. */
    private static final Set<String> NOBODY = Set.of(
            "failing",
            "overloaded",
            "rate-limit",
            "spend-limit",
            "key",
            "breaker",
            "budget",
            "lease-budget",
            "dialect");

    private static final Members MODEL = Members.of("model");

    /** The tool whose rights it has. */
    private static final String TOOL = "vault_ask";

    private final Leases leases;
    private final Gate gate;
    private final Projector projector;
    private final Receipts receipts;
    private final OfflineTier tier;
    private final String vault;
    private final Home home;
    private final InstantSource clock;
    private final AtomicLong replies = new AtomicLong();

    /** One use at a time: looking what is left and counting must not be parted. */
    private final Object uses = new Object();

    /** @param vault folder of the notes, as leases name it */
    public Offline(
            Leases leases,
            Gate gate,
            Projector projector,
            Receipts receipts,
            OfflineTier tier,
            String vault,
            Home home,
            InstantSource clock) {
        this.leases = leases;
        this.gate = gate;
        this.projector = projector;
        this.receipts = receipts;
        this.tier = tier;
        this.vault = vault;
        this.home = home;
        this.clock = clock;
    }

    /** Whose call it is, as the receipts name it. */
    private record Caller(
            LeaseToken.Verified token, Leases.Presented lease, String actor, String session, String project) {}

    /**
     * Answers what nobody else answers.
     *
     * @param why nobody did; nothing was sent to the client yet
     * @param token the caller's lease, which was standing when the call came
     * @return null when the client has its answer; else what it is to be told
     * @throws IOException when the client is gone
     */
    @Nullable
    Refusal instead(Refusal why, Request request, Tiers tiers, LeaseToken.Verified token, Reply reply)
            throws IOException {
        ClientAdapter adapter = request.endpoint().client();
        Route route = request.endpoint().generates() ? route(request, tiers) : null;
        if (route == null || !mayEndHere(why)) {
            return why;
        }
        LeaseScope scope = token.scope();
        String said = request.header("x-mirror-session");
        if (!scope.session().isEmpty() && !said.isEmpty() && !said.equals(scope.session())) {
            return why;
        }
        try {
            Caller caller = new Caller(
                    token,
                    leases.standing(token),
                    Admission.actor(token.holder()),
                    scope.session().isEmpty() ? said : scope.session(),
                    request.header("x-mirror-project"));
            long started = System.nanoTime();
            Prompt prompt = adapter.readRequest(request.body());
            permit(caller, request.endpoint(), route);
            mirror.tiers.dialect.Reply answer = tier.answer(
                    prompt,
                    scope.visible(),
                    "offline_" + Long.toString(clock.millis(), 36) + "_" + replies.incrementAndGet(),
                    tiers.offlineName());
            switched(why, route, tiers, caller);
            receipt(request.endpoint(), tiers, caller, started);
            send(answer, adapter, prompt, clock.instant(), reply);
            return null;
        } catch (CannotAnswer e) {
            return why.but("the offline tier does not answer either: " + e.getMessage());
        } catch (TrustException e) {
            return why;
        } catch (BusException e) {
            return why.but("the offline tier cannot record that it answers: " + e.getMessage());
        } catch (DialectException e) {
            return why.but("the offline tier cannot read the request: " + e.getMessage());
        }
    }

    private static @Nullable Route route(Request request, Tiers tiers) {
        try {
            String model = JsonScan.of(request.body(), MODEL).text(0);
            return model == null
                    ? null
                    : tiers.route(model).filter(Route::offline).orElse(null);
        } catch (MalformedJson e) {
            return null;
        }
    }

    private boolean mayEndHere(Refusal why) {
        return switch (why.outcome()) {
            // The owner has cut the network; what stays here may go on.
            case "gate" -> new AirGap(home).isOn();
            // It covers no provider's host, or none that is local; whether it covers the notes is looked at next.
            case "lease" -> why.status() == 403;
            case "local-only" -> true;
            default -> NOBODY.contains(why.outcome());
        };
    }

    /** Asks and counts as for a call of the tool that shows the same. */
    private void permit(Caller caller, Endpoint endpoint, Route route) throws CannotAnswer {
        LeaseScope scope = caller.token.scope();
        if (!scope.allows("memory-read", vault)) {
            throw new CannotAnswer("the lease does not cover the notes; it needs memory-read:" + vault);
        }
        if (!scope.tools().isEmpty() && !scope.tools().contains(TOOL)) {
            throw new CannotAnswer("the lease is not for the tool " + TOOL);
        }
        Decision decision = gate.decide(new Action(
                caller.actor,
                caller.session,
                null,
                TOOL,
                Json.object().put("endpoint", endpoint.text()).put("route", route.name()),
                home.root(),
                home.root(),
                List.of(new Effect.Memory(Effect.VAULT, false))));
        if (decision.verdict() != Verdict.ALLOW) {
            throw new CannotAnswer("the gate does not allow it (" + decision.rule() + "): " + decision.reason());
        }
        synchronized (uses) {
            if (leases.left(caller.token).actions() < 1) {
                throw new CannotAnswer("the lease is used up");
            }
            projector.record(leases.use(caller.lease, TOOL, caller.actor, caller.session));
        }
    }

    // ---- the answer, and what is written down of it

    private static void send(
            mirror.tiers.dialect.Reply answer, ClientAdapter adapter, Prompt prompt, Instant at, Reply reply)
            throws IOException {
        Exchange exchange = Exchange.of(answer.id(), at, prompt);
        Header tier = new Header("x-mirror-tier", "offline");
        if (!prompt.stream()) {
            byte[] body = adapter.writeReply(answer, exchange);
            reply.send(200, List.of(new Header("content-type", "application/json"), tier), body);
            return;
        }
        StreamWriter writer = adapter.writer(exchange);
        OutputStream out = reply.stream(200, List.of(new Header("content-type", "text/event-stream"), tier));
        for (StreamEvent event : OfflineTier.events(answer)) {
            out.write(writer.write(event));
            out.flush();
        }
    }

    private void switched(Refusal why, Route route, Tiers tiers, Caller caller) {
        if (route.candidates().isEmpty()) {
            return;
        }
        receipts.record(Draft.of(
                        "mirror.call.switched.v1",
                        "daemon",
                        Json.object()
                                .put("from", route.candidates().getLast().name())
                                .put("to", tiers.offlineName())
                                .put("cause", why.outcome())
                                .put("reason", why.getMessage())
                                .put("route", route.name())
                                .put("agent", caller.actor))
                .permit(caller.lease.id())
                .session(caller.session));
    }

    private void receipt(Endpoint endpoint, Tiers tiers, Caller caller, long started) {
        ObjectNode receipt = Json.object()
                .put("provider", tiers.offline())
                .put("model", Tiers.VAULT)
                .put("tier", "offline")
                .put("agent", caller.actor)
                .put("endpoint", endpoint.text())
                .put("outcome", "answered")
                .put("status", 200)
                .put("ms", (System.nanoTime() - started) / 1_000_000)
                .put("in", 0)
                .put("out", 0)
                .put("money", 0);
        if (!caller.session.isEmpty()) {
            receipt.put("session", caller.session);
        }
        if (!caller.project.isEmpty()) {
            receipt.put("project", caller.project);
        }
        receipts.call(receipt);
    }
}
