package mirror.continuity;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import mirror.bus.Draft;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.bus.Projection;
import mirror.bus.Projector;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Work that one agent leaves for the next: created once, held by at most one. A handoff older than a day needs a confirmation, because
 * the world may have moved on. It comes back when its holder ends without a completion report, when the holder gives it back, and when
 * nothing was heard of the holder for {@link #SILENCE}; it is done when the holder's completion report is accepted. One that Mirror
 * made because a session ran into a limit is withdrawn when that session goes on itself. Claims are decided under one lock and are in
 * the log before anybody is told. Thread-safe.
 */
public final class Handoffs implements Projection {
    static final Duration STALE = Duration.ofHours(24);

    /** A holder of whom nothing was heard for this long has died. */
    static final Duration SILENCE = Duration.ofHours(1);

    /** Where a handoff stands. */
    public enum Status {
        OPEN,
        CLAIMED,
        DONE,
        WITHDRAWN;

        public String text() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    /**
     * One handoff.
     *
     * @param id id of the event that created it
     * @param session that left the work
     * @param automatic whether Mirror made it, because the session ran into a limit
     * @param holder session that claimed it, or null while nobody holds it
     * @param heard when something was last heard of the holder
     * @param returned how often it came back
     */
    public record Handoff(
            String id,
            String project,
            String session,
            String client,
            String task,
            String state,
            String next,
            List<FileState> files,
            boolean automatic,
            Instant created,
            Status status,
            @Nullable String holder,
            @Nullable Instant heard,
            int returned) {
        private Handoff with(Status now, @Nullable String by, @Nullable Instant at, int back) {
            return new Handoff(
                    id, project, session, client, task, state, next, files, automatic, created, now, by, at, back);
        }

        private Handoff back() {
            return with(Status.OPEN, null, null, returned + 1);
        }
    }

    /** How a claim ended. */
    public sealed interface Claim {
        record Claimed(Handoff handoff) implements Claim {}

        /** Nothing was claimed; {@code why} is a sentence for the agent. */
        record Refused(String why) implements Claim {}
    }

    private final InstantSource clock;
    private final Map<String, Handoff> handoffs = new LinkedHashMap<>();

    /** Handoffs that are neither done nor withdrawn, by the session that a new event of may change them: who left and who holds. */
    private final Map<String, List<String>> watched = new LinkedHashMap<>();

    public Handoffs(InstantSource clock) {
        this.clock = clock;
    }

    @Override
    public String name() {
        return "handoffs";
    }

    @Override
    public int version() {
        return 2;
    }

    @Override
    public synchronized JsonNode save() {
        return Json.array(handoffs.values());
    }

    @Override
    public synchronized void restore(JsonNode saved) {
        handoffs.clear();
        watched.clear();
        for (Handoff handoff : Json.list(saved, Handoff.class)) {
            put(handoff);
        }
    }

    private void put(Handoff handoff) {
        Handoff old = handoffs.put(handoff.id, handoff);
        if (old != null) {
            unwatch(old);
        }
        if (handoff.status == Status.OPEN || handoff.status == Status.CLAIMED) {
            watch(handoff.session, handoff.id);
            if (handoff.holder != null) {
                watch(handoff.holder, handoff.id);
            }
        }
    }

    private void watch(String session, String id) {
        List<String> ids = watched.computeIfAbsent(session, _ -> new ArrayList<>());
        if (!ids.contains(id)) {
            ids.add(id);
        }
    }

    private void unwatch(Handoff old) {
        unwatch(old.session, old.id);
        if (old.holder != null) {
            unwatch(old.holder, old.id);
        }
    }

    private void unwatch(String session, String id) {
        watched.computeIfPresent(session, (_, ids) -> {
            ids.remove(id);
            return ids.isEmpty() ? null : ids;
        });
    }

    @Override
    public synchronized void accept(Event event) {
        switch (event.type()) {
            case Types.HANDOFF_CREATED -> created(event);
            case Types.HANDOFF_CLAIMED ->
                change(
                        event.text("handoff"),
                        handoff -> handoff.with(Status.CLAIMED, event.session(), event.time(), handoff.returned));
            case Types.HANDOFF_RETURNED ->
                change(event.text("handoff"), handoff -> handoff.status == Status.CLAIMED ? handoff.back() : handoff);
            default -> {}
        }
        for (String id : List.copyOf(watched.getOrDefault(String.valueOf(event.session()), List.of()))) {
            change(id, handoff -> heard(handoff, event));
        }
    }

    private void created(Event event) {
        JsonNode data = event.data();
        put(new Handoff(
                event.id(),
                data.path("project").asString(""),
                String.valueOf(event.session()),
                event.actor(),
                data.path("task").asString(""),
                data.path("state").asString(""),
                data.path("next").asString(""),
                FileState.list(data.path("files")),
                data.path("automatic").asBoolean(false),
                event.time(),
                Status.OPEN,
                null,
                null,
                0));
    }

    private void change(String id, UnaryOperator<Handoff> how) {
        Handoff handoff = handoffs.get(id);
        if (handoff != null && handoff.status != Status.DONE && handoff.status != Status.WITHDRAWN) {
            put(how.apply(handoff));
        }
    }

    /** What an event of the session that left it, or of the one that holds it, means for the handoff. */
    private static Handoff heard(Handoff handoff, Event event) {
        if (event.session() != null && event.session().equals(handoff.holder)) {
            return switch (event.type()) {
                case Types.ENDED -> handoff.back();
                case Types.COMPLETED -> handoff.with(Status.DONE, handoff.holder, event.time(), handoff.returned);
                default -> handoff.with(handoff.status, handoff.holder, event.time(), handoff.returned);
            };
        }
        return event.type().equals(Types.PROMPTED) && handoff.automatic && handoff.status == Status.OPEN
                ? handoff.with(Status.WITHDRAWN, null, null, handoff.returned)
                : handoff;
    }

    /** Those of the project that wait for somebody, newest first; of every project when {@code project} is empty. */
    public synchronized List<Handoff> open(String project) {
        List<Handoff> open = new ArrayList<>();
        for (Handoff handoff : handoffs.values()) {
            if (waits(handoff) && (project.isEmpty() || handoff.project.equals(project))) {
                open.add(handoff);
            }
        }
        return open.reversed();
    }

    /** All of them, newest first. */
    public synchronized List<Handoff> list() {
        return new ArrayList<>(handoffs.values()).reversed();
    }

    /** Whether one that Mirror made for the session still stands, whatever became of it. */
    synchronized boolean leftAtLimit(String session) {
        return handoffs.values().stream()
                .anyMatch(handoff ->
                        handoff.automatic && handoff.session.equals(session) && handoff.status != Status.WITHDRAWN);
    }

    public synchronized Optional<Handoff> get(String id) {
        return Optional.ofNullable(handoffs.get(id));
    }

    public boolean stale(Handoff handoff) {
        return Duration.between(handoff.created, clock.instant()).compareTo(STALE) > 0;
    }

    /** Whether it can be claimed: nobody holds it, or nothing was heard of the holder for {@link #SILENCE}. */
    public boolean waits(Handoff handoff) {
        return handoff.status == Status.OPEN
                || (handoff.status == Status.CLAIMED
                        && handoff.heard != null
                        && Duration.between(handoff.heard, clock.instant()).compareTo(SILENCE) > 0);
    }

    /** Claims for {@code session}; of several callers exactly one gets it. */
    public Claim claim(Projector projector, String id, String actor, String session, boolean confirmed) {
        // The projector's lock first, as everywhere: it calls accept, which takes ours.
        synchronized (projector) {
            Handoff handoff = get(id).orElse(null);
            if (handoff == null) {
                return new Claim.Refused("there is no handoff '" + id + "'");
            }
            if (handoff.status == Status.CLAIMED && session.equals(handoff.holder)) {
                // Its first answer may have been lost on the way.
                return new Claim.Claimed(handoff);
            }
            if (!waits(handoff)) {
                return new Claim.Refused(
                        handoff.status == Status.CLAIMED
                                ? "the handoff was already claimed by session " + handoff.holder
                                : "the handoff is " + handoff.status.text());
            }
            if (stale(handoff) && !confirmed) {
                return new Claim.Refused("the handoff is from " + handoff.created
                        + ", more than a day ago; check that it still holds, then claim it with confirm=true");
            }
            projector.record(
                    Draft.of(Types.HANDOFF_CLAIMED, actor, Json.object().put("handoff", id))
                            .subject(id)
                            .session(session));
            return new Claim.Claimed(get(id).orElse(handoff));
        }
    }

    /**
     * Gives a claimed handoff back.
     *
     * @param session the holder, or null for the owner, who may take it from anybody
     */
    public Claim giveBack(Projector projector, String id, String actor, @Nullable String session, String reason) {
        synchronized (projector) {
            Handoff handoff = get(id).orElse(null);
            if (handoff == null || handoff.status != Status.CLAIMED) {
                return new Claim.Refused("nobody holds a handoff '" + id + "'");
            }
            if (session != null && !session.equals(handoff.holder)) {
                return new Claim.Refused("the handoff is held by session " + handoff.holder);
            }
            projector.record(Draft.of(
                            Types.HANDOFF_RETURNED,
                            actor,
                            Json.object().put("handoff", id).put("reason", reason))
                    .subject(id)
                    .session(session));
            return new Claim.Claimed(get(id).orElse(handoff));
        }
    }
}
