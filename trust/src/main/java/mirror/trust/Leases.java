package mirror.trust;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;
import mirror.bus.Draft;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.bus.Projection;
import mirror.bus.organism.EventFilter;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;

/**
 * All leases, as a fold over events: what is in the log holds, also after a restart, and nothing else does. Expiry and revocation are
 * looked at on every question. An unknown lease, a malformed one, or one that somebody else holds, permits nothing.
 *
 * <p>Thread-safe.
 */
public final class Leases implements Projection {
    static final String GRANTED = "mirror.lease.granted.v1";
    static final String REVOKED = "mirror.lease.revoked.v1";

    /** A lease that nobody renews ends by itself. */
    public static final Duration LONGEST = Duration.ofDays(366);

    private static final Pattern HOLDER = Pattern.compile("[a-z]+:[a-z0-9][a-z0-9.-]{0,63}");
    private static final Pattern EFFECT =
            Pattern.compile("run:[^\\p{Cntrl}]{1,300}|egress:(\\*|[a-z0-9.:\\[\\]-]{1,253})");

    private final InstantSource clock;
    private final RandomGenerator random;
    private final Map<String, Lease> leases = new LinkedHashMap<>();

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
        return 1;
    }

    @Override
    public synchronized JsonNode save() {
        ArrayNode saved = Json.array();
        leases.values().forEach(lease -> saved.add(Json.MAPPER.<JsonNode>valueToTree(lease)));
        return saved;
    }

    @Override
    public synchronized void restore(JsonNode saved) {
        leases.clear();
        for (JsonNode node : saved) {
            Lease lease = Json.MAPPER.treeToValue(node, Lease.class);
            leases.put(lease.id(), lease);
        }
    }

    @Override
    public synchronized void accept(Event event) {
        switch (event.type()) {
            case GRANTED -> granted(event);
            case REVOKED -> leases.computeIfPresent(event.text("lease"), (_, lease) -> lease.asRevoked());
            default -> {}
        }
    }

    /** The first event with an id is the lease; one that has no end is none. */
    private void granted(Event event) {
        Instant expires;
        try {
            expires = Instant.parse(event.text("expires"));
        } catch (DateTimeParseException e) {
            return;
        }
        leases.putIfAbsent(
                event.text("lease"),
                new Lease(
                        event.text("lease"),
                        event.text("holder"),
                        texts(event.data().path("events")),
                        texts(event.data().path("effects")),
                        event.time(),
                        expires,
                        event.actor(),
                        false));
    }

    private static List<String> texts(JsonNode array) {
        List<String> texts = new ArrayList<>();
        array.forEach(text -> texts.add(text.asString("")));
        return texts;
    }

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

    public synchronized Optional<Lease> get(String id) {
        return Optional.ofNullable(leases.get(id));
    }

    /** Newest first, those that ended too. */
    public synchronized List<Lease> list() {
        return List.copyOf(leases.values()).reversed();
    }

    // ---- the events

    /**
     * The event that grants a lease.
     *
     * @param by {@code owner}, or {@code daemon} for Mirror's own parts
     * @throws TrustException with every fault of the request
     */
    public Draft grant(String holder, List<String> events, List<String> effects, Duration lifetime, String by) {
        List<String> faults = new ArrayList<>();
        if (!HOLDER.matcher(holder).matches()) {
            faults.add("the holder '" + holder + "' is not of the form organism:<name>");
        }
        List<String> prefixes = new ArrayList<>();
        for (String prefix : events) {
            try {
                prefixes.add(EventFilter.prefix(prefix));
            } catch (IllegalArgumentException e) {
                faults.add(String.valueOf(e.getMessage()));
            }
        }
        if (events.isEmpty()) {
            faults.add("it names no events");
        }
        for (String effect : effects) {
            if (!EFFECT.matcher(effect).matches()) {
                faults.add("the effect '" + effect + "' is not run:<program> or egress:<host>");
            }
        }
        if (!lifetime.isPositive() || lifetime.compareTo(LONGEST) > 0) {
            faults.add("it must end within " + LONGEST.toDays() + " days");
        }
        if (!faults.isEmpty()) {
            throw new TrustException("no such lease can be granted: " + String.join("; ", faults));
        }
        String id;
        do {
            id = "l" + Long.toString(random.nextLong(36L * 36 * 36 * 36 * 36, 36L * 36 * 36 * 36 * 36 * 36), 36);
        } while (get(id).isPresent());
        var data = Json.object().put("lease", id).put("holder", holder);
        prefixes.forEach(data.putArray("events")::add);
        effects.forEach(data.putArray("effects")::add);
        data.put("expires", clock.instant().plus(lifetime).toString());
        return Draft.of(GRANTED, by, data).subject(id);
    }

    /**
     * The event that ends a lease.
     *
     * @throws TrustException when there is nothing to end
     */
    public Draft revoke(String id) {
        Lease lease = get(id).orElseThrow(
                        () -> new TrustException("there is no lease '" + id + "'; 'mirror lease list' shows them"));
        String state = lease.state(clock.instant());
        if (!state.equals("valid")) {
            throw new TrustException("the lease " + id + " is " + state + " already");
        }
        return Draft.of(REVOKED, "owner", Json.object().put("lease", id).put("holder", lease.holder()))
                .subject(id);
    }
}
