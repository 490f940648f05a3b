package mirror.trust;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import mirror.bus.Draft;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.bus.Projection;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Requests that wait for the owner. A request names the SHA-256 of the exact action, so that an answer holds for that action and for
 * nothing else; it can be used once, and not after its expiry. The state is a fold over events, so requests survive a restart.
 *
 * <p>Identical actions that are asked again while one waits share its request: the owner is asked once.
 *
 * <p>What is of a risk that the owner named needs the yes of two devices, one after the other; one no is enough.
 *
 * <p>Must never: turn a timeout, an unknown id or an already used answer into a yes. Thread-safe.
 */
public final class Approvals implements Projection {
    static final String REQUESTED = "mirror.approval.requested.v1";
    static final String SIGNED = "mirror.approval.signed.v1";
    static final String ANSWERED = "mirror.approval.answered.v1";
    static final String USED = "mirror.approval.used.v1";

    /** Where a request stands. */
    public enum Status {
        PENDING,
        ALLOWED,
        DENIED,
        USED,
        EXPIRED;

        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * One request.
     *
     * @param digest SHA-256 of the canonical action
     * @param nonce random; an answer that is signed elsewhere repeats it
     * @param summary what would happen, one line
     * @param needed how many devices have to say yes, 1 or 2
     * @param signed those that did
     */
    public record Request(
            String id,
            String digest,
            String nonce,
            String session,
            String actor,
            String tool,
            String summary,
            String reason,
            Instant requested,
            Instant expires,
            Status status,
            int needed,
            List<String> signed) {
        /** As others see it: nothing that an answer does not need, and nothing secret. */
        public void writeTo(ObjectNode json) {
            json.put("id", id)
                    .put("status", status.text())
                    .put("actor", actor)
                    .put("session", session)
                    .put("tool", tool)
                    .put("summary", summary)
                    .put("reason", reason)
                    .put("digest", digest)
                    .put("nonce", nonce)
                    .put("requested", requested.toString())
                    .put("expires", expires.toString());
            if (needed > 1) {
                json.putObject("signatures").put("needed", needed).put("given", signed.size());
            }
        }

        private Request with(Status now) {
            return new Request(
                    id, digest, nonce, session, actor, tool, summary, reason, requested, expires, now, needed, signed);
        }

        /** With one more yes; the last that is needed allows it. */
        private Request allowedBy(String by) {
            List<String> all = Stream.concat(signed.stream(), Stream.of(device(by)))
                    .distinct()
                    .toList();
            return new Request(
                    id,
                    digest,
                    nonce,
                    session,
                    actor,
                    tool,
                    summary,
                    reason,
                    requested,
                    expires,
                    all.size() < needed ? status : Status.ALLOWED,
                    needed,
                    all);
        }
    }

    /** Whose word it is: a phone's passkey and its other key are one device, if they have one name. */
    private static String device(String by) {
        return by.substring(by.indexOf(':') + 1);
    }

    /** Requests that are remembered; one that made room is unknown, which is no yes. */
    static final int KEPT = 5_000;

    /** Requests of which the whole action is held. */
    private static final int WHOLE = 200;

    private final InstantSource clock;
    private final RandomGenerator random;
    private final Supplier<Duration> lifetime;
    private final Set<Risk> twice;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Map<String, Request> requests = new LinkedHashMap<>();

    /** The newest request for each action, by digest: an older one for the same action has ended, or there would be no newer. */
    private final Map<String, String> newest = new HashMap<>();

    /** What was asked in this process and still waits, whole; the log has it without its secrets. */
    private final Map<String, Action> waiting = new LinkedHashMap<>();

    public Approvals(InstantSource clock, RandomGenerator random, Duration lifetime) {
        this(clock, random, () -> lifetime, Set.of());
    }

    /**
     * @param lifetime how long a request that is made now waits for its answer
     * @param twice of which risk an action is that two devices have to allow
     */
    public Approvals(InstantSource clock, RandomGenerator random, Supplier<Duration> lifetime, Set<Risk> twice) {
        this.clock = clock;
        this.random = random;
        this.lifetime = lifetime;
        this.twice = twice;
    }

    @Override
    public String name() {
        return "approvals";
    }

    @Override
    public int version() {
        return 4;
    }

