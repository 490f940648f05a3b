package mirror.tiers.gateway;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.random.RandomGenerator;
import mirror.bus.Json;
import mirror.bus.NoteKey;
import mirror.tiers.Dialect;
import mirror.tiers.TiersFile;
import mirror.tiers.catalog.Catalog;
import mirror.tiers.catalog.Survey;
import mirror.tiers.llama.LlamaEngine;
import mirror.tiers.wire.Header;
import mirror.tiers.wire.Upstreams;
import mirror.trust.Leases;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * One road for every call of a model: lease, route, gate, budget, provider, receipt. Knows no HTTP server.
 *
 * <p>Where client and provider speak the same dialect, what is said passes through byte for byte, in both directions; of a request
 * only the name of the model is written anew, when the route has another one for it. Otherwise it goes through the form between the
 * dialects. Nothing is passed on that ended before its end: a provider that fails is followed by the next of the route, also in the
 * middle of a text, and where nobody can go on the client is told in its dialect and the connection is cut.
 *
 * <p>Must never: send anything before the decision is in the log, send a call marked as local to a provider that is not, give a
 * client's key to a provider or a provider's key to a client. Thread-safe; {@link #handle} blocks and is made for virtual threads.
 */
public final class Gateway implements AutoCloseable {
    /** A request with some images fits; providers take 32 MB. */
    public static final int MAX_BODY = 32 * 1024 * 1024;

    /** What does not say how long it is may be so long. */
    private static final int UNSAID = 1024 * 1024;

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Admission admission;
    private final Room room = new Room(Runtime.getRuntime().maxMemory() / 2, PATIENCE);
    private final Attempt.Tools tools;
    private final Explainer explainer;
    private final Survey survey;
    private final Reuse reuse;
    private final InstantSource clock;
    private final RandomGenerator random;
    private final @Nullable Offline offline;

    private final Habits habits = new Habits();

    /**
     * @param device the public key that leases are signed with
     * @param home stands for the place that calls are made from, as they have none
     * @param catalog what providers say of their models
     * @param survey what asks them
     * @param answers what routes that say so may give again
     * @param meaning what tells whether questions are alike, for routes that want it
     * @param random names answers of providers that do not; thread-safe
     * @param offline who answers at the end of a route that names the vault, or null when nobody does
     */
    public Gateway(
            TiersFile tiers,
            Leases leases,
            NoteKey device,
            Governor governor,
            Breakers breakers,
            Catalog catalog,
            Upstreams upstreams,
            LlamaEngine llama,
            Receipts receipts,
            Survey survey,
            AnswerCache answers,
            Meaning meaning,
            Path home,
            InstantSource clock,
            RandomGenerator random,
            @Nullable Offline offline) {
        FirstEvents firstEvents = new FirstEvents();
        Router router = new Router(catalog, breakers, firstEvents);
        this.admission = new Admission(tiers, leases, device, governor, router, home);
        this.explainer = new Explainer(tiers, router, breakers);
        this.survey = survey;
        this.reuse =
                new Reuse(answers, new Likeness(answers, meaning, clock), tiers, leases, governor, receipts, clock);
        this.tools = new Attempt.Tools(governor, breakers, firstEvents, upstreams, llama, receipts);
        this.clock = clock;
        this.random = random;
        this.offline = offline;
    }

    /**
     * Answers a request whose body was not read yet: its key is looked at first, and there is room for it when it is read. So nobody
     * fills the memory, with a key or without.
     *
     * @throws IOException when the client is gone
     */
    public Reply.Ending handle(Endpoint endpoint, String query, List<Header> headers, Incoming incoming, Reply reply)
            throws IOException {
        Room.Place place;
        try {
            admission.lease(new Request(endpoint, query, headers, new byte[0]));
            if (incoming.length() > MAX_BODY) {
                throw new Refusal(413, "body", "the request is larger than " + MAX_BODY + " bytes");
            }
            place = room.take(incoming.length() < 0 ? UNSAID : incoming.length());
        } catch (Refusal e) {
            return refuse(e, endpoint, reply);
        }
        try (place) {
            byte[] body = incoming.read(incoming.length() < 0 ? UNSAID + 1 : (int) incoming.length());
            return incoming.length() < 0 && body.length > UNSAID
                    ? refuse(
                            new Refusal(411, "body", "a request of more than " + UNSAID + " bytes must say its length"),
                            endpoint,
                            reply)
                    : handle(new Request(endpoint, query, headers, body), reply);
        }
    }

    private static Reply.Ending refuse(Refusal why, Endpoint endpoint, Reply reply) throws IOException {
        reply.send(why.status(), why.headers(), why.body(endpoint.dialect()));
        return Reply.Ending.WHOLE;
    }

    /**
     * Answers a request.
     *
     * @throws IOException when the client is gone
     */
    public Reply.Ending handle(Request request, Reply reply) throws IOException {
        try {
            Call call = admission.prepare(request);
            Reuse.Place place = Reuse.place(call);
            if (place != null && reuse.answered(call, place, reply)) {
                return Reply.Ending.WHOLE;
            }
            Course course = new Course(call, reply, place != null, tools, clock, random, habits);
            Reply.Ending ending = course.run();
            Course.Told told = course.told();
            if (place != null && told != null) {
                reuse.keep(call, place, told.answer(), told.stream(), told.by());
            }
            return ending;
        } catch (Refusal e) {
            Refusal refusal = instead(e, request, reply);
            return refusal == null ? Reply.Ending.WHOLE : refuse(refusal, request.endpoint(), reply);
        }
    }

    /** @return null when the offline tier answered instead */
    private @Nullable Refusal instead(Refusal why, Request request, Reply reply) throws IOException {
        try {
            return offline == null
                    ? why
                    : offline.instead(why, request, admission.tiers(), admission.verified(request), reply);
        } catch (Refusal e) {
            return why;
        }
    }

    /** The list of models, in the form of the dialect that is asked in. */
    public void models(List<Header> headers, Reply reply) throws IOException {
        Request request = new Request(Endpoint.MESSAGES, "", headers, new byte[0]);
        Dialect dialect = request.header("anthropic-version").isEmpty() ? Dialect.OPENAI : Dialect.ANTHROPIC;
        try {
            admission.lease(request);
            ObjectNode all = Json.object();
            var data = all.putArray("data");
            for (String name : admission.tiers().names()) {
                ObjectNode model = data.addObject();
                if (dialect == Dialect.ANTHROPIC) {
                    model.put("type", "model")
                            .put("id", name)
                            .put("display_name", name)
                            .put("created_at", "1970-01-01T00:00:00Z");
                } else {
                    model.put("id", name)
                            .put("object", "model")
                            .put("created", 0)
                            .put("owned_by", "mirror");
                }
            }
            if (dialect == Dialect.ANTHROPIC) {
                all.put("has_more", false);
            } else {
                all.put("object", "list");
            }
            reply.send(
                    200, List.of(new Header("content-type", "application/json")), Json.MAPPER.writeValueAsBytes(all));
        } catch (Refusal e) {
            reply.send(e.status(), e.headers(), e.body(dialect));
        }
    }

    /** Says who would answer, and asks nobody. */
    public Explainer explainer() {
        return explainer;
    }

    /** Asks providers what their models can do. */
    public Survey survey() {
        return survey;
    }

    /** Forgets kept answers that nobody can be given any more. */
    public void sweep() {
        reuse.sweep();
    }

    /**
     * Waits until the receipts of all calls that have ended are in the log.
     *
     * @return false when they are not after so long
     */
    public boolean awaitReceipts(Duration most) throws InterruptedException {
        return tools.receipts().await(most);
    }

    /** Gives back what was reserved and not used, and writes down what waits. After the web server has stopped. */
    @Override
    public void close() {
        tools.governor().close();
        tools.receipts().close();
        tools.upstreams().close();
        tools.llama().close();
    }
}
