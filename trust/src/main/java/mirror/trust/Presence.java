package mirror.trust;

import java.time.Duration;
import mirror.bus.Draft;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.bus.Projection;
import tools.jackson.databind.JsonNode;

/**
 * Whether the owner is there to be asked. While they are away, what the policy allows goes on; what it would ask about is queued: the
 * agent is told at once that it has to do without, and the request stays open for {@link #QUEUED} instead of minutes. A fold over
 * events. Thread-safe.
 */
public final class Presence implements Projection {
    static final String LEFT = "mirror.owner.left.v1";
    static final String RETURNED = "mirror.owner.returned.v1";

    /** How long a request stays open that nobody was there to answer. */
    public static final Duration QUEUED = Duration.ofDays(7);

    private volatile boolean away;

    @Override
    public String name() {
        return "presence";
    }

    @Override
    public int version() {
        return 1;
    }

    public boolean isAway() {
        return away;
    }

    /** The event that says so; recorded by the owner's command. */
    public Draft say(boolean leaves) {
        return Draft.of(leaves ? LEFT : RETURNED, "owner", Json.object());
    }

    @Override
    public void accept(Event event) {
        switch (event.type()) {
            case LEFT -> away = true;
            case RETURNED -> away = false;
            default -> {}
        }
    }

    @Override
    public JsonNode save() {
        return Json.object().put("away", away);
    }

    @Override
    public void restore(JsonNode saved) {
        away = saved.path("away").asBoolean(false);
    }
}
