package mirror.tiers.gateway;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import mirror.bus.AtomicFiles;
import mirror.bus.Json;
import mirror.tiers.Candidate;
import mirror.tiers.Choosing;
import mirror.tiers.Tiers;
import mirror.tiers.TiersFile;
import mirror.tiers.wire.Header;
import mirror.trust.Leases;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * Gives an answer again where the owner says so for a route: to the same caller, for the same bytes, before its time is over; or, where the owner says that too, for a question like it, and then the answer is labelled. The call has
 * passed lease, session, sensitivity and local-only by then, and the gate is asked for it as for any other. Kept is what one provider alone
 * answered whole with 200, to a request without tools whose own bytes are all that it rests on. Must never: give what another identity
 * got, keep a part of an answer. Thread-safe.
 */
final class Reuse {
    /** Headers that say who or when, and change no answer. Whatever else passes to a provider makes another request. */
    private static final Set<String> NEUTRAL = Set.of(
            "user-agent",
            "accept",
            "accept-encoding",
            "accept-language",
            "content-type",
            "cache-control",
            "priority",
            "traceparent",
            "tracestate",
            "baggage",
            "x-request-id",
            "x-client-request-id",
            "x-app");

    private final AnswerCache cache;
    private final Likeness likeness;
    private final TiersFile tiers;
    private final Leases leases;
    private final Governor governor;
    private final Receipts receipts;
    private final InstantSource clock;

    Reuse(
            AnswerCache cache,
            Likeness likeness,
            TiersFile tiers,
            Leases leases,
            Governor governor,
            Receipts receipts,
            InstantSource clock) {
        this.cache = cache;
        this.likeness = likeness;
        this.tiers = tiers;
        this.leases = leases;
        this.governor = governor;
        this.receipts = receipts;
        this.clock = clock;
    }

    /** Where the answer to a call is kept. Used by one thread. */
    static final class Place {
        private final AnswerCache.Key key;
        private Likeness.@Nullable Asked asked;

        private Place(AnswerCache.Key key) {
            this.key = key;
        }
    }

    /** Where the answer to this call is kept; null when it may not be. */
    static @Nullable Place place(Call call) {
        Duration most = call.slot().route.choosing().cache();
        if (most.isZero()
                || !call.bounded()
                || call.needs().tools() > 0
                || call.request().endpoint().isFree()) {
            return null;
        }
        String wish = call.request().header("cache-control").toLowerCase(Locale.ROOT);
        if (wish.contains("no-cache") || wish.contains("no-store")) {
            return null;
        }
        return new Place(key(call, "mirror-answer-1", List.of(call.request().body())));
    }

    /** Of all that an answer may depend on, but for the body, and of these parts of it. */
    private static AnswerCache.Key key(Call call, String kind, List<byte[]> parts) {
        Digest digest = new Digest();
        Governor.Key caller = call.slot().key;
        digest.add(kind).add(call.lease().holder());
        call.lease().ids().forEach(digest::add);
        digest.add(call.request().endpoint().text())
                .add(caller.route())
                .add(caller.localOnly() ? "local" : "")
                .add(Admission.sensitivity(call.request()));
        // Another model, another address, another order: another answer.
        for (Candidate each : call.slot().route.candidates()) {
            digest.add(each.name()).add(each.provider().base().toString());
        }
        digest.add(String.valueOf(call.slot().route.choosing().order()));
        Headers.toProvider(call.request().headers()).stream()
                .map(header -> header.name().toLowerCase(Locale.ROOT) + ":" + header.value())
                .filter(line ->
                        !NEUTRAL.contains(line.substring(0, line.indexOf(':'))) && !line.startsWith("x-stainless-"))
                .sorted()
                .forEach(digest::add);
        digest.add("").add(call.request().query());
        parts.forEach(digest::add);
        return new AnswerCache.Key(call.lease().ids().getFirst(), digest.hex());
    }

    /** Each part with its length before it, so that no two lists of parts give the same bytes. */
    private static final class Digest {
        private final MessageDigest sha256 = AtomicFiles.sha256();

        Digest add(String text) {
            return add(text.getBytes(StandardCharsets.UTF_8));
        }

        Digest add(byte[] bytes) {
            sha256.update((bytes.length + ":").getBytes(StandardCharsets.US_ASCII));
            sha256.update(bytes);
            return this;
        }

