package mirror.tiers.gateway;

import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.bus.Projection;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** What calls of models used and cost, by day (UTC), model, agent and project; a fold over the receipts. Thread-safe. */
public final class Costs implements Projection {
    private static final int DAYS = 400;

    /** Calls that are counted together. */
    public record Key(LocalDate day, String tier, String provider, String model, String agent, String project)
            implements Comparable<Key> {
        private static final Comparator<Key> ORDER = Comparator.comparing(Key::day)
                .thenComparing(Key::tier)
                .thenComparing(Key::provider)
                .thenComparing(Key::model)
                .thenComparing(Key::agent)
                .thenComparing(Key::project);

        @Override
        public int compareTo(Key other) {
            return ORDER.compare(this, other);
        }
    }

    /**
     * What they came to.
     *
     * @param cached calls that were answered with what was answered before, which cost nothing
     * @param unanswered calls that were not answered whole
     * @param unreported tokens that were reserved for calls of which nobody said what they used; spent as far as anybody knows
     * @param money in millionths of a US dollar
     */
    public record Sum(
            long calls,
            long cached,
            long unanswered,
            long in,
            long out,
            long cacheRead,
            long cacheWrite,
            long unreported,
            long money) {
        public static final Sum NONE = new Sum(0, 0, 0, 0, 0, 0, 0, 0, 0);

        public Sum plus(Sum more) {
            return new Sum(
                    calls + more.calls,
                    cached + more.cached,
                    unanswered + more.unanswered,
                    in + more.in,
                    out + more.out,
                    cacheRead + more.cacheRead,
                    cacheWrite + more.cacheWrite,
                    unreported + more.unreported,
                    money + more.money);
        }
    }

    /** One row. */
    public record Row(Key key, Sum sum) {}

    private final TreeMap<Key, Sum> sums = new TreeMap<>();

    /** All that is kept, by day. */
    public synchronized List<Row> list() {
        List<Row> rows = new ArrayList<>();
        sums.forEach((key, sum) -> rows.add(new Row(key, sum)));
        return rows;
    }

    @Override
    public String name() {
        return "costs";
    }

    @Override
    public int version() {
        return 2;
    }

    @Override
    public synchronized void accept(Event event) {
        if (!event.type().equals(Receipts.COMPLETED)) {
            return;
        }
        LocalDate day = LocalDate.ofInstant(event.time(), ZoneOffset.UTC);
        for (JsonNode call : event.data().path("calls")) {
            Key key = new Key(
                    day,
                    call.path("tier").asString(""),
                    call.path("provider").asString(""),
                    call.path("model").asString(""),
                    call.path("agent").asString(""),
                    call.path("project").asString(""));
            String outcome = call.path("outcome").asString("");
            sums.merge(
                    key,
                    new Sum(
                            1,
                            outcome.equals("cached") ? 1 : 0,
                            outcome.equals("answered") || outcome.equals("cached") ? 0 : 1,
                            count(call, "in"),
                            count(call, "out"),
                            count(call, "cache-read"),
                            count(call, "cache-write"),
                            count(call, "unreported"),
                            count(call, "money")),
                    Sum::plus);
        }
        while (!sums.isEmpty()
                && sums.firstKey().day().isBefore(sums.lastKey().day().minusDays(DAYS))) {
            sums.pollFirstEntry();
        }
    }

    private static long count(JsonNode call, String name) {
        return Math.max(0, call.path(name).asLong(0));
    }

    @Override
    public synchronized JsonNode save() {
        var saved = Json.array();
        sums.forEach((key, sum) -> {
            ObjectNode row = saved.addObject();
            row.set("key", Json.MAPPER.<JsonNode>valueToTree(key));
            row.set("sum", Json.MAPPER.<JsonNode>valueToTree(sum));
        });
        return saved;
    }

    @Override
    public synchronized void restore(JsonNode saved) {
        sums.clear();
        for (JsonNode row : saved) {
            Map.Entry<Key, Sum> entry = Map.entry(
                    Json.MAPPER.treeToValue(row.path("key"), Key.class),
                    Json.MAPPER.treeToValue(row.path("sum"), Sum.class));
            sums.put(entry.getKey(), entry.getValue());
        }
    }
}
