package mirror.surface.signal;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import mirror.bus.Json;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A message as subscribers get it, with the fields of ntfy's {@code server/types.go}. Immutable.
 *
 * @param id 12 letters and digits
 * @param time when it is, or was, due, in Unix seconds
 * @param expires when it is forgotten, in Unix seconds
 * @param priority 1 (min) to 5 (max), or 0: nothing was said, which counts as 3
 * @param contentType {@code text/markdown}, or empty for plain text
 * @param encoding {@code base64} when the message is not text, or empty
 */
record Message(
        String id,
        long time,
        long expires,
        String topic,
        String title,
        String message,
        int priority,
        List<String> tags,
        String click,
        String icon,
        List<Button> actions,
        @Nullable Attachment attachment,
        String contentType,
        String encoding) {
    static final int DEFAULT_PRIORITY = 3;

    Message {
        tags = List.copyOf(tags);
        actions = List.copyOf(actions);
    }

    /**
     * A file that came with it.
     *
     * @param type media type, or empty when it is not known
     * @param size bytes; 0: not known
     * @param expires when a file of ours is removed, in Unix seconds; 0 for one elsewhere
     * @param url of a file elsewhere; of ours the path, such as {@code /file/aBc.txt}
     */
    record Attachment(String name, String type, long size, long expires, String url) {
        boolean isOurs() {
            return url.startsWith("/");
        }

        private ObjectNode json(String base) {
            ObjectNode json = Json.object().put("name", name);
            if (!type.isEmpty()) {
                json.put("type", type);
            }
            if (size > 0) {
                json.put("size", size);
            }
            if (expires > 0) {
                json.put("expires", expires);
            }
            return json.put("url", isOurs() ? base + url : url);
        }
    }

    int effectivePriority() {
        return priority == 0 ? DEFAULT_PRIORITY : priority;
    }

    /**
     * What clients read.
     *
     * @param base where they reach this server, without a slash at the end
     */
    ObjectNode json(String base) {
        ObjectNode json = Json.object().put("id", id).put("time", time);
        if (expires > 0) {
            json.put("expires", expires);
        }
        json.put("event", "message").put("topic", topic);
        content(json, base);
        return json;
    }

    /** An {@code open} or {@code keepalive} event. */
    static ObjectNode event(String id, long time, String event, String topics) {
        return Json.object().put("id", id).put("time", time).put("event", event).put("topic", topics);
    }

    private void content(ObjectNode json, String base) {
        text(json, "title", title);
        text(json, "message", message);
        if (priority > 0) {
            json.put("priority", priority);
        }
        if (!tags.isEmpty()) {
            tags.forEach(json.putArray("tags")::add);
        }
        text(json, "click", click);
        text(json, "icon", icon);
        if (!actions.isEmpty()) {
            var array = json.putArray("actions");
            actions.forEach(action -> array.add(action.json()));
        }
        if (attachment != null) {
            json.set("attachment", attachment.json(base));
        }
        text(json, "content_type", contentType);
        text(json, "encoding", encoding);
    }

    private static void text(ObjectNode json, String name, String value) {
        if (!value.isEmpty()) {
            json.put(name, value);
        }
    }

    /** What is kept apart from the log, so that it can be forgotten. */
    byte[] content() {
        ObjectNode json = Json.object();
        content(json, "");
        return Json.MAPPER.writeValueAsBytes(json);
    }

    /** The message whose place is told by the log and whose content is {@code bytes}. */
    static Message of(String id, long time, long expires, String topic, byte[] bytes) {
        JsonNode json = Json.MAPPER.readTree(bytes);
        List<String> tags = new ArrayList<>();
        json.path("tags").forEach(tag -> tags.add(tag.asString("")));
        List<Button> actions = new ArrayList<>();
        json.path("actions").forEach(node -> actions.add(button(node)));
        JsonNode file = json.path("attachment");
        return new Message(
                id,
                time,
                expires,
                topic,
                json.path("title").asString(""),
                json.path("message").asString(""),
                json.path("priority").asInt(0),
                tags,
                json.path("click").asString(""),
                json.path("icon").asString(""),
                actions,
                file.isObject()
                        ? new Attachment(
                                file.path("name").asString(""),
                                file.path("type").asString(""),
                                file.path("size").asLong(0),
                                file.path("expires").asLong(0),
                                file.path("url").asString(""))
                        : null,
                json.path("content_type").asString(""),
                json.path("encoding").asString(""));
    }

    private static Button button(JsonNode node) {
        return new Button(
                node.path("id").asString(""),
                node.path("action").asString(""),
                node.path("label").asString(""),
                node.path("clear").asBoolean(false),
                node.path("url").asString(""),
                node.path("method").asString(""),
                texts(node.path("headers")),
                node.path("body").asString(""),
                node.path("intent").asString(""),
                texts(node.path("extras")));
    }

    private static Map<String, String> texts(JsonNode node) {
        Map<String, String> texts = new HashMap<>();
        node.propertyNames().forEach(name -> texts.put(name, node.path(name).asString("")));
        return texts;
    }
}
