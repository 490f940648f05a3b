package mirror.trust;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import mirror.bus.AtomicFiles;
import mirror.bus.BusException;
import mirror.bus.Event;
import mirror.bus.EventLog;
import mirror.bus.Json;
import mirror.bus.NoteKey;
import mirror.bus.TlogProof;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Where an action's results come from: an in-toto Statement, signed in a DSSE envelope, that names what the action left behind by hash
 * and says who did it, on whose word, under which policy, and where the log has it. It is made of the recorded events alone, so the
 * same action always gives the same bytes. It discloses paths and digests, never the input or the output.
 *
 * <p>Files without a digest (deleted, or larger than is hashed) are named apart. What no event recorded is not in it: the digests of
 * files that were read, and the model.
 *
 * <p>Must never: state something that no event says, or believe anything of an envelope before its signature was found good.
 */
public final class Provenance {
    /** More than an action with its fifty files and a proof takes. */
    public static final int MAX_BYTES = 1024 * 1024;

    static final String PREDICATE = "https://mirror.invalid/provenance/v1";

    private static final String COMPLETED = "mirror.action.completed.v1";
    private static final String FAILED = "mirror.action.failed.v1";
    private static final int WINDOW = 512;
    private static final String NOT_ONE = "it is not a provenance record";

    /** The events that tell of one action: the answer is null when the owner was not asked. */
    public record Story(Event decided, @Nullable Event answered, Event ended) {}

    /** What an envelope names: an event's place and hash. */
    public record Named(String role, String id, long seq, String hash) {}

    /**
     * What a good envelope says.
     *
     * @param outputs the names and digests of what the action left
     * @param predicate who, how and on whose word
     * @param proven whether it carries a proof that the decision is in the log as signed
     */
    public record Checked(
            NoteKey key, List<Output> outputs, ObjectNode predicate, List<Named> events, boolean proven) {}

    /** One result by its digest. */
    public record Output(String name, String sha256) {}

    private Provenance() {}

    // ---- making

    /**
     * The action that an event belongs to. Reads the log between its events, and to its end when the action has not ended.
     *
     * @throws TrustException when the event is of no action, or the action has not ended
     */
    public static Story of(EventLog log, Event event) {
        String id = event.subject();
        if (!isOfAction(event.type())) {
            throw new TrustException("event " + event.seq() + " is not of an action; name a mirror.action event, or the"
                    + " client's id of the call");
        }
        if (id == null) {
            throw new TrustException("event " + event.seq()
                    + " has no id of the call, so nothing tells which decision and which end belong together");
        }
        return story(log, event);
    }

    /**
     * The last action with this id of the client's.
     *
     * @throws TrustException when there is none, or it has not ended
     */
    public static Story of(EventLog log, String action) {
        return story(
                log,
                last(log, log.durable(), event -> isOfAction(event.type()) && action.equals(event.subject()))
                        .orElseThrow(() ->
                                new TrustException("no action has this id; 'mirror log --type action' lists them")));
    }

    private static boolean isOfAction(String type) {
        return type.equals(Gate.DECIDED) || type.equals(COMPLETED) || type.equals(FAILED);
    }

    private static Story story(EventLog log, Event named) {
        Predicate<Event> ofIt = event -> isOfAction(event.type())
                && Objects.equals(named.subject(), event.subject())
                && Objects.equals(named.session(), event.session());
        Event ended = named.type().equals(Gate.DECIDED)
                ? next(
                                log,
                                named.seq() + 1,
                                event -> ofIt.test(event) && !event.type().equals(Gate.DECIDED))
                        .orElse(null)
                : named;
        long before = ended == null ? log.durable() : ended.seq() - 1;
        Event decided = last(
                        log, before, event -> ofIt.test(event) && event.type().equals(Gate.DECIDED))
                .orElseThrow(() -> new TrustException("no decision on this action is in the log"));
        if (ended == null) {
            throw new TrustException(
                    decided.text("verdict").equals("allow")
                            ? "the action has not ended, so there is nothing to vouch for yet"
                            : "the action was not carried out: event " + decided.seq() + " says "
                                    + decided.text("verdict"));
        }
        String approval = decided.text("approval");
        Event answered = approval.isEmpty()
                ? null
                : last(
                                log,
                                decided.seq(),
                                event -> event.type().equals(Approvals.ANSWERED)
                                        && event.text("approval").equals(approval))
                        .orElse(null);
        return new Story(decided, answered, ended);
    }

