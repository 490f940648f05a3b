package mirror.tiers.gateway;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import mirror.bus.Json;
import mirror.bus.NoteKey;
import mirror.tiers.Candidate;
import mirror.tiers.Route;
import mirror.tiers.Tiers;
import mirror.tiers.TiersFile;
import mirror.trust.Action;
import mirror.trust.Budgets;
import mirror.trust.Effect;
import mirror.trust.LeaseScope;
import mirror.trust.LeaseToken;
import mirror.trust.Leases;
import mirror.trust.Sensitivity;
import mirror.trust.TrustException;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * Says of a request who makes it, what it asks for, how large it may become and who may answer it, before anything is sent. Of the
 * request a few members are read in its bytes. Thread-safe.
 */
final class Admission {
    private static final int TOKENS_KEPT = 1_024;

    private static final Pattern SAFE_QUERY = Pattern.compile("[A-Za-z0-9._~!$&'()*+,;=:@/?%-]{0,1024}");
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_./@+-]{1,150}");
    private static final Pattern ACTOR = Pattern.compile("[a-z0-9][a-z0-9.-]{0,63}");

    private final TiersFile tiers;
    private final Leases leases;
    private final NoteKey device;
    private final Governor governor;
    private final Router router;
    private final Path nowhere;
    private final Map<String, LeaseToken.Verified> verified = new ConcurrentHashMap<>();

    /**
     * @param device the public key that leases are signed with
     * @param home stands for the place that calls are made from, as they have none
     */
    Admission(TiersFile tiers, Leases leases, NoteKey device, Governor governor, Router router, Path home) {
        this.tiers = tiers;
        this.leases = leases;
        this.device = device;
        this.governor = governor;
        this.router = router;
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
        Reading reading = Reading.of(request);
        String model = reading.model();
        Needs needs = reading.needs();
        Route route = tiers().route(model)
                .orElseThrow(() -> new Refusal(
                        404,
                        "route",
                        "no provider has this model and no route this name; 'mirror tiers' shows those there are"));
        boolean localOnly = isLocalOnly(request, lease.scope());
        String session = plain(request, "x-mirror-session");
        if (!lease.scope().session().isEmpty()) {
            if (!session.isEmpty() && !session.equals(lease.scope().session())) {
                throw new Refusal(403, "lease", "the lease is for another session");
            }
            session = lease.scope().session();
        }
        Way way = new Way(
                request.endpoint(),
                token,
                lease,
                session,
                !session.isEmpty() && governor.isLimited(Budgets.SESSION + session),
                plain(request, "x-mirror-project"),
                actor(lease.holder()));
        Choice choice = router.choose(route, needs, way.asker(model, sensitivity(request), localOnly));
        Governor.Slot slot = way.slot();
        return new Call(
                request, reading.body(), model, lease, slot, choice, needs, slot.key.localOnly(), way.actor, started);
    }

    /** The way of one call to the slot that it draws from: the last one that was looked for is that of the route that was chosen. */
    private final class Way implements Router.Permitted {
        private final Endpoint endpoint;
        private final LeaseToken.Verified token;
        private final Leases.Presented lease;
        private final String session;
        private final boolean limited;
        private final String project;
        private final String actor;
        private Governor.@Nullable Slot slot;

        Way(
                Endpoint endpoint,
                LeaseToken.Verified token,
                Leases.Presented lease,
                String session,
                boolean limited,
                String project,
                String actor) {
            this.endpoint = endpoint;
            this.token = token;
            this.lease = lease;
            this.session = session;
            this.limited = limited;
            this.project = project;
            this.actor = actor;
        }

        @Override
        public List<Candidate> of(Route route, boolean localOnly) throws Refusal {
            Governor.Key key =
                    new Governor.Key(lease.ids(), session, limited, project, endpoint, route.name(), localOnly);
            Governor.Slot found = governor.slot(key, route);
            if (found == null) {
                List<Candidate> candidates = Router.allowed(route, endpoint, lease.scope(), localOnly);
                found = governor.slot(
                        new Governor.Slot(key, route, token, action(key, actor, candidates), accounts(), candidates));
            }
            slot = found;
            return found.candidates;
        }

        Governor.Slot slot() {
            return Objects.requireNonNull(slot, "nobody was chosen");
        }

        Router.Asker asker(String model, String sensitivity, boolean localOnly) {
            return new Router.Asker(
                    model,
                    actor,
                    session,
                    project,
                    sensitivity,
                    localOnly,
                    this,
                    () -> governor.leftMoney(token, accounts()));
        }

        private List<String> accounts() {
            return limited ? List.of(actor, Budgets.ALL, Budgets.SESSION + session) : List.of(actor, Budgets.ALL);
        }
    }

    /** Whether the call is marked as one that must stay here: by its lease, or by what its client says of it. */
    static boolean isLocalOnly(Request request, LeaseScope scope) throws Refusal {
        String said = sensitivity(request);
        boolean leased = scope.tier() == Sensitivity.Tier.LOCAL;
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

    /** As the client says it, or empty. */
    static String sensitivity(Request request) {
        return request.header("x-mirror-sensitivity").strip().toLowerCase(Locale.ROOT);
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

    /** What the gate is asked: whether this caller may reach these hosts for this route. */
    private Action action(Governor.Key key, String actor, List<Candidate> candidates) {
        ObjectNode input = Json.object().put("endpoint", key.endpoint().text()).put("route", key.route());
        if (key.localOnly()) {
            input.put(LocalOnly.MARK, true);
        }
        List<Effect> effects = candidates.stream()
                .map(each -> each.provider().effect())
                .distinct()
                .toList();
        return new Action(actor, key.session(), null, LocalOnly.TOOL, input, nowhere, nowhere, effects);
    }
}
