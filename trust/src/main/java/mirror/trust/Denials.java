package mirror.trust;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import mirror.bus.Draft;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.bus.Projection;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What was refused to whom, and the breaker that follows from it: a session that was refused {@value #LIMIT} different actions within
 * {@link #WINDOW} is stopped for {@link #PAUSE}, because an agent that goes on trying is looking for a way round. The owner may let it
 * go on earlier. The state is a fold over events, so a restart does not reset it.
 *
 * <p>The ledger keeps the last {@value #KEPT} refusals; the log has all. Thread-safe.
 */
public final class Denials implements Projection, Check {
    /**
     * The session of the doctor's drills. They are judged and recorded like every other action, but refusing them is no news: they open
     * no session, stand in no ledger and raise no alarm.
     */
    public static final String DRILL = "mirror-doctor";

    static final String RESET = "mirror.breaker.reset.v1";

    /** Different actions refused within {@link #WINDOW} that stop a session. */
    public static final int LIMIT = 10;

    public static final Duration WINDOW = Duration.ofMinutes(10);
    public static final Duration PAUSE = Duration.ofMinutes(15);

    private static final String RULE = "breaker";
    private static final int KEPT = 1_000;

    /** Sessions that are watched at a time; the one that was refused longest ago makes room. */
    private static final int SESSIONS = 1_000;

    /**
     * One refusal.
     *
     * @param event id of the event that records it
     * @param digest SHA-256 of the canonical action
     */
    public record Denial(
            String event,
            Instant time,
            String actor,
            String session,
            String tool,
            String rule,
            String reason,
            String digest) {}

    private record Refused(Instant time, String digest) {}

    private final InstantSource clock;
    private final Deque<Denial> ledger = new ArrayDeque<>();
    private final Map<String, Deque<Refused>> recent = new LinkedHashMap<>();
    private final Map<String, Instant> stopped = new LinkedHashMap<>();

    public Denials(InstantSource clock) {
        this.clock = clock;
    }

    @Override
    public String name() {
        return "denials";
    }

    @Override
    public int version() {
        return 2;
    }

    @Override
    public synchronized void accept(Event event) {
        switch (event.type()) {
            case Gate.DECIDED -> {
                if (event.text("verdict").equals(Verdict.BLOCK.text()) && !DRILL.equals(event.session())) {
                    refused(new Denial(
                            event.id(),
                            event.time(),
                            event.actor(),
                            String.valueOf(event.session()),
                            event.text("tool"),
                            event.text("rule"),
                            event.text("reason"),
                            event.text("digest")));
                }
            }
            case RESET -> {
                stopped.remove(event.text("session"));
                recent.remove(event.text("session"));
            }
            default -> {}
        }
    }

    private void refused(Denial denial) {
        ledger.addLast(denial);
        if (ledger.size() > KEPT) {
            ledger.removeFirst();
        }
        // What the breaker itself refuses must not keep it open.
        if (denial.rule.equals(RULE)) {
            return;
        }
        Deque<Refused> refused = recent.remove(denial.session);
        refused = refused == null ? new ArrayDeque<>() : refused;
        refused.removeIf(
                old -> old.digest.equals(denial.digest) || old.time.plus(WINDOW).isBefore(denial.time));
        refused.addLast(new Refused(denial.time, denial.digest));
        if (refused.size() >= LIMIT) {
            stopped.put(denial.session, denial.time.plus(PAUSE));
            trim(stopped);
            refused.clear();
        }
        recent.put(denial.session, refused);
        trim(recent);
    }

    private static void trim(Map<String, ?> map) {
        if (map.size() > SESSIONS) {
            map.remove(map.keySet().iterator().next());
        }
    }

    @Override
    public synchronized Optional<Policy.Match> check(Action action, Policy.Match sofar) {
        Instant until = stoppedUntil(action.session());
        return until == null
                ? Optional.empty()
                : Optional.of(new Policy.Match(
                        Verdict.BLOCK,
                        RULE,
                        "this session was refused " + LIMIT + " different actions within " + WINDOW.toMinutes()
                                + " minutes and is stopped until " + until
                                + "; the owner may end that with 'mirror denials reset " + action.session() + "'"));
    }

    /** Until when the session is stopped, or null while it is not. */
    public synchronized @Nullable Instant stoppedUntil(String session) {
        Instant until = stopped.get(session);
        return until != null && clock.instant().isBefore(until) ? until : null;
    }

    /** Newest first. */
    public synchronized List<Denial> list() {
        return new ArrayList<>(ledger).reversed();
    }

    /** Sessions that are stopped now, and until when. */
    public synchronized Map<String, Instant> stopped() {
        Map<String, Instant> now = new LinkedHashMap<>(stopped);
        now.values().removeIf(until -> !clock.instant().isBefore(until));
        return now;
    }

    /**
     * The event that lets a stopped session go on.
     *
     * @throws TrustException when it is not stopped
     */
    public Draft reset(String session) {
        if (stoppedUntil(session) == null) {
            throw new TrustException(
                    "the session '" + session + "' is not stopped; 'mirror denials' shows those that are");
        }
        return Draft.of(RESET, "owner", Json.object().put("session", session)).session(session);
    }

    @Override
    public synchronized JsonNode save() {
        ObjectNode saved = Json.object();
        saved.set("ledger", Json.array(ledger));
        ObjectNode sessions = saved.putObject("recent");
        recent.forEach((session, refused) -> {
            ArrayNode array = sessions.putArray(session);
            refused.forEach(each -> array.addArray().add(each.time.toString()).add(each.digest));
        });
        ObjectNode until = saved.putObject("stopped");
        stopped.forEach((session, time) -> until.put(session, time.toString()));
        return saved;
    }

    @Override
    public synchronized void restore(JsonNode saved) {
        ledger.clear();
        recent.clear();
        stopped.clear();
        ledger.addAll(Json.list(saved.path("ledger"), Denial.class));
        saved.path("recent").properties().forEach(entry -> {
            Deque<Refused> refused = new ArrayDeque<>();
            entry.getValue()
                    .forEach(each -> refused.add(new Refused(
                            Instant.parse(each.path(0).asString()), each.path(1).asString())));
            recent.put(entry.getKey(), refused);
        });
        saved.path("stopped")
                .properties()
                .forEach(entry -> stopped.put(
                        entry.getKey(), Instant.parse(entry.getValue().asString())));
    }
}
