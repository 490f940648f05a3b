package mirror.tiers;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads the routes of {@code tiers.yaml}: a list of models, or a mapping that also says how to choose among them. */
final class RouteReader extends YamlParts {
    private static final int MOST_MODELS = 32;
    private static final int MOST_RULES = 32;
    private static final int MOST_CENTS = 1_000_000;
    private static final long MONEY_OF_A_CENT = 10_000;
    private static final Duration LONGEST = Duration.ofDays(30);
    private static final Pattern ID = Pattern.compile("[a-z0-9][a-z0-9.-]{0,63}");

    private final Map<String, Provider> providers;
    private final String offline;

    /** @param offline the name of the provider that is the vault, or empty */
    RouteReader(List<String> faults, Map<String, Provider> providers, String offline) {
        super(faults);
        this.providers = providers;
        this.offline = offline;
    }

    Route route(String name, @Nullable Object value) {
        String at = "routes." + name;
        if (!(value instanceof Map<?, ?> map)) {
            boolean notes = endsInNotes(value, at);
            return new Route(name, candidates(value, at, false, notes), false, notes);
        }
        keys(map, at + ".", "to", "local-only", "order", "cents", "cache", "similar", "rules");
        boolean localOnly = flag(map, at + ".", "local-only");
        Object to = map.get("to");
        boolean notes = endsInNotes(to, at);
        Choosing choosing = choosing(map, at, Choosing.NONE);
        List<Candidate> candidates = candidates(to, at, localOnly, notes);
        List<Rule> rules = new ArrayList<>();
        Set<String> ids = new HashSet<>();
        if (map.get("rules") instanceof List<?> list && !list.isEmpty() && list.size() <= MOST_RULES) {
            for (int i = 0; i < list.size(); i++) {
                Rule rule = rule(
                        map(list.get(i), at + ".rules: rule " + (i + 1)),
                        at + ".rules: rule " + (i + 1),
                        new Route(name, List.of(), localOnly, notes, choosing));
                if (rule != null && !ids.add(rule.id())) {
                    faults.add(at + ".rules: two rules have the id " + rule.id());
                } else if (rule != null) {
                    rules.add(rule);
                }
            }
        } else if (map.get("rules") != null) {
            faults.add(at + ".rules must be a list of 1 to " + MOST_RULES + " rules");
        }
        return new Route(
                name,
                candidates,
                localOnly,
                notes,
                new Choosing(choosing.order(), choosing.mostMoney(), rules, choosing.cache(), choosing.similar()));
    }

    /** @param of whose name, end and way of choosing it has, as far as it does not say its own */
    private @Nullable Rule rule(Map<?, ?> map, String at, Route of) {
        keys(map, at + ": ", "id", "when", "to", "why", "local-only", "order", "cents", "cache", "similar");
        String id = text(map, at + ": ", "id");
        String when = text(map, at + ": ", "when");
        if (!ID.matcher(id).matches()) {
            faults.add(at + " needs an id of lower case letters, digits, dots and dashes");
            return null;
        }
        boolean localOnly = of.localOnly() || flag(map, at + ": ", "local-only");
        if (endsInNotes(map.get("to"), at)) {
            faults.add(at + ": the vault stands in the route's own 'to', and answers for all of its rules");
            return null;
        }
        Route to = new Route(
                of.name() + ":" + id,
                candidates(map.get("to"), at, localOnly, false),
                localOnly,
                of.offline(),
                choosing(map, at, of.choosing()));
        try {
            String why = text(map, at + ": ", "why");
            return new Rule(id, Condition.of(when), why.isEmpty() ? "rule " + id + " holds: " + clip(when) : why, to);
        } catch (IllegalArgumentException e) {
            faults.add(at + " (" + id + "): when: " + e.getMessage());
            return null;
        }
    }

    private Choosing choosing(Map<?, ?> map, String at, Choosing otherwise) {
        Choosing.Order order = otherwise.order();
        if (map.get("order") != null) {
            String said = text(map, at + ".", "order");
            order = null;
            for (Choosing.Order each : Choosing.Order.values()) {
                order = each.text().equals(said) ? each : order;
            }
            if (order == null) {
                faults.add(at + ".order must be listed, cheapest or fastest");
                order = Choosing.Order.LISTED;
            }
        }
        Duration cache = duration(map, at, "cache", otherwise.cache(), LONGEST);
        return new Choosing(
                order,
                map.get("cents") == null
                        ? otherwise.mostMoney()
                        : number(map, at + ".", "cents", MOST_CENTS) * MONEY_OF_A_CENT,
                List.of(),
                cache,
                similar(map, at, cache.isZero() ? 0 : otherwise.similar(), cache));
    }

    private double similar(Map<?, ?> map, String at, double otherwise, Duration cache) {
        Object said = map.get("similar");
        if (said == null) {
            return otherwise;
        }
        if (cache.isZero()) {
            faults.add(at + ".similar needs 'cache': what is not kept is not given again");
        } else if (said instanceof Double near && near >= Choosing.LEAST_SIMILAR && near < 1) {
            return near;
        } else {
            faults.add(at + ".similar must be a number from " + Choosing.LEAST_SIMILAR + " to below 1, such as 0.97");
        }
        return 0;
    }

    private boolean endsInNotes(@Nullable Object to, String at) {
        String notes = offline + "/" + Tiers.VAULT;
        if (offline.isEmpty() || !(to instanceof List<?> list) || !list.contains(notes)) {
            return false;
        }
        if (list.indexOf(notes) != list.size() - 1) {
            faults.add(at + ": the vault answers when nobody else does, so it stands last, and once");
        }
        return true;
    }

    private List<Candidate> candidates(@Nullable Object to, String at, boolean localOnly, boolean notes) {
        List<Candidate> candidates = new ArrayList<>();
        if (!(to instanceof List<?> list) || list.isEmpty() || list.size() > MOST_MODELS) {
            faults.add(at + " must be a list of 1 to " + MOST_MODELS + " provider/model");
            return candidates;
        }
        for (Object item : notes ? list.subList(0, list.size() - 1) : list) {
            String text = String.valueOf(item);
            int slash = text.indexOf('/');
            Provider provider = slash < 0 ? null : providers.get(text.substring(0, slash));
            Model model = provider == null ? null : provider.models().get(text.substring(slash + 1));
            if (provider == null || model == null) {
                faults.add(at + ": there is no " + clip(text) + " among the providers' models");
            } else if (localOnly && !provider.local()) {
                faults.add(at + " is local-only and " + clip(text) + " is not local");
            } else {
                candidates.add(new Candidate(provider, model));
            }
        }
        return candidates;
    }
}
