package mirror.tiers.gateway;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import mirror.bus.Json;
import mirror.bus.NoteKey;
import mirror.tiers.Candidate;
import mirror.tiers.Route;
import mirror.tiers.Tiers;
import mirror.tiers.TiersFile;
import mirror.tiers.wire.JsonScan;
import mirror.tiers.wire.MalformedJson;
import mirror.tiers.wire.Members;
import mirror.trust.Action;
import mirror.trust.Budgets;
import mirror.trust.Effect;
import mirror.trust.LeaseToken;
import mirror.trust.Leases;
import mirror.trust.Sensitivity;
import mirror.trust.TrustException;
import tools.jackson.databind.node.ObjectNode;

/**
 * Says of a request who makes it, what it asks for, how large it may become and who may answer it, before anything is sent. Of the
 * request a few members are read in its bytes. Must never: let through what two readers could read in two ways. Thread-safe.
 */
final class Admission {
    private static final int TOKENS_KEPT = 1_024;

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
            "background",
            "stream");
    static final int MODEL = 0;
    private static final int FIRST_LIMIT = 1;
    private static final int LAST_LIMIT = 3;
    private static final int N = 4;
    private static final int FIRST_BEYOND = 5;
    private static final int LAST_BEYOND = 9;
    private static final int BACKGROUND = 10;
    private static final int STREAM = 11;
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
    private final Path nowhere;
    private final Map<String, LeaseToken.Verified> verified = new ConcurrentHashMap<>();

    /**
     * @param device the public key that leases are signed with
     * @param home stands for the place that calls are made from, as they have none
     */
    Admission(TiersFile tiers, Leases leases, NoteKey device, Governor governor, Path home) {
        this.tiers = tiers;
        this.leases = leases;
        this.device = device;
        this.governor = governor;
        this.nowhere = home;
    }

    /** The providers and routes that hold now. */
    Tiers tiers() throws Refusal {
        TiersFile.State state = tiers.current();
        Tiers now = state.tiers();
        if (now == null) {
            throw new Refusal(503, "no-tiers", String.valueOf(state.refusal()));
        }
        return now;
    }

    /** The lease that a request shows. */
    Leases.Presented lease(Request request) throws Refusal {
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
    LeaseToken.Verified verified(Request request) throws Refusal {
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

    /** @throws Refusal when it must not, or cannot, go anywhere */
    Call prepare(Request request) throws Refusal {
        long started = System.nanoTime();
        LeaseToken.Verified token = verified(request);
        Leases.Presented lease = standing(token);
        if (request.body().length > Gateway.MAX_BODY) {
            throw new Refusal(413, "body", "the request is larger than " + Gateway.MAX_BODY + " bytes");
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
        return new Call(
                request,
                body,
                model,
                lease,
                slot,
                candidates,
                limit,
                bounded[0],
                streams(body),
                localOnly,
                actor,
                started);
    }

    /** What is no boolean is the provider's to judge. */
    private static boolean streams(JsonScan body) {
        try {
            return body.isTrue(STREAM);
        } catch (MalformedJson e) {
            return false;
        }
    }

    private static boolean isBounded(byte[] bytes, int from, int to) {
        return to - from <= 32 && BOUNDED.contains(new String(bytes, from, to - from, StandardCharsets.ISO_8859_1));
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

    static String actor(String holder) {
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
                .filter(each -> endpoint.translates() || each.provider().dialect() == endpoint.dialect())
                .toList();
        if (speaking.isEmpty()) {
            throw new Refusal(
                    400,
                    "dialect",
                    "no provider of this model speaks " + endpoint.dialect().text() + ", and " + endpoint.path()
                            + " is not carried over to another dialect");
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
        ObjectNode input = Json.object().put("endpoint", key.endpoint().text()).put("route", key.route());
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
}
