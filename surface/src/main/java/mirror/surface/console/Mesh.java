package mirror.surface.console;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.bus.Projection;
import mirror.trust.Redactor;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The mesh as a picture has it: the log in the middle, and around it what writes to it, each in the state that its events say. A fold over
 * events, so that the picture of a moment that is over is the same fold to that moment. Thread-safe.
 *
 * <p>Must never: show something as well of which no event says so; what was only named is {@code unknown}.
 */
public final class Mesh implements Projection {
    static final String LOG = "log";
    static final String GATE = "gate";
    static final String VAULT = "vault";
    static final String GATEWAY = "gateway";

    /** Sessions and agents that are kept; the oldest that have ended make room first. */
    private static final int MOST_SESSIONS = 60;

    /** Of every other kind. */
    private static final int MOST = 400;

    private static final Set<String> FLEETING = Set.of("session", "agent");
    private static final Set<String> LASTING = Set.of("service", "model", "organism", "check", "client", "phone");
    private static final Set<String> ONLY = Set.of(LOG, GATE, VAULT, GATEWAY);
    private static final Set<String> OF_SESSIONS =
            Set.of("opened", "prompted", "tainted", "cleared", "ended", "completed", "crystallized");

    private static final int LONGEST_NOTE = 300;
    private static final int LONGEST_NAME = 120;

    /** How it is. */
    enum State {
        OK,
        BUSY,
        WAITING,
        WARNING,
        FAILING,
        QUARANTINED,
        UNKNOWN,
        OFF;

        String text() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    /**
     * One place of the picture.
     *
     * @param id kind and name, such as {@code service:notes}
     * @param note why it is in its state, one sentence or empty
     * @param parent id of what it belongs to, up to the log; empty for the log
     * @param waiting requests of it that wait for the owner
     * @param seq number of the event that changed it last
     */
    record Node(
            String id,
            String kind,
            String name,
            State state,
            String note,
            String parent,
            boolean critical,
            int waiting,
            long seq) {
        Node to(State now, String why) {
            return new Node(id, kind, name, now, clip(why, LONGEST_NOTE), parent, critical, waiting, seq);
        }

        Node named(String what) {
            return what.isBlank()
                    ? this
                    : new Node(id, kind, clip(what, LONGEST_NAME), state, note, parent, critical, waiting, seq);
        }

        Node waits(int more) {
            return new Node(id, kind, name, state, note, parent, critical, Math.max(0, waiting + more), seq);
        }

        private Node at(long event) {
            return new Node(id, kind, name, state, note, parent, critical, waiting, event);
        }

        private boolean looksLike(@Nullable Node other) {
            return other != null && at(0).equals(other.at(0));
        }

        void writeTo(ObjectNode json) {
            json.put("id", id)
                    .put("kind", kind)
                    .put("name", name)
                    .put("state", state.text())
                    .put("note", note)
                    .put("parent", parent)
                    .put("critical", critical)
                    .put("waiting", waiting)
                    .put("seq", seq);
        }
    }

    private final Map<String, Node> nodes = new LinkedHashMap<>();

    /** Numbers of the events after which nodes were gone. */
    private final Map<String, Long> gone = new LinkedHashMap<>();

    /** Requests that wait. */
    private final Map<String, Waiting> waiting = new LinkedHashMap<>();

    /** @param until when it waits no more; nothing is recorded then, so the next event tells the time */
    private record Waiting(String session, Instant until) {}

    private long seq;

    @Override
    public String name() {
        return "mesh";
    }

    @Override
    public int version() {
        return 1;
    }

    // ---- the fold

