package mirror.trust;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import mirror.bus.AtomicFiles;
import mirror.bus.Draft;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.bus.NoteSigner;
import mirror.bus.Projection;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * How each tool server was defined when it was first used, or when the owner last confirmed it; a fold over events. The first
 * definition of a name is taken as it is, because nothing is older; every other one waits for the owner. Thread-safe.
 */
public final class KnownTools implements Projection {
    static final String SEEN = "mirror.tool.seen.v1";
    static final String TRUSTED = "mirror.tool.trusted.v1";

    /** A definition longer than this is known by its digest alone. */
    private static final int MAX_DEFINITION = 4_000;

    /**
     * One definition of a server.
     *
     * @param server the name that its tools carry
     * @param source file and place in it
     * @param digest differs when anything of the definition does, secrets too; made with the device's key, so that nobody can try
     *     out from the log what a secret in it was
     * @param shown the definition without secrets, keys in order
     */
    public record Definition(String server, String source, String digest, JsonNode shown) {
        public static Definition of(String server, String source, JsonNode raw, NoteSigner device) {
            byte[] canonical = Json.MAPPER.writeValueAsBytes(Action.sorted(raw));
            byte[] message =
                    ("mirror tool definition\n" + AtomicFiles.digest(canonical)).getBytes(StandardCharsets.UTF_8);
            return new Definition(
                    server, source, AtomicFiles.digest(device.sign(message)), Redactor.fields(Action.sorted(raw)));
        }
    }

    /**
     * What is remembered of one.
     *
     * @param definition as JSON, or empty when it was too long to be kept
     */
    public record Known(String server, String source, String digest, String definition) {
        /** The definition's fields; none when it was not kept. */
        public JsonNode fields() {
            try {
                return definition.isEmpty() ? Json.object() : Json.MAPPER.readTree(definition);
            } catch (JacksonException e) {
                return Json.object();
            }
        }
    }

    private final Map<String, Known> known = new LinkedHashMap<>();

    @Override
    public String name() {
        return "tools";
    }

    @Override
    public int version() {
        return 1;
    }

    @Override
    public synchronized JsonNode save() {
        return Json.array(known.values());
    }

    @Override
    public synchronized void restore(JsonNode saved) {
        known.clear();
        for (Known one : Json.list(saved, Known.class)) {
            known.put(key(one.server, one.source), one);
        }
    }

    @Override
    public synchronized void accept(Event event) {
        Known one =
                new Known(event.text("server"), event.text("source"), event.text("sha256"), event.text("definition"));
        switch (event.type()) {
            case SEEN -> known.putIfAbsent(key(one.server, one.source), one);
            case TRUSTED -> known.put(key(one.server, one.source), one);
            default -> {}
        }
    }

    private static String key(String server, String source) {
        return server + "\n" + source;
    }

    public synchronized Optional<Known> get(String server, String source) {
        return Optional.ofNullable(known.get(key(server, source)));
    }

    /** Everything known under this name, oldest first. */
    public synchronized List<Known> named(String server) {
        return known.values().stream().filter(one -> one.server.equals(server)).toList();
    }

    /** Everything known, in the order in which it was met. */
    public synchronized List<Known> list() {
        return List.copyOf(known.values());
    }

    /** Whether this source of the name is new and nothing known speaks against it. */
    public synchronized boolean isFirst(Definition definition) {
        return get(definition.server, definition.source).isEmpty()
                && named(definition.server).stream().allMatch(one -> one.digest.equals(definition.digest));
    }

    /** The event that remembers a first definition. */
    public Draft seen(Definition definition) {
        return draft(SEEN, "daemon", definition);
    }

    /** The event by which the owner confirms a definition. */
    public Draft trusted(Definition definition) {
        return draft(TRUSTED, "owner", definition);
    }

    private static Draft draft(String type, String actor, Definition definition) {
        String text = Json.MAPPER.writeValueAsString(definition.shown);
        return Draft.of(
                        type,
                        actor,
                        Json.object()
                                .put("server", definition.server)
                                .put("source", definition.source)
                                .put("sha256", definition.digest)
                                .put("definition", text.length() <= MAX_DEFINITION ? text : ""))
                .subject(definition.server);
    }
}
