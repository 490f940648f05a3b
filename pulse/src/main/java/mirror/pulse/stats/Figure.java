package mirror.pulse.stats;

import java.nio.charset.StandardCharsets;
import mirror.bus.AtomicFiles;
import mirror.bus.Json;
import tools.jackson.databind.node.ObjectNode;

/** A number with what it is. */
public record Figure(String name, Value value, String unit, String says, String query) {
    public static Figure of(Definition definition, Value value) {
        return new Figure(
                definition.name(),
                value,
                definition.unit(),
                definition.says(),
                definition.query().text());
    }

    /** SHA-256 over name, value, unit, query and the head they hold for, as JSON in this order. */
    public String digest(Head head) {
        ObjectNode json = Json.object().put("name", name);
        write(json);
        json.put("unit", unit)
                .put("query", query)
                .put("origin", head.origin())
                .put("seq", head.seq())
                .put("hash", head.hash());
        return AtomicFiles.digest(Json.MAPPER.writeValueAsString(json).getBytes(StandardCharsets.UTF_8));
    }

    /** The value, or null and why. */
    void write(ObjectNode json) {
        if (value.number() == null) {
            json.putNull("value").put("unknown", value.why());
        } else {
            json.put("value", value.number());
        }
    }
}
