package mirror.surface.signal;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.bus.Projection;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Which messages there are, where their content lies, and how far each has come on each route: a fold of {@code mirror.signal.…}. No
 * content of a message is in it. What a subscriber has seen is one number: a message gets as its <em>order</em> the number of the event
 * that let it be seen, which grows and never changes, so whoever goes on after the last order it saw misses nothing and sees nothing
 * twice. Thread-safe.
 */
public final class SignalLedger implements Projection {
    static final String PUBLISHED = "mirror.signal.published.v1";
    static final String RELEASED = "mirror.signal.released.v1";
    static final String ROUTED = "mirror.signal.routed.v1";
    static final String DELIVERED = "mirror.signal.delivered.v1";
    static final String DEFERRED = "mirror.signal.deferred.v1";
    static final String DROPPED = "mirror.signal.dropped.v1";
    static final String FORGOTTEN = "mirror.signal.forgotten.v1";

    /**
     * A message, without what it says.
     *
     * @param order when subscribers may see it: after all of a lower order; 0 while it is not due
     * @param time when it is due, in Unix seconds
     * @param expires when it is forgotten, in Unix seconds
     * @param content blob of what it says
     * @param file blob of the file that came with it, or empty
     * @param fileExpires in Unix seconds; 0: there is none
     * @param by who published it
     * @param key what makes it the same message again, or empty
     * @param routed whether it is known by which routes it leaves
     */
    record Entry(
            String id,
            String topic,
            long order,
            long time,
            long expires,
            int priority,
            boolean cached,
            String content,
            String file,
            long fileBytes,
            long fileExpires,
            String by,
            String key,
            boolean routed) {
        boolean isVisible() {
            return order > 0;
        }

        private Entry with(long newOrder, boolean isRouted) {
            return new Entry(
                    id,
                    topic,
                    newOrder,
                    time,
                    expires,
                    priority,
                    cached,
                    content,
                    file,
                    fileBytes,
                    fileExpires,
                    by,
                    key,
                    isRouted);
        }

        private Entry withoutFile() {
            return new Entry(id, topic, order, time, expires, priority, cached, content, "", 0, 0, by, key, routed);
        }
    }

    /** How far a message has come on a route. */
    enum State {
        WAITING,
        DELIVERED,
        DROPPED
    }

    /**
     * A message on its way.
     *
     * @param attempts that failed
     * @param reason why it was not delivered yet, or never; empty when nothing is known against it
     * @param again not before, or null for at once
     * @param since time of the event that told this
     */
    record Delivery(
            String message,
            String route,
            State state,
            int attempts,
            String reason,
            @Nullable Instant again,
            Instant since) {}

    private final Map<String, Entry> entries = new LinkedHashMap<>();
    private final TreeMap<Long, String> visible = new TreeMap<>();
    private final Map<String, String> keys = new LinkedHashMap<>();
    private final Map<String, Map<String, Delivery>> deliveries = new LinkedHashMap<>();
    private long head;

    // ---- questions

    synchronized Optional<Entry> get(String id) {
        return Optional.ofNullable(entries.get(id));
    }

    synchronized Optional<Entry> byKey(String key) {
        return Optional.ofNullable(keys.get(key)).flatMap(this::get);
    }

    /** Order of the newest message that was ever to be seen; what comes later has a higher one. */
    synchronized long head() {
        return head;
    }

    /** Messages to be seen, oldest first. */
    synchronized List<Entry> after(long order, Collection<String> topics, int most) {
        List<Entry> found = new ArrayList<>();
        for (String id : visible.tailMap(order, false).values()) {
            Entry entry = entries.get(id);
            if (entry != null && topics.contains(entry.topic)) {
                found.add(entry);
                if (found.size() == most) {
                    break;
                }
            }
        }
        return found;
    }

    /** All that are kept, oldest first; those that are not due yet, too. */
    synchronized List<Entry> all() {
        return List.copyOf(entries.values());
    }

    synchronized int size() {
        return entries.size();
    }

    /** Bytes of all files that came with messages. */
    synchronized long fileBytes() {
        return entries.values().stream().mapToLong(Entry::fileBytes).sum();
    }

    synchronized List<Delivery> waiting() {
        return deliveries.values().stream()
                .flatMap(each -> each.values().stream())
                .filter(delivery -> delivery.state == State.WAITING)
                .toList();
    }

    synchronized List<Delivery> deliveries(String message) {
        return List.copyOf(deliveries.getOrDefault(message, Map.of()).values());
    }

    /** Of all messages that are kept, oldest message first. */
    synchronized List<Delivery> deliveries() {
        return deliveries.values().stream()
                .flatMap(each -> each.values().stream())
                .toList();
    }

    // ---- the fold

    @Override
    public String name() {
        return "signals";
    }

    @Override
    public int version() {
        return 1;
    }

