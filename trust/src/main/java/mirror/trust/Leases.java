package mirror.trust;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;
import mirror.bus.Draft;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.bus.NoteKey;
import mirror.bus.Projection;
import mirror.bus.organism.EventFilter;
import mirror.trust.shell.CommandLine;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * All leases, as a fold over events: what is in the log holds, also after a restart, and nothing else does. Expiry, revocation and what
 * was used are looked at on every question. An unknown lease, a malformed one, or one that somebody else holds, permits nothing.
 *
 * <p>For the gate they are {@link Permits}: what the policy asks about goes ahead under a lease of the owner that the actor or session
 * holds and that covers every effect. A use is counted by the record of the decision itself. Leases of organisms are no such permits:
 * they say what an organism is for, and the policy still says what may be done on this machine. Leases of services and of
 * fixes are: what they run is fixed in a signed file or in Mirror, and nobody may be there to be asked at night.
 *
 * <p>Thread-safe.
 */
public final class Leases implements Projection, Permits {
    static final String GRANTED = "mirror.lease.granted.v1";
    static final String REVOKED = "mirror.lease.revoked.v1";
    static final String USED = "mirror.lease.used.v1";
    private static final String SESSION_ENDED = "mirror.session.ended.v1";

    /** A lease that nobody renews ends by itself. */
    public static final Duration LONGEST = Duration.ofDays(366);

    /** One for a session ends sooner: a session may be left open for weeks. */
    public static final Duration SESSION = Duration.ofHours(12);

    static final String ORGANISM = "organism:";
    private static final String FOR_SESSION = "session:";
    private static final Pattern HOLDER = Pattern.compile(
            "(organism|service|healer|mcp|device):[a-z0-9][a-z0-9.-]{0,63}|session:[A-Za-z0-9_./-]{1,150}|[a-z0-9][a-z0-9.-]{0,63}");
    private static final Pattern ID = Pattern.compile("l[0-9a-z]{1,12}(\\.[0-9a-f]{16})?");
    private static final Set<String> NOBODY = Set.of("owner", "daemon");
    private static final Set<String> BESIDE = Set.of("lease", "holder");
    private static final int OFFERS = 200;
    private static final int ASIDE = 100_000;

    /** Millionths in a hundredth. */
    private static final long CENT = 10_000;

    /**
     * What a lease for the rest of a session would cover, were the owner to give one instead of a single yes.
     *
     * @param effects empty when it cannot be bound to anything
     * @param refusal why it cannot, or empty
     */
    public record Offer(String session, String tool, List<String> effects, Risk risk, String refusal) {
        private Offer refused(String why) {
            return new Offer(session, tool, List.of(), risk, why);
        }
    }

    /**
     * A lease token that holds now.
     *
     * @param ids the lease's id and that of each block
     * @param scope of the last block, the narrowest
     */
    public record Presented(List<String> ids, String holder, LeaseScope scope) {
        public String id() {
            return ids.getFirst();
        }
    }

    private final InstantSource clock;
    private final RandomGenerator random;
    private final Map<String, Lease> leases = new LinkedHashMap<>();

    /** Blocks of tokens that were taken back, or used, by their own ids. */
    private final Set<String> revokedBlocks = new TreeSet<>();

    private final Map<String, Lease.Spent> spentBlocks = new TreeMap<>();
    private final Map<String, Offer> offers = new LinkedHashMap<>();

    /** What calls of models have set aside under leases and not settled yet, by the block's id. */
    private final Map<String, Aside> aside = new LinkedHashMap<>();

    private record Aside(List<String> ids, Lease.Spent amount) {}

    public Leases(InstantSource clock, RandomGenerator random) {
        this.clock = clock;
        this.random = random;
    }

    @Override
    public String name() {
        return "leases";
    }

    @Override
    public int version() {
        return 4;
    }

    // ---- the fold