    @Override
    public synchronized void accept(Event event) {
        seq = event.seq();
        root(event);
        expire(event.time());
        String subject = Objects.requireNonNullElse(event.subject(), "");
        String[] words = event.type().split("\\.", -1);
        String noun = words.length > 1 ? words[1] : "";
        String verb = words.length > 2 ? words[2] : "";
        switch (noun) {
            case "daemon" ->
                device(event, node -> node.to(verb.equals("started") ? State.OK : State.OFF, "Mirror was " + verb));
            case "service" -> service(event, verb);
            case "session" -> session(event, verb);
            case "turn" -> {
                if (!event.text("error").isEmpty()) {
                    inSession(event, node -> node.to(State.WARNING, "its turn broke off: " + event.text("error")));
                } else {
                    inSession(event, node -> node.to(State.OK, ""));
                }
            }
            case "action" -> action(event, verb);
            case "approval" -> approval(event, verb);
            case "agent" -> agent(event, subject, verb);
            case "organism" ->
                put(
                        "organism",
                        event.text("organism"),
                        LOG,
                        node -> node.to(
                                verb.equals("paused") ? State.OFF : State.OK,
                                verb.equals("paused") ? "paused by the owner" : ""));
            case "letter" ->
                put(
                        "organism",
                        event.text("organism"),
                        LOG,
                        node -> verb.equals("buried")
                                ? node.to(State.WARNING, "a dead letter: " + event.text("reason"))
                                : node.to(State.OK, ""));
            case "breaker" -> {
                if (verb.equals("changed")) {
                    put(
                            "model",
                            subject,
                            GATEWAY,
                            node -> event.text("state").equals("open")
                                    ? node.to(State.FAILING, "left alone: " + event.text("reason"))
                                    : node.to(State.OK, ""));
                }
            }
            case "calls" -> event.data().path("calls").forEach(call -> called(call));
            case "model" -> put("model", subject, GATEWAY, node -> node);
            case "note", "evidence", "canon", "triage" -> put(VAULT, "vault", LOG, node -> node.to(State.OK, ""));
            case "device", "passkey" -> {
                String owner = event.text("device");
                if (!owner.isEmpty()) {
                    put(
                            "phone",
                            owner,
                            GATE,
                            node -> node.to(
                                    verb.equals("revoked") ? State.OFF : State.OK,
                                    verb.equals("revoked") ? "its word was taken away" : ""));
                }
            }
            case "policy" -> put(GATE, "gate", LOG, node -> node.to(State.OK, ""));
            case "check" -> check(event);
            default -> {
                // Not a place of the picture.
            }
        }
    }

    private void root(Event event) {
        if (!nodes.containsKey(LOG)) {
            put(LOG, "log", "", node -> node.to(State.OK, ""));
            put(GATE, "gate", LOG, node -> node);
            put(VAULT, "vault", LOG, node -> node);
            put(GATEWAY, "models", LOG, node -> node);
            put("device", event.origin(), LOG, node -> node);
        }
    }

    private void device(Event event, UnaryOperator<Node> change) {
        put("device", event.origin(), LOG, change);
    }

    private void service(Event event, String verb) {
        String service = event.text("service");
        if (service.isEmpty()) {
            return;
        }
        String reason = event.text("reason");
        put("service", service, "device:" + event.origin(), node -> switch (verb) {
            case "begun", "started" -> node.to(State.BUSY, "it begins");
            case "readied", "settled", "adopted" -> node.to(State.OK, "");
            case "exited" ->
                event.data().path("expected").asBoolean(false)
                        ? node
                        : node.to(State.WARNING, "its process ended and is started again");
            case "failed" -> node.to(State.FAILING, reason);
            case "quarantined" -> node.to(State.QUARANTINED, reason);
            case "withheld" -> node.to(State.WAITING, reason);
            case "stopped" -> node.to(State.OFF, "stopped by the " + event.text("by"));
            default -> node;
        });
    }

    private void session(Event event, String verb) {
        if (event.session() == null || !OF_SESSIONS.contains(verb)) {
            return;
        }
        String project = event.text("project");
        inSession(event, node -> switch (verb) {
            case "opened" ->
                node.named(project.substring(project.lastIndexOf('/') + 1)).to(State.OK, "");
            case "prompted" -> node.to(State.BUSY, Redactor.field(event.text("prompt")));
            case "tainted" -> node.to(State.WARNING, event.text("why"));
            case "cleared" -> node.to(State.OK, "");
            case "ended" -> node.to(State.OFF, event.text("reason"));
            default -> node;
        });
    }

    /** The session that an event is of, if it is one of a client's. */
    private void inSession(Event event, UnaryOperator<Node> change) {
        String session = event.session();
        if (session == null || event.actor().startsWith("organism.") || session.indexOf('/') >= 0) {
            return;
        }
        Node known = nodes.get("session:" + session);
        String parent = known == null ? client(event.actor()) : known.parent;
        put("session", session, parent, change);
    }

    private String client(String actor) {
        put("client", actor, GATE, node -> node.state == State.UNKNOWN ? node.to(State.OK, "") : node);
        return "client:" + actor;
    }

