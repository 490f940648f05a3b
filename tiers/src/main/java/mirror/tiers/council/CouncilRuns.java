package mirror.tiers.council;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.bus.Projection;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The last councils, each with what the log says of it; a fold. Thread-safe. */
public final class CouncilRuns implements Projection {
    static final String OPENED = "mirror.council.opened.v1";
    static final String CONCLUDED = "mirror.council.concluded.v1";
    private static final String CALLS = "mirror.calls.completed.v1";
    private static final int KEPT = 200;

    private final Map<String, ObjectNode> runs = new LinkedHashMap<>();

    /**
     * A run as its events tell it: {@code run}, {@code question}, {@code mode} …, the verdict's fields once there is one, {@code held} once the
     * owner said so, {@code receipts} and {@code money} (millionths of a US dollar) of its calls so far.
     */
    public synchronized Optional<ObjectNode> get(String run) {
        return Optional.ofNullable(runs.get(run)).map(ObjectNode::deepCopy);
    }

    /** Newest first. */
    public synchronized List<ObjectNode> list() {
        List<ObjectNode> all = new ArrayList<>();
        runs.values().forEach(run -> all.add(run.deepCopy()));
        return all.reversed();
    }

    /** Waits until so many calls of a run are accounted for, or the time is over. */
    synchronized void awaitCalls(String run, int calls, long millis) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        while (runs.containsKey(run) && runs.get(run).path("receipts").asInt(0) < calls) {
            long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
            if (left <= 0) {
                return;
            }
            wait(left);
        }
    }

    @Override
    public String name() {
        return "councils";
    }

    @Override
    public int version() {
        return 1;
    }

    @Override
    public synchronized void accept(Event event) {
        ObjectNode run = runs.get(event.text("run"));
        switch (event.type()) {
            case OPENED -> {
                ObjectNode opened = Json.object();
                event.data().properties().forEach(field -> opened.set(field.getKey(), field.getValue()));
                opened.put("at", event.time().toString()).put("receipts", 0).put("money", 0);
                runs.put(event.text("run"), opened);
                if (runs.size() > KEPT) {
                    runs.remove(runs.keySet().iterator().next());
                }
            }
            case CONCLUDED -> {
                if (run != null) {
                    event.data().properties().forEach(field -> run.set(field.getKey(), field.getValue()));
                }
            }
            case SkillMemory.JUDGED -> {
                if (run != null) {
                    run.put("held", event.data().path("holds").asBoolean(false));
                }
            }
            case CALLS -> {
                for (JsonNode call : event.data().path("calls")) {
                    ObjectNode of = runs.get(call.path("session").asString(""));
                    if (of != null) {
                        of.put("receipts", of.path("receipts").asInt(0) + 1)
                                .put(
                                        "money",
                                        of.path("money").asLong(0)
                                                + Math.max(0, call.path("money").asLong(0)));
                    }
                }
                notifyAll();
            }
            default -> {}
        }
    }

    @Override
    public synchronized JsonNode save() {
        var saved = Json.array();
        runs.values().forEach(run -> saved.add(run.deepCopy()));
        return saved;
    }

    @Override
    public synchronized void restore(JsonNode saved) {
        runs.clear();
        for (JsonNode run : saved) {
            if (run instanceof ObjectNode node) {
                runs.put(node.path("run").asString(""), node.deepCopy());
            }
        }
    }
}
