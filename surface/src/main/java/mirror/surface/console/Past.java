package mirror.surface.console;

import java.lang.ref.SoftReference;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;
import mirror.bus.Event;
import mirror.bus.EventLog;
import mirror.bus.Json;
import mirror.bus.Projection;
import org.jspecify.annotations.Nullable;

/**
 * What was known at a moment: the same folds, from the first event to the one that is asked for. What was folded on the way is kept now
 * and then while there is memory for it, so that who goes to and fro in time waits once. Thread-safe; one fold at a time.
 *
 * @param <T> what holds the folds
 */
final class Past<T> {
    private static final int LEAST_STRIDE = 20_000;
    private static final int KEPT = 16;
    private static final int BATCH = 512;

    private final EventLog log;
    private final Supplier<T> fresh;
    private final Function<T, List<? extends Projection>> folds;

    /** States by the number of their last event, as the folds save themselves. */
    private final TreeMap<Long, SoftReference<byte[]>> kept = new TreeMap<>();

    private SoftReference<@Nullable Moment<T>> last = new SoftReference<>(null);

    private record Moment<T>(long seq, T what) {}

    /** @param fresh what holds the folds before the first event */
    Past(EventLog log, Supplier<T> fresh, Function<T, List<? extends Projection>> folds) {
        this.log = log;
        this.fresh = fresh;
        this.folds = folds;
    }

    /**
     * The state after an event; not to be changed, as others may have it too.
     *
     * @param seq number of the last event that counts; what lies beyond the end is the end
     */
    synchronized T at(long seq) {
        long end = Math.min(seq, log.durable());
        Moment<T> known = last.get();
        if (known != null && known.seq == end) {
            return known.what;
        }
        T what = fresh.get();
        List<? extends Projection> parts = folds.apply(what);
        long at = restored(parts, end);
        long stride = Math.max(LEAST_STRIDE, log.durable() / KEPT);
        while (at < end) {
            List<Event> some = log.read(at + 1, (int) Math.min(BATCH, end - at));
            if (some.isEmpty()) {
                break;
            }
            for (Event event : some) {
                parts.forEach(part -> part.accept(event));
                at = event.seq();
                if (at % stride == 0) {
                    kept.put(
                            at,
                            new SoftReference<>(Json.MAPPER.writeValueAsBytes(Json.array(
                                    parts.stream().map(Projection::save).toList()))));
                }
            }
        }
        last = new SoftReference<>(new Moment<>(end, what));
        return what;
    }

    /** @return number of the event that the kept state is of, or 0 */
    private long restored(List<? extends Projection> parts, long end) {
        for (Map.Entry<Long, SoftReference<byte[]>> each :
                kept.headMap(end, true).descendingMap().entrySet()) {
            byte[] saved = each.getValue().get();
            if (saved != null) {
                var states = Json.MAPPER.readTree(saved);
                for (int i = 0; i < parts.size(); i++) {
                    parts.get(i).restore(states.get(i));
                }
                return each.getKey();
            }
        }
        return 0;
    }

    /** Number of the last event that was not later; by halves, since times of a log grow but for a clock that is set. */
    static long before(EventLog log, Instant time) {
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