    private void action(Event event, String verb) {
        if (verb.equals("decided")) {
            boolean no = event.text("verdict").equals("block");
            String why = "refused by the rule " + event.text("rule") + ": " + event.text("reason");
            inSession(event, node -> no ? node.to(State.WARNING, why) : node.to(State.BUSY, event.text("tool")));
            put(GATE, "gate", LOG, node -> node.to(no ? State.WARNING : State.OK, no ? why : ""));
        }
    }

    private void approval(Event event, String verb) {
        String approval = event.text("approval");
        if (verb.equals("requested")) {
            String session = Objects.requireNonNullElse(event.session(), "");
            waiting.put(
                    approval, new Waiting(session, Objects.requireNonNullElse(event.time("expires"), event.time())));
            inSession(event, node -> node.waits(1).to(State.WAITING, event.text("summary")));
            put(GATE, "gate", LOG, node -> node.waits(1));
        } else if (verb.equals("answered")) {
            over(approval);
        }
    }

    private void expire(Instant now) {
        List<String> late = waiting.entrySet().stream()
                .filter(each -> !now.isBefore(each.getValue().until))
                .map(Map.Entry::getKey)
                .toList();
        late.forEach(this::over);
    }

    private void over(String approval) {
        Waiting was = waiting.remove(approval);
        if (was != null) {
            if (nodes.containsKey("session:" + was.session)) {
                put("session", was.session, "", node -> {
                    Node less = node.waits(-1);
                    return less.waiting > 0 ? less : less.to(State.OK, "");
                });
            }
            put(GATE, "gate", LOG, node -> node.waits(-1));
        }
    }

    private void agent(Event event, String run, String verb) {
        put(
                "agent",
                run,
                client(event.text("client").isEmpty() ? event.actor() : event.text("client")),
                node -> verb.equals("started")
                        ? node.named(event.text("prompt")).to(State.BUSY, "")
                        : node.to(State.OFF, event.text("reason")));
    }

    private void called(JsonNode call) {
        String model = call.path("model").asString("");
        String outcome = call.path("outcome").asString("");
        if (model.isEmpty()) {
            return;
        }
        String provider = call.path("provider").asString("");
        put(
                "model",
                provider.isEmpty() || model.startsWith(provider + "/") ? model : provider + "/" + model,
                GATEWAY,
                node -> outcome.equals("answered")
                        ? node.to(State.OK, "")
                        : node.state == State.UNKNOWN ? node.to(State.WARNING, outcome) : node);
    }

    /** What the pulse finds of what is no place of its own is told where it lies: at the device. */
    private void check(Event event) {
        String check = event.text("check");
        String to = event.text("to");
        State state = switch (to) {
            case "ok" -> State.OK;
            case "warning" -> State.WARNING;
            case "failing" -> State.FAILING;
            default -> State.UNKNOWN;
        };
        String part = check.startsWith("service:") ? "" : check;
        if (part.isEmpty()) {
            return;
        }
        if (to.equals("gone") || state == State.OK) {
            remove("check:" + part);
        } else {
            put(
                    "check",
                    part,
                    "device:" + event.origin(),
                    node -> critical(node, event).to(state, event.text("reason")));
        }
    }

    private static Node critical(Node node, Event event) {
        return new Node(
                node.id,
                node.kind,
                node.name,
                node.state,
                node.note,
                node.parent,
                event.data().path("critical").asBoolean(false),
                node.waiting,
                node.seq);
    }

    /** @param parent counts when it is new */
    private void put(String kind, String name, String parent, UnaryOperator<Node> change) {
        if (name.isEmpty()) {
            return;
        }
        String id = ONLY.contains(kind) ? kind : kind + ":" + name;
        Node known = nodes.get(id);
        Node was = known == null
                ? new Node(id, kind, clip(name, LONGEST_NAME), State.UNKNOWN, "", parent, false, 0, seq)
                : known;
        Node now = change.apply(was);
        if (!now.looksLike(known)) {
            nodes.put(id, now.at(seq));
            gone.remove(id);
            if (known == null) {
                trim(kind);
            }
        }
    }

    private void remove(String id) {
        if (nodes.remove(id) != null) {
            gone.put(id, seq);
            if (gone.size() > MOST) {
                gone.remove(gone.keySet().iterator().next());
            }
        }
    }

    /** There is one place more of a kind, so one of its group may have to go. */
    private void trim(String kind) {
        if (FLEETING.contains(kind)) {
            trim(FLEETING, MOST_SESSIONS);
        } else if (LASTING.contains(kind)) {
            trim(LASTING, MOST);
        }
    }

