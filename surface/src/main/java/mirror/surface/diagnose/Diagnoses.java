package mirror.surface.diagnose;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.bus.Projection;
import tools.jackson.databind.JsonNode;

/** The last opinion on each check, as long as the check is as it was then: a fold over the log. Thread-safe. */
public final class Diagnoses implements Projection {
    static final String GIVEN = "mirror.diagnosis.given.v1";
    private static final String CHANGED = "mirror.check.changed.v1";

    /**
     * An opinion.
     *
     * @param since the change of state that it is about
     * @param by {@code rules}, or {@code model NAME}
     * @param command what a person would look at next; empty when there is none
     */
    public record Given(String check, Instant since, Instant time, String by, String text, String command) {}

    private final Map<String, Given> all = new TreeMap<>();

    @Override
    public String name() {
        return "diagnoses";
    }

    @Override
    public int version() {
        return 1;
    }

    public synchronized List<Given> list() {
        return new ArrayList<>(all.values());
    }

    public synchronized Optional<Given> get(String check) {
        return Optional.ofNullable(all.get(check));
    }

    @Override
    public synchronized void accept(Event event) {
        if (event.type().equals(CHANGED)) {
            all.remove(event.text("check"));
        } else if (event.type().equals(GIVEN)) {
            Instant since = event.time("since");
            all.put(
                    event.text("check"),
                    new Given(
                            event.text("check"),
                            since == null ? event.time() : since,
                            event.time(),
                            event.text("by"),
                            event.text("text"),
                            event.text("command")));
        }
    }

    @Override
    public synchronized JsonNode save() {
        var saved = Json.array();
        all.values()
                .forEach(each -> saved.addObject()
                        .put("check", each.check)
                        .put("since", each.since.toString())
                        .put("time", each.time.toString())
                        .put("by", each.by)
                        .put("text", each.text)
                        .put("command", each.command));
        return saved;
    }

    @Override
    public synchronized void restore(JsonNode saved) {
        all.clear();
        for (JsonNode each : saved) {
            all.put(
                    each.path("check").asString(""),
                    new Given(
                            each.path("check").asString(""),
                            Instant.parse(each.path("since").asString("")),
                            Instant.parse(each.path("time").asString("")),
                            each.path("by").asString(""),
                            each.path("text").asString(""),
                            each.path("command").asString("")));
        }
    }
}
