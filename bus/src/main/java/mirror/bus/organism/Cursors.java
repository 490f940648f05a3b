package mirror.bus.organism;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import mirror.bus.AtomicFiles;
import mirror.bus.Json;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * How far each organism has come, in {@code cursors.jsonl}: one line an organism, one atomic write for all of them, because fifty
 * files would be fifty flushes beside the log's own.
 *
 * <p>A line is {@code {"organism":"x","seq":90,"hash":"<64 hex>","open":[71,88],"sum":"<64 hex>"}}: everything up to event 90, whose
 * hash is named, has been looked at, and of that only 71 and 88 still have to be dealt with. {@code sum} is SHA-256 over the bytes
 * before {@code ,"sum":"}. A line whose sum is wrong counts as missing; the file as it was found is kept beside it.
 *
 * <p>The file may be older than what happened (deliveries are repeated then) and is never newer. Thread-safe.
 */
final class Cursors {
    static final String GENESIS = "0".repeat(64);

    private static final String SUM = ",\"sum\":\"";

    /**
     * How far one organism has come.
     *
     * @param seq the last event that was looked at; 0 for none
     * @param hash that event's hash, which ties the position to this log
     * @param open events up to {@code seq} that are not dealt with yet, ascending
     */
    record Position(long seq, String hash, List<Long> open) {}

    private final Path file;
    private final Map<String, Position> positions = new HashMap<>();
    private final boolean damaged;

    /** Reads the file; one that cannot be read, or only in part, is kept as {@code cursors.damaged}. */
    Cursors(Path file) {
        this.file = file;
        this.damaged = !load();
    }

    private boolean load() {
        if (!Files.exists(file)) {
            return true;
        }
        boolean whole = true;
        try {
            byte[] bytes = Files.readAllBytes(file);
            for (String line : new String(bytes, StandardCharsets.UTF_8).lines().toList()) {
                whole &= read(line);
            }
            if (!whole) {
                AtomicFiles.write(file.resolveSibling("cursors.damaged"), bytes);
            }
            return whole;
        } catch (IOException e) {
            return false;
        }
    }

    private boolean read(String line) {
        int sum = line.lastIndexOf(SUM);
        if (sum < 0 || !line.equals(sealed(line.substring(0, sum)))) {
            return false;
        }
        try {
            JsonNode json = Json.MAPPER.readTree(line);
            List<Long> open = new ArrayList<>();
            json.path("open").forEach(seq -> open.add(seq.asLong()));
            positions.put(
                    json.path("organism").asString(),
                    new Position(json.path("seq").asLong(), json.path("hash").asString(), List.copyOf(open)));
            return true;
        } catch (JacksonException e) {
            return false;
        }
    }

    private static String sealed(String text) {
        return text + SUM + AtomicFiles.digest(text.getBytes(StandardCharsets.UTF_8)) + "\"}";
    }

    Path file() {
        return file;
    }

    /** Whether something in the file could not be read, so that a missing position means lost and not new. */
    boolean damaged() {
        return damaged;
    }

    synchronized Optional<Position> get(String organism) {
        return Optional.ofNullable(positions.get(organism));
    }

    /** Writes these positions and those of all others as they were; returns when they are on the disk. */
    synchronized void save(Map<String, Position> moved) throws IOException {
        positions.putAll(moved);
        StringBuilder text = new StringBuilder();
        new TreeMap<>(positions).forEach((organism, position) -> {
            ObjectNode json = Json.object()
                    .put("organism", organism)
                    .put("seq", position.seq)
                    .put("hash", position.hash);
            position.open.forEach(json.putArray("open")::add);
            String line = Json.MAPPER.writeValueAsString(json);
            text.append(sealed(line.substring(0, line.length() - 1))).append('\n');
        });
        AtomicFiles.write(file, text.toString());
    }
}