    @Override
    public synchronized JsonNode save() {
        ObjectNode saved = Json.object();
        saved.set("leases", Json.array(leases.values()));
        revokedBlocks.forEach(saved.putArray("revoked")::add);
        ObjectNode spent = saved.putObject("spent");
        spentBlocks.forEach((id, used) -> spent.set(id, Json.MAPPER.<JsonNode>valueToTree(used)));
        ObjectNode offered = saved.putObject("offers");
        offers.forEach((id, offer) -> offered.set(id, Json.MAPPER.<JsonNode>valueToTree(offer)));
        ObjectNode open = saved.putObject("aside");
        aside.forEach((id, each) -> open.set(id, Json.MAPPER.<JsonNode>valueToTree(each)));
        return saved;
    }

    @Override
    public synchronized void restore(JsonNode saved) {
        leases.clear();
        revokedBlocks.clear();
        spentBlocks.clear();
        offers.clear();
        aside.clear();
        for (Lease lease : Json.list(saved.path("leases"), Lease.class)) {
            leases.put(lease.id(), lease);
        }
        saved.path("revoked").forEach(id -> revokedBlocks.add(id.asString()));
        saved.path("spent")
                .properties()
                .forEach(entry ->
                        spentBlocks.put(entry.getKey(), Json.MAPPER.treeToValue(entry.getValue(), Lease.Spent.class)));
        saved.path("offers")
                .properties()
                .forEach(entry -> offers.put(entry.getKey(), Json.MAPPER.treeToValue(entry.getValue(), Offer.class)));
        saved.path("aside")
                .properties()
                .forEach(entry -> aside.put(entry.getKey(), Json.MAPPER.treeToValue(entry.getValue(), Aside.class)));
    }

    @Override
    public synchronized void accept(Event event) {
        switch (event.type()) {
            case GRANTED -> granted(event);
            case REVOKED -> {
                String id = event.text("lease");
                if (id.contains(".")) {
                    revokedBlocks.add(id);
                }
                leases.computeIfPresent(id, (_, lease) -> lease.asRevoked());
            }
            case USED -> {
                Lease.Spent more =
                        new Lease.Spent(count(event, "actions"), count(event, "tokens"), count(event, "cents"));
                spent(event.text("lease"), more);
                event.data().path("blocks").forEach(id -> spent(id.asString(""), more));
            }
            case Gate.DECIDED -> decided(event);
            case Budgets.BLOCK_RESERVED -> {
                Aside block = new Aside(Json.list(event.data().path("leases"), String.class), amount(event));
                block.ids.forEach(id -> spent(id, block.amount));
                aside.put(event.text("block"), block);
                if (aside.size() > ASIDE) {
                    aside.remove(aside.keySet().iterator().next());
                }
            }
            case Budgets.BLOCK_SETTLED -> {
                Aside block = aside.remove(event.text("block"));
                if (block != null) {
                    block.ids.forEach(id -> settled(id, block.amount, amount(event)));
                }
            }
            case SESSION_ENDED -> {
                String holder = FOR_SESSION + event.session();
                leases.replaceAll((_, lease) -> lease.holder().equals(holder) ? lease.asRevoked() : lease);
            }
            default -> {}
        }
    }

    /** Calls, tokens and money; the lease counts money in hundredths, each begun one in full. */
    private static Lease.Spent amount(Event event) {
        return new Lease.Spent(
                count(event, "calls"), count(event, "tokens"), (count(event, "money") + CENT - 1) / CENT);
    }

    private void settled(String id, Lease.Spent reserved, Lease.Spent real) {
        if (id.contains(".")) {
            spentBlocks.computeIfPresent(id, (_, spent) -> spent.minus(reserved).plus(real));
        }
        leases.computeIfPresent(
                id, (_, lease) -> lease.with(lease.spent().minus(reserved).plus(real)));
    }

    private static long count(Event event, String name) {
        return Math.max(0, event.data().path(name).asLong(0));
    }

