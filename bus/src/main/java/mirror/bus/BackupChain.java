package mirror.bus;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The index of one file's versions, {@code backups/chains/<path id>.jsonl}, append-only.
 *
 * <p>Each line is a JSON object that ends as an event line does: {@code ,"prev":"<hash of the line before>","hash":"<64 hex>"}}, the
 * hash being SHA-256 over the bytes before {@code ,"hash":"}. There are two kinds. An <em>entry</em> says what is about to be done and
 * is durable before the file is touched; a <em>closing</em> ({@code closes}, {@code outcome}, {@code told}) says what became of it and
 * whether the event log knows. An entry without a closing is always the last one, because whoever opens the chain to write settles it
 * first, by looking at what stands in the file.
 *
 * <p>Lines are appended one at a time and flushed, so a crash can garble only what follows the last flushed line: bad bytes with no
 * proven line after them are a torn tail, which is moved to {@code torn/}; a bad line before a proven one is damage, which is named
 * and never written to. Used under the store's lock.
 */
final class BackupChain {
    /** An entry as far as it is known; the outcome is null while it is open. */
    record Entry(FileVersion version, FileVersion.@Nullable Outcome outcome, boolean told) {}

    private static final byte[] HASH_OPEN = ",\"hash\":\"".getBytes(StandardCharsets.US_ASCII);

    private final FileCalls disk;
    private final Path index;
    private final String path;
    private final List<Entry> entries = new ArrayList<>();
    private String recordedPath = "";
    private String head = EventLine.GENESIS_PREV;
    private byte[] proven = new byte[0];
    private byte[] tail = new byte[0];

    private BackupChain(FileCalls disk, Path index, String path) {
        this.disk = disk;
        this.index = index;
        this.path = path;
    }

    /** Reads and proves the chain of {@code path}; a torn tail is left where it is. */
    static BackupChain read(FileCalls disk, Path index, Path path) throws IOException {
        BackupChain chain = new BackupChain(disk, index, path.toString());
        chain.load();
        if (!chain.entries.isEmpty() && !chain.recordedPath.equals(chain.path)) {
            throw new BusException.Damaged(index + " is the chain of " + chain.recordedPath + " and not of " + path
                    + "; move it away, and a new chain begins");
        }
        return chain;
    }

    /** The path that the index itself names; empty when it has no entry. */
    static String pathOf(FileCalls disk, Path index) throws IOException {
        BackupChain chain = new BackupChain(disk, index, "");
        chain.load();
        return chain.recordedPath;
    }

    private void load() throws IOException {
        if (disk.kind(index) == FileCalls.Kind.NONE) {
            return;
        }
        byte[] bytes = disk.read(index);
        int at = 0;
        for (int number = 1; at < bytes.length; number++) {
            int end = lineEnd(bytes, at);
            @Nullable JsonNode line = end < 0 ? null : prove(bytes, at, end);
            if (line == null || !line.path("prev").asString("").equals(head) || !apply(line)) {
                if (provenLineFollows(bytes, end)) {
                    throw new BusException.Damaged("line " + number + " of " + index + " was altered; restore it from a"
                            + " backup, or move it away and a new chain begins (the versions' bytes are kept)");
                }
                break;
            }
            head = hash(bytes, end);
            at = end + 1;
        }
        proven = Arrays.copyOf(bytes, at);
        tail = Arrays.copyOfRange(bytes, at, bytes.length);
    }

    private static int lineEnd(byte[] bytes, int from) {
        for (int i = from; i < bytes.length; i++) {
            if (bytes[i] == '\n') {
                return i;
            }
        }
        return -1;
    }

    /** The line as JSON when its bytes have the hash that it ends in; else null. */
    private static @Nullable JsonNode prove(byte[] bytes, int from, int end) {
        int cut = end - EventLine.SUFFIX;
        if (cut <= from
                || !Arrays.equals(bytes, cut, cut + HASH_OPEN.length, HASH_OPEN, 0, HASH_OPEN.length)
                || bytes[end - 1] != '}'
                || bytes[end - 2] != '"'
                || !AtomicFiles.digest(Arrays.copyOfRange(bytes, from, cut)).equals(hash(bytes, end))) {
            return null;
        }
        try {
            return Json.MAPPER.readTree(bytes, from, end - from);
        } catch (JacksonException e) {
            return null;
        }
    }

    private static String hash(byte[] bytes, int end) {
        return new String(bytes, end - 2 - EventLine.HASH_HEX, EventLine.HASH_HEX, StandardCharsets.ISO_8859_1);
    }

    private static boolean provenLineFollows(byte[] bytes, int end) {
        int at = end;
        while (at >= 0 && at + 1 < bytes.length) {
            int next = lineEnd(bytes, at + 1);
            if (next >= 0 && prove(bytes, at + 1, next) != null) {
                return true;
            }
            at = next;
        }
        return false;
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

    boolean isTorn() {
        return tail.length > 0;
    }

    /** Moves the torn tail to {@code target}; copies first, so that a crash in between leaves it twice and never lost. */
    void moveTail(Path target) throws IOException {
        disk.create(target, tail, DiskCalls.OWNER_ONLY);
        disk.forceFolder(AtomicFiles.folder(target));
        disk.truncate(index, proven.length);
        tail = new byte[0];
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
        disk.forceFolder(AtomicFiles.folder(index));
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
        String text = Json.MAPPER.writeValueAsString(json.put("prev", head));
        byte[] hashed = text.substring(0, text.length() - 1).getBytes(StandardCharsets.UTF_8);
        String hash = HexFormat.of().formatHex(EventLine.sha256().digest(hashed));
        byte[] suffix = (",\"hash\":\"" + hash + "\"}\n").getBytes(StandardCharsets.US_ASCII);
        byte[] line = Arrays.copyOf(hashed, hashed.length + suffix.length);
        System.arraycopy(suffix, 0, line, hashed.length, suffix.length);
        try {
            disk.createFolders(AtomicFiles.folder(index));
            disk.append(index, line);
        } catch (IOException e) {
            takeBack(e);
            throw e;
        }
        byte[] all = Arrays.copyOf(proven, proven.length + line.length);
        System.arraycopy(line, 0, all, proven.length, line.length);
        proven = all;
        head = hash;
        if (!apply(Objects.requireNonNull(prove(line, 0, line.length - 1)))) {
            throw new IllegalStateException("a line was written that cannot be read: " + text);
        }
    }

    /** What a failed flush left may be in memory and not on the disk: nothing may be appended behind it. */
    private void takeBack(IOException e) {
        try {
            if (disk.kind(index) != FileCalls.Kind.NONE) {
                disk.truncate(index, proven.length);
            }
        } catch (IOException again) {
            e.addSuppressed(again);
        }
    }
}
