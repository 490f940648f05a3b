package mirror.surface.probe;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.bus.Projection;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;

/** What the last probe of each version of a client found, {@value #KEPT} versions in all, as a fold over events. Thread-safe. */
public final class ProbedClients implements Projection {
    private static final int KEPT = 100;

    /** By client and version, oldest probe first. */
    private final Map<String, Probed> probed = new LinkedHashMap<>();

    @Override
    public String name() {
        return "probed-clients";
    }

    @Override
    public int version() {
        return 1;
    }

    @Override
    public synchronized void accept(Event event) {
        if (event.type().equals(Probed.EVENT)) {
            put(Probed.of(event.data()));
        }
    }

    private void put(Probed found) {
        String key = found.client() + " " + found.version();
        probed.remove(key);
        probed.put(key, found);
        if (probed.size() > KEPT) {
            probed.remove(probed.keySet().iterator().next());
        }
    }

    /** @param client the name that the client's events carry */
    public synchronized Optional<Probed> of(String client, String version) {
        return Optional.ofNullable(probed.get(client + " " + version));
    }

    /** What the last probe of any version of the client found. */
    public synchronized Optional<Probed> last(String client) {
        return new ArrayList<>(probed.values())
                .reversed().stream()
                        .filter(found -> found.client().equals(client))
                        .findFirst();
    }

    @Override
    public synchronized JsonNode save() {
        ArrayNode all = Json.array();
        probed.values().forEach(found -> all.add(found.draft().data()));
        return all;
    }

    @Override
    public synchronized void restore(JsonNode saved) {
        probed.clear();
        saved.forEach(data -> put(Probed.of(data)));
    }
}
