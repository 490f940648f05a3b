package mirror.trust;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;
import mirror.bus.AtomicFiles;
import mirror.bus.Draft;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.bus.Projection;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Passkeys whose owner may allow what waits. Which ones count is a fold over events. What is to be signed is an {@link Envelope}: the whole
 * action, which the page itself hashes with what it shows, so that the signature is over what the owner read and not over what a server
 * says it was. An envelope is held in memory, for minutes, and answered once.
 *
 * <p>Must never: let an action go ahead that differs in one byte from what was signed, twice, late, or by a key that does not count now.
 * Thread-safe.
 */
public final class Passkeys implements Projection {
    static final String ENROLLED = "mirror.passkey.enrolled.v1";
    static final String REVOKED = "mirror.passkey.revoked.v1";

    /** COSE's numbers of the kinds of keys that count: ES256 and Ed25519. */
    public static final List<Integer> ALGORITHMS = List.of(WebAuthn.ES256, WebAuthn.EDDSA);

    /** What stands before the envelope where it is hashed; a signature for anything else is none for an action. */
    static final String PREFIX = "mirror.approval.v1\n";

    private static final Duration LIFETIME = Duration.ofMinutes(5);
    private static final Duration DESTRUCTIVE = Duration.ofMinutes(2);
    private static final int MOST = 500;
    private static final int CHALLENGE = 32;

    /** How far a yes reaches. */
    public enum Scope {
        ONCE,
        SESSION;

        public String text() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }

