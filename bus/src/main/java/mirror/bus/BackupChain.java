package mirror.bus;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The index of one file's versions, {@code backups/chains/<path id>.jsonl}, append-only.
 *
 * <p>It is a {@linkplain Journal journal} with two kinds of lines. An <em>entry</em> says what is about to be done and is durable
 * before the file is touched; a <em>closing</em> ({@code closes}, {@code outcome}, {@code told}) says what became of it and whether
 * the event log knows. An entry without a closing is always the last one, because whoever opens the chain to write settles it first,
 * by looking at what stands in the file. Used under the store's lock.
 */
final class BackupChain {
    /** An entry as far as it is known; the outcome is null while it is open. */
    record Entry(FileVersion version, FileVersion.@Nullable Outcome outcome, boolean told) {}

    private final String path;
    private final List<Entry> entries = new ArrayList<>();
    private final Journal journal;
    private String recordedPath = "";

    private BackupChain(FileCalls disk, Path index, String path) throws IOException {
        this.path = path;
        this.journal = Journal.read(disk, index, this::apply);
    }

    /** Reads and proves the chain of {@code path}; a torn tail is left where it is. */
    static BackupChain read(FileCalls disk, Path index, Path path) throws IOException {
        BackupChain chain = new BackupChain(disk, index, path.toString());
        if (!chain.entries.isEmpty() && !chain.recordedPath.equals(chain.path)) {
            throw new BusException.Damaged(index + " is the chain of " + chain.recordedPath + " and not of " + path
                    + "; move it away, and a new chain begins");
        }
        return chain;
    }

    /** The path that the index itself names; empty when it has no entry. */
    static String pathOf(FileCalls disk, Path index) throws IOException {
        return new BackupChain(disk, index, "").recordedPath;
    }

    private boolean apply(JsonNode line) {
        try {
            if (line.has("closes")) {
                int at = line.path("closes").asInt() - 1;
                Entry entry = entries.get(at);
                entries.set(
                        at,
                        new Entry(
                                entry.version,
                                FileVersion.Outcome.valueOf(upper(line, "outcome")),
                                line.path("told").asBoolean()));
                return true;
            }
            if (line.path("entry").asLong() != entries.size() + 1) {
                return false;
            }
            if (entries.isEmpty()) {
                recordedPath = line.path("path").asString();
            }
            entries.add(new Entry(
                    new FileVersion(
                            line.path("entry").asLong(),
                            FileVersion.Step.valueOf(upper(line, "step")),
                            text(line, "digest"),
                            text(line, "previous"),
                            line.path("bytes").asLong(),
                            line.path("mode").asString(),
                            Instant.parse(line.path("time").asString()),
                            line.path("who").asString(),
                            text(line, "session"),
                            FileVersion.Outcome.UNCLEAR,
                            false),
                    null,
                    false));
            return true;
        } catch (RuntimeException e) {
            // A proven line of a form this version does not know.
            return false;
        }
    }

    private static String upper(JsonNode line, String field) {
        return line.path(field).asString().toUpperCase(java.util.Locale.ROOT);
    }

    private static @Nullable String text(JsonNode line, String field) {
        return line.hasNonNull(field) ? line.path(field).asString() : null;
    }

    List<Entry> entries() {
        return List.copyOf(entries);
    }

    /** The newest version that stood in the file, or may have; null when none is known. */
    @Nullable
    FileVersion last() {
        return entries.reversed().stream()
                .filter(entry -> entry.outcome != FileVersion.Outcome.UNDONE)
                .map(Entry::version)
                .findFirst()
                .orElse(null);
    }

    Journal journal() {
        return journal;
    }

    /** Returns when the entry is durable. */
    Entry begin(FileVersion version) throws IOException {
        ObjectNode json = Json.object()
                .put("entry", version.entry())
                .put("step", version.step().text())
                .put("path", path);
        if (version.digest() != null) {
            json.put("digest", version.digest());
        }
        if (version.previous() != null) {
            json.put("previous", version.previous());
        }
        json.put("bytes", version.bytes())
                .put("mode", version.mode())
                .put("time", version.time().toString())
                .put("who", version.who());
        if (version.session() != null) {
            json.put("session", version.session());
        }
        append(json);
        // Each time, because a crash may have come between the first line and the flush of the index's name.
        journal.forceName();
        return entries.getLast();
    }

    /** Returns when the closing is durable. */
    void close(Entry entry, FileVersion.Outcome outcome, boolean told) throws IOException {
        append(Json.object()
                .put("closes", entry.version.entry())
                .put("outcome", outcome.text())
                .put("told", told));
    }

    long next() {
        return entries.size() + 1L;
    }

    private void append(ObjectNode json) throws IOException {
        JsonNode line = journal.append(json);
        if (!apply(line)) {
            throw new IllegalStateException("a line was written that cannot be read: " + line);
        }
    }
}