    private void trim(Set<String> kinds, int most) {
        List<Node> some = nodes.values().stream()
                .filter(node -> kinds.contains(node.kind))
                .toList();
        if (some.size() > most) {
            some.stream()
                    .min(Comparator.comparing((Node node) -> node.state != State.OFF)
                            .thenComparingLong(Node::seq))
                    .ifPresent(node -> remove(node.id));
        }
    }

    // ---- the picture

    synchronized long seq() {
        return seq;
    }

    /** The whole picture, as JSON with {@code nodes} and {@code edges}. */
    synchronized ObjectNode picture() {
        ObjectNode json = Json.object();
        ArrayNode all = json.putArray("nodes");
        nodes.values().forEach(node -> node.writeTo(all.addObject()));
        json.set("edges", edges());
        return json;
    }

    /** Of what belongs to what. */
    private ArrayNode edges() {
        ArrayNode edges = Json.array();
        nodes.values().stream()
                .filter(node -> nodes.containsKey(node.parent))
                .forEach(node -> edges.addObject()
                        .put("from", node.id)
                        .put("to", node.parent)
                        .put("kind", "part"));
        return edges;
    }

    /** What is other than it was after an event; empty when nothing is. */
    synchronized Optional<ObjectNode> since(long event) {
        ObjectNode json = Json.object();
        ArrayNode changed = json.putArray("nodes");
        nodes.values().stream().filter(node -> node.seq > event).forEach(node -> node.writeTo(changed.addObject()));
        ArrayNode away = json.putArray("gone");
        gone.forEach((id, when) -> {
            if (when > event) {
                away.add(id);
            }
        });
        if (changed.isEmpty() && away.isEmpty()) {
            return Optional.empty();
        }
        json.set("edges", edges());
        return Optional.of(json);
    }

    /** The way of an event's light: from the place that it is of, along what that belongs to, to the log. */
    synchronized List<String> way(Event event) {
        Set<String> way = new LinkedHashSet<>();
        String at = place(event);
        while (!at.isEmpty() && way.add(at)) {
            Node node = nodes.get(at);
            at = node == null ? "" : node.parent;
        }
        way.add(LOG);
        return new ArrayList<>(way);
    }

    private String place(Event event) {
        String session = "session:" + event.session();
        if (event.session() != null && nodes.containsKey(session)) {
            return session;
        }
        String noun = event.type().split("\\.", -1)[1];
        String subject = Objects.requireNonNullElse(event.subject(), "");
        String id = switch (noun) {
            case "service" -> "service:" + event.text("service");
            case "organism", "letter" -> "organism:" + event.text("organism");
            case "breaker", "model" -> "model:" + subject;
            case "calls", "call", "block" -> GATEWAY;
            case "agent" -> "agent:" + subject;
            case "note", "evidence", "claim", "triage", "canon" -> VAULT;
            case "action", "approval", "policy", "lease", "denial", "answer" -> GATE;
            case "device", "passkey" -> "phone:" + event.text("device");
            case "check" -> "check:" + event.text("check");
            default -> "device:" + event.origin();
        };
        if (nodes.containsKey(id)) {
            return id;
        }
        String actor = event.actor().startsWith("organism.")
                ? "organism:" + event.actor().substring("organism.".length())
                : "client:" + event.actor();
        return nodes.containsKey(actor) ? actor : "device:" + event.origin();
    }

    private static String clip(String text, int most) {
        return text.length() <= most ? text : text.substring(0, most - 1) + "\u2026";
    }

    // ---- snapshots

    private record Saved(List<Node> nodes, Map<String, Long> gone, Map<String, Waiting> waiting, long seq) {}

    @Override
    public synchronized JsonNode save() {
        return Json.MAPPER.valueToTree(
                new Saved(List.copyOf(nodes.values()), new LinkedHashMap<>(gone), new LinkedHashMap<>(waiting), seq));
    }

    @Override
    public synchronized void restore(JsonNode saved) {
        Saved all = Json.MAPPER.treeToValue(saved, Saved.class);
        nodes.clear();
        gone.clear();
        waiting.clear();
        all.nodes.forEach(node -> nodes.put(node.id, node));
        gone.putAll(all.gone);
        waiting.putAll(all.waiting);
        seq = all.seq;
    }
}
