package mirror.tiers.gateway;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.LongSupplier;
import mirror.tiers.Candidate;
import mirror.tiers.Choosing;
import mirror.tiers.Known;
import mirror.tiers.Price;
import mirror.tiers.Route;
import mirror.tiers.Rule;
import mirror.tiers.catalog.Catalog;
import mirror.trust.LeaseScope;
import org.jspecify.annotations.Nullable;

/**
 * Chooses who is asked for a call, before anything is drawn or sent (docs/decisions/0035). Rules of the route are tried in order, and
 * the first that holds names the models, also when none of them can take the call. Of those named, who may not be asked (dialect, hosts
 * of the lease, local-only) and who is known not to be able to (tools, images, length, the ceiling of costs) is left out.
 *
 * <p>A rule of which it cannot be told whether it holds does not hold, that is said, and when it would have kept the call on the owner's
 * machines the call stays there. Must never: name somebody whom the hosts of the lease or the mark local-only leave out. Thread-safe.
 */
final class Router {
    /** Above it a cent is of no interest. */
    private static final long CENT = 10_000;

    /**
     * Who asks.
     *
     * @param model the name that was asked for
     * @param sensitivity as the client said it, or empty
     * @param localOnly whether the lease or the client marks the call as one that must stay
     * @param permitted asked once for each route that is looked at, and last for the one that is chosen
     * @param leftMoney millionths of a US dollar that the caller's budgets and lease have left; {@link Long#MAX_VALUE}: no limit
     */
    record Asker(
            String model,
            String actor,
            String session,
            String project,
            String sensitivity,
            boolean localOnly,
            Permitted permitted,
            LongSupplier leftMoney) {}

    /** Who of a route may be asked at all. */
    @FunctionalInterface
    interface Permitted {
        /** @throws Refusal when nobody may */
        List<Candidate> of(Route route, boolean localOnly) throws Refusal;
    }

    private final Catalog catalog;
    private final Breakers breakers;
    private final FirstEvents firstEvents;

    Router(Catalog catalog, Breakers breakers, FirstEvents firstEvents) {
        this.catalog = catalog;
        this.breakers = breakers;
        this.firstEvents = firstEvents;
    }

    /** @throws Refusal when there is nobody who may and can */
    Choice choose(Route route, Needs needs, Asker asker) throws Refusal {
        if (!route.choosing().decides()) {
            return within(route, needs, asker, asker.localOnly, "", "", new ArrayList<>(0));
        }
        List<String> leftOut = new ArrayList<>();
        boolean stays = asker.localOnly;
        for (Rule rule : route.choosing().rules()) {
            boolean local = stays;
            try {
                if (rule.when().holds(name -> value(name, needs, asker, local))) {
                    return within(rule.to(), needs, asker, stays, rule.id(), rule.why(), leftOut);
                }
            } catch (IllegalStateException e) {
                stays |= rule.staysLocal();
                leftOut.add("rule " + rule.id() + ": it cannot be told whether it holds (" + e.getMessage() + ")"
                        + (rule.staysLocal() ? "; so the call stays local" : ""));
            }
        }
        String why = route.choosing().rules().isEmpty() ? "" : "no rule holds";
        return within(route, needs, asker, stays, "", why, leftOut);
    }

    /** What a condition can speak of. */
    static Object value(String name, Needs needs, Asker asker, boolean local) {
        return switch (name) {
            case "model" -> asker.model;
            case "endpoint" -> needs.endpoint().text();
            case "actor" -> asker.actor;
            case "session" -> asker.session;
            case "project" -> asker.project;
            case "sensitivity" -> asker.sensitivity;
            case "local_only" -> local;
            case "images" -> needs.images();
            case "thinking" -> needs.thinking();
            case "schema" -> needs.schema();
            case "stream" -> needs.streams();
            case "complexity" -> (long) needs.complexity();
            case "bytes" -> (long) needs.bytes();
            case "tokens" -> needs.tokens();
            case "messages" -> (long) needs.messages();
            case "tools" -> (long) needs.tools();
            case "output" -> needs.limit();
            case "left_cents" -> cents(asker.leftMoney.getAsLong());
            default -> throw new IllegalArgumentException("nothing is called " + name);
        };
    }

    private static long cents(long money) {
        return money == Long.MAX_VALUE ? money : Math.max(0, money) / CENT;
    }

