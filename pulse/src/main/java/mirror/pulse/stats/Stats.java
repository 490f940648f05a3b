package mirror.pulse.stats;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.bus.Projection;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The numbers of a list of definitions, kept up to date: a fold over the log. Thread-safe. */
public final class Stats implements Projection {
    private static final int FORM = 1;

    private final List<Definition> definitions;
    private final List<Tally> tallies = new ArrayList<>();
    /** Which tallies hear a type; of {@code *} those that hear all. */
    private final Map<String, List<Tally>> hearers = new HashMap<>();

    private final int version;
    private Head head = new Head("", 0, "", Instant.EPOCH);

    public Stats(List<Definition> definitions) {
        this.definitions = List.copyOf(definitions);
        StringBuilder all = new StringBuilder();
        for (Definition each : definitions) {
            Tally tally = Tally.of(each.query());
            tallies.add(tally);
            for (String type : Tally.hears(each.query())) {
                hearers.computeIfAbsent(type.equals("*") ? type : "mirror." + type, _ -> new ArrayList<>())
                        .add(tally);
            }
            all.append(each.name()).append('\n').append(each.query().text()).append('\n');
        }
        // What was saved for other queries is not the state of these.
        version = 31 * all.toString().hashCode() + FORM;
    }

    @Override
    public String name() {
        return "stats";
    }

    @Override
    public int version() {
        return version;
    }

    public List<Definition> definitions() {
        return definitions;
    }

    /** All numbers as of the last event. */
    public synchronized Report report() {
        List<Figure> figures = new ArrayList<>();
        for (int i = 0; i < definitions.size(); i++) {
            figures.add(Figure.of(definitions.get(i), tallies.get(i).value(head.time())));
        }
        return new Report(head, figures);
    }

    @Override
    public synchronized void accept(Event event) {
        hearers.getOrDefault("*", List.of()).forEach(tally -> tally.accept(event));
        hearers.getOrDefault(event.type(), List.of()).forEach(tally -> tally.accept(event));
        head = Head.of(event);
    }

    @Override
    public synchronized JsonNode save() {
        ObjectNode saved = Json.object()
                .put("origin", head.origin())
                .put("seq", head.seq())
                .put("hash", head.hash())
                .put("time", head.time().toString());
        ObjectNode all = saved.putObject("tallies");
        for (int i = 0; i < definitions.size(); i++) {
            all.set(definitions.get(i).name(), tallies.get(i).save());
        }
        return saved;
    }

    @Override
    public synchronized void restore(JsonNode saved) {
        head = new Head(
                saved.path("origin").asString(""),
                saved.path("seq").asLong(0),
                saved.path("hash").asString(""),
                Instant.parse(saved.path("time").asString("")));
        for (int i = 0; i < definitions.size(); i++) {
            tallies.get(i).restore(saved.path("tallies").path(definitions.get(i).name()));
        }
    }
}
