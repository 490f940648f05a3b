package mirror.surface.signal;

import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import mirror.bus.Json;
import mirror.surface.signal.SignalRefused.Fault;
import tools.jackson.databind.JsonNode;

/** A message that is published as JSON, turned into the headers that would say the same, as ntfy's server does. */
final class JsonPublication {
    private JsonPublication() {}

    /**
     * The headers.
     *
     * @param others that are kept
     * @throws SignalRefused when a field is of another type
     */
    static Map<String, String> headers(JsonNode json, Map<String, String> others) {
        if (!json.isObject()) {
            throw SignalRefused.of(Fault.JSON);
        }
        Map<String, String> headers = new HashMap<>(others);
        for (String name : new String[] {"title", "attach", "filename", "click", "icon", "email", "delay", "call"}) {
            put(headers, name, text(json, name));
        }
        text(json, "message");
        text(json, "topic");
        JsonNode priority = json.path("priority");
        if (priority.isIntegralNumber()) {
            if (priority.asLong(-1) != 0) {
                headers.put("x-priority", priority.asString());
            }
        } else if (isSet(priority)) {
            throw SignalRefused.of(Fault.JSON);
        }
        JsonNode tags = json.path("tags");
        if (tags.isArray()) {
            put(
                    headers,
                    "tags",
                    StreamSupport.stream(tags.spliterator(), false)
                            .map(tag -> {
                                if (!tag.isString()) {
                                    throw SignalRefused.of(Fault.JSON);
                                }
                                return tag.asString();
                            })
                            .collect(Collectors.joining(",")));
        } else if (isSet(tags)) {
            throw SignalRefused.of(Fault.JSON);
        }
        JsonNode actions = json.path("actions");
        if (actions.isArray() && !actions.isEmpty()) {
            headers.put("x-actions", Json.MAPPER.writeValueAsString(actions));
        } else if (isSet(actions) && !actions.isArray()) {
            throw SignalRefused.of(Fault.JSON);
        }
        JsonNode markdown = json.path("markdown");
        if (markdown.isBoolean()) {
            headers.put("x-markdown", markdown.asBoolean() ? "yes" : "no");
        } else if (isSet(markdown)) {
            throw SignalRefused.of(Fault.JSON);
        }
        return headers;
    }

    private static boolean isSet(JsonNode node) {
        return !node.isMissingNode() && !node.isNull();
    }

    private static String text(JsonNode json, String name) {
        JsonNode value = json.path(name);
        if (isSet(value) && !value.isString()) {
            throw SignalRefused.of(Fault.JSON);
        }
        return value.asString("");
    }

    private static void put(Map<String, String> headers, String name, String value) {
        if (!value.isEmpty()) {
            headers.put("x-" + name, value);
        }
    }
}
