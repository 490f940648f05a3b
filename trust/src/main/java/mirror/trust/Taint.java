package mirror.trust;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import mirror.bus.Draft;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.bus.Projection;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Which sessions have read what others wrote, as a fold over events. A session stays tainted until the owner clears it: what a model has
 * read, it cannot unread. Subagents share their session's id and so its taint. Thread-safe.
 */
public final class Taint implements Projection {
    static final String TAINTED = "mirror.session.tainted.v1";
    static final String FLAGGED = "mirror.guard.flagged.v1";
    static final String CLEARED = "mirror.session.cleared.v1";

    /** The score from which a flag on what a tool brought makes a session suspect. */
    public static final double SUSPECT = 0.85;

    private static final int MARKS = 16;
    private static final int HOSTS = 200;
    private static final int SESSIONS = 5_000;

    /**
     * Something the session took in.
     *
     * @param kind {@code outside}, {@code secret} or {@code flagged}
     * @param source where it came from: hosts, a path, a tool
     * @param why one clause for the owner
     */
    public record Mark(String kind, String source, String why, String event) {}

    /**
     * What is known of a session.
     *
     * @param score highest score of the guard on what a tool brought
     * @param hosts hosts it talked to before anything from outside came in
     */
    public record State(List<Mark> marks, double score, Set<String> hosts) {
        private static final State CLEAN = new State(List.of(), 0, Set.of());

        public State {
            marks = List.copyOf(marks);
            hosts = java.util.Collections.unmodifiableSet(new LinkedHashSet<>(hosts));
        }

        /** Whether text that others wrote is in the session. */
        public boolean tainted() {
            return marks.stream().anyMatch(mark -> !mark.kind().equals("secret"));
        }

        /** Whether that text most likely tries to steer the assistant. */
        public boolean suspect() {
            return score >= SUSPECT;
        }

        /** Whether the session has seen a secret. */
        public boolean secret() {
            return marks.stream().anyMatch(mark -> mark.kind().equals("secret"));
        }

        /** The mark that says most, for a reason: the flagged one before the first other. */
        public Optional<Mark> telling() {
            return marks.stream()
                    .filter(mark -> mark.kind().equals("flagged"))
                    .findFirst()
                    .or(() -> marks.stream()
                            .filter(mark -> mark.kind().equals("outside"))
                            .findFirst());
        }
    }

    private final Map<String, State> sessions = new LinkedHashMap<>();

    @Override
    public String name() {
        return "taint";
    }

    @Override
    public int version() {
        return 1;
    }

    @Override
    public synchronized void accept(Event event) {
        String session = event.session();
        if (session == null) {
            return;
        }
        switch (event.type()) {
            case TAINTED -> mark(session, event, event.text("kind"), event.text("source"), event.text("why"), 0);
            case FLAGGED ->
                mark(
                        session,
                        event,
                        "flagged",
                        event.text("source"),
                        "the guard found " + event.text("family") + " in it",
                        event.text("source").equals("prompt")
                                ? 0
                                : event.data().path("score").asDouble(0));
            // The hosts stay: they were met before, whatever came since.
            case CLEARED -> sessions.computeIfPresent(session, (_, state) -> new State(List.of(), 0, state.hosts()));
            case Gate.DECIDED -> met(session, event);
            default -> {}
        }
    }

    private void mark(String session, Event event, String kind, String source, String why, double score) {
        State state = state(session);
        List<Mark> marks = new ArrayList<>(state.marks());
        if (marks.size() < MARKS
                && marks.stream()
                        .noneMatch(mark ->
                                mark.kind().equals(kind) && mark.source().equals(source))) {
            marks.add(new Mark(kind, source, why, event.id()));
        }
        put(session, new State(marks, Math.max(score, state.score()), state.hosts()));
    }

    /** A host counts as known when the session was let through to it while it was clean. */
    private void met(String session, Event event) {
        State state = state(session);
        if (!event.text("verdict").equals("allow")
                || state.tainted()
                || state.hosts().size() >= HOSTS) {
            return;
        }
        Set<String> hosts = new LinkedHashSet<>(state.hosts());
        for (JsonNode effect : event.data().path("effects")) {
            String host = effect.path("host").asString("");
            if (!host.isEmpty() && !host.equals("*")) {
                hosts.add(host);
            }
        }
        if (hosts.size() > state.hosts().size()) {
            put(session, new State(state.marks(), state.score(), hosts));
        }
    }

    private void put(String session, State state) {
        sessions.put(session, state);
        if (sessions.size() > SESSIONS) {
            // The oldest clean one goes; a tainted one never does.
            sessions.entrySet().stream()
                    .filter(entry -> entry.getValue().marks().isEmpty())
                    .findFirst()
                    .map(Map.Entry::getKey)
                    .ifPresent(sessions::remove);
        }
    }

    /** What is known of a session; a clean state when nothing is. */
    public synchronized State state(String session) {
        return sessions.getOrDefault(session, State.CLEAN);
    }

    /** The sessions that hold something from outside, oldest first. */
    public synchronized List<String> tainted() {
        return sessions.entrySet().stream()
                .filter(entry -> entry.getValue().tainted())
                .map(Map.Entry::getKey)
                .toList();
    }

    /** Whether a mark would say something new of the session. */
    public boolean isNew(String session, String kind, String source) {
        State state = state(session);
        return state.marks().size() < MARKS
                && state.marks().stream()
                        .noneMatch(mark ->
                                mark.kind().equals(kind) && mark.source().equals(clean(source)));
    }

    // ---- the events

    /** The event that something came in. */
    public static Draft tainted(String actor, String session, String kind, String source, String why) {
        return Draft.of(
                        TAINTED,
                        actor,
                        Json.object()
                                .put("kind", kind)
                                .put("source", clean(source))
                                .put("why", why))
                .session(session);
    }

    /** The event that the guard found something; it holds neither the text nor a part of it. */
    public static Draft flagged(String actor, String session, String source, mirror.trust.guard.Guard.Report report) {
        ObjectNode data = Json.object()
                .put("family", report.family())
                .put("score", report.score())
                .put("source", clean(source));
        ArrayNode findings = data.putArray("findings");
        report.findings().stream()
                .limit(8)
                .forEach(finding -> findings.addObject()
                        .put("family", finding.family().text())
                        .put("mechanism", finding.mechanism())
                        .put("score", finding.score())
                        .put("layer", finding.layer())
                        .put("span", finding.span()));
        return Draft.of(FLAGGED, actor, data).session(session);
    }

    /** The event that the owner trusts the session again. */
    public static Draft cleared(String session) {
        return Draft.of(CLEARED, "owner", Json.object()).subject(session).session(session);
    }

    private static String clean(String source) {
        String text = Redactor.redact(source);
        return text.length() <= 200 ? text : text.substring(0, 200);
    }

    @Override
    public synchronized JsonNode save() {
        ArrayNode saved = Json.array();
        sessions.forEach((session, state) -> {
            ObjectNode node = saved.addObject().put("session", session).put("score", state.score());
            node.set("marks", Json.array(state.marks()));
            state.hosts().forEach(node.putArray("hosts")::add);
        });
        return saved;
    }

    @Override
    public synchronized void restore(JsonNode saved) {
        sessions.clear();
        for (JsonNode node : saved) {
            List<Mark> marks = Json.list(node.path("marks"), Mark.class);
            Set<String> hosts = new LinkedHashSet<>();
            node.path("hosts").forEach(host -> hosts.add(host.asString("")));
            sessions.put(
                    node.path("session").asString(""),
                    new State(marks, node.path("score").asDouble(0), hosts));
        }
    }
}
