package mirror.bus;

import java.util.List;
import java.util.function.Consumer;

/**
 * Feeds durable events to projections, each event once and in order, starting with the first. Projections are pure folds: what they
 * hold follows from the events alone, so they are never saved and never wrong in another way than the code is. Thread-safe; the
 * projections are only touched under this object's lock.
 */
public final class Projector {
    private final EventLog log;
    private final List<Consumer<Event>> projections;
    private volatile long applied;

    public Projector(EventLog log, List<Consumer<Event>> projections) {
        this.log = log;
        this.projections = List.copyOf(projections);
    }

    /** Returns when every event that is durable now has been applied. */
    public synchronized void catchUp() {
        if (applied == log.durable()) {
            return;
        }
        log.replay(applied + 1, this::apply);
    }

    /** Returns when the projections know of the durable event {@code seq}; costs nothing when they do already. */
    public void catchUp(long seq) {
        if (applied < seq) {
            catchUp();
        }
    }

    /** Appends, and returns when the projections know of it. */
    public Event record(Draft draft) {
        return record(List.of(draft)).getFirst();
    }

    public List<Event> record(List<Draft> drafts) {
        List<Event> events = log.append(drafts);
        synchronized (this) {
            if (events.getFirst().seq() == applied + 1) {
                events.forEach(this::apply);
            } else {
                catchUp();
            }
        }
        return events;
    }

    private void apply(Event event) {
        projections.forEach(projection -> projection.accept(event));
        applied = event.seq();
    }

    public EventLog log() {
        return log;
    }
}
