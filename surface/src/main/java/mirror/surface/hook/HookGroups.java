package mirror.surface.hook;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import mirror.surface.hook.Connection.Refused;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Mirror's entries among the hooks of a settings file, in the form that several clients share:
 * {@code {"hooks": {EVENT: [{"hooks": [{"command": …}]}]}}}.
 *
 * @param events the events that Mirror has an entry for
 * @param group the entry of an event; without a matcher, so that it is asked about every tool
 * @param prefix how the command of each of Mirror's entries begins, and of nobody else's
 */
record HookGroups(List<String> events, Function<String, ObjectNode> group, String prefix) {

    /** Puts the groups in, in place of older ones; nothing changes when all are there as they are written now. */
    void put(ObjectNode settings, Path file) throws Refused {
        if (!lacking(settings).isEmpty()) {
            remove(settings);
            add(settings, file);
        }
    }

    private void add(ObjectNode settings, Path file) throws Refused {
        ObjectNode hooks = JsonSettings.object(settings, "hooks", file);
        for (String event : events) {
            ArrayNode list;
            if (hooks.get(event) instanceof ArrayNode array) {
                list = array;
            } else if (hooks.has(event)) {
                throw new Refused(file + ": hooks." + event + " is not a list; correct it first");
            } else {
                list = hooks.putArray(event);
            }
            list.add(group.apply(event));
        }
    }

    /** Events whose entry is not exactly the one that was written: a matcher, another time-out or {@code async} disarms it. */
    List<String> lacking(ObjectNode settings) {
        return events.stream().filter(event -> position(settings, event) < 0).toList();
    }

    /** Which of the event's groups is Mirror's, from 0 on; -1 when none is. */
    int position(ObjectNode settings, String event) {
        JsonNode groups = settings.path("hooks").path(event);
        ObjectNode ours = group.apply(event);
        for (int i = 0; i < groups.size(); i++) {
            if (groups.get(i).equals(ours)) {
                return i;
            }
        }
        return -1;
    }

    void remove(ObjectNode settings) {
        if (!(settings.get("hooks") instanceof ObjectNode hooks)) {
            return;
        }
        boolean removed = false;
        for (Map.Entry<String, JsonNode> event : List.copyOf(hooks.properties())) {
            if (event.getValue() instanceof ArrayNode groups && removeOurs(groups)) {
                removed = true;
                if (groups.isEmpty()) {
                    hooks.remove(event.getKey());
                }
            }
        }
        if (removed && hooks.isEmpty()) {
            settings.remove("hooks");
        }
    }

    /** Whether anything was removed. */
    private boolean removeOurs(ArrayNode groups) {
        boolean any = false;
        for (int i = groups.size() - 1; i >= 0; i--) {
            boolean removed = false;
            if (groups.get(i).path("hooks") instanceof ArrayNode hooks) {
                for (int j = hooks.size() - 1; j >= 0; j--) {
                    if (hooks.get(j).path("command").asString("").startsWith(prefix)) {
                        hooks.remove(j);
                        removed = true;
                    }
                }
                if (removed && hooks.isEmpty()) {
                    groups.remove(i);
                }
            }
            any |= removed;
        }
        return any;
    }
}
