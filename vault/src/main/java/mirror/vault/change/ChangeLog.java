package mirror.vault.change;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import mirror.bus.FileStore;
import mirror.bus.FileVersion.Outcome;
import mirror.bus.Journal;
import mirror.bus.Json;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What Mirror changed, as it is on disk: a {@linkplain Journal journal} in which a line says what is about to be done, and a later one
 * what became of it and whether the event log knows. Used under the lock of {@link VaultChanges}.
 */
final class ChangeLog {
    /**
     * One change and what is known of it.
     *
     * @param root of the vault, without links
     * @param isFolder whether a whole folder was moved
     * @param made highest folder that had to be made for it, or null
     * @param undoes the change that this one takes back, or null
     * @param outcome null while it is open
     * @param told whether the event log has it
     */
    record Entry(
            Change change,
            Path root,
            boolean isFolder,
            @Nullable Path made,
            @Nullable String undoes,
            @Nullable Outcome outcome,
            boolean told) {
        /** A path of the change as the file system takes it. */
        Path place(String path) {
            return root.resolve(path);
        }

        Entry closed(Outcome became, boolean isTold) {
            return new Entry(change, root, isFolder, made, undoes, became, isTold);
        }
    }

    private final Journal journal;
    private final Map<String, Entry> entries = new LinkedHashMap<>();
    private final Set<String> written = new HashSet<>();

    ChangeLog(FileStore files, Path file) throws IOException {
        journal = files.journal(file, this::apply);
    }

    private boolean apply(JsonNode line) {
        try {
            if (line.has("closes")) {
                Entry entry = entries.get(line.path("closes").asString());
                if (entry == null) {
                    return false;
                }
                Outcome outcome =
                        Outcome.valueOf(line.path("outcome").asString().toUpperCase(Locale.ROOT));
                put(entry.closed(outcome, line.path("told").asBoolean()));
                return true;
            }
            String id = line.path("change").asString();
            if (!id.equals(next())) {
                return false;
            }
            put(new Entry(
                    new Change(
                            id,
                            Change.Kind.valueOf(line.path("kind").asString().toUpperCase(Locale.ROOT)),
                            line.path("path").asString(),
                            text(line, "from"),
                            text(line, "before"),
                            text(line, "after"),
                            Instant.parse(line.path("time").asString()),
                            line.path("by").asString(),
                            line.path("why").asString(),
                            false),
                    Path.of(line.path("root").asString()),
                    line.path("folder").asBoolean(),
                    line.has("made") ? Path.of(line.path("made").asString()) : null,
                    text(line, "undoes"),
                    null,
                    false));
            return true;
        } catch (RuntimeException e) {
            // A proven line of a form this version does not know.
            return false;
        }
    }

    private static @Nullable String text(JsonNode line, String field) {
        return line.hasNonNull(field) ? line.path(field).asString() : null;
    }

    private void put(Entry entry) {
        entries.put(entry.change.id(), entry);
        String after = entry.change.after();
        if (after != null && entry.outcome != Outcome.UNDONE && entry.change.kind() != Change.Kind.MOVED) {
            written.add(after);
        }
    }

    String next() {
        return "c" + (entries.size() + 1);
    }

    /** Returns when it is durable what is about to be done. */
    Entry begin(Change change, Path root, boolean isFolder, @Nullable Path made, @Nullable String undoes)
            throws IOException {
        ObjectNode json = Json.object()
                .put("change", change.id())
                .put("kind", change.kind().text())
                .put("root", root.toString());
        describe(json, change, isFolder, undoes);
        optional(json, "made", made == null ? null : made.toString());
        append(json.put("time", change.time().toString()).put("by", change.by()));
        // Each time, because a crash may have come between the first line and the flush of the file's name.
        journal.forceName();
        return entry(change.id());
    }

    /** What the journal and the event have in common. */
    static void describe(ObjectNode json, Change change, boolean isFolder, @Nullable String undoes) {
        json.put("path", change.path());
        optional(json, "from", change.from());
        optional(json, "before", change.before());
        optional(json, "after", change.after());
        if (isFolder) {
            json.put("folder", true);
        }
        optional(json, "undoes", undoes);
        json.put("why", change.why());
    }

    private static void optional(ObjectNode json, String name, @Nullable String value) {
        if (value != null) {
            json.put(name, value);
        }
    }

    /** Returns when it is durable what became of it. */
    Entry close(Entry entry, Outcome outcome, boolean told) throws IOException {
        append(Json.object()
                .put("closes", entry.change.id())
                .put("outcome", outcome.text())
                .put("told", told));
        return entry(entry.change.id());
    }

    private void append(ObjectNode json) throws IOException {
        JsonNode line = journal.append(json);
        if (!apply(line)) {
            throw new IllegalStateException("a line was written that cannot be read: " + line);
        }
    }

    Entry entry(String id) {
        Entry entry = entries.get(id);
        if (entry == null) {
            throw new IllegalStateException("the change " + id + " was not written down");
        }
        return entry;
    }

    /** What is open, or what the event log does not know. */
    List<Entry> due() {
        return entries.values().stream()
                .filter(entry -> entry.outcome == null || !entry.told)
                .toList();
    }

    /** Whether the bytes with this digest are a version that Mirror wrote. */
    boolean isOwn(String digest) {
        return written.contains(digest);
    }

    /** What was done to this vault, newest first. */
    List<Entry> done(Path root) {
        List<Entry> done = new ArrayList<>();
        Set<String> undone = new HashSet<>();
        for (Entry entry : entries.values().stream().toList().reversed()) {
            if (entry.outcome == null || entry.outcome == Outcome.UNDONE || !entry.root.equals(root)) {
                continue;
            }
            boolean isUndone = undone.contains(entry.change.id());
            if (entry.undoes != null && !isUndone) {
                undone.add(entry.undoes);
            }
            done.add(new Entry(
                    entry.change.undone(isUndone),
                    entry.root,
                    entry.isFolder,
                    entry.made,
                    entry.undoes,
                    entry.outcome,
                    entry.told));
        }
        return done;
    }
}
