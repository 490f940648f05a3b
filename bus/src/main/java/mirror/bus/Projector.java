package mirror.bus;

import java.io.IOException;
import java.util.List;
import tools.jackson.databind.JsonNode;

/**
 * Feeds durable events to projections, each event once and in order. Projections are pure folds: what they hold follows from the
 * events alone, so a snapshot only saves the time to fold them again. Thread-safe; the projections are only touched under this
 * object's lock.
 */
public final class Projector {
    private static final int SAVE_EVERY = 10_000;

    private final EventLog log;
    private final List<Projection> projections;
    private final List<JsonNode> initial;
    private final Snapshots snapshots;
    private volatile long applied;
    private long saved;

    /** Starts from the newest snapshot that fits; {@link #catchUp} does the rest. */
    public Projector(EventLog log, List<? extends Projection> projections) {
        this.log = log;
        this.projections = List.copyOf(projections);
        this.initial = this.projections.stream().map(Projection::save).toList();
        this.snapshots = log.snapshots();
        this.applied = snapshots.restore(log, this.projections);
        this.saved = applied;
    }

    /** Returns when every event that is durable now has been applied. */
    public synchronized void catchUp() {
        if (applied == log.durable()) {
            return;
        }
        log.replay(applied + 1, this::apply);
    }

    /**
     * Returns when the projections know of these durable events, which follow one another; costs nothing when they do already, and
     * reads none of them again.
     */
    public synchronized void catchUp(List<Event> events) {
        for (Event event : events) {
            if (event.seq() == applied + 1) {
                apply(event);
            }
        }
        if (applied < events.getLast().seq()) {
            catchUp();
        }
    }

    /**
     * Appends, and returns when the projections know of it. Who has to look and record as one step holds this object's lock, never that of
     * a projection.
     *
     * @throws IllegalStateException when the caller holds the lock of a projection without this object's
     */
    public Event record(Draft draft) {
        return record(List.of(draft)).getFirst();
    }

    /** The same for several, which are appended together. */
    public List<Event> record(List<Draft> drafts) {
        if (!Thread.holdsLock(this)) {
            for (Projection projection : projections) {
                // Another thread may fold meanwhile: it has our lock and waits for that one, and the caller the other
                // way round.
                if (Thread.holdsLock(projection)) {
                    throw new IllegalStateException(
                            "who records holds the lock of '" + projection.name() + "' before that of the projector");
                }
            }
        }
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

    /**
     * Saves a snapshot when enough has happened since the last one, or {@code always}.
     *
     * @throws IOException when it cannot be written; the next start then folds more events, and nothing else is lost
     */
    public synchronized void save(boolean always) throws IOException {
        if (applied > saved && (always || applied - saved >= SAVE_EVERY)) {
            snapshots.write(log.read(applied, 1).getFirst(), projections);
            saved = applied;
        }
    }

    /**
     * Erases an event's payload and forgets what was made of it: the snapshot goes, and the state is folded anew from the first event.
     *
     * @throws IOException when the snapshot could not be removed; then it is to be done again
     */
    public synchronized Event erase(Event event, String actor, String reason) throws IOException {
        Event erased = log.erase(event, actor, reason);
        snapshots.remove();
        for (int i = 0; i < initial.size(); i++) {
            projections.get(i).restore(initial.get(i));
        }
        applied = 0;
        saved = 0;
        catchUp();
        return erased;
    }

    public EventLog log() {
        return log;
    }
}
