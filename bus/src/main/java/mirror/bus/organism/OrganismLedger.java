package mirror.bus.organism;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import mirror.bus.Draft;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.bus.Projection;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What the log says of organisms: who was enrolled, who is paused, and the dead letters. A fold over events, so it survives restarts. Thread-safe.
 */
public final class OrganismLedger implements Projection {
    static final String BURIED = "mirror.letter.buried.v1";
    static final String REQUEUED = "mirror.letter.requeued.v1";
    static final String DELIVERED = "mirror.letter.delivered.v1";
    static final String ENROLLED = "mirror.organism.enrolled.v1";
    static final String PAUSED = "mirror.organism.paused.v1";
    static final String RESUMED = "mirror.organism.resumed.v1";
    static final String MOVED = "mirror.organism.moved.v1";

    private static final int REASON_LIMIT = 1_000;

    private final Map<String, DeadLetter> letters = new LinkedHashMap<>();
    private final Set<String> enrolled = new TreeSet<>();
    private final Set<String> paused = new TreeSet<>();

    @Override
    public String name() {
        return "organisms";
    }

    @Override
    public int version() {
        return 1;
    }

    @Override
    public synchronized JsonNode save() {
        ObjectNode saved = Json.object();
        saved.set("letters", Json.array(letters.values()));
        enrolled.forEach(saved.putArray("enrolled")::add);
        paused.forEach(saved.putArray("paused")::add);
        return saved;
    }

    @Override
    public synchronized void restore(JsonNode saved) {
        letters.clear();
        enrolled.clear();
        paused.clear();
        for (DeadLetter letter : Json.list(saved.path("letters"), DeadLetter.class)) {
            letters.put(letter.id(), letter);
        }
        saved.path("enrolled").forEach(name -> enrolled.add(name.asString()));
        saved.path("paused").forEach(name -> paused.add(name.asString()));
    }

    @Override
    public synchronized void accept(Event event) {
        switch (event.type()) {
            case BURIED -> {
                String id = event.text("organism") + "/" + event.text("event");
                letters.remove(id);
                letters.put(
                        id,
                        new DeadLetter(
                                id,
                                event.text("organism"),
                                event.text("event"),
                                event.data().path("seq").asLong(0),
                                event.text("type"),
                                event.data().path("attempts").asInt(0),
                                event.text("reason"),
                                event.time(),
                                false));
            }
            case REQUEUED -> letters.computeIfPresent(id(event), (_, letter) -> letter.asRequeued());
            case DELIVERED -> letters.remove(id(event));
            case ENROLLED -> enrolled.add(event.text("organism"));
            case PAUSED -> paused.add(event.text("organism"));
            case RESUMED -> paused.remove(event.text("organism"));
            default -> {}
        }
    }

    private static String id(Event event) {
        return event.text("organism") + "/" + event.text("event");
    }

    /** Oldest first; those that were requeued and have not been dealt with yet are among them. */
    public synchronized List<DeadLetter> letters() {
        return List.copyOf(letters.values());
    }

    public synchronized Optional<DeadLetter> letter(String id) {
        return Optional.ofNullable(letters.get(id));
    }

    synchronized boolean enrolled(String organism) {
        return enrolled.contains(organism);
    }

    synchronized boolean paused(String organism) {
        return paused.contains(organism);
    }

    /** Whether an event tells of this organism's own keeping: it must not hear that. */
    static boolean isAbout(Event event, String organism) {
        return (event.type().startsWith("mirror.letter.") || event.type().startsWith("mirror.organism."))
                && event.text("organism").equals(organism);
    }

    // ---- the events

    /** Carries the cause like everything else that a delivery leads to, so that two organisms cannot bury each other's letters forever. */
    static Draft buried(String organism, Event event, int attempts, String reason) {
        return new Draft(
                BURIED,
                Delivery.ACTOR + organism,
                organism + "/" + event.id(),
                null,
                Delivery.session(organism, event),
                Json.object()
                        .put("organism", organism)
                        .put("event", event.id())
                        .put("seq", event.seq())
                        .put("type", event.type())
                        .put("attempts", attempts)
                        .put("reason", reason.length() <= REASON_LIMIT ? reason : reason.substring(0, REASON_LIMIT)));
    }

    static Draft delivered(String organism, Event event) {
        return new Draft(
                DELIVERED,
                Delivery.ACTOR + organism,
                organism + "/" + event.id(),
                null,
                Delivery.session(organism, event),
                Json.object().put("organism", organism).put("event", event.id()));
    }

    static Draft requeued(DeadLetter letter) {
        return Draft.of(
                        REQUEUED,
                        "owner",
                        Json.object().put("organism", letter.organism()).put("event", letter.event()))
                .subject(letter.id());
    }

    static Draft enrolled(String organism, long after) {
        return Draft.of(
                        ENROLLED,
                        "daemon",
                        Json.object().put("organism", organism).put("after", after))
                .subject(organism);
    }

    static Draft paused(String organism, boolean value) {
        return Draft.of(value ? PAUSED : RESUMED, "owner", Json.object().put("organism", organism))
                .subject(organism);
    }

    static Draft moved(String organism, long after) {
        return Draft.of(MOVED, "owner", Json.object().put("organism", organism).put("after", after))
                .subject(organism);
    }
}
