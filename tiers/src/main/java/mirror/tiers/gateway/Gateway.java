package mirror.tiers.gateway;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import mirror.bus.Draft;
import mirror.bus.Json;
import mirror.bus.NoteKey;
import mirror.tiers.Candidate;
import mirror.tiers.Dialect;
import mirror.tiers.Route;
import mirror.tiers.Tiers;
import mirror.tiers.TiersFile;
import mirror.tiers.Tokens;
import mirror.tiers.wire.Exchange;
import mirror.tiers.wire.Header;
import mirror.tiers.wire.JsonScan;
import mirror.tiers.wire.MalformedJson;
import mirror.tiers.wire.Members;
import mirror.tiers.wire.Upstreams;
import mirror.tiers.wire.WireException;
import mirror.trust.Action;
import mirror.trust.Budgets;
import mirror.trust.Effect;
import mirror.trust.LeaseToken;
import mirror.trust.Leases;
import mirror.trust.Sensitivity;
import mirror.trust.TrustException;
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

    private static final int MAX_ANSWER = 64 * 1024 * 1024;
    private static final int MAX_ERROR = 256 * 1024;
    private static final int TOKENS_KEPT = 1_024;

    /** What providers put around a prompt: some hundred tokens for the use of tools. */
    private static final long AROUND = 1_024;

    private static final Members BODY = Members.of(
            "model",
            "max_tokens",
            "max_completion_tokens",
            "max_output_tokens",
            "n",
            "previous_response_id",
            "container",
            "mcp_servers",
            "prompt",
            "conversation",
            "background");
    private static final int MODEL = 0;
    private static final int FIRST_LIMIT = 1;
    private static final int LAST_LIMIT = 3;
    private static final int N = 4;
    private static final int FIRST_BEYOND = 5;
    private static final int LAST_BEYOND = 9;
    private static final int BACKGROUND = 10;
    private static final Pattern SAFE_QUERY = Pattern.compile("[A-Za-z0-9._~!$&'()*+,;=:@/?%-]{0,1024}");
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_./@+-]{1,150}");
    private static final Pattern ACTOR = Pattern.compile("[a-z0-9][a-z0-9.-]{0,63}");

    /**
     * Parts of a request whose tokens its own bytes bound. Anything else, such as a link to an image, a file that lies with the
     * provider, or a search that the provider makes, is counted as the whole context of the model.
     */
    private static final Set<String> BOUNDED = Set.of(
            "text",
            "tool_use",
            "tool_result",
            "thinking",
            "redacted_thinking",
            "ephemeral",
            "enabled",
            "disabled",
            "adaptive",
            "object",
            "string",
            "array",
            "number",
            "integer",
            "boolean",
            "null",
            "custom",
            "function",
            "auto",
            "any",
            "tool",
            "none",
            "image",
            "base64",
            "input_text",
            "output_text",
            "message",
            "function_call",
            "function_call_output",
            "reasoning",
            "summary_text",
            "json_schema",
            "json_object",
            "grammar");

    private final TiersFile tiers;
    private final Leases leases;
    private final NoteKey device;
    private final Governor governor;
    private final Breakers breakers;
    private final Upstreams upstreams;
    private final Receipts receipts;
    private final Path nowhere;
    private final Map<String, LeaseToken.Verified> verified = new ConcurrentHashMap<>();

    /**
     * @param device the public key that leases are signed with
     * @param home stands for the place that calls are made from, as they have none
     */
    public Gateway(
            TiersFile tiers,
            Leases leases,
            NoteKey device,
            Governor governor,
            Breakers breakers,
            Upstreams upstreams,
            Receipts receipts,
            Path home) {
        this.tiers = tiers;
        this.leases = leases;
        this.device = device;
        this.governor = governor;
        this.breakers = breakers;
        this.upstreams = upstreams;
        this.receipts = receipts;
        this.nowhere = home;
    }

    /** What is known of a call before it goes anywhere. */
    private record Call(
            Request request,
            JsonScan body,
            String model,
            Leases.Presented lease,
            Governor.Slot slot,
            List<Candidate> candidates,
            long limit,
            boolean bounded,
            boolean localOnly,
            String actor,
            long started) {}

    /** An attempt that gave the client nothing. */
    private record Failure(
            Breakers.Cause cause,
            String reason,
            int status,
            @Nullable Duration retryAfter,
            @Nullable Saved answer) {}

    /** A provider's own refusal, which the client gets when nobody else answers. */
    @SuppressWarnings("ArrayRecordComponent")
    private record Saved(int status, List<Header> headers, byte[] body) {}

    /**
     * Answers a request.
     *
     * @throws IOException when the client is gone
     */
    public Reply.Ending handle(Request request, Reply reply) throws IOException {
        try {
            return answer(prepare(request), reply);
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
            lease(request);
            ObjectNode all = Json.object();
            var data = all.putArray("data");
            for (String name : tiers().names()) {
                ObjectNode model = data.addObject();
                switch (dialect) {
                    case ANTHROPIC ->
                        model.put("type", "model")
                                .put("id", name)
                                .put("display_name", name)
                                .put("created_at", "1970-01-01T00:00:00Z");
                    case OPENAI ->
                        model.put("id", name)
                                .put("object", "model")
                                .put("created", 0)
                                .put("owned_by", "mirror");
                }
            }
            switch (dialect) {
                case ANTHROPIC -> all.put("has_more", false);
                case OPENAI -> all.put("object", "list");
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
        governor.close();
        receipts.close();
        upstreams.close();
    }

    // ---- who and what

    private Tiers tiers() throws Refusal {
        TiersFile.State state = tiers.current();
        Tiers now = state.tiers();
        if (now == null) {
            throw new Refusal(503, "no-tiers", String.valueOf(state.refusal()));
        }
        return now;
    }

    private Leases.Presented lease(Request request) throws Refusal {
        return standing(verified(request));
    }

    private Leases.Presented standing(LeaseToken.Verified token) throws Refusal {
        try {
            return leases.standing(token);
        } catch (TrustException e) {
            throw new Refusal(401, "lease", String.valueOf(e.getMessage()));
        }
    }

    /** Signatures are looked at once; whether the lease still holds, each time. */
    private LeaseToken.Verified verified(Request request) throws Refusal {
        String token = request.header("x-api-key");
        if (token.isEmpty()) {
            String bearer = request.header("authorization");
            token = bearer.regionMatches(true, 0, "Bearer ", 0, 7)
                    ? bearer.substring(7).strip()
                    : "";
        }
        if (!token.startsWith(LeaseToken.PREFIX)) {
            throw new Refusal(
                    401,
                    "lease",
                    "the key must be the token of a lease, which 'mirror lease grant' gives; it starts with "
                            + LeaseToken.PREFIX);
        }
        LeaseToken.Verified known = verified.get(token);
        if (known != null) {
            return known;
        }
        if (verified.size() >= TOKENS_KEPT) {
            verified.clear();
        }
        try {
            // Of many first calls at once one looks at the signatures, which takes milliseconds.
            return verified.computeIfAbsent(
                    token, text -> LeaseToken.parse(text).verify(device));
        } catch (TrustException e) {
            throw new Refusal(401, "lease", String.valueOf(e.getMessage()));
        }
    }

    private Call prepare(Request request) throws Refusal {
        long started = System.nanoTime();
        LeaseToken.Verified token = verified(request);
        Leases.Presented lease = standing(token);
        if (request.body().length > MAX_BODY) {
            throw new Refusal(413, "body", "the request is larger than " + MAX_BODY + " bytes");
        }
        String coding = request.header("content-encoding");
        if (!coding.isEmpty() && !coding.equalsIgnoreCase("identity")) {
            throw new Refusal(415, "body", "the request must not be compressed");
        }
        if (!SAFE_QUERY.matcher(request.query()).matches()) {
            throw new Refusal(400, "query", "the address has characters that none may have");
        }
        boolean[] bounded = {true};
        JsonScan body;
        String model;
        long limit = 0;
        try {
            body = JsonScan.of(
                    request.body(),
                    0,
                    request.body().length,
                    BODY,
                    (bytes, from, to) -> bounded[0] &= isBounded(bytes, from, to));
            model = body.text(MODEL);
            for (int i = FIRST_LIMIT; i <= LAST_LIMIT; i++) {
                limit = Math.max(limit, body.count(i).orElse(0));
            }
            limit = Math.multiplyExact(limit, Math.max(1, body.count(N).orElse(1)));
            for (int i = FIRST_BEYOND; i <= LAST_BEYOND; i++) {
                bounded[0] &= !body.isSet(i);
            }
            if (body.isSet(BACKGROUND) && body.isTrue(BACKGROUND)) {
                throw new Refusal(
                        400, "body", "answers in the background cannot be accounted for; leave 'background' out");
            }
        } catch (MalformedJson e) {
            throw new Refusal(400, "body", "the request is not usable JSON: " + e.getMessage());
        } catch (ArithmeticException e) {
            throw new Refusal(400, "body", "the request asks for more tokens than can be counted");
        }
        if (model == null || model.length() > 200) {
            throw new Refusal(400, "body", "the request does not say which model");
        }
        Route route = tiers().route(model)
                .orElseThrow(() -> new Refusal(
                        404,
                        "route",
                        "no provider has this model and no route this name; 'mirror tiers' shows those there are"));
        boolean localOnly = route.localOnly() || isLocalOnly(request, lease);
        String session = plain(request, "x-mirror-session");
        if (!lease.scope().session().isEmpty()) {
            if (!session.isEmpty() && !session.equals(lease.scope().session())) {
                throw new Refusal(403, "lease", "the lease is for another session");
            }
            session = lease.scope().session();
        }
        String project = plain(request, "x-mirror-project");
        List<Candidate> candidates = candidates(route, request.endpoint(), lease, localOnly);
        String actor = actor(lease.holder());
        Governor.Key key = new Governor.Key(
                lease.ids(),
                session,
                !session.isEmpty() && governor.isLimited(Budgets.SESSION + session),
                project,
                request.endpoint(),
                route.name(),
                localOnly);
        Governor.Slot slot = governor.slot(
                key,
                route,
                () -> new Governor.Slot(key, route, token, action(key, actor, candidates), accounts(key, actor)));
        return new Call(request, body, model, lease, slot, candidates, limit, bounded[0], localOnly, actor, started);
    }

    private static boolean isBounded(byte[] bytes, int from, int to) {
        return to - from <= 32
                && BOUNDED.contains(new String(bytes, from, to - from, java.nio.charset.StandardCharsets.ISO_8859_1));
    }

    /** Whether the call is marked as one that must stay here: by its lease, or by what its client says of it. */
    private static boolean isLocalOnly(Request request, Leases.Presented lease) throws Refusal {
        String said = request.header("x-mirror-sensitivity").strip().toLowerCase(Locale.ROOT);
        boolean leased = lease.scope().tier() == Sensitivity.Tier.LOCAL;
        if (said.isEmpty()) {
            return leased;
        }
        if (said.equals("local-only")) {
            return true;
        }
        Sensitivity sensitivity = Sensitivity.of(said)
                .orElseThrow(() -> new Refusal(
                        400,
                        "sensitivity",
                        "x-mirror-sensitivity must be local-only, public, internal, private or secret"));
        if (!sensitivity.within(Sensitivity.ceiling(Sensitivity.Tier.LOCAL, Sensitivity.NEVER_SHARE))) {
            throw new Refusal(403, "sensitivity", "what must never be shared is shown to no model");
        }
        return leased || !sensitivity.within(Sensitivity.ceiling(Sensitivity.Tier.CLOUD, Sensitivity.NEVER_SHARE));
    }

    private static String plain(Request request, String header) throws Refusal {
        String value = request.header(header);
        if (!value.isEmpty() && !PLAIN.matcher(value).matches()) {
            throw new Refusal(400, "header", header + " must have 1 to 150 letters, digits and _ . / @ + -");
        }
        return value;
    }

    private static String actor(String holder) {
        String name = holder.substring(holder.indexOf(':') + 1);
        return holder.startsWith("session:") || !ACTOR.matcher(name).matches() ? "gateway" : name;
    }

    private static List<String> accounts(Governor.Key key, String actor) {
        return key.sessionLimited()
                ? List.of(actor, Budgets.ALL, Budgets.SESSION + key.session())
                : List.of(actor, Budgets.ALL);
    }

    private static List<Candidate> candidates(Route route, Endpoint endpoint, Leases.Presented lease, boolean localOnly)
            throws Refusal {
        List<Candidate> speaking = route.candidates().stream()
                .filter(each -> each.provider().dialect() == endpoint.dialect())
                .toList();
        if (speaking.isEmpty()) {
            throw new Refusal(
                    400,
                    "dialect",
                    "no provider of this model speaks " + endpoint.dialect().text());
        }
        List<Candidate> allowed = speaking.stream()
                .filter(each ->
                        lease.scope().allows("egress", each.provider().origin().host()))
                .toList();
        if (allowed.isEmpty()) {
            throw new Refusal(
                    403,
                    "lease",
                    "the lease covers none of the hosts of this model; it needs egress:"
                            + speaking.getFirst().provider().origin().host());
        }
        List<Candidate> staying = allowed.stream()
                .filter(each -> !localOnly || each.provider().local())
                .toList();
        if (staying.isEmpty()) {
            throw new Refusal(
                    403,
                    "local-only",
                    "this must not leave the owner's machines, and no provider of this model is local");
        }
        return staying;
    }

    /** What the gate is asked: whether this caller may reach these hosts for this route. */
    private Action action(Governor.Key key, String actor, List<Candidate> candidates) {
        ObjectNode input = Json.object()
                .put("endpoint", key.endpoint().name().toLowerCase(Locale.ROOT))
                .put("route", key.route());
        if (key.localOnly()) {
            input.put(LocalOnly.MARK, true);
        }
        List<Effect> effects = new ArrayList<>();
        candidates.stream()
                .map(each -> each.provider().origin().host())
                .distinct()
                .forEach(host -> effects.add(new Effect.Egress(host)));
        return new Action(actor, key.session(), null, LocalOnly.TOOL, input, nowhere, nowhere, effects);
    }

    // ---- to the providers

    private Reply.Ending answer(Call call, Reply reply) throws Refusal, IOException {
        Failure last = null;
        String lastName = "";
        Duration soonest = null;
        String unusable = "";
        for (Candidate candidate : call.candidates) {
            if (candidate.provider().key().fault() != null) {
                unusable = "the key of " + candidate.provider().name() + " is missing; 'mirror tiers' says why";
                continue;
            }
            Optional<Duration> wait = breakers.closedFor(candidate.name());
            if (wait.isPresent()) {
                soonest = soonest == null || wait.get().compareTo(soonest) < 0 ? wait.get() : soonest;
                continue;
            }
            if (last != null) {
                switched(call, lastName, candidate.name(), last);
            }
            Attempt attempt = new Attempt(call, candidate);
            Failure failure = attempt.run(reply);
            if (failure == null) {
                return attempt.ending;
            }
            last = failure;
            lastName = candidate.name();
        }
        if (last != null && last.answer != null) {
            reply.send(last.answer.status(), last.answer.headers(), last.answer.body());
            return Reply.Ending.WHOLE;
        }
        if (last != null) {
            throw new Refusal(
                    last.status == 0 ? 502 : last.status,
                    last.cause.text(),
                    lastName + ": " + last.reason,
                    seconds(last.retryAfter));
        }
        if (soonest != null) {
            throw new Refusal(
                    503,
                    "breaker",
                    "every provider of this model is left alone for now; 'mirror tiers' says why",
                    Math.max(1, seconds(soonest)));
        }
        throw new Refusal(503, "key", unusable);
    }

    private static long seconds(@Nullable Duration time) {
        return time == null ? 0 : Math.ceilDiv(time.toMillis(), 1_000);
    }

    private void switched(Call call, String from, String to, Failure why) {
        receipts.record(Draft.of(
                        "mirror.call.switched.v1",
                        "daemon",
                        Json.object()
                                .put("from", from)
                                .put("to", to)
                                .put("cause", why.cause.text())
                                .put("reason", why.reason)
                                .put("route", call.slot.key.route())
                                .put("agent", call.actor))
                .permit(call.lease.id())
                .session(call.slot.key.session()));
    }

    private void changed(@Nullable Draft draft) {
        if (draft != null) {
            receipts.record(draft);
        }
    }

    /** One call of one provider. */
    private final class Attempt {
        private final Call call;
        private final Candidate candidate;
        private final Meter meter;
        private Reply.Ending ending = Reply.Ending.WHOLE;
        private long firstNanos = -1;

        /** A refusal that is about the request. */
        private @Nullable Saved held;

        Attempt(Call call, Candidate candidate) {
            this.call = call;
            this.candidate = candidate;
            this.meter = new Meter(call.request.endpoint());
        }

        /** @return null when the client has its answer, or the part of it that there was */
        @Nullable
        Failure run(Reply reply) throws Refusal, IOException {
            // The last look before anything leaves; whatever chose the candidate, this does not depend on it.
            if (call.localOnly && !candidate.provider().local()) {
                throw new Refusal(403, "local-only", "this must not leave the owner's machines");
            }
            long in = call.request.endpoint().isFree() ? 0 : inputAtMost();
            long out = call.request.endpoint().generates()
                    ? (call.limit > 0 ? call.limit : candidate.model().output())
                    : 0;
            Governor.Draw mine =
                    governor.draw(call.slot, in + out, candidate.model().price().most(in, out));
            String outcome = "failed";
            int status = 0;
            boolean nothingUsed = false;
            try (Exchange exchange = upstreams.send(
                    candidate.provider().origin(),
                    "POST",
                    target(),
                    headers(),
                    body(),
                    candidate.provider().patience())) {
                status = exchange.status();
                if (status < 200 || status > 299) {
                    nothingUsed = true;
                    Failure failure = refused(exchange);
                    outcome = failure == null ? "refused" : failure.cause.text();
                    if (failure == null) {
                        pass(exchange, reply);
                    }
                    return failure;
                }
                Failure failure = isStream(exchange) ? stream(exchange, reply) : whole(exchange, reply);
                if (failure == null) {
                    outcome = ending == Reply.Ending.WHOLE ? "answered" : "cut";
                } else {
                    changed(breakers.failed(candidate.name(), failure.cause, failure.retryAfter));
                    outcome = failure.cause.text();
                }
                return failure;
            } catch (WireException e) {
                nothingUsed = e.kind() == WireException.Kind.CONNECT;
                outcome = e.kind().text();
                changed(breakers.failed(candidate.name(), Breakers.Cause.FAILING, null));
                return failing(e);
            } catch (ClientGone e) {
                outcome = "client-gone";
                throw e;
            } finally {
                settle(mine, nothingUsed, outcome, status);
            }
        }

        /** No tokenizer makes more tokens than bytes. */
        private long inputAtMost() {
            long context = candidate.model().context();
            return call.bounded ? Math.min(context, call.request.body().length + AROUND) : context;
        }

        private String target() {
            String query = call.request.query();
            return candidate.provider().path() + call.request.endpoint().path() + (query.isEmpty() ? "" : "?" + query);
        }

        private List<Header> headers() {
            List<Header> headers = Headers.toProvider(call.request.headers());
            String secret = candidate.provider().key().secret();
            if (secret != null) {
                headers.add(
                        candidate.provider().dialect() == Dialect.ANTHROPIC
                                ? new Header("x-api-key", secret)
                                : new Header("authorization", "Bearer " + secret));
            }
            return headers;
        }

        private byte[] body() {
            return candidate.model().name().equals(call.model)
                    ? call.request.body()
                    // Names of models have no character that JSON escapes.
                    : call.body.splice(
                            MODEL,
                            ("\"" + candidate.model().name() + "\"")
                                    .getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        }

        // ---- answers

        /** @return null when the refusal is about the request, and so the client's to hear */
        private @Nullable Failure refused(Exchange exchange) throws IOException {
            byte[] body = exchange.body().readNBytes(MAX_ERROR + 1);
            Saved saved = body.length > MAX_ERROR
                    ? null
                    : new Saved(exchange.status(), Headers.toClient(exchange.headers()), body);
            Duration retryAfter = ProviderErrors.retryAfter(exchange);
            Breakers.Cause cause = ProviderErrors.cause(exchange.status(), body);
            if (cause == null) {
                held = saved;
                return saved == null
                        ? failing(new WireException(WireException.Kind.TOO_LARGE, "its error is too long"))
                        : null;
            }
            changed(breakers.failed(candidate.name(), cause, retryAfter));
            // What a provider says of a key that it does not know may quote it.
            // A redirect would take the client, with its lease, to a host that nobody named.
            boolean withheld =
                    cause == Breakers.Cause.KEY || cause == Breakers.Cause.SPEND_LIMIT || exchange.status() < 400;
            String reason = switch (cause) {
                case KEY -> "the provider does not accept its key";
                case SPEND_LIMIT -> "the provider's account has no money left or has reached its limit";
                case RATE_LIMIT -> "the provider's rate limit is reached";
                case OVERLOADED -> "the provider is overloaded";
                case FAILING -> "the provider answered " + exchange.status();
            };
            return new Failure(cause, reason, withheld ? 502 : exchange.status(), retryAfter, withheld ? null : saved);
        }

        private void pass(Exchange exchange, Reply reply) throws IOException {
            Saved saved = held;
            if (saved != null) {
                // It answered: that the request was not right is not the provider's fault.
                changed(breakers.succeeded(candidate.name()));
                toClient(() -> reply.send(saved.status(), saved.headers(), saved.body()));
            } else {
                throw new IOException("the answer " + exchange.status() + " was not read");
            }
        }

        private @Nullable Failure whole(Exchange exchange, Reply reply) throws IOException {
            byte[] body;
            try (InputStream in = exchange.body()) {
                body = in.readNBytes(MAX_ANSWER + 1);
            }
            if (body.length > MAX_ANSWER) {
                return failing(new WireException(
                        WireException.Kind.TOO_LARGE, "its answer is larger than " + MAX_ANSWER + " bytes"));
            }
            boolean coded = exchange.header("content-encoding")
                    .filter(coding -> !coding.equalsIgnoreCase("identity"))
                    .isPresent();
            try {
                if (!coded) {
                    meter.whole(body);
                } else if (!exchange.isFramed()) {
                    return failing(
                            new WireException(WireException.Kind.TRUNCATED, "nothing says where its answer ends"));
                }
            } catch (MalformedJson e) {
                return failing(new WireException(WireException.Kind.TRUNCATED, "its answer is not JSON"));
            }
            firstNanos = System.nanoTime();
            changed(breakers.succeeded(candidate.name()));
            toClient(() -> reply.send(exchange.status(), Headers.toClient(exchange.headers()), body));
            return null;
        }

        private @Nullable Failure stream(Exchange exchange, Reply reply) throws IOException {
            Relay relay = new Relay(exchange, meter, reply);
            WireException broken = relay.run();
            firstNanos = relay.firstNanos();
            if (broken == null) {
                changed(breakers.succeeded(candidate.name()));
                return null;
            }
            if (!relay.isStarted()) {
                return failing(broken);
            }
            changed(breakers.failed(candidate.name(), Breakers.Cause.FAILING, null));
            Refusal refusal = new Refusal(
                    502,
                    broken.kind().text(),
                    candidate.name() + ": " + broken.getMessage() + "; the answer is not whole");
            relay.say(refusal.event(call.request.endpoint()));
            ending = Reply.Ending.CUT;
            return null;
        }

        private Failure failing(WireException e) {
            return new Failure(
                    Breakers.Cause.FAILING,
                    String.valueOf(e.getMessage()),
                    e.kind() == WireException.Kind.LATE ? 504 : 502,
                    null,
                    null);
        }

        // ---- afterwards

        private void settle(Governor.Draw mine, boolean nothingUsed, String outcome, int status) {
            Tokens used = nothingUsed || call.request.endpoint().isFree() ? Tokens.NONE : meter.tokens();
            long money = used == null ? mine.money() : candidate.model().price().of(used);
            governor.settle(mine, used == null ? mine.tokens() : used.sum(), money);
            ObjectNode receipt = Json.object()
                    .put("provider", candidate.provider().name())
                    .put("model", candidate.model().name())
                    .put("tier", candidate.provider().tier())
                    .put("agent", call.actor)
                    .put("endpoint", call.request.endpoint().name().toLowerCase(Locale.ROOT))
                    .put("block", mine.block())
                    .put("outcome", outcome)
                    .put("status", status)
                    .put("ms", (System.nanoTime() - call.started) / 1_000_000);
            if (firstNanos >= 0) {
                receipt.put("first-ms", (firstNanos - call.started) / 1_000_000);
            }
            if (used == null) {
                receipt.put("unreported", mine.tokens());
            } else {
                receipt.put("in", used.in()).put("out", used.out());
                if (used.cacheRead() + used.cacheWrite() > 0) {
                    receipt.put("cache-read", used.cacheRead()).put("cache-write", used.cacheWrite());
                }
            }
            receipt.put("money", money);
            put(receipt, "session", call.slot.key.session());
            put(receipt, "project", call.slot.key.project());
            receipts.call(receipt);
        }

        private static void put(ObjectNode node, String name, String value) {
            if (!value.isEmpty()) {
                node.put(name, value);
            }
        }
    }

    private static boolean isStream(Exchange exchange) {
        return exchange.header("content-type")
                .filter(type -> type.toLowerCase(Locale.ROOT).startsWith("text/event-stream"))
                .isPresent();
    }

    /** The client's side of the connection broke. */
    static final class ClientGone extends IOException {
        private static final long serialVersionUID = 1;

        ClientGone(Throwable cause) {
            super("the client is gone", cause);
        }
    }

    /** What is written to a client. */
    interface Writing {
        void run() throws IOException;
    }

    /** Keeps errors of the client's side apart from those of the provider's. */
    static void toClient(Writing writing) throws ClientGone {
        try {
            writing.run();
        } catch (IOException | RuntimeException e) {
            throw new ClientGone(e);
        }
    }
}
