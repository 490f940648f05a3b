package mirror.bus.organism;

import mirror.bus.Draft;
import mirror.bus.Event;

/**
 * One event on its way to one organism.
 *
 * @param key the idempotency key: the same for every repetition of this delivery, so that an effect can be made once
 * @param attempt counts from 1 since the daemon started
 * @param lease id of the lease it happens under
 */
public record Delivery(String organism, Event event, String key, int attempt, String lease) {
    /** What the actor of everything that organisms cause starts with; the organism's name follows. */
    public static final String ACTOR = "organism.";

    public String actor() {
        return ACTOR + organism;
    }

    /**
     * What an event that this delivery causes carries as its session: the organism's name, a slash, the id of the event that was
     * delivered. By this, chains of causes can be followed in the log and circles are cut; see {@link Causes}.
     */
    public String session() {
        return session(organism, event);
    }

    static String session(String organism, Event event) {
        return organism + "/" + event.id();
    }

    /** The draft as caused by this delivery. Whatever an organism appends must pass here, or circles through it are not cut. */
    public Draft stamp(Draft draft) {
        return new Draft(draft.type(), actor(), draft.subject(), lease, session(), draft.data());
    }
}
