package mirror.surface.console;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.random.RandomGenerator;
import mirror.bus.AtomicFiles;
import mirror.bus.Draft;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.bus.Projection;
import mirror.trust.TrustException;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Browsers that the owner let in. Each has two random secrets of 256 bits, of which the log knows digests alone: a cookie, which no script
 * can read but which browsers give to every port of a host, and a key, which only pages of this very origin can read. One without the
 * other is nothing. A fold over events; thread-safe.
 */
public final class ConsoleSessions implements Projection {
    static final String PAIRED = "mirror.console.paired.v1";
    static final String LEFT = "mirror.console.left.v1";
    static final Duration LIFETIME = Duration.ofDays(30);

    private static final int SECRET = 32;
    private static final int MOST = 200;

    /**
     * One browser.
     *
     * @param cookie SHA-256 of its cookie, {@code key} of its key
     */
    public record Session(String id, String name, String cookie, String key, Instant since, Instant expires) {}

    /** What a browser is given, once. */
    record Secrets(String id, String cookie, String key, Instant expires, Draft draft) {}

    private final InstantSource clock;
    private final RandomGenerator random;
    private final Map<String, Session> sessions = new LinkedHashMap<>();

    public ConsoleSessions(InstantSource clock, RandomGenerator random) {
        this.clock = clock;
        this.random = random;
    }

    @Override
    public String name() {
        return "console";
    }

    @Override
    public int version() {
        return 1;
    }

    @Override
    public synchronized void accept(Event event) {
        String id = event.text("console");
        if (event.type().equals(PAIRED)) {
            Instant expires = Objects.requireNonNullElse(event.time("expires"), event.time());
            sessions.put(
                    id,
                    new Session(
                            id, event.text("name"), event.text("cookie"), event.text("key"), event.time(), expires));
            if (sessions.size() > MOST) {
                sessions.remove(sessions.keySet().iterator().next());
            }
        } else if (event.type().equals(LEFT)) {
            sessions.remove(id);
        }
    }

    @Override
    public synchronized JsonNode save() {
        return Json.array(sessions.values());
    }

    @Override
    public synchronized void restore(JsonNode saved) {
        sessions.clear();
        Json.list(saved, Session.class).forEach(session -> sessions.put(session.id, session));
    }

    /** Those that are let in now. */
    public synchronized List<Session> list() {
        Instant now = clock.instant();
        return sessions.values().stream()
                .filter(session -> now.isBefore(session.expires))
                .toList();
    }

    /** The browser that knows both secrets. */
    Optional<Session> of(@Nullable String cookie, @Nullable String key) {
        if (cookie == null || key == null) {
            return Optional.empty();
        }
        String cookieDigest = digest(cookie);
        String keyDigest = digest(key);
        // Of digests of random secrets, how long a comparison takes tells nobody anything.
        return list().stream()
                .filter(session -> session.cookie.equals(cookieDigest) && session.key.equals(keyDigest))
                .findFirst();
    }

    private static String digest(String secret) {
        return AtomicFiles.digest(secret.getBytes(StandardCharsets.UTF_8));
    }

    /** Secrets for a browser that may come in; they count when the draft is recorded. */
    Secrets pair(String name) {
        String cookie = secret();
        String key = secret();
        String id = "c" + Long.toString(random.nextLong(36L * 36 * 36 * 36 * 36, 36L * 36 * 36 * 36 * 36 * 36), 36);
        Instant expires = clock.instant().plus(LIFETIME);
        return new Secrets(
                id,
                cookie,
                key,
                expires,
                Draft.of(
                                PAIRED,
                                "owner",
                                Json.object()
                                        .put("console", id)
                                        .put("name", name)
                                        .put("cookie", digest(cookie))
                                        .put("key", digest(key))
                                        .put("expires", expires.toString()))
                        .subject(id));
    }

    private String secret() {
        byte[] bytes = new byte[SECRET];
        random.nextBytes(bytes);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    /**
     * The event by which a browser is let in no more.
     *
     * @throws TrustException when there is none
     */
    public Draft leave(String id) {
        if (list().stream().noneMatch(session -> session.id.equals(id))) {
            throw new TrustException("there is no browser '" + id + "'; 'mirror console list' shows them");
        }
        return Draft.of(LEFT, "owner", Json.object().put("console", id)).subject(id);
    }
}
