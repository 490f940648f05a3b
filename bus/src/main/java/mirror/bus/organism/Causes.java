package mirror.bus.organism;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import mirror.bus.Event;
import mirror.bus.EventLog;
import org.jspecify.annotations.Nullable;

/**
 * Which organisms led to an event. What an organism causes has the actor {@code organism.<name>} and the session
 * {@code <name>/<id of the event it heard>}; that event may again be caused by an organism, and so on. The chain is read from the log
 * itself, so nobody counts and nobody can forget to count. A cause is always earlier than what it causes, so following it ends.
 *
 * <p>The rule made of it: an organism does not hear what it caused, directly or through others. So every circle ends after one round,
 * and a chain is at most as long as there are organisms. What a chain through programs outside did cannot be told.
 *
 * <p>Thread-safe.
 */
final class Causes {
    /** Longer chains are not delivered: nobody builds them on purpose. */
    static final int LIMIT = 8;

    private static final int REMEMBERED = 512;

    /**
     * A chain of causes.
     *
     * @param organisms nearest first
     * @param fault why the chain cannot be followed to its end, or null
     */
    record Chain(List<String> organisms, @Nullable String fault) {}

    private static final Chain NOBODY = new Chain(List.of(), null);

    private final EventLog log;
    private final Map<String, Chain> known = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Chain> eldest) {
            return size() > REMEMBERED;
        }
    };

    Causes(EventLog log) {
        this.log = log;
    }

    Chain of(Event event) {
        if (!event.actor().startsWith(Delivery.ACTOR)) {
            return NOBODY;
        }
        synchronized (known) {
            Chain chain = known.get(event.id());
            if (chain != null) {
                return chain;
            }
        }
        Chain chain = follow(event);
        synchronized (known) {
            known.put(event.id(), chain);
        }
        return chain;
    }

    private Chain follow(Event event) {
        List<String> organisms = new ArrayList<>();
        Event at = event;
        while (at.actor().startsWith(Delivery.ACTOR)) {
            if (organisms.size() == LIMIT) {
                return new Chain(organisms, "more than " + LIMIT + " organisms led to it, one through the other");
            }
            String name = at.actor().substring(Delivery.ACTOR.length());
            organisms.add(name);
            long cause = seq(at.session(), name);
            if (cause < 1 || cause >= at.seq()) {
                return new Chain(organisms, "event " + at.id() + " does not say which event led " + name + " to it");
            }
            at = log.read(cause, 1).getFirst();
        }
        return new Chain(List.copyOf(organisms), null);
    }

    private long seq(@Nullable String session, String name) {
        String prefix = name + "/" + log.origin() + "-";
        if (session == null || !session.startsWith(prefix)) {
            return -1;
        }
        String digits = session.substring(prefix.length());
        return digits.matches("[0-9]{1,18}") ? Long.parseLong(digits) : -1;
    }
}
