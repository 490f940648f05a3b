package mirror.pulse.check;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.bus.Projection;
import mirror.pulse.check.Finding.State;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** How everything was found when it was last looked at, and since when it is so: a fold over the pulse's events. Thread-safe. */
public final class Checkups implements Projection {
    static final String CHANGED = "mirror.check.changed.v1";
    static final String TAKEN = "mirror.pulse.taken.v1";

    /**
     * One thing.
     *
     * @param id the check's, a colon and the part
     * @param since when its state became this one
     * @param looked when it was last looked at
     */
    public record Checkup(String id, boolean critical, Finding finding, Instant since, Instant looked) {
        /** The same with what was found last, when that is the same state. */
        Checkup told(Finding last) {
            return last.state() == finding.state() ? new Checkup(id, critical, last, since, looked) : this;
        }

        /** The same as long as it may be believed: what was not looked at for so long is unknown. */
        public Checkup at(Instant now, Duration fresh) {
            return looked.plus(fresh).isBefore(now)
                    ? new Checkup(
                            id,
                            critical,
                            Finding.unknown("it was last looked at at " + looked + ", and then: "
                                    + finding.state().text() + ", " + finding.reason()),
                            since,
                            looked)
                    : this;
        }
    }

    private final Map<String, Checkup> all = new TreeMap<>();

    @Override
    public String name() {
        return "checkups";
    }

    @Override
    public int version() {
        return 1;
    }

    /** All that were ever looked at and are still there, by id. */
    public synchronized List<Checkup> list() {
        return new ArrayList<>(all.values());
    }

    public synchronized Optional<Checkup> get(String id) {
        return Optional.ofNullable(all.get(id));
    }

    @Override
    public synchronized void accept(Event event) {
        switch (event.type()) {
            case CHANGED -> {
                JsonNode data = event.data();
                String id = event.text("check");
                State to = State.of(event.text("to")).orElse(null);
                if (to == null) {
                    all.remove(id);
                } else {
                    all.put(
                            id,
                            new Checkup(
                                    id,
                                    data.path("critical").asBoolean(false),
                                    new Finding(to, event.text("reason")),
                                    event.time(),
                                    event.time()));
                }
            }
            case TAKEN ->
                event.data()
                        .path("looked")
                        .values()
                        .forEach(id -> all.computeIfPresent(
                                id.asString(""),
                                (_, known) -> new Checkup(
                                        known.id, known.critical, known.finding, known.since, event.time())));
            default -> {
                // Not about the pulse.
            }
        }
    }

    @Override
    public synchronized JsonNode save() {
        ObjectNode saved = Json.object();
        var array = saved.putArray("all");
        for (Checkup each : all.values()) {
            array.addObject()
                    .put("id", each.id)
                    .put("critical", each.critical)
                    .put("state", each.finding.state().text())
                    .put("reason", each.finding.reason())
                    .put("since", each.since.toString())
                    .put("looked", each.looked.toString());
        }
        return saved;
    }

    @Override
    public synchronized void restore(JsonNode saved) {
        all.clear();
        for (JsonNode each : saved.path("all").values()) {
            String id = each.path("id").asString("");
            all.put(
                    id,
                    new Checkup(
                            id,
                            each.path("critical").asBoolean(false),
                            new Finding(
                                    State.of(each.path("state").asString("")).orElse(State.UNKNOWN),
                                    each.path("reason").asString("")),
                            Instant.parse(each.path("since").asString("")),
                            Instant.parse(each.path("looked").asString(""))));
        }
    }
}
