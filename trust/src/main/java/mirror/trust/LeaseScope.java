package mirror.trust;

import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import mirror.bus.Json;
import mirror.bus.organism.EventFilter;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * How far a lease reaches. Everything in it is a limit: an action is covered when it stays within all of them. Scopes are ordered by
 * {@link #widening}: a scope that widens nothing of another one covers nothing that the other does not. Immutable and pure.
 *
 * @param events prefixes of event types the holder may hear
 * @param effects what it may bring about, each {@code kind:target}; see {@link LeaseTerm}
 * @param tools names of tools it may use; empty is any
 * @param from not before
 * @param expires not at or after
 * @param session the only session it holds in, or empty
 * @param risk the worst that an effect may be
 * @param ceiling the most sensitive memory it shows
 * @param tier where the model runs that reads the memory
 * @param actions how often it may be used, {@link #UNLIMITED} for no limit
 * @param tokens model tokens that may be spent under it
 * @param cents money that may be spent under it, in hundredths of the owner's currency
 */
public record LeaseScope(
        List<String> events,
        List<String> effects,
        List<String> tools,
        Instant from,
        Instant expires,
        String session,
        Risk risk,
        Sensitivity ceiling,
        Sensitivity.Tier tier,
        long actions,
        long tokens,
        long cents) {
    public static final long UNLIMITED = Long.MAX_VALUE;

    private static final int ITEMS = 64;
    private static final int NAME = 200;
    private static final Set<String> FIELDS = Set.of(
            "events", "effects", "tools", "from", "expires", "session", "risk", "ceiling", "tier", "actions", "tokens",
            "cents");

    public LeaseScope {
        events = List.copyOf(events);
        effects = List.copyOf(effects);
        tools = List.copyOf(tools);
    }

    /** Only what organisms need: nothing but these events and effects is limited, and the end. */
    public static LeaseScope of(List<String> events, List<String> effects, Instant expires) {
        return new LeaseScope(
                events,
                effects,
                List.of(),
                Instant.EPOCH,
                expires,
                "",
                Risk.DESTRUCTIVE,
                Sensitivity.INTERNAL,
                Sensitivity.Tier.CLOUD,
                UNLIMITED,
                UNLIMITED,
                UNLIMITED);
    }

    // ---- what it covers

    /** Whether every effect of the action, its tool, its session and its risk are within the scope. Time and uses are not its matter. */
    boolean covers(Action action) {
        return (tools.isEmpty() || tools.contains(action.tool()))
                && (session.isEmpty() || session.equals(action.session()))
                && action.effects().stream().allMatch(this::covers);
    }

    private boolean covers(Effect effect) {
        return Risk.of(effect).compareTo(risk) <= 0 && allows(LeaseTerm.of(effect));
    }

    /** Whether one of its effects covers this one; its other limits are not looked at. */
    public boolean allows(String kind, String target) {
        return allows(new LeaseTerm(kind, target));
    }

    boolean allows(LeaseTerm wanted) {
        return effects.stream().map(LeaseTerm::parse).anyMatch(term -> term.covers(wanted));
    }

    boolean hears(String type) {
        return events.stream().anyMatch(prefix -> EventFilter.covers(prefix, type));
    }

    /** The most sensitive memory that may be shown under it. */
    public Sensitivity visible() {
        return Sensitivity.ceiling(tier, ceiling);
    }

    /** Whether it is in force then. */
    boolean at(Instant now) {
        return !now.isBefore(from) && now.isBefore(expires);
    }

    /** The first limit in which this scope goes beyond {@code parent}, or nothing: then it covers nothing that the parent does not. */
    Optional<String> widening(LeaseScope parent) {
        for (String event : events) {
            if (!parent.hears(event)) {
                return Optional.of("the events '" + event + "'");
            }
        }
        for (String effect : effects) {
            if (!parent.allows(LeaseTerm.parse(effect))) {
                return Optional.of("the effect '" + effect + "'");
            }
        }
        if (!parent.tools.isEmpty() && (tools.isEmpty() || !parent.tools.containsAll(tools))) {
            return Optional.of("the tools");
        }
        if (from.isBefore(parent.from)) {
            return Optional.of("the beginning");
        }
        if (expires.isAfter(parent.expires)) {
            return Optional.of("the end");
        }
        if (!parent.session.isEmpty() && !parent.session.equals(session)) {
            return Optional.of("the session");
        }
        if (risk.compareTo(parent.risk) > 0) {
            return Optional.of("the risk");
        }
        if (ceiling.compareTo(parent.ceiling) > 0) {
            return Optional.of("the sensitivity");
        }
        if (tier.compareTo(parent.tier) > 0) {
            return Optional.of("the tier");
        }
        if (actions > parent.actions || tokens > parent.tokens || cents > parent.cents) {
            return Optional.of("the budget");
        }
        return Optional.empty();
    }

    // ---- its form

    /** Everything that is wrong with it; empty when it can be granted. */
    List<String> faults() {
        List<String> faults = new ArrayList<>();
        if (events.size() > ITEMS || effects.size() > ITEMS || tools.size() > ITEMS) {
            faults.add("it names more than " + ITEMS + " events, effects or tools");
        }
        for (String event : events) {
            try {
                if (!EventFilter.prefix(event).equals(event)) {
                    faults.add("the events '" + event + "' are not written in full");
                }
            } catch (IllegalArgumentException e) {
                faults.add(String.valueOf(e.getMessage()));
            }
        }
        for (String effect : effects) {
            String fault = LeaseTerm.parse(effect).fault();
            if (fault != null) {
                faults.add(fault);
            }
        }
        for (String tool : tools) {
            if (tool.isEmpty() || tool.length() > NAME || !LeaseTerm.isPlain(tool)) {
                faults.add("a tool's name has 1 to " + NAME + " plain characters");
            }
        }
        if (session.length() > NAME || !LeaseTerm.isPlain(session)) {
            faults.add("a session's id has at most " + NAME + " plain characters");
        }
        if (!from.isBefore(expires)) {
            faults.add("it ends before it begins");
        }
        if (actions < 1 || tokens < 0 || cents < 0) {
            faults.add("its budget must be positive");
        }
        return faults;
    }

    /** Its fields in their fixed order; those without a limit of their own are left out. */
    void into(ObjectNode json) {
        events.forEach(json.putArray("events")::add);
        effects.forEach(json.putArray("effects")::add);
        json.put("expires", expires.toString());
        if (!tools.isEmpty()) {
            tools.forEach(json.putArray("tools")::add);
        }
        if (!from.equals(Instant.EPOCH)) {
            json.put("from", from.toString());
        }
        if (!session.isEmpty()) {
            json.put("session", session);
        }
        if (risk != Risk.DESTRUCTIVE) {
            json.put("risk", risk.text());
        }
        if (ceiling != Sensitivity.INTERNAL) {
            json.put("ceiling", ceiling.text());
        }
        if (tier != Sensitivity.Tier.CLOUD) {
            json.put("tier", tier.text());
        }
        limit(json, "actions", actions);
        limit(json, "tokens", tokens);
        limit(json, "cents", cents);
    }

    private static void limit(ObjectNode json, String name, long value) {
        if (value != UNLIMITED) {
            json.put(name, value);
        }
    }

    public ObjectNode json() {
        ObjectNode json = Json.object();
        into(json);
        return json;
    }

    /**
     * Reads what {@link #into} wrote.
     *
     * @param others fields that stand beside the scope's
     * @throws TrustException for any field that is unknown or of another form: a limit that is not understood must not be dropped
     */
    static LeaseScope of(JsonNode json, Set<String> others) {
        for (String name : json.propertyNames()) {
            if (!FIELDS.contains(name) && !others.contains(name)) {
                throw new TrustException("the lease has the unknown field '" + name + "'");
            }
        }
        try {
            return new LeaseScope(
                    texts(json, "events"),
                    texts(json, "effects"),
                    texts(json, "tools"),
                    json.has("from") ? Instant.parse(text(json, "from")) : Instant.EPOCH,
                    Instant.parse(text(json, "expires")),
                    json.has("session") ? text(json, "session") : "",
                    json.has("risk") ? Risk.of(text(json, "risk")).orElseThrow(() -> bad("risk")) : Risk.DESTRUCTIVE,
                    json.has("ceiling")
                            ? Sensitivity.of(text(json, "ceiling")).orElseThrow(() -> bad("ceiling"))
                            : Sensitivity.INTERNAL,
                    json.has("tier")
                            ? Sensitivity.Tier.of(text(json, "tier")).orElseThrow(() -> bad("tier"))
                            : Sensitivity.Tier.CLOUD,
                    number(json, "actions"),
                    number(json, "tokens"),
                    number(json, "cents"));
        } catch (DateTimeException e) {
            throw new TrustException("the lease has a time that is none", e);
        }
    }

    private static TrustException bad(String name) {
        return new TrustException("the lease's field '" + name + "' is not understood");
    }

    private static String text(JsonNode json, String name) {
        JsonNode value = json.path(name);
        if (!value.isString()) {
            throw bad(name);
        }
        return value.asString();
    }

    private static long number(JsonNode json, String name) {
        if (!json.has(name)) {
            return UNLIMITED;
        }
        JsonNode value = json.path(name);
        if (!value.isIntegralNumber() || !value.canConvertToLong()) {
            throw bad(name);
        }
        return value.asLong();
    }

    private static List<String> texts(JsonNode json, String name) {
        if (!json.has(name)) {
            return List.of();
        }
        if (!json.path(name).isArray()) {
            throw bad(name);
        }
        List<String> texts = new ArrayList<>();
        for (JsonNode item : json.path(name)) {
            if (!item.isString()) {
                throw bad(name);
            }
            texts.add(item.asString());
        }
        return texts;
    }

    // ---- the same but for one of them

    public LeaseScope until(Instant end) {
        return new LeaseScope(events, effects, tools, from, end, session, risk, ceiling, tier, actions, tokens, cents);
    }

    public LeaseScope inSession(String only) {
        return new LeaseScope(events, effects, tools, from, expires, only, risk, ceiling, tier, actions, tokens, cents);
    }

    public LeaseScope showing(Sensitivity most, Sensitivity.Tier reader) {
        return new LeaseScope(
                events, effects, tools, from, expires, session, risk, most, reader, actions, tokens, cents);
    }

    public LeaseScope onTier(Sensitivity.Tier reader) {
        return showing(ceiling, reader);
    }

    public LeaseScope spending(long mostTokens, long mostCents) {
        return new LeaseScope(
                events, effects, tools, from, expires, session, risk, ceiling, tier, actions, mostTokens, mostCents);
    }
}
