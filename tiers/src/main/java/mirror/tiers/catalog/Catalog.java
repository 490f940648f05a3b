package mirror.tiers.catalog;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import mirror.bus.Draft;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.bus.Projection;
import mirror.tiers.Candidate;
import mirror.tiers.Known;
import mirror.tiers.Provider;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What providers said of the models that {@code tiers.yaml} names, and when each was last asked; a fold. What the owner wrote counts
 * before it, and what a host said that the owner does not name any more counts for nothing. Thread-safe; reading costs a look into a map.
 */
public final class Catalog implements Projection {
    static final String DESCRIBED = "mirror.model.described.v1";

    /** What the gate is asked for a list of models: the tool and the endpoint. */
    static final String TOOL = "model";

    static final String ENDPOINT = "models";
    private static final String DECIDED = "mirror.action.decided.v1";

    private record Entry(String origin, Said said) {}

    private final Map<String, Entry> models = new ConcurrentHashMap<>();
    private final Map<String, Instant> asked = new ConcurrentHashMap<>();

    /** What is known of it from its provider. */
    public Optional<Said> said(Candidate candidate) {
        Entry entry = models.get(candidate.name());
        return entry != null && entry.origin.equals(origin(candidate.provider()))
                ? Optional.of(entry.said)
                : Optional.empty();
    }

    /** When the provider was last asked, if ever. */
    public Optional<Instant> asked(Provider provider) {
        return Optional.ofNullable(asked.get(provider.name()));
    }

    /** Whether it takes tools: by the owner's word, else by the provider's. */
    public Known tools(Candidate candidate) {
        Known owner = candidate.model().tools();
        return owner != Known.UNKNOWN ? owner : said(candidate).map(Said::tools).orElse(Known.UNKNOWN);
    }

    /** Whether it takes images, likewise. */
    public Known images(Candidate candidate) {
        Known owner = candidate.model().images();
        return owner != Known.UNKNOWN
                ? owner
                : said(candidate).map(Said::images).orElse(Known.UNKNOWN);
    }

    static String origin(Provider provider) {
        return provider.origin().authority();
    }

    static Draft draft(Candidate candidate, Said said) {
        ObjectNode data = Json.object().put("model", candidate.name()).put("origin", origin(candidate.provider()));
        said.write(data);
        return Draft.of(DESCRIBED, "daemon", data).subject(candidate.name());
    }

    @Override
    public String name() {
        return "catalog";
    }

    @Override
    public int version() {
        return 1;
    }

    @Override
    public synchronized void accept(Event event) {
        if (event.type().equals(DESCRIBED)) {
            models.put(event.text("model"), new Entry(event.text("origin"), Said.read(event.data())));
        } else if (event.type().equals(DECIDED)
                && event.text("tool").equals(TOOL)
                && event.text("verdict").equals("allow")) {
            JsonNode input = event.data().path("input");
            if (input.path("endpoint").asString("").equals(ENDPOINT)) {
                asked.put(input.path("route").asString(""), event.time());
            }
        }
    }

    @Override
    public synchronized JsonNode save() {
        ObjectNode saved = Json.object();
        ObjectNode all = saved.putObject("models");
        new TreeMap<>(models)
                .forEach((name, entry) ->
                        all.putObject(name).put("origin", entry.origin).set("said", entry.said.json()));
        ObjectNode times = saved.putObject("asked");
        new TreeMap<>(asked).forEach((name, time) -> times.put(name, time.toString()));
        return saved;
    }

    @Override
    public synchronized void restore(JsonNode saved) {
        models.clear();
        asked.clear();
        saved.path("models")
                .properties()
                .forEach(entry -> models.put(
                        entry.getKey(),
                        new Entry(
                                entry.getValue().path("origin").asString(""),
                                Said.read(entry.getValue().path("said")))));
        saved.path("asked")
                .properties()
                .forEach(entry ->
                        asked.put(entry.getKey(), Instant.parse(entry.getValue().asString(""))));
    }
}
