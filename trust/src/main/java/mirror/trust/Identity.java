package mirror.trust;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import mirror.bus.AtomicFiles;
import mirror.bus.Draft;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.bus.Projection;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Who the owner is: named fields that every agent may be told, in versions of which each holds the digest of the one before. An open
 * field is changed by the owner at will and by an agent with the policy's consent; a protected one only with the owner's approval
 * of exactly that change; a fixed one never again, by nobody. A fold over events. Thread-safe.
 *
 * <p>Must never: hand out a document whose digest or whose chain does not fit.
 */
public final class Identity implements Projection {
    static final String CHANGED = "mirror.identity.changed.v1";

    /** {@code prev} of the first version. */
    public static final String NONE = "0".repeat(64);

    /** Scope of the memory effect that writing a field is, before the field's name. */
    public static final String SCOPE = "identity/";

    static final int FIELDS = 64;
    static final int LONGEST = 400;

    /** Who may change a field, from everybody whom the policy lets to nobody. */
    public enum Protection {
        OPEN,
        PROTECTED,
        FIXED;

        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }

        public static Optional<Protection> of(String text) {
            for (Protection value : values()) {
                if (value.text().equals(text)) {
                    return Optional.of(value);
                }
            }
            return Optional.empty();
        }
    }

    /** One field. */
    public record Field(String value, Protection protection, Sensitivity sensitivity) {}

    /**
     * One version.
     *
     * @param number from 1, without gaps
     * @param digest SHA-256 of number, {@code prev} and all fields, as canonical JSON
     * @param prev digest of the version before
     * @param event the event that made it
     */
    public record Version(
            long number,
            String digest,
            String prev,
            String event,
            Instant time,
            String actor,
            SortedMap<String, Field> fields) {
        public Version {
            fields = java.util.Collections.unmodifiableSortedMap(new TreeMap<>(fields));
        }
    }

    private static final Version NOTHING = new Version(0, NONE, NONE, "", Instant.EPOCH, "owner", new TreeMap<>());

    private Version current = NOTHING;
    private @Nullable String fault;

    @Override
    public String name() {
        return "identity";
    }

    @Override
    public int version() {
        return 1;
    }

    @Override
    public synchronized void accept(Event event) {
        if (!event.type().equals(CHANGED) || fault != null) {
            return;
        }
        try {
            Version next = of(event);
            if (next.number != current.number + 1 || !next.prev.equals(current.digest)) {
                throw new TrustException("it does not follow version " + current.number);
            }
            if (!next.digest.equals(digest(next.number, next.prev, next.fields))) {
                throw new TrustException("its digest does not fit");
            }
            current = next;
        } catch (TrustException e) {
            fault = "the identity is damaged: event " + event.id() + " is no next version: " + e.getMessage();
        }
    }

    private static Version version(JsonNode data, String event, Instant time, String actor) {
        SortedMap<String, Field> fields = new TreeMap<>();
        data.path("fields").properties().forEach(entry -> {
            JsonNode field = entry.getValue();
            fields.put(
                    entry.getKey(),
                    new Field(
                            field.path("value").asString(""),
                            Protection.of(field.path("protection").asString(""))
                                    .orElseThrow(() -> new TrustException("a field has no protection")),
                            Sensitivity.of(field.path("sensitivity").asString(""))
                                    .orElseThrow(() -> new TrustException("a field has no sensitivity"))));
        });
        return new Version(
                data.path("version").asLong(0),
                data.path("sha256").asString(""),
                data.path("prev").asString(""),
                event,
                time,
                actor,
                fields);
    }

    private static ObjectNode json(long number, String prev, Map<String, Field> fields) {
        ObjectNode json = Json.object();
        ObjectNode all = json.putObject("fields");
        fields.forEach((name, field) -> all.putObject(name)
                .put("protection", field.protection.text())
                .put("sensitivity", field.sensitivity.text())
                .put("value", field.value));
        return json.put("prev", prev).put("version", number);
    }

    private static String digest(long number, String prev, Map<String, Field> fields) {
        return AtomicFiles.digest(Json.MAPPER.writeValueAsBytes(json(number, prev, fields)));
    }

    /**
     * The version that counts; version 0 without fields when there is none.
     *
     * @throws TrustException when the chain of versions is damaged
     */
    public synchronized Version current() {
        if (fault != null) {
            throw new TrustException(fault);
        }
        return current;
    }

    /** How a field is protected; open while there is none of that name. */
    public synchronized Protection protection(String name) {
        if (fault != null) {
            return Protection.FIXED;
        }
        Field field = current.fields.get(name);
        return field == null ? Protection.OPEN : field.protection;
    }

    /** The version that an event made, as it was then. */
    public static Version of(Event event) {
        return version(event.data(), event.id(), event.time(), event.actor());
    }

    /** Whether the event makes a version of the identity. */
    public static boolean isVersion(Event event) {
        return event.type().equals(CHANGED);
    }

    /**
     * The event of the next version.
     *
     * @param changes new fields by name; null takes a field away
     * @throws TrustException when a field is fixed, a name or a value is not fit for one, or nothing would change
     */
    public synchronized Draft change(Map<String, @Nullable Field> changes, String actor) {
        Version now = current();
        SortedMap<String, Field> fields = new TreeMap<>(now.fields);
        changes.forEach((name, field) -> {
            check(name, field);
            Field old = now.fields.get(name);
            if (old != null && old.protection == Protection.FIXED && !old.equals(field)) {
                throw new TrustException("the field '" + name + "' is fixed: nobody changes it");
            }
            if (field == null) {
                fields.remove(name);
            } else {
                fields.put(name, field);
            }
        });
        if (fields.equals(now.fields)) {
            throw new TrustException("that is how it is already");
        }
        if (fields.size() > FIELDS) {
            throw new TrustException("there are at most " + FIELDS + " fields");
        }
        ObjectNode data = json(now.number + 1, now.digest, fields);
        TreeSet<String> names = new TreeSet<>(changes.keySet());
        names.forEach(data.putArray("changed")::add);
        data.put("sha256", digest(now.number + 1, now.digest, fields));
        return Draft.of(CHANGED, actor, data).subject(String.join(" ", names));
    }

    private static void check(String name, @Nullable Field field) {
        if (!name.matches("[a-z][a-z0-9-]{0,31}")) {
            throw new TrustException("'" + Redactor.field(name)
                    + "' is not a name for a field: lower case letters, digits and dashes, at most 32");
        }
        if (field == null) {
            return;
        }
        if (field.value.isBlank() || field.value.length() > LONGEST || !LeaseTerm.isPlain(field.value)) {
            throw new TrustException("the value of '" + name + "' is one line of 1 to " + LONGEST + " characters");
        }
        if (!Redactor.redact(field.value).equals(field.value)) {
            throw new TrustException("the value of '" + name + "' looks like a secret; those do not belong there");
        }
    }

    /** The fields that may be shown under the ceiling, one a line. */
    public List<String> lines(Sensitivity ceiling) {
        List<String> lines = new ArrayList<>();
        current().fields.forEach((name, field) -> {
            if (field.sensitivity.within(ceiling)) {
                lines.add(name + ": " + field.value);
            }
        });
        return lines;
    }

    @Override
    public synchronized JsonNode save() {
        ObjectNode saved = json(current.number, current.prev, current.fields)
                .put("sha256", current.digest)
                .put("event", current.event)
                .put("time", current.time.toString())
                .put("actor", current.actor);
        if (fault != null) {
            saved.put("fault", fault);
        }
        return saved;
    }

    @Override
    public synchronized void restore(JsonNode saved) {
        current = version(
                saved,
                saved.path("event").asString(""),
                Instant.parse(saved.path("time").asString("")),
                saved.path("actor").asString(""));
        fault = saved.has("fault") ? saved.path("fault").asString("") : null;
    }
}
