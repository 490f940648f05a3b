package mirror.bus;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * An append-only file of JSON objects, one a line, in which nothing can be changed unseen. Each line ends as an event line does:
 * {@code ,"prev":"<hash of the line before>","hash":"<64 hex>"}}, the hash being SHA-256 over the bytes before {@code ,"hash":"}.
 *
 * <p>Lines are appended one at a time and flushed, so a crash can garble only what follows the last flushed line: bad bytes with no
 * proven line after them are a torn tail; a bad line before a proven one is damage, which is named and never written to. Not
 * thread-safe; one writer for a file.
 */
public final class Journal {
    private static final byte[] HASH_OPEN = ",\"hash\":\"".getBytes(StandardCharsets.US_ASCII);

    private final FileCalls disk;
    private final Path file;
    private final List<JsonNode> lines = new ArrayList<>();
    private String head = EventLine.GENESIS_PREV;
    private long proven;
    private byte[] tail = new byte[0];

    private Journal(FileCalls disk, Path file) {
        this.disk = disk;
        this.file = file;
    }

    /**
     * Reads and proves the file, which need not be there; a torn tail is left where it is.
     *
     * @param known whether the line has a form that the reader knows, asked for each line in its order
     * @throws BusException.Damaged when a line before a proven one is not what was written
     */
    static Journal read(FileCalls disk, Path file, Predicate<JsonNode> known) throws IOException {
        Journal journal = new Journal(disk, file);
        if (disk.kind(file) != FileCalls.Kind.NONE) {
            journal.load(disk.read(file), known);
        }
        return journal;
    }

    private void load(byte[] bytes, Predicate<JsonNode> known) {
        int at = 0;
        for (int number = 1; at < bytes.length; number++) {
            int end = lineEnd(bytes, at);
            @Nullable JsonNode line = end < 0 ? null : prove(bytes, at, end);
            if (line == null || !line.path("prev").asString("").equals(head) || !known.test(line)) {
                if (provenLineFollows(bytes, end)) {
                    throw new BusException.Damaged("line " + number + " of " + file + " was altered; restore it from a"
                            + " backup, or move it away and a new chain begins (the versions' bytes are kept)");
                }
                break;
            }
            lines.add(line);
            head = hash(bytes, end);
            at = end + 1;
        }
        proven = at;
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

    /** All proven lines, oldest first. */
    public List<JsonNode> lines() {
        return List.copyOf(lines);
    }

    boolean isTorn() {
        return tail.length > 0;
    }

    /** Moves the torn tail to {@code target}; copies first, so that a crash in between leaves it twice and never lost. */
    void moveTail(Path target) throws IOException {
        disk.create(target, tail, DiskCalls.OWNER_ONLY);
        disk.forceFolder(AtomicFiles.folder(target));
        disk.truncate(file, proven);
        tail = new byte[0];
    }

    /** Adds a line and returns it when it is durable. */
    public JsonNode append(ObjectNode json) throws IOException {
        String text = Json.MAPPER.writeValueAsString(json.put("prev", head));
        byte[] hashed = text.substring(0, text.length() - 1).getBytes(StandardCharsets.UTF_8);
        String hash = HexFormat.of().formatHex(EventLine.sha256().digest(hashed));
        byte[] suffix = (",\"hash\":\"" + hash + "\"}\n").getBytes(StandardCharsets.US_ASCII);
        byte[] line = Arrays.copyOf(hashed, hashed.length + suffix.length);
        System.arraycopy(suffix, 0, line, hashed.length, suffix.length);
        try {
            disk.createFolders(AtomicFiles.folder(file));
            disk.append(file, line);
        } catch (IOException e) {
            takeBack(e);
            throw e;
        }
        proven += line.length;
        head = hash;
        JsonNode written = Objects.requireNonNull(prove(line, 0, line.length - 1));
        lines.add(written);
        return written;
    }

    /** What a failed flush left may be in memory and not on the disk: nothing may be appended behind it. */
    private void takeBack(IOException e) {
        try {
            if (disk.kind(file) != FileCalls.Kind.NONE) {
                disk.truncate(file, proven);
            }
        } catch (IOException again) {
            e.addSuppressed(again);
        }
    }

    /** Makes the file's name durable: a crash may have come between its first line and the flush of its name. */
    public void forceName() throws IOException {
        disk.forceFolder(AtomicFiles.folder(file));
    }
}