    private Choice within(
            Route route, Needs needs, Asker asker, boolean stays, String rule, String why, List<String> leftOut)
            throws Refusal {
        boolean localOnly = stays || route.localOnly();
        List<Candidate> allowed = asker.permitted.of(route, localOnly);
        List<Candidate> able = able(route.choosing(), allowed, needs, leftOut);
        List<Candidate> ordered = why.isEmpty() && !route.choosing().decides()
                ? able
                : ordered(route.choosing().order(), able, needs, leftOut);
        String how = route.choosing().order() == Choosing.Order.LISTED
                ? why
                : (why.isEmpty() ? "" : why + "; ") + "the "
                        + route.choosing().order().text() + " first";
        return new Choice(rule, how, ordered, leftOut);
    }

    // ---- who may

    /** By dialect, hosts of the lease, and whether it must stay. */
    static List<Candidate> allowed(Route route, Endpoint endpoint, LeaseScope scope, boolean localOnly) throws Refusal {
        List<Candidate> speaking = route.candidates().stream()
                .filter(each -> endpoint.isAnsweredBy(each.provider().dialect()))
                .toList();
        if (speaking.isEmpty()) {
            throw new Refusal(400, "dialect", endpoint.unanswered());
        }
        List<Candidate> covered = speaking.stream()
                .filter(each -> each.provider().isCovered(scope))
                .toList();
        if (covered.isEmpty()) {
            throw new Refusal(
                    403,
                    "lease",
                    "the lease covers none of the hosts of this model; it needs "
                            + speaking.getFirst().provider().term());
        }
        List<Candidate> staying = covered.stream()
                .filter(each -> !localOnly || each.provider().local())
                .toList();
        if (staying.isEmpty()) {
            throw new Refusal(
                    403,
                    "local-only",
                    "this must not leave the owner's machines, and no provider of this model is local");
        }
        return staying;
    }

    // ---- who can

    private List<Candidate> able(Choosing choosing, List<Candidate> allowed, Needs needs, List<String> leftOut)
            throws Refusal {
        List<Candidate> able = allowed;
        Refusal last = null;
        for (int i = 0; i < allowed.size(); i++) {
            Candidate candidate = allowed.get(i);
            Refusal why = unable(choosing, candidate, needs);
            if (why != null && last == null) {
                able = new ArrayList<>(allowed.subList(0, i));
            }
            if (why != null) {
                last = why;
                leftOut.add(candidate.name() + ": " + why.getMessage());
            } else if (last != null) {
                able.add(candidate);
            }
        }
        if (able.isEmpty() && last != null) {
            throw new Refusal(
                    last.status(),
                    last.outcome(),
                    allowed.size() == 1
                            ? allowed.getFirst().name() + ": " + last.getMessage()
                            : "no model of this route can take it: " + String.join("; ", leftOut));
        }
        return able;
    }

    /** Why this model is not asked, or null. What is not known of it is found out by asking it. */
    private @Nullable Refusal unable(Choosing choosing, Candidate candidate, Needs needs) {
        if (needs.tools() > 0 && catalog.tools(candidate) == Known.NO) {
            return new Refusal(400, "capability", "it takes no tools");
        }
        if (needs.images() && catalog.images(candidate) == Known.NO) {
            return new Refusal(400, "capability", "it takes no images");
        }
        if (needs.exceeds(candidate)) {
            // Agents know these words of Anthropic's, and shorten what they send.
            return new Refusal(
                    400,
                    "capability",
                    "prompt is too long: " + needs.bytes() + " bytes cannot be "
                            + candidate.model().context() + " tokens");
        }
        long most = choosing.mostMoney();
        if (most > 0 && needs.mostMoney(candidate) > most) {
            return new Refusal(
                    402,
                    "budget",
                    "it can cost " + Price.dollars(needs.mostMoney(candidate))
                            + ", and no call of this route may cost more" + " than " + Price.dollars(most));
        }
        return null;
    }

    // ---- who first

    private record Rank(Candidate candidate, boolean failsOften, long first) {}

    private List<Candidate> ordered(Choosing.Order order, List<Candidate> able, Needs needs, List<String> leftOut) {
        if (able.size() < 2) {
            return able;
        }
        List<Rank> ranks = new ArrayList<>();
        for (Candidate each : able) {
            long first = switch (order) {
                case LISTED -> 0;
                case CHEAPEST -> needs.mostMoney(each);
                case FASTEST -> firstEvents.usualNanos(each.name());
            };
            ranks.add(new Rank(each, breakers.isFailingOften(each.name()), first));
        }
        ranks.sort(Comparator.comparing(Rank::failsOften).thenComparingLong(Rank::first));
        for (Rank rank : ranks) {
            if (rank.failsOften) {
                leftOut.add(rank.candidate.name() + ": comes last, as it fails often");
            }
        }
        return ranks.stream().map(Rank::candidate).toList();
    }
}
