package mirror.tiers.gateway;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.bus.Projection;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The breakers that are open, as the log says. Thread-safe. */
public final class BreakerLedger implements Projection {
    static final String CHANGED = "mirror.breaker.changed.v1";

    private final Map<String, Breakers.Open> open = new TreeMap<>();

    public synchronized List<Breakers.Open> open() {
        return List.copyOf(open.values());
    }

    @Override
    public String name() {
        return "breakers";
    }

    @Override
    public int version() {
        return 1;
    }

    @Override
    public synchronized void accept(Event event) {
        if (event.type().equals(CHANGED)) {
            String name = event.text("model");
            Instant until = event.time("until");
            if (event.text("state").equals("open") && until != null) {
                int rounds = Math.max(1, event.data().path("rounds").asInt(1));
                open.put(name, new Breakers.Open(name, until, event.text("reason"), rounds));
            } else {
                open.remove(name);
            }
        }
    }

    @Override
    public synchronized JsonNode save() {
        ObjectNode saved = Json.object();
        open.forEach((name, each) -> saved.set(name, Json.MAPPER.<JsonNode>valueToTree(each)));
        return saved;
    }

    @Override
    public synchronized void restore(JsonNode saved) {
        open.clear();
        saved.properties()
                .forEach(entry ->
                        open.put(entry.getKey(), Json.MAPPER.treeToValue(entry.getValue(), Breakers.Open.class)));
    }
}
