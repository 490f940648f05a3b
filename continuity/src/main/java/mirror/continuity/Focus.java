package mirror.continuity;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.bus.Projection;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** What the owner works on now, per project, as a fold over events: it decides what a new session is told first. Thread-safe. */
public final class Focus implements Projection {
    /** @param event id of the event that set it */
    public record Set(String text, String event) {}

    private final Map<String, Set> focus = new LinkedHashMap<>();

    @Override
    public String name() {
        return "focus";
    }

    @Override
    public int version() {
        return 1;
    }

    @Override
    public synchronized JsonNode save() {
        ObjectNode saved = Json.object();
        focus.forEach(
                (project, set) -> saved.putObject(project).put("text", set.text).put("event", set.event));
        return saved;
    }

    @Override
    public synchronized void restore(JsonNode saved) {
        focus.clear();
        saved.properties()
                .forEach(entry -> focus.put(
                        entry.getKey(),
                        new Set(
                                entry.getValue().path("text").asString(""),
                                entry.getValue().path("event").asString(""))));
    }

    @Override
    public synchronized void accept(Event event) {
        if (event.type().equals(Types.FOCUS_SET)) {
            if (event.text("text").isEmpty()) {
                focus.remove(event.text("project"));
            } else {
                focus.put(event.text("project"), new Set(Text.line(event.text("text"), 300), event.id()));
            }
        }
    }

    /** The focus of the project, or nothing. */
    public synchronized Optional<Set> of(String project) {
        return Optional.ofNullable(focus.get(project));
    }
}
