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
 * Gives an answer again where the owner says so for a route: to the same caller, for the same bytes, before its time is over. The call has
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
    private final TiersFile tiers;
    private final Leases leases;
    private final Governor governor;
    private final Receipts receipts;
    private final InstantSource clock;

    Reuse(
            AnswerCache cache,
            TiersFile tiers,
            Leases leases,
            Governor governor,
            Receipts receipts,
            InstantSource clock) {
        this.cache = cache;
        this.tiers = tiers;
        this.leases = leases;
        this.governor = governor;
        this.receipts = receipts;
        this.clock = clock;
    }

    /** Under what the answer to this call is kept; null when it may not be. */
    static AnswerCache.@Nullable Key key(Call call) {
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
        Digest digest = new Digest();
        Governor.Key caller = call.slot().key;
        digest.add("mirror-answer-1").add(call.lease().holder());
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
        digest.add("").add(call.request().query()).add(call.request().body());
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
    boolean answered(Call call, AnswerCache.Key key, Reply reply) throws IOException {
        AnswerCache.Kept kept =
                cache.get(key, call.slot().route.choosing().cache()).orElse(null);
        if (kept == null || !governor.mayGo(call.slot())) {
            return false;
        }
        receipt(call, kept);
        List<Header> headers = List.of(
                new Header("content-type", kept.type()),
                new Header("x-mirror-cache", "hit"),
                new Header(
                        "age",
                        Long.toString(
                                Duration.between(kept.at(), clock.instant()).toSeconds())));
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

    /** Keeps what the client was given by one provider, whole. */
    void keep(AnswerCache.Key key, Attempt.Saved given, boolean stream, Candidate by) {
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
                    key,
                    new AnswerCache.Kept(
                            clock.instant(),
                            types.getFirst(),
                            stream,
                            by.name(),
                            by.provider().tier(),
                            given.body()));
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

    private void receipt(Call call, AnswerCache.Kept kept) {
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
                .put("why", "the same was answered to the same caller at " + kept.at());
        Bill.put(receipt, "session", call.slot().key.session());
        Bill.put(receipt, "project", call.slot().key.project());
        receipts.call(receipt);
    }
}
