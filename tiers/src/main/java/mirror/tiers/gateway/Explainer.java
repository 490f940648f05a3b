package mirror.tiers.gateway;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import mirror.tiers.Candidate;
import mirror.tiers.Condition;
import mirror.tiers.Route;
import mirror.tiers.Tiers;
import mirror.tiers.TiersFile;
import mirror.tiers.catalog.Catalog;
import mirror.trust.LeaseScope;
import org.jspecify.annotations.Nullable;

/** Says who would be asked for a request, in which order and why, without asking anybody, the gate or a budget. Thread-safe. */
public final class Explainer {
    /**
     * Somebody who would be asked.
     *
     * @param mostMoney what the call can cost there, in millionths of a US dollar
     * @param trouble why it would be passed over just now, or empty
     */
    public record Asked(String name, long mostMoney, String trouble) {}

    /**
     * What would happen.
     *
     * @param route that answers: the one asked for or, as {@code ROUTE:RULE}, that of a rule
     * @param why one sentence
     * @param leftOut who is not asked, or last, each with its reason
     * @param facts what rules can speak of, by name
     * @param refusal what the client would hear instead, or empty
     */
    public record Answer(
            String route,
            String why,
            boolean localOnly,
            List<Asked> asked,
            List<String> leftOut,
            Map<String, Object> facts,
            String refusal) {}

    /**
     * Under which rights somebody would ask.
     *
     * @param leftMoney millionths of a US dollar; {@link Long#MAX_VALUE}: no limit
     */
    public record Caller(LeaseScope scope, String actor, String session, String project, long leftMoney) {}

    private final TiersFile tiers;
    private final Router router;
    private final Breakers breakers;

    Explainer(TiersFile tiers, Router router, Breakers breakers) {
        this.tiers = tiers;
        this.router = router;
        this.breakers = breakers;
    }

    /** One for where no gateway runs: how fast models answer and how often they fail is not known there. */
    public static Explainer without(TiersFile tiers, Catalog catalog, Breakers breakers) {
        return new Explainer(tiers, new Router(catalog, breakers, new FirstEvents()), breakers);
    }

    /** How receipts and budgets name the holder of a lease. */
    public static String actor(String holder) {
        return Admission.actor(holder);
    }

    /** @param model the name to be asked for instead of the request's own, or null */
    public Answer explain(Request request, @Nullable String model, Caller caller) {
        Map<String, Object> facts = new LinkedHashMap<>();
        List<String> names = new ArrayList<>();
        try {
            Reading reading = Reading.of(request);
            String asked = model == null ? reading.model() : model;
            names.add(asked);
            Tiers now = tiers.current().tiers();
            if (now == null) {
                throw new Refusal(
                        503, "no-tiers", String.valueOf(tiers.current().refusal()));
            }
            Needs needs = reading.needs();
            boolean localOnly = Admission.isLocalOnly(request, caller.scope);
            List<Boolean> stays = new ArrayList<>();
            Router.Asker asker = new Router.Asker(
                    asked,
                    caller.actor,
                    caller.session,
                    caller.project,
                    Admission.sensitivity(request),
                    localOnly,
                    (route, local) -> {
                        names.add(route.name());
                        stays.add(local);
                        return Router.allowed(route, request.endpoint(), caller.scope, local);
                    },
                    caller::leftMoney);
            Condition.VARIABLES.forEach(name -> facts.put(name, Router.value(name, needs, asker, localOnly)));
            Route route = now.route(asked)
                    .orElseThrow(() -> new Refusal(404, "route", "no provider has this model and no route this name"));
            Choice choice = router.choose(route, needs, asker);
            return new Answer(
                    names.getLast(),
                    choice.why().isEmpty() ? "in the order of tiers.yaml" : choice.why(),
                    stays.getLast(),
                    choice.candidates().stream()
                            .map(each -> new Asked(each.name(), needs.mostMoney(each), trouble(each)))
                            .toList(),
                    choice.leftOut(),
                    facts,
                    "");
        } catch (Refusal e) {
            return new Answer(
                    names.isEmpty() ? "" : names.getLast(),
                    "",
                    false,
                    List.of(),
                    List.of(),
                    facts,
                    e.status() + ": " + e.getMessage());
        }
    }

    private String trouble(Candidate candidate) {
        if (candidate.provider().key().fault() != null) {
            return "its key is missing";
        }
        return breakers.left(candidate.name()).isEmpty()
                ? ""
                : "left alone"
                        + breakers.open(candidate.name())
                                .map(open -> " (" + open.reason() + ")")
                                .orElse("");
    }
}
