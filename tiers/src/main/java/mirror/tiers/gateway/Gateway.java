package mirror.tiers.gateway;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import mirror.bus.Draft;
import mirror.bus.Json;
import mirror.bus.NoteKey;
import mirror.tiers.Candidate;
import mirror.tiers.Dialect;
import mirror.tiers.TiersFile;
import mirror.tiers.dialect.DialectException;
import mirror.tiers.dialect.Failure;
import mirror.tiers.wire.Header;
import mirror.tiers.wire.Upstreams;
import mirror.trust.Leases;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * One road for every call of a model: lease, route, gate, budget, provider, receipt. Knows no HTTP server.
 *
 * <p>Where client and provider speak the same dialect, what is said passes through byte for byte, in both directions; of a request
 * only the name of the model is written anew, when the route has another one for it. Nothing is passed on that ended before its end: a
 * provider that fails before the first byte is followed by the next of the route, and after it the client is told in its dialect
 * and the connection is cut.
 *
 * <p>Must never: send anything before the decision is in the log, send a call marked as local to a provider that is not, give a
 * client's key to a provider or a provider's key to a client. Thread-safe; {@link #handle} blocks and is made for virtual threads.
 */
public final class Gateway implements AutoCloseable {
    /** A request with some images fits; providers take 32 MB. */
    public static final int MAX_BODY = 32 * 1024 * 1024;

    private final Admission admission;
    private final Attempt.Tools tools;
    private final InstantSource clock;
    private final RandomGenerator random;

    /**
     * @param device the public key that leases are signed with
     * @param home stands for the place that calls are made from, as they have none
     * @param random names answers of providers that do not; thread-safe
     */
    public Gateway(
            TiersFile tiers,
            Leases leases,
            NoteKey device,
            Governor governor,
            Breakers breakers,
            Upstreams upstreams,
            Receipts receipts,
            Path home,
            InstantSource clock,
            RandomGenerator random) {
        this.admission = new Admission(tiers, leases, device, governor, home);
        this.tools = new Attempt.Tools(governor, breakers, upstreams, receipts);
        this.clock = clock;
        this.random = random;
    }

    /**
     * Answers a request.
     *
     * @throws IOException when the client is gone
     */
    public Reply.Ending handle(Request request, Reply reply) throws IOException {
        try {
            return answer(admission.prepare(request), reply);
        } catch (Refusal e) {
            reply.send(e.status(), e.headers(), e.body(request.endpoint().dialect()));
            return Reply.Ending.WHOLE;
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

    /** Gives back what was reserved and not used, and writes down what waits. After the web server has stopped. */
    @Override
    public void close() {
        tools.governor().close();
        tools.receipts().close();
        tools.upstreams().close();
    }

    private Reply.Ending answer(Call call, Reply reply) throws Refusal, IOException {
        Delivery delivery = new Delivery(reply);
        Translator translator = new Translator(call, clock, random);
        Attempt.Failure last = null;
        String lastName = "";
        Duration soonest = null;
        String unusable = "";
        Failure unsayable = null;
        for (Candidate candidate : call.candidates()) {
            if (candidate.provider().key().fault() != null) {
                unusable = "the key of " + candidate.provider().name() + " is missing; 'mirror tiers' says why";
                continue;
            }
            Optional<Duration> wait = tools.breakers().left(candidate.name());
            Passage passage = null;
            if (wait.isEmpty()) {
                try {
                    passage = passage(call, candidate, translator);
                } catch (DialectException e) {
                    unsayable = e.failure();
                    continue;
                }
                wait = tools.breakers().closedFor(candidate.name());
            }
            if (passage == null || wait.isPresent()) {
                soonest = sooner(soonest, wait);
                continue;
            }
            if (last != null) {
                switched(call, lastName, candidate.name(), last);
            }
            Attempt.Failure failure = new Attempt(call, candidate, passage, tools).run(delivery);
            if (failure == null) {
                return Reply.Ending.WHOLE;
            }
            if (delivery.isStarted()) {
                Refusal refusal = new Refusal(
                        502, "cut", candidate.name() + ": " + failure.reason() + "; the answer is not whole");
                delivery.say(refusal.event(call.request().endpoint()));
                return Reply.Ending.CUT;
            }
            last = failure;
            lastName = candidate.name();
        }
        if (last != null && last.answer() != null) {
            delivery.send(last.answer());
            return Reply.Ending.WHOLE;
        }
        if (last != null) {
            throw new Refusal(
                    last.status() == 0 ? 502 : last.status(),
                    last.cause().text(),
                    lastName + ": " + last.reason(),
                    seconds(last.retryAfter()));
        }
        if (soonest != null) {
            throw new Refusal(
                    503,
                    "breaker",
                    "every provider of this model is left alone for now; 'mirror tiers' says why",
                    Math.max(1, seconds(soonest)));
        }
        if (unsayable != null) {
            delivery.send(translator.refusal(unsayable));
            return Reply.Ending.WHOLE;
        }
        throw new Refusal(503, "key", unusable);
    }

    private static Passage passage(Call call, Candidate candidate, Translator translator) {
        return candidate.provider().dialect() == call.request().endpoint().dialect()
                ? new PassThrough(call, candidate)
                : translator.to(candidate);
    }

    private static @Nullable Duration sooner(@Nullable Duration soonest, Optional<Duration> wait) {
        return soonest == null
                        || wait.filter(time -> time.compareTo(soonest) < 0).isPresent()
                ? wait.orElse(soonest)
                : soonest;
    }

    private static long seconds(@Nullable Duration time) {
        return time == null ? 0 : Math.ceilDiv(time.toMillis(), 1_000);
    }

    private void switched(Call call, String from, String to, Attempt.Failure why) {
        tools.receipts()
                .record(Draft.of(
                                "mirror.call.switched.v1",
                                "daemon",
                                Json.object()
                                        .put("from", from)
                                        .put("to", to)
                                        .put("cause", why.cause().text())
                                        .put("reason", why.reason())
                                        .put("route", call.slot().key.route())
                                        .put("agent", call.actor()))
                        .permit(call.lease().id())
                        .session(call.slot().key.session()));
    }
}