        /** @throws TrustException when it is none */
        public static Scope of(String text) {
            for (Scope each : values()) {
                if (each.text().equals(text)) {
                    return each;
                }
            }
            throw new TrustException("an answer is for 'once' or for the 'session'");
        }
    }

    /**
     * One passkey.
     *
     * @param id of the credential, base64url
     * @param key SPKI in base64
     * @param algorithm COSE's number
     * @param rp host that it is for
     * @param count its signature counter
     * @param revoked when the owner took its word away, or null
     */
    public record Passkey(
            String id,
            String name,
            String key,
            int algorithm,
            String rp,
            Instant enrolled,
            long count,
            @Nullable Instant revoked) {
        private Passkey counted(long now) {
            return new Passkey(id, name, key, algorithm, rp, enrolled, now, revoked);
        }

        private Passkey gone(Instant when) {
            return new Passkey(id, name, key, algorithm, rp, enrolled, count, when);
        }
    }

    /**
     * What is shown to be signed.
     *
     * @param text canonical JSON: object keys in code point order, no white space
     * @param until when it is too late
     */
    public record Envelope(String approval, String text, Instant until) {
        /** What is signed: SHA-256 over the prefix, the text, a line feed and the scope. */
        byte[] challenge(Scope scope) {
            return WebAuthn.sha256((PREFIX + text + "\n" + scope.text()).getBytes(StandardCharsets.UTF_8));
        }
    }

    /** What a page hands in, each part base64url as the browser gives it. */
    public record Assertion(String id, String clientData, String authenticator, String signature) {}

    /** What a page hands in for a new passkey. */
    public record Attested(String id, String clientData, String authenticator, String key, int algorithm) {}

    private final InstantSource clock;
    private final RandomGenerator random;
    private final Map<String, Passkey> passkeys = new LinkedHashMap<>();

    /** Envelopes that were shown, by the hex of each challenge that would answer them. */
    private final Map<String, Shown> shown = new LinkedHashMap<>();

    private record Shown(Envelope envelope, Scope scope, String digest) {}

    /** Challenges for new passkeys, by the code of the invitation. */
    private final Map<String, byte[]> beginnings = new LinkedHashMap<>();

    public Passkeys(InstantSource clock, RandomGenerator random) {
        this.clock = clock;
        this.random = random;
    }

    // ---- which count

    @Override
    public String name() {
        return "passkeys";
    }

    @Override
    public int version() {
        return 1;
    }

    @Override
    public synchronized void accept(Event event) {
        String id = event.text("passkey");
        switch (event.type()) {
            case ENROLLED ->
                passkeys.put(
                        id,
                        new Passkey(
                                id,
                                event.text("device"),
                                event.text("key"),
                                event.data().path("algorithm").asInt(0),
                                event.text("rp"),
                                event.time(),
                                0,
                                null));
            case REVOKED -> passkeys.computeIfPresent(id, (_, passkey) -> passkey.gone(event.time()));
            case Approvals.ANSWERED -> {
                signed(id, event);
                shown.values().removeIf(each -> each.envelope.approval.equals(event.text("approval")));
            }
            case Approvals.SIGNED -> signed(id, event);
            default -> {}
        }
    }

    private void signed(String id, Event event) {
        passkeys.computeIfPresent(
                id, (_, passkey) -> passkey.counted(event.data().path("count").asLong(passkey.count)));
    }

    @Override
    public synchronized JsonNode save() {
        return Json.array(passkeys.values());
    }

    @Override
    public synchronized void restore(JsonNode saved) {
        passkeys.clear();
        for (Passkey passkey : Json.list(saved, Passkey.class)) {
            passkeys.put(passkey.id, passkey);
        }
    }

    public synchronized List<Passkey> list() {
        return List.copyOf(passkeys.values());
    }

    /** Those that count, for a host. */
    public synchronized List<Passkey> of(String rp) {
        return passkeys.values().stream()
                .filter(each -> each.revoked == null && each.rp.equals(rp))
                .toList();
    }

    /**
     * The event that takes a passkey's word away.
     *
     * @param name the device's, or the credential's id
     * @throws TrustException when there is none that counts
     */
    public synchronized Draft revoke(String name) {
        Passkey known = passkeys.values().stream()
                .filter(each -> each.revoked == null && (each.name.equals(name) || each.id.equals(name)))
                .findFirst()
                .orElseThrow(
                        () -> new TrustException("there is no passkey '" + Redactor.field(name) + "' that counts"));
        return Draft.of(REVOKED, "owner", Json.object().put("passkey", known.id).put("device", known.name))
                .subject(known.name);
    }

    // ---- how one comes to count

    /** The challenge for a new passkey, once for each invitation. */
    public synchronized String begin(String code) {
        byte[] challenge = new byte[CHALLENGE];
        random.nextBytes(challenge);
        beginnings.put(code, challenge);
        if (beginnings.size() > MOST) {
            beginnings.remove(beginnings.keySet().iterator().next());
        }
        return Base64.getUrlEncoder().withoutPadding().encodeToString(challenge);
    }

    /**
     * What a browser made for an invitation, which the owner has yet to confirm.
     *
     * @param page origin of the page that asked, of which this server knows that it is its own
     * @throws TrustException when it is not what was asked for
     */
    public Invitations.Candidate attested(URI page, String code, Attested made) {
        byte[] challenge;
        synchronized (this) {
            challenge = beginnings.remove(code);
        }
        if (challenge == null) {
            throw new TrustException("this passkey was not asked for, or is handed in a second time");
        }
        byte[] spki = WebAuthn.decode(made.key);
        WebAuthn.key(spki, made.algorithm);
        WebAuthn.created(
                party(page),
                challenge,
                WebAuthn.decode(made.id),
                WebAuthn.decode(made.clientData),
                WebAuthn.decode(made.authenticator));
        String host = page.getHost();
        return new Invitations.Candidate() {
            @Override
            public String fingerprint() {
                return Invitations.fingerprint(AtomicFiles.digest(spki));
            }

            @Override
            public Draft enrolled(String name) {
                synchronized (Passkeys.this) {
                    if (passkeys.containsKey(made.id)) {
                        throw new TrustException("this passkey is enrolled already, or was revoked");
                    }
                    if (passkeys.values().stream().anyMatch(each -> each.revoked == null && each.name.equals(name))) {
                        throw new TrustException("there is a passkey '" + name + "' already; 'mirror device revoke "
                                + name + "' first, or take another name");
                    }
                }
                return Draft.of(
                                ENROLLED,
                                "owner",
                                Json.object()
                                        .put("device", name)
                                        .put("passkey", made.id)
                                        .put("key", Base64.getEncoder().encodeToString(spki))
                                        .put("algorithm", made.algorithm)
                                        .put("rp", host))
                        .subject(name);
            }
        };
    }

    private static WebAuthn.Party party(URI page) {
        return new WebAuthn.Party(page.getHost(), Set.of(page.toString()));
    }

    // ---- what is signed

    /**
     * What waits, whole, to be shown and signed; each call begins the time anew.
     *
     * @return empty when it does not wait any more, or only an earlier daemon knew the whole of it
     */
    public Optional<Envelope> envelope(Approvals approvals, String approval) {
        Approvals.Request request = approvals.get(approval).orElse(null);
        Action action = approvals.action(approval).orElse(null);
        if (request == null || action == null) {
            return Optional.empty();
        }
        Risk risk = action.risk();
        Instant late = clock.instant().plus(risk == Risk.DESTRUCTIVE ? DESTRUCTIVE : LIFETIME);
        Instant until = late.isBefore(request.expires()) ? late : request.expires();
        ObjectNode json = Json.object()
                .put("approval", request.id())
                .put("expires", until.toString())
                .put("nonce", request.nonce())
                .put("project", action.project().toString())
                .put("reason", request.reason())
                .put("risk", risk.text());
        json.set("action", action.canonical());
        var effects = json.putArray("effects");
        action.effects().stream().map(Effects::describe).distinct().forEach(effects::add);
        Envelope envelope = new Envelope(approval, Json.MAPPER.writeValueAsString(Action.sorted(json)), until);
        synchronized (this) {
            for (Scope scope : Scope.values()) {
                shown.put(WebAuthn.hex(envelope.challenge(scope)), new Shown(envelope, scope, request.digest()));
            }
            while (shown.size() > 2 * MOST) {
                shown.remove(shown.keySet().iterator().next());
            }
        }
        return Optional.of(envelope);
    }

    /** A yes that counts, to be recorded while the approvals are locked. */
    public record Yes(Draft draft, Approvals.Request request, Scope scope) {}

    /**
     * What a signed yes leads to. The caller holds the lock of {@code approvals} until it has recorded it, so that of many that bring the
     * same yes one alone succeeds.
     *
     * @param approval the request that the caller says it is about
     * @throws TrustException when it is not exactly right
     */
    public Yes allowed(URI page, String approval, Assertion given, Approvals approvals) {
        byte[] client = WebAuthn.decode(given.clientData);
        byte[] claimed = WebAuthn.challenge(client);
        Passkey passkey;
        Shown was;
        synchronized (this) {
            was = shown.get(WebAuthn.hex(claimed));
            passkey = passkeys.get(given.id);
        }
        if (was == null || !was.envelope.approval.equals(approval)) {
            throw new TrustException("what was signed is not what was shown for this request; load it anew");
        }
        if (passkey == null || passkey.revoked != null || !passkey.rp.equals(page.getHost())) {
            throw new TrustException("this passkey is not enrolled");
        }
        if (!clock.instant().isBefore(was.envelope.until)) {
            throw new TrustException("it took too long; load the request anew");
        }
        Approvals.Request request = approvals.get(approval).orElse(null);
        if (request == null || !MessageDigest.isEqual(bytes(request.digest()), bytes(was.digest))) {
            throw new TrustException("the request is another one now");
        }
        long count = WebAuthn.asserted(
                party(page),
                was.envelope.challenge(was.scope),
                WebAuthn.key(Base64.getDecoder().decode(passkey.key), passkey.algorithm),
                passkey.count,
                client,
                WebAuthn.decode(given.authenticator),
                WebAuthn.decode(given.signature));
        Draft draft = approvals.answer(approval, true, "passkey:" + passkey.name);
        draft.data()
                .put("passkey", passkey.id)
                .put("count", count)
                .put("scope", was.scope.text())
                .put("envelope-sha256", AtomicFiles.digest(bytes(was.envelope.text)));
        draft.data()
                .putObject("assertion")
                .put("authenticatorData", given.authenticator)
                .put("clientDataJSON", given.clientData)
                .put("signature", given.signature);
        return new Yes(draft, request, was.scope);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
