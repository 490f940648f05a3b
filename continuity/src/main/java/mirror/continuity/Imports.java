package mirror.continuity;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import mirror.bus.Draft;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.bus.Projection;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** All transcripts that were taken in, as a fold over events. Thread-safe. */
public final class Imports implements Projection {
    /** The event of one version. */
    public static final String IMPORTED = "mirror.transcript.imported.v1";

    /** By digest, oldest first. */
    private final Map<String, Import> all = new LinkedHashMap<>();

    private final Map<String, Import> newest = new HashMap<>();
    private final Set<Long> sizes = new HashSet<>();

    @Override
    public String name() {
        return "imports";
    }

    @Override
    public int version() {
        return 1;
    }

    private static String key(String client, String path) {
        return client + "\n" + path;
    }

    /** The event that says that a transcript was taken in; {@link #accept} reads it. */
    static Draft draft(
            TranscriptFormat format,
            String path,
            String sha256,
            long bytes,
            @Nullable Import previous,
            boolean extended,
            Transcript transcript) {
        ObjectNode data = Json.object()
                .put("client", format.client())
                .put("path", path)
                .put("sha256", sha256)
                .put("bytes", bytes)
                .put("version", previous == null ? 1 : previous.version() + 1)
                .put("session", transcript.session())
                .put("project", transcript.project())
                .put("intent", transcript.intent())
                .put("prompts", transcript.prompts())
                .put("answers", transcript.answers())
                .put("calls", transcript.calls())
                .put("unreadable", transcript.unreadable());
        if (previous != null) {
            data.put("previous", previous.event()).put("extended", extended);
        }
        if (transcript.first() != null && transcript.last() != null) {
            data.put("first", transcript.first().toString())
                    .put("last", transcript.last().toString());
        }
        return Draft.of(IMPORTED, "owner", data).subject(transcript.session());
    }

    @Override
    public synchronized void accept(Event event) {
        if (!event.type().equals(IMPORTED)) {
            return;
        }
        JsonNode data = event.data();
        add(new Import(
                event.id(),
                event.time(),
                event.text("client"),
                event.text("path"),
                event.text("sha256"),
                data.path("bytes").asLong(0),
                data.path("version").asInt(1),
                data.hasNonNull("previous") ? event.text("previous") : null,
                data.path("extended").asBoolean(false),
                new Transcript(
                        event.text("session"),
                        event.text("project"),
                        event.text("intent"),
                        event.time("first"),
                        event.time("last"),
                        data.path("prompts").asLong(0),
                        data.path("answers").asLong(0),
                        data.path("calls").asLong(0),
                        data.path("unreadable").asLong(0))));
    }

    private void add(Import each) {
        // The same bytes are imported once; were they recorded twice, the first record counts.
        if (all.putIfAbsent(each.sha256(), each) != null) {
            return;
        }
        newest.put(key(each.client(), each.path()), each);
        sizes.add(each.bytes());
    }

    /** The import of exactly these bytes, wherever they stood. */
    public synchronized Optional<Import> of(String sha256) {
        return Optional.ofNullable(all.get(sha256));
    }

    /** The newest version of a file. */
    public synchronized Optional<Import> newest(TranscriptFormat format, String path) {
        return Optional.ofNullable(newest.get(key(format.client(), path)));
    }

    /** Whether something of this size was taken in; if not, a file of it is new without its digest being known. */
    synchronized boolean hasSize(long bytes) {
        return sizes.contains(bytes);
    }

    /** All versions, oldest import first. */
    public synchronized List<Import> list() {
        return new ArrayList<>(all.values());
    }

    /** The newest version of each file, oldest import first. */
    public synchronized List<Import> current() {
        List<Import> current = list();
        current.removeIf(each -> !each.equals(newest.get(key(each.client(), each.path()))));
        return current;
    }

    @Override
    public synchronized JsonNode save() {
        return Json.array(all.values());
    }

    @Override
    public synchronized void restore(JsonNode saved) {
        all.clear();
        newest.clear();
        sizes.clear();
        Json.list(saved, Import.class).forEach(this::add);
    }
}
