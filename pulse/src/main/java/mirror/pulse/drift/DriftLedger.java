package mirror.pulse.drift;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import mirror.bus.Draft;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.bus.Projection;
import mirror.pulse.drift.Detector.Change;
import mirror.pulse.drift.Detector.Point;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What capsules have measured, and where a change was found: a fold over their runs. Each capsule has three rows of numbers: whether it
 * passed, how long it took, how long the answer was. A capsule that was edited, and a model that its provider calls by another name than before,
 * begin new rows; the latter is told as a change by itself. Thread-safe.
 */
public final class DriftLedger implements Projection {
    public static final String RAN = "mirror.capsule.ran.v1";
    public static final String DETECTED = "mirror.drift.detected.v1";

    /** Series in which a change can be found, as they are told. */
    public static final List<String> SERIES = List.of("passes", "ms", "length");

    private static final int ALARMS = 50;
    private static final int NAMED = 5;
    private static final double UNIT = 0x1.0p-52;
    private static final int HEX = 13;

    /**
     * What is known of a capsule.
     *
     * @param digest of its definition, as it last ran
     * @param model what its provider last called the model; empty when it does not say
     * @param answered runs with an answer; of the others nothing follows
     */
    public record Known(
            String capsule,
            String digest,
            String model,
            long runs,
            long answered,
            long passed,
            Instant last,
            String outcome,
            Map<String, Row> rows) {}

    /** @param evidence what an alarm would be at {@link Detector#RUNS_PER_FALSE_ALARM} */
    public record Row(int runs, double mean, double evidence) {}

    /** A change that was found and that nobody recorded yet, as it is to be recorded. */
    private record Alarm(String key, Draft draft) {}

    private static final class State {
        String digest = "";
        String model = "";
        long runs;
        long answered;
        long passed;
        Instant last = Instant.EPOCH;
        String outcome = "";
        long modelSeq;
        final Map<String, Detector> rows = new TreeMap<>();

        void begin() {
            rows.clear();
            SERIES.forEach(name -> rows.put(name, new Detector()));
        }
    }

    private final Map<String, State> states = new TreeMap<>();
    private final Map<String, Alarm> waiting = new TreeMap<>();
    private final List<ObjectNode> alarms = new ArrayList<>();

    @Override
    public String name() {
        return "drift";
    }

    @Override
    public int version() {
        return 1;
    }

    @Override
    public synchronized void accept(Event event) {
        switch (event.type()) {
            case RAN -> ran(event);
            case DETECTED -> {
                waiting.remove(key(
                        event.text("capsule"),
                        event.text("series"),
                        event.data().path("upto").asLong(0)));
                ObjectNode told = Json.object();
                event.data().properties().forEach(each -> told.set(each.getKey(), each.getValue()));
                alarms.add(
                        told.put("event", event.id()).put("time", event.time().toString()));
                if (alarms.size() > ALARMS) {
                    alarms.removeFirst();
                }
            }
            default -> {
                // Not about capsules.
            }
        }
    }

    private static String key(String capsule, String series, long upto) {
        return capsule + " " + series + " " + upto;
    }

    private void ran(Event event) {
        String name = event.text("capsule");
        State state = states.computeIfAbsent(name, _ -> new State());
        String digest = event.text("digest");
        if (!state.digest.equals(digest)) {
            state.digest = digest;
            state.model = "";
            state.begin();
        }
        state.runs++;
        state.last = event.time();
        state.outcome = event.text("outcome");
        if (!state.outcome.equals("passed") && !state.outcome.equals("failed")) {
            return;
        }
        state.answered++;
        String model = event.text("reported");
        if (!model.isEmpty() && !state.model.isEmpty() && !model.equals(state.model)) {
            alarm(
                    name,
                    "model",
                    event.seq(),
                    Json.object()
                            .put("was", state.model)
                            .put("now", model)
                            .put("before-event", state.modelSeq)
                            .put("after-event", event.seq()));
            state.begin();
        }
        if (!model.isEmpty()) {
            state.model = model;
            state.modelSeq = event.seq();
        }
        boolean passed = state.outcome.equals("passed");
        state.passed += passed ? 1 : 0;
        value(state, name, "passes", passed ? 1 : 0, event, 0);
        if (event.data().path("ms").isNumber()) {
            value(state, name, "ms", event.data().path("ms").asDouble(0), event, HEX);
        }
        if (event.data().path("length").isNumber()) {
            value(state, name, "length", event.data().path("length").asDouble(0), event, 2 * HEX);
        }
    }

    /** @param from which digits of the event's hash break ties: nobody chooses them, and everybody gets the same */
    private void value(State state, String capsule, String series, double value, Event event, int from) {
        double chance = Long.parseLong(event.hash().substring(from, from + HEX), 16) * UNIT;
        Detector row = Objects.requireNonNull(state.rows.get(series));
        row.add(new Point(event.seq(), value), chance)
                .ifPresent(change -> alarm(capsule, series, event.seq(), json(change)));
    }