    @Override
    public JsonNode save() {
        lock.lock();
        try {
            return Json.array(requests.values());
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void restore(JsonNode saved) {
        lock.lock();
        try {
            requests.clear();
            newest.clear();
            Json.list(saved, Request.class).forEach(this::put);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void accept(Event event) {
        lock.lock();
        try {
            switch (event.type()) {
                case REQUESTED ->
                    put(new Request(
                            event.text("approval"),
                            event.text("digest"),
                            event.text("nonce"),
                            String.valueOf(event.session()),
                            event.actor(),
                            event.text("tool"),
                            event.text("summary"),
                            event.text("reason"),
                            event.time(),
                            Instant.parse(event.text("expires")),
                            Status.PENDING,
                            event.data().path("devices").asInt(1),
                            List.of()));
                case SIGNED ->
                    requests.computeIfPresent(
                            event.text("approval"), (_, request) -> request.allowedBy(event.text("by")));
                case ANSWERED -> {
                    requests.computeIfPresent(
                            event.text("approval"),
                            (_, request) -> event.text("answer").equals("allow")
                                    ? request.allowedBy(event.text("by"))
                                    : request.with(Status.DENIED));
                    waiting.remove(event.text("approval"));
                }
                case USED ->
                    requests.computeIfPresent(event.text("approval"), (_, request) -> request.with(Status.USED));
                default -> {
                    return;
                }
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void put(Request request) {
        requests.put(request.id, request);
        newest.put(request.digest, request.id);
        if (requests.size() > KEPT) {
            Request eldest = requests.remove(requests.keySet().iterator().next());
            if (eldest != null) {
                newest.remove(eldest.digest, eldest.id);
            }
        }
    }

    /** The event that opens a request for the action, or the id of the one that is open already. */
    sealed interface Asked {
        record New(String id, Draft draft) implements Asked {}

        record Open(String id) implements Asked {}
    }

    Asked ask(Action action, String summary, String reason) {
        String digest = action.digest();
        Optional<Request> open = find(digest, Status.PENDING);
        if (open.isPresent()) {
            return new Asked.Open(open.get().id);
        }
        String id = "a" + Long.toString(random.nextLong(36L * 36 * 36 * 36 * 36, 36L * 36 * 36 * 36 * 36 * 36), 36);
        String nonce = Long.toHexString(random.nextLong()) + Long.toHexString(random.nextLong());
        hold(id, action);
        ObjectNode data = Json.object()
                .put("approval", id)
                .put("digest", digest)
                .put("nonce", nonce)
                .put("tool", action.tool())
                .put("summary", summary)
                .put("reason", reason)
                .put("expires", clock.instant().plus(lifetime.get()).toString());
        if (twice.contains(action.risk())) {
            data.put("devices", 2);
        }
        return new Asked.New(
                id, Draft.of(REQUESTED, action.actor(), data).subject(id).session(action.session()));
    }

    private void hold(String id, Action action) {
        lock.lock();
        try {
            waiting.put(id, action);
            if (waiting.size() > WHOLE) {
                waiting.remove(waiting.keySet().iterator().next());
            }
        } finally {
            lock.unlock();
        }
    }

    /** The action that a request is about, with its secrets; empty when it does not wait any more, or was asked of an earlier daemon. */
    Optional<Action> action(String id) {
        lock.lock();
        try {
            return get(id).filter(request -> request.status == Status.PENDING).map(request -> waiting.get(request.id));
        } finally {
            lock.unlock();
        }
    }

    /**
     * The event that answers a request, or that one of two devices said yes. The caller holds the projector's lock until it
     * has recorded the event.
     *
     * @param by the device: {@code cli}, or a kind and a name such as {@code passkey:phone}
     * @throws TrustException when there is no such request, it no longer waits, or this device has allowed it already
     */
    public Draft answer(String id, boolean allow, String by) {
        Request request = get(id).orElseThrow(() ->
                new TrustException("there is no approval request '" + id + "'; 'mirror approvals' lists them"));
        if (request.status != Status.PENDING) {
            throw new TrustException("the request " + id + " is already " + request.status.text());
        }
        if (allow && request.signed.contains(device(by))) {
            throw new TrustException("'" + device(by) + "' has allowed " + id + " already; another device has to, too");
        }
        boolean last = !allow || request.signed.size() + 1 >= request.needed;
        ObjectNode data = Json.object().put("approval", id).put("digest", request.digest);
        if (last) {
            data.put("answer", allow ? "allow" : "deny");
        }
        return Draft.of(last ? ANSWERED : SIGNED, "owner", data.put("by", by))
                .subject(id)
                .session(request.session);
    }

    /** An answered yes for exactly this action that was not used yet. */
    Optional<Request> allowed(String digest) {
        return find(digest, Status.ALLOWED);
    }

    Draft use(Request request) {
        return Draft.of(
                        USED,
                        request.actor,
                        Json.object().put("approval", request.id).put("digest", request.digest))
                .subject(request.id)
                .session(request.session);
    }

    private Optional<Request> find(String digest, Status status) {
        lock.lock();
        try {
            return Optional.ofNullable(newest.get(digest))
                    .flatMap(this::get)
                    .filter(request -> request.status == status);
        } finally {
            lock.unlock();
        }
    }

    public Optional<Request> get(String id) {
        lock.lock();
        try {
            return Optional.ofNullable(requests.get(id)).map(this::aged);
        } finally {
            lock.unlock();
        }
    }

    /** Newest first. */
    public List<Request> list() {
        lock.lock();
        try {
            List<Request> all = new ArrayList<>();
            requests.values().forEach(request -> all.add(aged(request)));
            all.sort(Comparator.comparing(Request::requested).reversed());
            return all;
        } finally {
            lock.unlock();
        }
    }

    private Request aged(Request request) {
        boolean open = request.status == Status.PENDING || request.status == Status.ALLOWED;
        return open && !clock.instant().isBefore(request.expires) ? request.with(Status.EXPIRED) : request;
    }

    /**
     * Waits until the request is no longer pending, or the time is over.
     *
     * @return the request as it stands then, or nothing when there is none
     */
    public Optional<Request> await(String id, Duration atMost) throws InterruptedException {
        long nanos = atMost.toNanos();
        lock.lock();
        try {
            while (nanos > 0) {
                @Nullable Request request = get(id).orElse(null);
                if (request == null || request.status != Status.PENDING) {
                    return Optional.ofNullable(request);
                }
                long left = Duration.between(clock.instant(), request.expires).toNanos();
                nanos -= Math.max(0, Math.min(nanos, left) - changed.awaitNanos(Math.min(nanos, left)));
            }
            return get(id);
        } finally {
            lock.unlock();
        }
    }
}
