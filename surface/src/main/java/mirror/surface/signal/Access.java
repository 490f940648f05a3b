package mirror.surface.signal;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import mirror.bus.Json;
import mirror.bus.NoteKey;
import mirror.surface.signal.SignalRefused.Fault;
import mirror.trust.Action;
import mirror.trust.Decision;
import mirror.trust.Effect;
import mirror.trust.Gate;
import mirror.trust.LeaseScope;
import mirror.trust.LeaseToken;
import mirror.trust.Leases;
import mirror.trust.TrustException;
import mirror.trust.Verdict;
import org.jspecify.annotations.Nullable;

/**
 * Who may publish to and hear which topic: the bearer of a lease token whose effects name it ({@code publish:topic/NAME},
 * {@code subscribe:topic/NAME}), for as long as the lease holds. A token comes as ntfy's clients send theirs: as bearer, as the
 * password of any user, or in {@code ?auth=}. No token is no. What is published is decided by the gate as well. Thread-safe.
 */
final class Access {
    static final String TOOL = "signal";

    /** Refused tokens a minute that are listened to: proving one costs a millisecond. */
    static final int REFUSALS = 60;

    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final int REMEMBERED = 256;
    private static final Pattern ACTOR = Pattern.compile("[a-z0-9][a-z0-9.-]{0,63}");

    private final Leases leases;
    private final NoteKey device;
    private final Gate gate;
    private final Path home;
    private final InstantSource clock;
    private final Map<String, LeaseToken.Verified> proven = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, LeaseToken.Verified> eldest) {
            return size() > REMEMBERED;
        }
    };
    private Instant since = Instant.EPOCH;
    private int refused;

    /** @param device what signs leases */
    Access(Leases leases, NoteKey device, Gate gate, Path home, InstantSource clock) {
        this.leases = leases;
        this.device = device;
        this.gate = gate;
        this.home = home;
        this.clock = clock;
    }

    // ---- who it is

    /**
     * Who shows which token.
     *
     * @throws SignalRefused when there is none, or it does not hold
     */
    Caller caller(Params params) {
        String token = token(params);
        if (token.isEmpty()) {
            throw SignalRefused.of(Fault.FORBIDDEN);
        }
        if (refusals(0) >= REFUSALS) {
            throw SignalRefused.of(Fault.TOO_MANY_FAILURES);
        }
        try {
            LeaseToken.Verified verified = verified(token);
            leases.standing(verified);
            return new Caller(actor(verified.holder()), verified);
        } catch (TrustException e) {
            refusals(1);
            throw SignalRefused.of(Fault.UNAUTHORIZED);
        }
    }

    private synchronized LeaseToken.Verified verified(String token) {
        LeaseToken.Verified known = proven.get(token);
        if (known == null) {
            known = LeaseToken.parse(token).verify(device);
            proven.put(token, known);
        }
        return known;
    }

    private static String token(Params params) {
        String header = params.headers().getOrDefault("authorization", "").strip();
        String query =
                params.query().getOrDefault("authorization", params.query().getOrDefault("auth", ""));
        if (!query.isBlank()) {
            header = decoded(Base64.getUrlDecoder(), query.strip().replaceFirst("=+$", ""))
                    .strip();
        }
        String lower = header.toLowerCase(Locale.ROOT);
        if (lower.startsWith("bearer ")) {
            return header.substring("bearer ".length()).strip();
        }
        if (lower.startsWith("basic ")) {
            String pair = decoded(
                    Base64.getDecoder(), header.substring("basic ".length()).strip());
            return pair.substring(pair.indexOf(':') + 1);
        }
        return "";
    }

    private static String decoded(Base64.Decoder decoder, String text) {
        try {
            return new String(decoder.decode(text), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw SignalRefused.of(Fault.UNAUTHORIZED);
        }
    }

    private static String actor(String holder) {
        String name = holder.substring(holder.indexOf(':') + 1);
        return holder.startsWith("session:") || !ACTOR.matcher(name).matches() ? TOOL : name;
    }

    private synchronized int refusals(int more) {
        Instant now = clock.instant();
        if (Duration.between(since, now).abs().compareTo(MINUTE) >= 0) {
            since = now;
            refused = 0;
        }
        refused += more;
        return refused;
    }

    // ---- what it may

    /** @throws SignalRefused unless the caller may hear all of the topics now */
    void hears(Caller caller, List<String> topics) {
        for (String topic : topics) {
            covers(caller, "subscribe", topic);
        }
    }

    /** Whether the caller may still hear them; asked again before each message. */
    boolean stillHears(Caller caller, List<String> topics) {
        try {
            hears(caller, topics);
            return true;
        } catch (SignalRefused e) {
            return false;
        }
    }

    /**
     * Lets a message in: the lease covers the topic, and the gate says yes to it. What it says is no part of the question, so that it
     * is in no log.
     *
     * @throws SignalRefused otherwise
     */
    void publishes(Caller caller, String topic, int priority) {
        covers(caller, "publish", topic);
        LeaseToken.Verified lease = caller.lease();
        if (lease == null) {
            return;
        }
        leftFor(lease);
        Action action = new Action(
                caller.actor(),
                TOOL,
                null,
                TOOL,
                Json.object().put("topic", topic).put("priority", priority),
                home,
                home,
                List.of(new Effect.Publish("topic/" + topic, false)));
        String refusal = refusal(gate, action);
        if (refusal != null) {
            throw SignalRefused.of(Fault.FORBIDDEN, refusal);
        }
    }

    /** Whether the lease has an end of its uses. */
    boolean isCounted(LeaseToken.Verified lease) {
        return leases.left(lease).actions() != LeaseScope.UNLIMITED;
    }

    /** @throws SignalRefused when the lease has no use left */
    void leftFor(LeaseToken.Verified lease) {
        if (leases.left(lease).actions() < 1) {
            throw SignalRefused.of(Fault.FORBIDDEN, "the lease is used up");
        }
    }

    /**
     * Why the gate does not let this happen now, or null: then it is recorded that it does. Nobody waits here for the owner's yes, so what
     * the policy asks about is no, and opens no request.
     */
    static @Nullable String refusal(Gate gate, Action action) {
        Decision dry = gate.dryRun(action);
        Decision decision = dry.verdict() == Verdict.ASK ? dry : gate.decide(action);
        return decision.verdict() == Verdict.ALLOW
                ? null
                : "the gate says " + decision.verdict().text() + " by rule " + decision.rule() + ": "
                        + decision.reason();
    }

    private void covers(Caller caller, String kind, String topic) {
        LeaseToken.Verified lease = caller.lease();
        if (lease == null) {
            return;
        }
        try {
            if (!leases.standing(lease).scope().allows(kind, "topic/" + topic)) {
                throw SignalRefused.of(Fault.FORBIDDEN);
            }
        } catch (TrustException e) {
            throw SignalRefused.of(Fault.UNAUTHORIZED);
        }
    }
}