    private void alarm(String capsule, String series, long upto, ObjectNode told) {
        ObjectNode data =
                Json.object().put("capsule", capsule).put("series", series).put("upto", upto);
        told.properties().forEach(each -> data.set(each.getKey(), each.getValue()));
        String key = key(capsule, series, upto);
        waiting.put(key, new Alarm(key, Draft.of(DETECTED, "mirror-pulse", data).subject(capsule)));
    }

    private static ObjectNode json(Change change) {
        ObjectNode json = Json.object()
                .put("evidence", Math.round(change.evidence()))
                .put("false-alarm-each", Detector.RUNS_PER_FALSE_ALARM);
        side(json.putObject("before"), change.before(), true);
        side(json.putObject("after"), change.after(), false);
        return json;
    }

    /** A few of the runs next to the change, by their events. */
    private static void side(ObjectNode json, List<Point> points, boolean last) {
        json.put("runs", points.size())
                .put("mean", mean(points))
                .put("from", points.getFirst().seq())
                .put("to", points.getLast().seq());
        int skip = last ? Math.max(0, points.size() - NAMED) : 0;
        var named = json.putArray("events");
        points.stream().skip(skip).limit(NAMED).forEach(each -> named.add(each.seq()));
    }

    private static double mean(List<Point> points) {
        double mean = points.stream().mapToDouble(Point::value).average().orElse(0);
        return Math.round(mean * 1000) / 1000.0;
    }

    /** What was found and is not in the log yet, to be recorded; what was recorded is given no more. */
    public synchronized List<Draft> unrecorded() {
        return waiting.values().stream().map(Alarm::draft).toList();
    }

    /** All capsules that ever ran, by name. */
    public synchronized List<Known> list() {
        return states.keySet().stream().map(name -> get(name).orElseThrow()).toList();
    }

    public synchronized Optional<Known> get(String capsule) {
        State state = states.get(capsule);
        if (state == null) {
            return Optional.empty();
        }
        Map<String, Row> rows = new TreeMap<>();
        state.rows.forEach((name, row) -> rows.put(name, new Row(row.size(), mean(row.points()), row.evidence())));
        return Optional.of(new Known(
                capsule,
                state.digest,
                state.model,
                state.runs,
                state.answered,
                state.passed,
                state.last,
                state.outcome,
                rows));
    }

    /** The last changes that were found, oldest first, as they were recorded. */
    public synchronized List<ObjectNode> alarms() {
        return alarms.stream().map(ObjectNode::deepCopy).toList();
    }

    /** The last change of a capsule, or null. */
    public synchronized @Nullable ObjectNode alarm(String capsule) {
        for (ObjectNode each : alarms.reversed()) {
            if (each.path("capsule").asString("").equals(capsule)) {
                return each.deepCopy();
            }
        }
        return null;
    }

    @Override
    public synchronized JsonNode save() {
        ObjectNode saved = Json.object();
        ObjectNode capsules = saved.putObject("capsules");
        states.forEach((name, state) -> {
            ObjectNode one = capsules.putObject(name)
                    .put("digest", state.digest)
                    .put("model", state.model)
                    .put("model-seq", state.modelSeq)
                    .put("runs", state.runs)
                    .put("answered", state.answered)
                    .put("passed", state.passed)
                    .put("last", state.last.toString())
                    .put("outcome", state.outcome);
            ObjectNode rows = one.putObject("rows");
            state.rows.forEach((series, row) -> rows.set(series, row.save()));
        });
        ObjectNode open = saved.putObject("waiting");
        waiting.forEach((key, alarm) -> open.set(key, alarm.draft.data()));
        var told = saved.putArray("alarms");
        alarms.forEach(told::add);
        return saved;
    }

    @Override
    public synchronized void restore(JsonNode saved) {
        states.clear();
        waiting.clear();
        alarms.clear();
        saved.path("capsules").properties().forEach(each -> {
            JsonNode from = each.getValue();
            State state = new State();
            state.digest = from.path("digest").asString("");
            state.model = from.path("model").asString("");
            state.modelSeq = from.path("model-seq").asLong(0);
            state.runs = from.path("runs").asLong(0);
            state.answered = from.path("answered").asLong(0);
            state.passed = from.path("passed").asLong(0);
            state.last = Instant.parse(from.path("last").asString(""));
            state.outcome = from.path("outcome").asString("");
            from.path("rows").properties().forEach(row -> state.rows.put(row.getKey(), Detector.of(row.getValue())));
            states.put(each.getKey(), state);
        });
        saved.path("waiting").properties().forEach(each -> {
            if (each.getValue() instanceof ObjectNode data) {
                waiting.put(
                        each.getKey(),
                        new Alarm(
                                each.getKey(),
                                Draft.of(DETECTED, "mirror-pulse", data)
                                        .subject(data.path("capsule").asString(""))));
            }
        });
        for (JsonNode each : saved.path("alarms")) {
            if (each instanceof ObjectNode told) {
                alarms.add(told);
            }
        }
    }
}