        String hex() {
            return HexFormat.of().formatHex(sha256.digest());
        }
    }

    /** Whether the call was answered with what is kept. */
    boolean answered(Call call, Place place, Reply reply) throws IOException {
        Choosing choosing = call.slot().route.choosing();
        AnswerCache.Kept same = cache.get(place.key, choosing.cache()).orElse(null);
        Likeness.Found found = same == null && choosing.similar() > 0 ? alike(call, place, choosing) : null;
        AnswerCache.Kept kept = found == null ? same : found.kept();
        if (kept == null || !governor.mayGo(call.slot())) {
            return false;
        }
        List<Header> headers = new ArrayList<>();
        headers.add(new Header("content-type", kept.type()));
        headers.add(new Header("x-mirror-cache", found == null ? "hit" : "similar"));
        String why = "the same was answered";
        if (found != null) {
            String near = String.format(Locale.ROOT, "%.3f", found.likeness());
            headers.add(new Header("x-mirror-likeness", near));
            why = "a question like it (" + near + ") was answered";
        }
        headers.add(new Header(
                "age",
                Long.toString(Duration.between(kept.at(), clock.instant()).toSeconds())));
        receipt(call, kept, why + " to the same caller at " + kept.at());
        ClientGone.when(() -> {
            if (kept.stream()) {
                OutputStream to = reply.stream(200, headers);
                to.write(kept.body());
                to.flush();
            } else {
                reply.send(200, headers, kept.body());
            }
        });
        return true;
    }

    private Likeness.@Nullable Found alike(Call call, Place place, Choosing choosing) {
        Likeness.Asked asked = likeness.asked(
                        call.request().endpoint(),
                        call.request().body(),
                        parts -> key(call, "mirror-question-1", parts))
                .orElse(null);
        place.asked = asked;
        return asked == null
                ? null
                : likeness.find(asked, choosing.similar(), choosing.cache()).orElse(null);
    }

    /** Keeps what the client was given by one provider, whole. */
    void keep(Call call, Place place, Attempt.Saved given, boolean stream, Candidate by) {
        List<String> types = new ArrayList<>();
        for (Header header : given.headers()) {
            if (header.is("content-encoding") && !header.value().equalsIgnoreCase("identity")) {
                return;
            }
            if (header.is("content-type")) {
                types.add(header.value());
            }
        }
        if (given.status() == 200 && types.size() == 1) {
            cache.put(
                    place.key,
                    new AnswerCache.Kept(
                            clock.instant(),
                            types.getFirst(),
                            stream,
                            by.name(),
                            by.provider().tier(),
                            given.body()));
            Likeness.Asked asked = place.asked;
            if (asked != null) {
                likeness.remember(asked, place.key, call.slot().route.choosing().cache());
            }
        }
    }

    /** Forgets what no route and no lease lets anybody have any more. */
    void sweep() {
        Tiers now = tiers.current().tiers();
        if (now == null) {
            return;
        }
        Duration most = now.routes().values().stream()
                .flatMap(route -> Stream.concat(
                        Stream.of(route.choosing()),
                        route.choosing().rules().stream().map(rule -> rule.to().choosing())))
                .map(Choosing::cache)
                .max(Comparator.naturalOrder())
                .orElse(Duration.ZERO);
        cache.sweep(
                id -> leases.get(id)
                        .filter(lease -> lease.state(clock.instant()).equals("valid"))
                        .isPresent(),
                most);
    }

    private void receipt(Call call, AnswerCache.Kept kept, String why) {
        int slash = kept.name().indexOf('/');
        ObjectNode receipt = Json.object()
                .put("provider", kept.name().substring(0, Math.max(0, slash)))
                .put("model", kept.name().substring(slash + 1))
                .put("tier", kept.tier())
                .put("agent", call.actor())
                .put("endpoint", call.request().endpoint().text())
                .put("outcome", "cached")
                .put("status", 200)
                .put("ms", (System.nanoTime() - call.started()) / 1_000_000)
                .put("in", 0)
                .put("out", 0)
                .put("money", 0)
                .put("route", call.slot().key.route())
                .put("why", why);
        Bill.put(receipt, "session", call.slot().key.session());
        Bill.put(receipt, "project", call.slot().key.project());
        receipts.call(receipt);
    }
}