    private void spent(String id, Lease.Spent more) {
        if (id.contains(".")) {
            spentBlocks.merge(id, more, Lease.Spent::plus);
        }
        leases.computeIfPresent(id, (_, lease) -> lease.with(lease.spent().plus(more)));
    }

    /** The first event with an id is the lease; one that has no end, or a limit that is not understood, is none. */
    private void granted(Event event) {
        LeaseScope scope;
        try {
            scope = LeaseScope.of(event.data(), BESIDE);
        } catch (TrustException e) {
            return;
        }
        leases.putIfAbsent(
                event.text("lease"),
                new Lease(
                        event.text("lease"),
                        event.text("holder"),
                        scope,
                        event.time(),
                        event.actor(),
                        false,
                        Lease.Spent.NOTHING));
    }

    /** A yes under a lease is a use of it; a question to the owner is an offer of a lease. */
    private void decided(Event event) {
        String permit = event.permit();
        if (event.text("verdict").equals(Verdict.ALLOW.text()) && permit != null) {
            spent(permit, new Lease.Spent(1, 0, 0));
        }
        String approval = event.text("approval");
        if (event.text("verdict").equals(Verdict.ASK.text()) && !approval.isEmpty()) {
            offers.put(approval, offer(event));
            if (offers.size() > OFFERS) {
                offers.remove(offers.keySet().iterator().next());
            }
        }
    }

    private static Offer offer(Event event) {
        String inSession = event.session();
        String session = inSession == null ? "" : inSession;
        String tool = event.text("tool");
        Set<String> terms = new LinkedHashSet<>();
        String refusal = HOLDER.matcher(FOR_SESSION + session).matches() ? "" : "its session has no usable id";
        List<Effect> effects = Effects.read(event.data().path("effects"));
        for (Effect effect : effects) {
            LeaseTerm term = offered(effect, event.text("project"));
            if (effect instanceof Effect.Opaque
                    || effect instanceof Effect.RemoteCode
                    || effect instanceof Effect.Elevate) {
                refusal =
                        "part of it could not be told, is foreign code, or runs with other rights; such a thing is allowed once";
            } else if (term.fault() != null || term.target().equals(LeaseTerm.ANY)) {
                refusal = "it does not say what it would reach";
            }
            terms.add(term.toString());
        }
        if (terms.isEmpty() || terms.size() > 64) {
            refusal = "it has too many effects for one lease";
        }
        return new Offer(
                session, tool, refusal.isEmpty() ? List.copyOf(terms) : List.of(), Risk.worst(effects), refusal);
    }

    /** The term that an effect is offered as. Files stand for their folder, unless that is a wide one. */
    private static LeaseTerm offered(Effect effect, String project) {
        LeaseTerm term = LeaseTerm.of(effect);
        // The folder of a folder that goes would be its neighbours too.
        return LeaseTerm.PATH_KINDS.contains(term.kind()) && !term.kind().equals("delete-tree")
                ? new LeaseTerm(term.kind(), folder(term.target(), project))
                : term;
    }

    private static String folder(String file, String project) {
        Path path;
        Path root;
        try {
            path = Path.of(file);
            root = Path.of(project);
        } catch (InvalidPathException e) {
            return file;
        }
        Path parent = path.getParent();
        Path name = path.getFileName();
        boolean wide = parent == null
                || name == null
                || parent.getNameCount() < 3
                || root.startsWith(parent)
                // What lies beside .bashrc or .env is seldom of its kind.
                || name.toString().startsWith(".");
        return wide ? file : String.valueOf(parent);
    }

    // ---- questions

    /** Whether an event may change what {@link #held} answers. */
    public static boolean isAbout(Event event) {
        return event.type().equals(GRANTED) || event.type().equals(REVOKED);
    }

    /** What the holder may use now, newest first. */
    public synchronized List<Lease> held(String holder) {
        Instant now = clock.instant();
        return leases.values().stream()
                .filter(lease ->
                        lease.holder().equals(holder) && lease.state(now).equals("valid"))
                .toList()
                .reversed();
    }

