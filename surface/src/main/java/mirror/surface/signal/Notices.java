package mirror.surface.signal;

import java.util.List;
import mirror.bus.Event;
import mirror.bus.organism.Delivery;
import mirror.bus.organism.EventFilter;
import mirror.bus.organism.Organism;
import mirror.bus.organism.Outcome;

/**
 * What Mirror itself has to say, on the topic {@value #TOPIC}: that something waits for the owner's answer, and alarms. A phone's screen is
 * everybody's, so neither says what it is about; {@code mirror approvals} and {@code mirror log} do. Each event is told once, also after a
 * restart: the delivery's key is the message's.
 */
public final class Notices implements Organism.Handler {
    /** What Mirror publishes on. */
    public static final String TOPIC = "mirror";

    private static final String NAME = "signal";
    private static final String REQUESTED = "mirror.approval.requested.v1";
    private static final int HIGH = 4;

    private final Signals signals;

    private Notices(Signals signals) {
        this.signals = signals;
    }

    public static Organism organism(Signals signals) {
        return Organism.of(
                        NAME,
                        EventFilter.types("approval.requested", "alarm.raised", "service.quarantined"),
                        new Notices(signals))
                .parallel(1);
    }

    @Override
    public Outcome handle(Delivery delivery) throws Exception {
        Event event = delivery.event();
        if (event.type().equals(REQUESTED)) {
            signals.say(
                    TOPIC,
                    "Mirror waits for you",
                    "An action waits for your answer: mirror approvals",
                    HIGH,
                    List.of("raised_hand"),
                    delivery.key());
        } else if (event.data().path("newly").asBoolean(true)) {
            // A service that goes back into quarantine after a try is told of once.
            String what = event.type().contains(".alarm.") ? "An alarm was raised" : "A service is in quarantine";
            signals.say(
                    TOPIC,
                    "Mirror: look here",
                    what + ": mirror show " + event.id(),
                    HIGH,
                    List.of("rotating_light"),
                    delivery.key());
        }
        return Outcome.done();
    }
}
