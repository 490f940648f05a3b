package mirror.surface.stats;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.bus.Projection;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * How long calls of models took and what they used, as histograms by the names and with the bounds of OpenTelemetry's conventions for
 * generative AI: a fold over the receipts. Calls that no model was asked for (answered from what was answered before) are not in it, and of
 * a call whose provider did not say so no tokens. Thread-safe.
 *
 * @see <a href="https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/gen-ai-metrics.md">the conventions</a>
 */
public final class CallMeters implements Projection {
    /** Seconds. */
    static final double[] DURATION = {
        0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92
    };
    /** Tokens. */
    static final double[] TOKENS = {
        1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864
    };
    /** Series of one histogram; whatever comes then is counted as {@link #OTHER}. */
    static final int MOST = 200;

    /** As the conventions call what is not told apart. */
    static final String OTHER = "_OTHER";

    private static final String COMPLETED = "mirror.calls.completed.v1";
    private static final int LONGEST = 120;

    /** @param extra the kind of tokens, or the error; empty when there is none */
    record Series(String operation, String provider, String model, String extra) implements Comparable<Series> {
        @Override
        public int compareTo(Series other) {
            return java.util.Comparator.comparing(Series::operation)
                    .thenComparing(Series::provider)
                    .thenComparing(Series::model)
                    .thenComparing(Series::extra)
                    .compare(this, other);
        }
    }

    /**
     * @param buckets how many were at most each bound and more than the one before; the last: more than all bounds
     * @param sum in the unit of the bounds
     */
    record Histogram(List<Long> buckets, double sum) {
        static Histogram empty(double[] bounds) {
            Long[] zeros = new Long[bounds.length + 1];
            Arrays.fill(zeros, 0L);
            return new Histogram(List.of(zeros), 0);
        }

        Histogram plus(double value, double[] bounds) {
            int at = 0;
            while (at < bounds.length && value > bounds[at]) {
                at++;
            }
            List<Long> more = new ArrayList<>(buckets);
            more.set(at, more.get(at) + 1);
            return new Histogram(List.copyOf(more), sum + value);
        }
    }

    private final TreeMap<Series, Histogram> durations = new TreeMap<>();
    private final TreeMap<Series, Histogram> firsts = new TreeMap<>();
    private final TreeMap<Series, Histogram> tokens = new TreeMap<>();

    @Override
    public String name() {
        return "call-meters";
    }

    @Override
    public int version() {
        return 1;
    }

    /** {@code gen_ai.client.operation.duration}. */
    synchronized Map<Series, Histogram> durations() {
        return new TreeMap<>(durations);
    }

    /** {@code gen_ai.client.operation.time_to_first_chunk}. */
    synchronized Map<Series, Histogram> firsts() {
        return new TreeMap<>(firsts);
    }

    /** {@code gen_ai.client.token.usage}. */
    synchronized Map<Series, Histogram> tokens() {
        return new TreeMap<>(tokens);
    }

    @Override
    public synchronized void accept(Event event) {
        if (!event.type().equals(COMPLETED)) {
            return;
        }
        for (JsonNode call : event.data().path("calls")) {
            String outcome = call.path("outcome").asString("");
            String endpoint = call.path("endpoint").asString("").toLowerCase(Locale.ROOT);
            if (!outcome.equals("cached") && !endpoint.equals("count_tokens")) {
                call(call, outcome, endpoint.equals("embeddings") ? "embeddings" : "chat");
            }
        }
    }

    private void call(JsonNode call, String outcome, String operation) {
        Series of = new Series(
                operation,
                clip(call.path("provider").asString("")),
                clip(call.path("model").asString("")),
                outcome.equals("answered") ? "" : clip(outcome));
        JsonNode ms = call.path("ms");
        if (ms.isNumber()) {
            add(durations, of, seconds(ms), DURATION);
        }
        JsonNode first = call.path("first-ms");
        if (first.isNumber() && of.extra.isEmpty()) {
            add(firsts, of, seconds(first), DURATION);
        }
        for (String kind : List.of("in", "out")) {
            if (call.path(kind).isNumber()) {
                add(
                        tokens,
                        new Series(operation, of.provider, of.model, kind.equals("in") ? "input" : "output"),
                        Math.max(0, call.path(kind).asDouble(0)),
                        TOKENS);
            }
        }
    }

    private static double seconds(JsonNode ms) {
        return Math.max(0, ms.asDouble(0)) / 1000;
    }

    private static void add(Map<Series, Histogram> all, Series of, double value, double[] bounds) {
        Series series = all.containsKey(of) || all.size() < MOST
                ? of
                : new Series(of.operation, OTHER, OTHER, of.extra.isEmpty() ? "" : OTHER);
        all.merge(series, Histogram.empty(bounds).plus(value, bounds), (known, _) -> known.plus(value, bounds));
    }

    private static String clip(String text) {
        return text.length() <= LONGEST ? text : OTHER;
    }

    @Override
    public synchronized JsonNode save() {
        ObjectNode saved = Json.object();
        save(saved, "durations", durations);
        save(saved, "firsts", firsts);
        save(saved, "tokens", tokens);
        return saved;
    }

    private static void save(ObjectNode saved, String name, Map<Series, Histogram> all) {
        var array = saved.putArray(name);
        all.forEach((series, histogram) -> {
            ObjectNode row = array.addObject();
            row.set("series", Json.MAPPER.<JsonNode>valueToTree(series));
            row.set("histogram", Json.MAPPER.<JsonNode>valueToTree(histogram));
        });
    }

    @Override
    public synchronized void restore(JsonNode saved) {
        restore(saved.path("durations"), durations);
        restore(saved.path("firsts"), firsts);
        restore(saved.path("tokens"), tokens);
    }

    private static void restore(JsonNode saved, Map<Series, Histogram> all) {
        all.clear();
        for (JsonNode row : saved) {
            all.put(
                    Json.MAPPER.treeToValue(row.path("series"), Series.class),
                    Json.MAPPER.treeToValue(row.path("histogram"), Histogram.class));
        }
    }
}
