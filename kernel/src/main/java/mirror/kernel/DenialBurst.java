package mirror.kernel;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import mirror.bus.Draft;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.bus.Projector;
import mirror.bus.organism.Delivery;
import mirror.bus.organism.EventFilter;
import mirror.bus.organism.Organism;
import mirror.bus.organism.Outcome;
import mirror.trust.Denials;

/**
 * Raises an alarm when a session is blocked five times within a minute: an agent that keeps trying the door is lost or was talked into
 * something, and the person should look. The alarm is an event, so other organisms can carry it further. Time is the events' own, so
 * a replay counts as the day did; what it counts is forgotten when the daemon stops.
 */
final class DenialBurst implements Organism.Handler {
    static final String NAME = "denial-burst";
    static final String RAISED = "mirror.alarm.raised.v1";
    static final int TIMES = 5;
    static final Duration WITHIN = Duration.ofMinutes(1);

    private static final int SESSIONS = 256;

    private final Projector projector;

    /** Touched by one delivery at a time. */
    private final Map<String, Deque<Event>> blocked = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Deque<Event>> eldest) {
            return size() > SESSIONS;
        }
    };

    private DenialBurst(Projector projector) {
        this.projector = projector;
    }

    static Organism organism(Projector projector) {
        return Organism.of(NAME, EventFilter.types("action.decided"), new DenialBurst(projector))
                .when(event -> event.text("verdict").equals("block") && !Denials.DRILL.equals(event.session()))
                .parallel(1);
    }

    @Override
    public synchronized Outcome handle(Delivery delivery) {
        Event event = delivery.event();
        // An organism of the owner has a session for each delivery; what counts there is who it is.
        String who = event.actor().startsWith(Delivery.ACTOR)
                ? event.actor()
                : Objects.requireNonNullElse(event.session(), event.actor());
        Deque<Event> recent = blocked.computeIfAbsent(who, _ -> new ArrayDeque<>());
        recent.removeIf(old ->
                old.seq() == event.seq() || old.time().isBefore(event.time().minus(WITHIN)));
        recent.add(event);
        if (recent.size() >= TIMES) {
            projector.record(delivery.stamp(alarm(who, recent, delivery)));
            recent.clear();
        }
        return Outcome.done();
    }

    private static Draft alarm(String who, Deque<Event> recent, Delivery delivery) {
        var data = Json.object()
                .put("alarm", NAME)
                .put("about", who)
                .put(
                        "text",
                        recent.size() + " actions were blocked within "
                                + Math.max(
                                        1,
                                        Duration.between(
                                                        recent.getFirst().time(),
                                                        recent.getLast().time())
                                                .toSeconds())
                                + " s")
                .put("key", delivery.key());
        var events = data.putArray("events");
        recent.forEach(event -> events.add(event.id()));
        var rules = data.putArray("rules");
        recent.stream().map(event -> event.text("rule")).distinct().forEach(rules::add);
        return Draft.of(RAISED, "daemon", data).subject(who);
    }
}
