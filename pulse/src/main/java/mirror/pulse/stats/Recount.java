package mirror.pulse.stats;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import mirror.bus.Event;
import mirror.bus.EventLog;

/**
 * Queries answered anew from the log's own lines, and from nothing that was remembered.
 *
 * @param head the event as of which they hold
 * @param values by the query's text
 */
public record Recount(Head head, Map<String, Value> values) {
    private static final int BATCH = 512;

    public Recount {
        values = Map.copyOf(values);
    }

    /** What this query came to. */
    public Value value(Query query) {
        return values.getOrDefault(query.text(), Value.unknown("it was not asked for"));
    }

    /**
     * Reads the log once, from its first event.
     *
     * @param heads numbers of events, in [1, the log's last one]
     * @return what the queries came to at each of them
     */
    public static Map<Long, Recount> at(EventLog log, SortedSet<Long> heads, Collection<Query> queries) {
        List<Query> asked = queries.stream().distinct().toList();
        List<Tally> tallies = asked.stream().map(Tally::of).toList();
        Map<Long, Recount> counted = new TreeMap<>();
        long end = heads.isEmpty() ? 0 : heads.last();
        for (long at = 1; at <= end; ) {
            List<Event> events = new ArrayList<>(log.read(at, (int) Math.min(BATCH, end - at + 1)));
            if (events.isEmpty()) {
                break;
            }
            for (Event event : events) {
                tallies.forEach(tally -> tally.accept(event));
                if (heads.contains(event.seq())) {
                    Map<String, Value> values = new HashMap<>();
                    for (int i = 0; i < asked.size(); i++) {
                        values.put(asked.get(i).text(), tallies.get(i).value(event.time()));
                    }
                    counted.put(event.seq(), new Recount(Head.of(event), values));
                }
            }
            at = events.getLast().seq() + 1;
        }
        return counted;
    }
}