    /** The nearest event up to {@code seq} that fits; recent ones, which are asked for most, are found without reading the rest. */
    private static Optional<Event> last(EventLog log, long seq, Predicate<Event> wanted) {
        for (long to = seq; to >= 1; to -= WINDOW) {
            long from = Math.max(1, to - WINDOW + 1);
            Event found = null;
            for (Event event : log.read(from, (int) (to - from + 1))) {
                if (event.seq() <= to && wanted.test(event)) {
                    found = event;
                }
            }
            if (found != null) {
                return Optional.of(found);
            }
        }
        return Optional.empty();
    }

    private static Optional<Event> next(EventLog log, long seq, Predicate<Event> wanted) {
        long end = log.durable();
        for (long from = seq; from <= end; from += WINDOW) {
            for (Event event : log.read(from, WINDOW)) {
                if (wanted.test(event)) {
                    return Optional.of(event);
                }
            }
        }
        return Optional.empty();
    }

    /**
     * The envelope. The same events give the same bytes.
     *
     * @param proof that the decision is in the log, which discloses that event whole, or null
     */
    public static String envelope(Story story, @Nullable TlogProof proof, DeviceKey key) {
        return Dsse.sign(Dsse.STATEMENT, statement(story, proof).bytes(), key);
    }

    private static Statement statement(Story story, @Nullable TlogProof proof) {
        Event decided = story.decided;
        Event ended = story.ended;
        List<Statement.Subject> subjects = new ArrayList<>();
        ArrayNode unhashed = Json.array();
        for (JsonNode file : ended.data().path("changed")) {
            String sha256 = file.path("sha256").asString("");
            String path = file.path("path").asString("");
            if (sha256.isEmpty()) {
                unhashed.add(path);
            } else {
                subjects.add(new Statement.Subject("file:" + path, sha256));
            }
        }
        if (!ended.text("output-sha256").isEmpty()) {
            subjects.add(new Statement.Subject("output", ended.text("output-sha256")));
        }
        if (subjects.isEmpty()) {
            // A statement is about something; an action that failed left only the record of that.
            subjects.add(new Statement.Subject("event:" + ended.id(), ended.hash()));
        }
        ObjectNode predicate = Json.object();
        ObjectNode actor = predicate.putObject("actor").put("id", decided.actor());
        put(actor, "session", decided.session());
        put(actor, "model", decided.text("model"));
        ObjectNode action = predicate.putObject("action");
        put(action, "id", decided.subject());
        action.put("tool", decided.text("tool"))
                .put("cwd", decided.text("cwd"))
                .put("project", decided.text("project"))
                .putObject("digest")
                .put("sha256", decided.text("digest"));
        predicate
                .putArray("inputs")
                .addObject()
                .put("name", "input as recorded")
                .putObject("digest")
                .put(
                        "sha256",
                        AtomicFiles.digest(
                                Json.MAPPER.writeValueAsBytes(decided.data().path("input"))));
        ObjectNode decision = predicate
                .putObject("decision")
                .put("verdict", decided.text("verdict"))
                .put("rule", decided.text("rule"))
                .put("policy", decided.text("policy"));
        put(decision, "approval", decided.text("approval"));
        put(decision, "permit", decided.permit());
        if (story.answered != null) {
            decision.put("answer", story.answered.text("answer")).put("answered-by", story.answered.text("by"));
        }
        predicate.put("outcome", ended.type().equals(COMPLETED) ? "completed" : "failed");
        if (!unhashed.isEmpty()) {
            predicate.set("without-digest", unhashed);
        }
        ObjectNode log = predicate.putObject("log").put("origin", decided.origin());
        ObjectNode events = log.putObject("events");
        event(events, "decided", decided);
        if (story.answered != null) {
            event(events, "answered", story.answered);
        }
        event(events, "ended", ended);
        if (proof != null) {
            log.put("proof", proof.text());
        }
        return new Statement(subjects, PREDICATE, predicate);
    }

