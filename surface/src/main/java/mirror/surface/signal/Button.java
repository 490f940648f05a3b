package mirror.surface.signal;

import java.util.Map;
import java.util.TreeMap;
import mirror.bus.Json;
import tools.jackson.databind.node.ObjectNode;

/**
 * An action button of a message, as ntfy's {@code server/types.go} has it.
 *
 * @param action {@code view}, {@code http} or {@code broadcast}
 * @param clear whether the notification goes away once it was used
 * @param method empty: the app's default
 */
record Button(
        String id,
        String action,
        String label,
        boolean clear,
        String url,
        String method,
        Map<String, String> headers,
        String body,
        String intent,
        Map<String, String> extras) {
    Button {
        headers = Map.copyOf(headers);
        extras = Map.copyOf(extras);
    }

    ObjectNode json() {
        ObjectNode json = Json.object()
                .put("id", id)
                .put("action", action)
                .put("label", label)
                .put("clear", clear);
        text(json, "url", url);
        text(json, "method", method);
        map(json, "headers", headers);
        text(json, "body", body);
        text(json, "intent", intent);
        map(json, "extras", extras);
        return json;
    }

    private static void text(ObjectNode json, String name, String value) {
        if (!value.isEmpty()) {
            json.put(name, value);
        }
    }

    private static void map(ObjectNode json, String name, Map<String, String> values) {
        if (!values.isEmpty()) {
            new TreeMap<>(values).forEach(json.putObject(name)::put);
        }
    }
}