    /**
     * Those of {@link #held} that allow an effect.
     *
     * @param effect {@code kind:target}, as a lease has it
     */
    public List<Lease> allowing(String holder, String effect) {
        return held(holder).stream().filter(lease -> lease.allows(effect)).toList();
    }

    /** How the owner gives a lease, for a sentence that says what is missing; parts that are empty are left out. */
    public static String advice(String holder, List<String> events, List<String> effects) {
        return "mirror lease grant --to " + holder
                + (events.isEmpty() ? "" : " --events " + String.join(",", events))
                + (effects.isEmpty() ? "" : " --effects " + CommandLine.word(String.join(",", effects)));
    }

    public synchronized Optional<Lease> get(String id) {
        return Optional.ofNullable(leases.get(id));
    }

    /** Newest first, those that ended too. */
    public synchronized List<Lease> list() {
        return List.copyOf(leases.values()).reversed();
    }

    @Override
    public synchronized Optional<String> covering(Action action) {
        Instant now = clock.instant();
        return leases.values().stream()
                .filter(lease -> lease.by().equals("owner")
                        && isHeldBy(lease.holder(), action)
                        && lease.state(now).equals("valid")
                        && lease.scope().covers(action))
                .reduce((_, newer) -> newer)
                .map(Lease::id);
    }

    private static boolean isHeldBy(String holder, Action action) {
        int colon = holder.indexOf(':');
        return switch (colon < 0 ? "" : holder.substring(0, colon)) {
            case "" -> holder.equals(action.actor());
            case "session" -> holder.substring(colon + 1).equals(action.session());
            case "mcp" -> holder.substring(colon + 1).equals(action.actor());
            case "service", "healer" -> action.actor().equals(holder.replace(':', '.'));
            default -> false;
        };
    }

    /** What a lease for the session would cover that the request comes from; nothing when the request is not known. */
    public synchronized Optional<Offer> offer(Approvals.Request request) {
        return Optional.ofNullable(offers.get(request.id()))
                .map(offer -> request.needed() > 1 ? offer.refused("two devices have to allow it, each time") : offer);
    }

    /**
     * What a token gives its bearer now. Looks at signatures, narrowing, time, revocation and budget of the lease and of every block.
     *
     * @param device this device's public key
     * @throws TrustException with the reason when it gives nothing
     */
    public Presented present(String token, NoteKey device) {
        LeaseToken.Verified verified = LeaseToken.parse(token).verify(device);
        Presented presented = standing(verified);
        List<String> ids = verified.ids();
        synchronized (this) {
            for (int i = 0; i < ids.size(); i++) {
                if (!spent(ids.get(i)).leaves(verified.scopes().get(i))) {
                    throw new TrustException("the lease " + ids.get(i) + " is used up");
                }
            }
        }
        return presented;
    }

    /**
     * The same without regard to the budget, of which {@link #left} tells: what calls have set aside under a lease already is
     * theirs to use. Takes microseconds.
     *
     * @param verified a token of this device
     * @throws TrustException when the lease or a block of the token is not known, not in force or revoked
     */
    public Presented standing(LeaseToken.Verified verified) {
        Instant now = clock.instant();
        synchronized (this) {
            Lease lease = leases.get(verified.ids().getFirst());
            if (lease == null
                    || !lease.holder().equals(verified.holder())
                    || !lease.scope().equals(verified.scopes().getFirst())) {
                throw new TrustException("the lease of this token is not in the log");
            }
            if (lease.revoked() || !lease.scope().at(now)) {
                throw new TrustException("the lease " + lease.id() + " is " + lease.state(now));
            }
            for (int i = 1; i < verified.ids().size(); i++) {
                String id = verified.ids().get(i);
                if (revokedBlocks.contains(id)) {
                    throw new TrustException("the lease " + id + " is revoked");
                }
                if (!verified.scopes().get(i).at(now)) {
                    throw new TrustException("the lease " + id + " is not in force now");
                }
            }
        }
        return new Presented(verified.ids(), verified.holder(), verified.scope());
    }

