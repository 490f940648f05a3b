package mirror.tiers;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The providers and routes of {@code tiers.yaml}. Immutable.
 *
 * @param providers by name, in the order of the file
 * @param routes by the name that clients ask for
 * @param models for names of models that are no routes: every provider that has a model of that name
 * @param offline the name of the provider that is the owner's vault, or empty; it stands in no other of these
 * @param council who is asked together, if the file says so
 */
public record Tiers(
        Map<String, Provider> providers,
        Map<String, Route> routes,
        Map<String, Route> models,
        String offline,
        Optional<CouncilSeats> council) {
    /** The one model of the provider that is the owner's vault. */
    public static final String VAULT = "vault";

    static Tiers of(Map<String, Provider> providers, Map<String, Route> routes, String offline) {
        Map<String, List<Candidate>> candidates = new LinkedHashMap<>();
        for (Provider provider : providers.values()) {
            for (Model model : provider.models().values()) {
                candidates.computeIfAbsent(model.name(), _ -> new ArrayList<>()).add(new Candidate(provider, model));
            }
        }
        Map<String, Route> models = new LinkedHashMap<>();
        candidates.forEach((name, list) -> models.put(name, new Route(name, list, false)));
        if (!offline.isEmpty()) {
            models.putIfAbsent(VAULT, new Route(VAULT, List.of(), false, true));
        }
        return new Tiers(
                Collections.unmodifiableMap(providers),
                Collections.unmodifiableMap(routes),
                Collections.unmodifiableMap(models),
                offline,
                Optional.empty());
    }

    Tiers with(CouncilSeats seats) {
        return new Tiers(providers, routes, models, offline, Optional.of(seats));
    }

    /** What routes call the vault: {@code provider/vault}; empty when there is no such provider. */
    public String offlineName() {
        return offline.isEmpty() ? "" : offline + "/" + VAULT;
    }

    /** Who answers for {@code name}; the same object each time. */
    public Optional<Route> route(String name) {
        Route route = routes.get(name);
        return Optional.ofNullable(route != null ? route : models.get(name));
    }

    /** All names that a client may ask for, routes first. */
    public Set<String> names() {
        Set<String> names = new LinkedHashSet<>(routes.keySet());
        names.addAll(models.keySet());
        return names;
    }
}
