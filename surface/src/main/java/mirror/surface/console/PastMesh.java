package mirror.surface.console;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import mirror.bus.Event;
import mirror.bus.EventLog;
import tools.jackson.databind.JsonNode;

/**
 * The picture as it was: the same fold, from the first event to the one that is asked for. What was folded on the way is kept each
 * {@value #STRIDE} events, so that who goes to and fro in time waits once. Thread-safe; one fold at a time.
 */
final class PastMesh {
    private static final int STRIDE = 20_000;
    private static final int BATCH = 512;

    private final EventLog log;
    private final TreeMap<Long, JsonNode> kept = new TreeMap<>();

    PastMesh(EventLog log) {
        this.log = log;
    }

    /** @param seq number of the last event that counts; what lies beyond the end is the end */
    synchronized Mesh at(long seq) {
        long end = Math.min(seq, log.durable());
        Mesh mesh = new Mesh();
        Map.Entry<Long, JsonNode> start = kept.floorEntry(end);
        long at = 0;
        if (start != null) {
            mesh.restore(start.getValue());
            at = start.getKey();
        }
        while (at < end) {
            List<Event> some = log.read(at + 1, (int) Math.min(BATCH, end - at));
            if (some.isEmpty()) {
                break;
            }
            for (Event event : some) {
                mesh.accept(event);
                at = event.seq();
                if (at % STRIDE == 0) {
                    kept.put(at, mesh.save());
                }
            }
        }
        return mesh;
    }

    /** Number of the last event that was not later; by halves, since times of a log grow but for a clock that is set. */
    long before(Instant time) {
        long low = 0;
        long high = log.durable();
        while (low < high) {
            long middle = (low + high + 1) >>> 1;
            if (log.read(middle, 1).getFirst().time().isAfter(time)) {
                high = middle - 1;
            } else {
                low = middle;
            }
        }
        return low;
    }
}