    private static void event(ObjectNode events, String role, Event event) {
        events.putObject(role)
                .put("id", event.id())
                .put("seq", event.seq())
                .put("hash", event.hash())
                .put("time", event.time().toString());
    }

    private static void put(ObjectNode node, String field, @Nullable String value) {
        if (value != null && !value.isEmpty()) {
            node.put(field, value);
        }
    }

    // ---- checking

    /**
     * Checks an envelope, trusting {@code key} and nothing else.
     *
     * @param key the verifier key of the log's device; its name must be that of the log
     * @throws TrustException naming what does not hold
     */
    public static Checked check(byte[] envelope, NoteKey key) {
        if (envelope.length > MAX_BYTES) {
            throw new TrustException("it is larger than any provenance record");
        }
        Dsse.Opened opened = Dsse.open(envelope, Dsse.STATEMENT, List.of(key));
        Statement statement = Statement.parse(opened.payload());
        if (!statement.predicateType().equals(PREDICATE)) {
            throw new TrustException(NOT_ONE + " but another kind of statement");
        }
        ObjectNode predicate = statement.predicate();
        JsonNode log = predicate.path("log");
        if (!log.path("origin").asString("").equals(key.name())) {
            throw new TrustException("it is about another log than that of the key");
        }
        List<Named> events = new ArrayList<>();
        log.path("events")
                .propertyStream()
                .forEach(event -> events.add(new Named(
                        event.getKey(),
                        event.getValue().path("id").asString(""),
                        event.getValue().path("seq").asLong(0),
                        event.getValue().path("hash").asString(""))));
        Named decided = events.stream()
                .filter(event -> event.role.equals("decided"))
                .findFirst()
                .orElseThrow(() -> new TrustException(NOT_ONE + ": it names no decision"));
        boolean proven = log.has("proof");
        if (proven) {
            proven(log.path("proof").asString(""), decided, key);
        }
        List<Output> outputs = statement.subjects().stream()
                .map(subject -> new Output(subject.name(), subject.sha256()))
                .toList();
        return new Checked(key, outputs, predicate, List.copyOf(events), proven);
    }

    private static void proven(String proof, Named decided, NoteKey key) {
        try {
            Event event = TlogProof.parse(proof.getBytes(StandardCharsets.UTF_8))
                    .check(key)
                    .event();
            if (!event.id().equals(decided.id) || !event.hash().equals(decided.hash)) {
                throw new TrustException("its proof is of another event than the decision");
            }
        } catch (BusException e) {
            throw new TrustException("its proof of the decision does not hold: " + e.getMessage(), e);
        }
    }

    /**
     * Looks the named events up in the log itself.
     *
     * @throws TrustException naming the first that is not there with this hash
     */
    public static void inLog(Checked checked, EventLog log) {
        for (Named named : checked.events) {
            List<Event> found = named.seq < 1 ? List.of() : log.read(named.seq, 1);
            if (found.isEmpty()
                    || found.getFirst().seq() != named.seq
                    || !found.getFirst().id().equals(named.id)
                    || !found.getFirst().hash().equals(named.hash)) {
                throw new TrustException("the log does not have the event that it names as '"
                        + (named.role.matches("[a-z]{1,20}") ? named.role : "?") + "'");
            }
        }
    }
}
