package mirror.continuity;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import mirror.bus.Draft;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.bus.Projection;
import mirror.bus.Projector;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Work that one agent leaves for the next: created once, claimed by exactly one. A handoff older than a day needs a confirmation,
 * because the world may have moved on. Claims are decided under one lock and are in the log before anybody is told. Thread-safe.
 */
public final class Handoffs implements Projection {
    static final Duration STALE = Duration.ofHours(24);

    /**
     * One handoff.
     *
     * @param id id of the event that created it
     * @param claimedBy session that claimed it, or null
     */
    public record Handoff(
            String id,
            String project,
            String session,
            String client,
            String task,
            String state,
            String next,
            Instant created,
            @Nullable String claimedBy) {}

    /** How a claim ended. */
    public sealed interface Claim {
        record Claimed(Handoff handoff) implements Claim {}

        /** Nothing was claimed; {@code why} is a sentence for the agent. */
        record Refused(String why) implements Claim {}
    }

    private final InstantSource clock;
    private final Map<String, Handoff> handoffs = new LinkedHashMap<>();

    public Handoffs(InstantSource clock) {
        this.clock = clock;
    }

    @Override
    public String name() {
        return "handoffs";
    }

    @Override
    public int version() {
        return 1;
    }

    @Override
    public synchronized JsonNode save() {
        return Json.array(handoffs.values());
    }

    @Override
    public synchronized void restore(JsonNode saved) {
        handoffs.clear();
        for (Handoff handoff : Json.list(saved, Handoff.class)) {
            handoffs.put(handoff.id, handoff);
        }
    }

    @Override
    public synchronized void accept(Event event) {
        if (event.type().equals(Types.HANDOFF_CREATED)) {
            JsonNode data = event.data();
            handoffs.put(
                    event.id(),
                    new Handoff(
                            event.id(),
                            data.path("project").asString(""),
                            String.valueOf(event.session()),
                            event.actor(),
                            data.path("task").asString(""),
                            data.path("state").asString(""),
                            data.path("next").asString(""),
                            event.time(),
                            null));
        } else if (event.type().equals(Types.HANDOFF_CLAIMED)) {
            handoffs.computeIfPresent(
                    event.text("handoff"),
                    (_, h) -> new Handoff(
                            h.id, h.project, h.session, h.client, h.task, h.state, h.next, h.created, event.session()));
        }
    }

    /** Those of the project that nobody claimed yet, newest first; of every project when {@code project} is empty. */
    public synchronized List<Handoff> open(String project) {
        List<Handoff> open = new ArrayList<>();
        for (Handoff handoff : handoffs.values()) {
            if (handoff.claimedBy == null && (project.isEmpty() || handoff.project.equals(project))) {
                open.add(handoff);
            }
        }
        return open.reversed();
    }

    public synchronized Optional<Handoff> get(String id) {
        return Optional.ofNullable(handoffs.get(id));
    }

    public boolean stale(Handoff handoff) {
        return Duration.between(handoff.created, clock.instant()).compareTo(STALE) > 0;
    }

    /** Claims for {@code session}; of several callers exactly one gets it. */
    public Claim claim(Projector projector, String id, String actor, String session, boolean confirmed) {
        // The projector's lock first, as everywhere: it calls accept, which takes ours.
        synchronized (projector) {
            Handoff handoff = get(id).orElse(null);
            if (handoff == null) {
                return new Claim.Refused("there is no handoff '" + id + "'");
            }
            if (handoff.claimedBy != null) {
                return new Claim.Refused("the handoff was already claimed by session " + handoff.claimedBy);
            }
            if (stale(handoff) && !confirmed) {
                return new Claim.Refused("the handoff is from " + handoff.created
                        + ", more than a day ago; check that it still holds, then claim it with confirm=true");
            }
            projector.record(
                    Draft.of(Types.HANDOFF_CLAIMED, actor, Json.object().put("handoff", id))
                            .subject(id)
                            .session(session));
            return new Claim.Claimed(handoff);
        }
    }
}