    /** The least that the lease and every block of the token have left; {@link LeaseScope#UNLIMITED} where nothing limits. */
    public synchronized Lease.Spent left(LeaseToken.Verified verified) {
        long actions = LeaseScope.UNLIMITED;
        long tokens = LeaseScope.UNLIMITED;
        long cents = LeaseScope.UNLIMITED;
        for (int i = 0; i < verified.ids().size(); i++) {
            LeaseScope scope = verified.scopes().get(i);
            Lease.Spent spent = spent(verified.ids().get(i));
            actions = Math.min(actions, left(scope.actions(), spent.actions()));
            tokens = Math.min(tokens, left(scope.tokens(), spent.tokens()));
            cents = Math.min(cents, left(scope.cents(), spent.cents()));
        }
        return new Lease.Spent(actions, tokens, cents);
    }

    private static long left(long limit, long spent) {
        return limit == LeaseScope.UNLIMITED ? limit : Math.max(0, limit - spent);
    }

    private Lease.Spent spent(String id) {
        Lease lease = leases.get(id);
        return lease != null ? lease.spent() : spentBlocks.getOrDefault(id, Lease.Spent.NOTHING);
    }

    // ---- the events

    /**
     * The event that grants an organism a lease.
     *
     * @param by {@code owner}, or {@code daemon} for Mirror's own parts
     * @throws TrustException with every fault of the request
     */
    public Draft grant(String holder, List<String> events, List<String> effects, Duration lifetime, String by) {
        List<String> faults = new ArrayList<>();
        if (events.isEmpty()) {
            faults.add("it names no events");
        }
        return grant(
                holder,
                LeaseScope.of(
                        full(events, faults),
                        effects,
                        clock.instant().plus(lifetime.isNegative() ? Duration.ZERO : lifetime)),
                by,
                faults);
    }

    /** Prefixes of events written in full; those that are none go to the faults. */
    static List<String> full(List<String> events, List<String> faults) {
        List<String> prefixes = new ArrayList<>();
        for (String prefix : events) {
            try {
                prefixes.add(EventFilter.prefix(prefix));
            } catch (IllegalArgumentException e) {
                faults.add(String.valueOf(e.getMessage()));
            }
        }
        return prefixes;
    }

    /**
     * The event that grants a lease.
     *
     * @throws TrustException with every fault of the request
     */
    public Draft grant(String holder, LeaseScope scope, String by) {
        List<String> faults = new ArrayList<>();
        if (holder.startsWith(ORGANISM) && scope.events().isEmpty()) {
            faults.add("it names no events");
        }
        return grant(holder, scope, by, faults);
    }

    private Draft grant(String holder, LeaseScope scope, String by, List<String> faults) {
        if (!HOLDER.matcher(holder).matches() || NOBODY.contains(holder)) {
            faults.addFirst(
                    "the holder '" + holder
                            + "' is not of the form organism:<name>, service:<name>, healer:<name>, session:<id>, mcp:<client>, device:<name> or a client's name");
        }
        if (!holder.startsWith(ORGANISM) && scope.effects().isEmpty()) {
            faults.add("it names no effects");
        }
        faults.addAll(scope.faults());
        Instant now = clock.instant();
        if (!now.isBefore(scope.expires()) || scope.expires().isAfter(now.plus(LONGEST))) {
            faults.add("it must end within " + LONGEST.toDays() + " days");
        }
        if (!faults.isEmpty()) {
            throw new TrustException("no such lease can be granted: " + String.join("; ", faults));
        }
        String id;
        do {
            id = "l" + Long.toString(random.nextLong(36L * 36 * 36 * 36 * 36, 36L * 36 * 36 * 36 * 36 * 36), 36);
        } while (get(id).isPresent());
        ObjectNode data = Json.object().put("lease", id).put("holder", holder);
        scope.into(data);
        return Draft.of(GRANTED, by, data).subject(id);
    }

