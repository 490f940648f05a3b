package mirror.surface.console;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;
import mirror.bus.Draft;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.bus.Projection;
import mirror.trust.Redactor;
import mirror.trust.TrustException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What the owner noted on a phone. Each note has an id that the phone made, so that one which is sent again, as it was not heard that it
 * arrived, is the same one. A fold over events; thread-safe.
 */
public final class Captures implements Projection {
    static final String TAKEN = "mirror.capture.taken.v1";
    static final int LONGEST = 20_000;

    private static final int KEPT = 5_000;

    private final Map<String, Long> known = new LinkedHashMap<>();

    @Override
    public String name() {
        return "captures";
    }

    @Override
    public int version() {
        return 1;
    }

    @Override
    public synchronized void accept(Event event) {
        if (event.type().equals(TAKEN)) {
            known.put(event.text("capture"), event.seq());
            if (known.size() > KEPT) {
                known.remove(known.keySet().iterator().next());
            }
        }
    }

    /** Number of the event of a note that is known. */
    synchronized OptionalLong known(String id) {
        Long seq = known.get(id);
        return seq == null ? OptionalLong.empty() : OptionalLong.of(seq);
    }

    /**
     * The event of a new note.
     *
     * @param noted when it was, by the phone's clock, or empty
     * @throws TrustException when it is none
     */
    static Draft draft(String id, String text, String noted, String by) {
        if (!id.matches("[A-Za-z0-9-]{8,64}")) {
            throw new TrustException("a note needs an id of 8 to 64 letters, digits and dashes");
        }
        if (text.isBlank() || text.length() > LONGEST) {
            throw new TrustException("a note has 1 to " + LONGEST + " characters");
        }
        return Draft.of(
                        TAKEN,
                        "owner",
                        Json.object()
                                .put("capture", id)
                                .put("text", Redactor.redact(text))
                                .put("noted", noted.length() > 40 ? "" : noted)
                                .put("by", by))
                .subject(id);
    }

    @Override
    public synchronized JsonNode save() {
        ObjectNode saved = Json.object();
        known.forEach(saved::put);
        return saved;
    }

    @Override
    public synchronized void restore(JsonNode saved) {
        known.clear();
        saved.properties()
                .forEach(each -> known.put(each.getKey(), each.getValue().asLong()));
    }
}
