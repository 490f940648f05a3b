package mirror.bus.organism;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import mirror.bus.Event;
import mirror.bus.EventLog;

/**
 * Old events for organisms that are behind. Those that fell behind together want the same events at about the same time, so a few
 * stretches of the log stay in memory for a moment, and fifty organisms read and prove each of them once and not fifty times.
 * Bounded: a stretch with large events is not kept. Thread-safe.
 */
final class Feed {
    private static final int STRETCH = 64;
    private static final int KEPT = 8;
    private static final long KEPT_CHARS = 128 * 1024;

    private final EventLog log;
    private final Map<Long, List<Event>> stretches = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, List<Event>> eldest) {
            return size() > KEPT;
        }
    };

    Feed(EventLog log) {
        this.log = log;
    }

    /** Durable events from {@code seq} on, one at least when there is one. */
    synchronized List<Event> read(long seq) {
        long stretch = (seq - 1) / STRETCH;
        long first = stretch * STRETCH + 1;
        List<Event> kept = stretches.get(stretch);
        if (kept == null && log.durable() < first + STRETCH - 1) {
            return log.read(seq, STRETCH);
        }
        if (kept == null) {
            kept = log.read(first, STRETCH);
            if (kept.stream().mapToLong(event -> event.line().length()).sum() <= KEPT_CHARS) {
                stretches.put(stretch, kept);
            }
        }
        return kept.subList((int) (seq - first), kept.size());
    }
}