    @Override
    public synchronized void accept(Event event) {
        switch (event.type()) {
            case PUBLISHED -> published(event);
            case RELEASED -> released(event);
            case ROUTED -> routed(event);
            case DELIVERED -> moved(event, State.DELIVERED);
            case DEFERRED -> moved(event, State.WAITING);
            case DROPPED -> moved(event, State.DROPPED);
            case FORGOTTEN -> forgotten(event);
            default -> {
                // Not about messages.
            }
        }
    }

    private void published(Event event) {
        JsonNode data = event.data();
        String id = event.text("message");
        boolean scheduled = data.path("scheduled").asBoolean(false);
        Entry entry = new Entry(
                id,
                event.text("topic"),
                scheduled ? 0 : event.seq(),
                data.path("time").asLong(0),
                data.path("expires").asLong(0),
                data.path("priority").asInt(0),
                data.path("cached").asBoolean(true),
                event.text("content"),
                event.text("file"),
                data.path("file-bytes").asLong(0),
                data.path("file-expires").asLong(0),
                event.actor(),
                event.text("key"),
                false);
        if (id.isEmpty() || entries.containsKey(id)) {
            return;
        }
        entries.put(id, entry);
        if (!entry.key.isEmpty()) {
            keys.put(entry.key, id);
        }
        if (!scheduled) {
            see(entry);
            route(id, data, event.time());
        }
    }

    private void see(Entry entry) {
        visible.put(entry.order, entry.id);
        head = Math.max(head, entry.order);
    }

    private void released(Event event) {
        Entry entry = entries.get(event.text("message"));
        if (entry != null && !entry.isVisible()) {
            Entry seen = entry.with(event.seq(), entry.routed);
            entries.put(seen.id, seen);
            see(seen);
            route(seen.id, event.data(), event.time());
        }
    }

    private void routed(Event event) {
        route(event.text("message"), event.data(), event.time());
    }

    private void route(String id, JsonNode data, Instant time) {
        Entry entry = entries.get(id);
        if (entry == null || entry.routed || !data.path("routes").isArray()) {
            return;
        }
        entries.put(id, entry.with(entry.order, true));
        for (JsonNode route : data.path("routes")) {
            String name = route.asString("");
            deliveries
                    .computeIfAbsent(id, _ -> new LinkedHashMap<>())
                    .put(name, new Delivery(id, name, State.WAITING, 0, "", null, time));
        }
    }

    private void moved(Event event, State state) {
        String id = event.text("message");
        String route = event.text("route");
        Map<String, Delivery> each = deliveries.get(id);
        if (each != null && each.containsKey(route)) {
            each.put(
                    route,
                    new Delivery(
                            id,
                            route,
                            state,
                            event.data().path("attempts").asInt(0),
                            event.text("reason"),
                            event.time("again"),
                            event.time()));
        }
    }

    private void forgotten(Event event) {
        for (JsonNode node : event.data().path("messages")) {
            Entry entry = entries.remove(node.asString(""));
            if (entry != null) {
                visible.remove(entry.order);
                keys.remove(entry.key);
                deliveries.remove(entry.id);
            }
        }
        for (JsonNode node : event.data().path("files")) {
            entries.computeIfPresent(node.asString(""), (_, entry) -> entry.withoutFile());
        }
    }

    // ---- the saved form

    @Override
    public synchronized JsonNode save() {
        ObjectNode saved = Json.object().put("head", head);
        ArrayNode messages = saved.putArray("messages");
        entries.values().forEach(entry -> messages.add(Json.MAPPER.<JsonNode>valueToTree(entry)));
        ArrayNode ways = saved.putArray("deliveries");
        deliveries().forEach(delivery -> ways.add(Json.MAPPER.<JsonNode>valueToTree(delivery)));
        return saved;
    }

    @Override
    public synchronized void restore(JsonNode saved) {
        entries.clear();
        visible.clear();
        keys.clear();
        deliveries.clear();
        head = saved.path("head").asLong(0);
        for (JsonNode node : saved.path("messages")) {
            Entry entry = Json.MAPPER.treeToValue(node, Entry.class);
            entries.put(entry.id, entry);
            if (entry.isVisible()) {
                visible.put(entry.order, entry.id);
            }
            if (!entry.key.isEmpty()) {
                keys.put(entry.key, entry.id);
            }
        }
        for (JsonNode node : saved.path("deliveries")) {
            Delivery delivery = Json.MAPPER.treeToValue(node, Delivery.class);
            deliveries
                    .computeIfAbsent(delivery.message, _ -> new LinkedHashMap<>())
                    .put(delivery.route, delivery);
        }
    }

    /** How many messages each topic has, by name. */
    synchronized Map<String, Long> topics() {
        Map<String, Long> topics = new TreeMap<>();
        entries.values().forEach(entry -> topics.merge(entry.topic, 1L, Long::sum));
        return topics;
    }
}
