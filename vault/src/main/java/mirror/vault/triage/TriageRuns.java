package mirror.vault.triage;

import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.bus.Projection;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What triage did and refused, as a fold over events: the last {@value #RUNS} runs with their moves, what is not to be tried again as
 * long as it is as it was, and what failed last. Thread-safe.
 */
public final class TriageRuns implements Projection {
    static final String MOVED = "mirror.triage.moved.v1";
    static final String REFUSED = "mirror.triage.refused.v1";
    static final String FAILED = "mirror.triage.failed.v1";
    static final String UNDONE = "mirror.triage.undone.v1";
    private static final int RUNS = 200;
    private static final int KEPT = 5_000;
    private static final int REASONS = 10;

    /** By id, oldest first. */
    private final Map<String, Kept> runs = new LinkedHashMap<>();

    private final Map<String, Held> held = new LinkedHashMap<>();
    private final Map<String, List<String>> failures = new LinkedHashMap<>();

    /**
     * One run that moved something.
     *
     * @param time of its first move
     * @param moves in the order in which they were done
     */
    public record Run(String id, Instant time, List<Moved> moves) {
        /** Whether nothing of it stands any more. */
        public boolean isUndone() {
            return moves.stream().allMatch(Moved::undone);
        }
    }

    /**
     * One move.
     *
     * @param change id of the vault's change
     * @param what {@code file}, {@code folder}, {@code bundle} or {@code unpacked}
     * @param from where it lay, from the vault's root or absolute
     * @param to where it was put, from the vault's root
     * @param sha256 of the file; of a folder, of the list of its files' digests
     */
    public record Moved(
            String change, String what, String from, String to, String rule, String sha256, boolean undone) {}

    /** @param moves by change, in the order in which they were done */
    private record Kept(Instant time, Map<String, Moved> moves) {
        Run run(String id) {
            return new Run(id, time, List.copyOf(moves.values()));
        }
    }

    /**
     * What was decided about an entry and holds as long as its stamp does.
     *
     * @param undone whether the owner took a move back; otherwise a bundle was refused
     * @param folder where the rule had sent it; empty for a bundle
     */
    record Held(String stamp, boolean undone, String rule, String folder, String reason) {
        /**
         * A move that was taken back is not repeated; one to another folder, by a rule that has changed, is another move. A refused
         * bundle is still none for a rule that leaves it packed.
         */
        boolean stands(String nowRule, String nowFolder, boolean unpacks) {
            return undone ? rule.equals(nowRule) && folder.equals(nowFolder) : unpacks;
        }
    }

    @Override
    public String name() {
        return "triage";
    }

    @Override
    public int version() {
        return 1;
    }

    @Override
    public synchronized void accept(Event event) {
        switch (event.type()) {
            case MOVED -> moved(event);
            case REFUSED ->
                put(
                        held,
                        event.text("path"),
                        new Held(event.text("stamp"), false, event.text("rule"), "", event.text("reason")));
            case FAILED -> failed(event.text("path"), event.text("reason"));
            case UNDONE -> undone(event);
            default -> {}
        }
    }

    private void moved(Event event) {
        Moved move = new Moved(
                event.text("change"),
                event.text("what"),
                event.text("from"),
                event.text("to"),
                event.text("rule"),
                event.text("sha256"),
                false);
        held.remove(move.from);
        failures.remove(move.from);
        runs.computeIfAbsent(event.text("run"), _ -> new Kept(event.time(), new LinkedHashMap<>()))
                .moves
                .putIfAbsent(move.change, move);
        if (runs.size() > RUNS) {
            runs.remove(runs.keySet().iterator().next());
        }
    }

    private void undone(Event event) {
        Kept run = runs.get(event.text("run"));
        if (run != null) {
            run.moves.computeIfPresent(
                    event.text("change"),
                    (_, move) -> new Moved(move.change, move.what, move.from, move.to, move.rule, move.sha256, true));
        }
        if (!event.text("stamp").isEmpty()) {
            put(
                    held,
                    event.text("path"),
                    new Held(
                            event.text("stamp"),
                            true,
                            event.text("rule"),
                            event.text("folder"),
                            "you took this move back; it stays until it changes"));
        }
    }

    private void failed(String path, String reason) {
        List<String> reasons = new ArrayList<>(failures.getOrDefault(path, List.of()));
        reasons.add(reason);
        put(failures, path, reasons.subList(Math.max(0, reasons.size() - REASONS), reasons.size()));
    }

    private static <V> void put(Map<String, V> map, String key, V value) {
        map.remove(key);
        map.put(key, value);
        if (map.size() > KEPT) {
            map.remove(map.keySet().iterator().next());
        }
    }

    /** Newest first. */
    public synchronized List<Run> runs() {
        List<Run> all = new ArrayList<>();
        runs.forEach((id, run) -> all.add(run.run(id)));
        return all.reversed();
    }

    public synchronized Optional<Run> run(String id) {
        return Optional.ofNullable(runs.get(id)).map(run -> run.run(id));
    }

    synchronized Optional<Held> held(String path) {
        return Optional.ofNullable(held.get(path));
    }

    /** Whether this was said of the path already, and it was not moved since. */
    synchronized boolean isKnownFailure(String path, String reason) {
        return failures.getOrDefault(path, List.of()).contains(reason);
    }

    @Override
    public synchronized JsonNode save() {
        ObjectNode saved = Json.object();
        ArrayNode all = saved.putArray("runs");
        runs.forEach((id, run) -> {
            ArrayNode moves = all.addObject()
                    .put("id", id)
                    .put("time", run.time.toString())
                    .putArray("moves");
            for (Moved move : run.moves.values()) {
                moves.addObject()
                        .put("change", move.change)
                        .put("what", move.what)
                        .put("from", move.from)
                        .put("to", move.to)
                        .put("rule", move.rule)
                        .put("sha256", move.sha256)
                        .put("undone", move.undone);
            }
        });
        ArrayNode kept = saved.putArray("held");
        held.forEach((path, each) -> kept.addObject()
                .put("path", path)
                .put("stamp", each.stamp)
                .put("undone", each.undone)
                .put("rule", each.rule)
                .put("folder", each.folder)
                .put("reason", each.reason));
        ArrayNode failed = saved.putArray("failures");
        failures.forEach((path, reasons) ->
                reasons.forEach(reason -> failed.addObject().put("path", path).put("reason", reason)));
        return saved;
    }

    @Override
    public synchronized void restore(JsonNode saved) {
        runs.clear();
        held.clear();
        failures.clear();
        for (JsonNode run : saved.path("runs")) {
            Map<String, Moved> moves = new LinkedHashMap<>();
            for (JsonNode move : run.path("moves")) {
                Moved each = new Moved(
                        move.path("change").asString(),
                        move.path("what").asString(),
                        move.path("from").asString(),
                        move.path("to").asString(),
                        move.path("rule").asString(),
                        move.path("sha256").asString(),
                        move.path("undone").asBoolean());
                moves.put(each.change, each);
            }
            runs.put(
                    run.path("id").asString(),
                    new Kept(Instant.parse(run.path("time").asString()), moves));
        }
        for (JsonNode each : saved.path("held")) {
            held.put(
                    each.path("path").asString(),
                    new Held(
                            each.path("stamp").asString(),
                            each.path("undone").asBoolean(),
                            each.path("rule").asString(),
                            each.path("folder").asString(),
                            each.path("reason").asString()));
        }
        for (JsonNode each : saved.path("failures")) {
            failed(each.path("path").asString(), each.path("reason").asString());
        }
    }
}