    /**
     * The event that gives a session for as long as it lasts what one of its actions asked for.
     *
     * @throws TrustException when that cannot be said as a lease
     */
    public Draft grantForSession(Approvals.Request request) {
        Offer offer = offer(request)
                .orElseThrow(() -> new TrustException("it is not known any more what " + request.id()
                        + " asked for; approve it once, without --session"));
        if (!offer.refusal().isEmpty()) {
            throw new TrustException(
                    "this cannot be allowed for a session: " + offer.refusal() + "; approve it without --session");
        }
        LeaseScope any =
                LeaseScope.of(List.of(), offer.effects(), clock.instant().plus(SESSION));
        LeaseScope scope = new LeaseScope(
                any.events(),
                any.effects(),
                List.of(offer.tool()),
                any.from(),
                any.expires(),
                offer.session(),
                offer.risk(),
                any.ceiling(),
                any.tier(),
                any.actions(),
                any.tokens(),
                any.cents());
        return grant(FOR_SESSION + offer.session(), scope, "owner").session(offer.session());
    }

    /**
     * The token of a lease.
     *
     * @throws TrustException when there is no such lease or it does not hold
     */
    public LeaseToken token(String id, DeviceKey key) {
        Lease lease = valid(id);
        return LeaseToken.issue(lease.id(), lease.holder(), lease.scope(), key);
    }

    /**
     * The event that counts a use of a token, against its lease and every block. Recorded before what it is for happens.
     *
     * @param tool what it was used for
     */
    public Draft use(Presented presented, String tool, String actor, String session) {
        ObjectNode data =
                Json.object().put("lease", presented.id()).put("tool", tool).put("actions", 1);
        presented.ids().stream().skip(1).forEach(data.putArray("blocks")::add);
        return Draft.of(USED, actor, data)
                .subject(presented.id())
                .permit(presented.ids().getLast())
                .session(session);
    }

    /** The event that takes model tokens and money off a lease's budget. */
    public Draft spend(String id, long tokens, long cents, String actor) {
        return Draft.of(
                        USED,
                        actor,
                        Json.object()
                                .put("lease", valid(id).id())
                                .put("tokens", tokens)
                                .put("cents", cents))
                .subject(id)
                .permit(id);
    }

    private Lease valid(String id) {
        Lease lease = get(id).orElseThrow(
                        () -> new TrustException("there is no lease '" + id + "'; 'mirror lease list' shows them"));
        String state = lease.state(clock.instant());
        if (!state.equals("valid")) {
            throw new TrustException("the lease " + id + " is " + state + " already");
        }
        return lease;
    }

    /**
     * The event that ends a lease, or one block of a token and with it all that was made from it.
     *
     * @throws TrustException when there is nothing to end
     */
    public synchronized Draft revoke(String id) {
        int dot = id.indexOf('.');
        Lease root = dot < 0 ? null : leases.get(id.substring(0, dot));
        if (root != null && ID.matcher(id).matches()) {
            if (revokedBlocks.contains(id)) {
                throw new TrustException("the lease " + id + " is revoked already");
            }
            return Draft.of(REVOKED, "owner", Json.object().put("lease", id).put("holder", root.holder()))
                    .subject(id);
        }
        Lease lease = get(id).orElseThrow(
                        () -> new TrustException("there is no lease '" + id + "'; 'mirror lease list' shows them"));
        String state = lease.state(clock.instant());
        if (state.equals("revoked") || state.equals("expired")) {
            throw new TrustException("the lease " + id + " is " + state + " already");
        }
        return Draft.of(REVOKED, "owner", Json.object().put("lease", id).put("holder", lease.holder()))
                .subject(id);
    }
}
