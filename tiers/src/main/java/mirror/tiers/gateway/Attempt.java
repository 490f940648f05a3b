package mirror.tiers.gateway;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import mirror.bus.Draft;
import mirror.tiers.Candidate;
import mirror.tiers.Tokens;
import mirror.tiers.wire.Exchange;
import mirror.tiers.wire.Header;
import mirror.tiers.wire.MalformedJson;
import mirror.tiers.wire.Upstreams;
import mirror.tiers.wire.WireException;
import org.jspecify.annotations.Nullable;

/** One call of one provider: budget, socket, answer, receipt. Used once, by one thread. */
final class Attempt {
    private static final int MAX_ANSWER = 64 * 1024 * 1024;
    private static final int MAX_ERROR = 256 * 1024;

    /** What attempts share. */
    record Tools(Governor governor, Breakers breakers, Upstreams upstreams, Receipts receipts) {
        void changed(@Nullable Draft draft) {
            if (draft != null) {
                receipts.record(draft);
            }
        }
    }

    /** An attempt that gave the client nothing. */
    record Failure(
            Breakers.Cause cause,
            String reason,
            int status,
            @Nullable Duration retryAfter,
            @Nullable Saved answer) {}

    /** A provider's own refusal, which the client gets when nobody else answers. */
    @SuppressWarnings("ArrayRecordComponent")
    record Saved(int status, List<Header> headers, byte[] body) {}

    private final Call call;
    private final Candidate candidate;
    private final Tools tools;
    private final Meter meter;
    private Reply.Ending ending = Reply.Ending.WHOLE;
    private long firstNanos = -1;

    /** A refusal that is about the request. */
    private @Nullable Saved held;

    Attempt(Call call, Candidate candidate, Tools tools) {
        this.call = call;
        this.candidate = candidate;
        this.tools = tools;
        this.meter = new Meter(call.request().endpoint());
    }

    /** How the answer ended that the client got. */
    Reply.Ending ending() {
        return ending;
    }

    /** @return null when the client has its answer, or the part of it that there was */
    @Nullable
    Failure run(Reply reply) throws Refusal, IOException {
        // The last look before anything leaves; whatever chose the candidate, this does not depend on it.
        if (call.localOnly() && !candidate.provider().local()) {
            throw new Refusal(403, "local-only", "this must not leave the owner's machines");
        }
        long limit = call.limit() > 0 ? call.limit() : candidate.model().output();
        Bill bill = Bill.open(call, candidate, call.request().body().length, limit, tools.governor(), tools.receipts());
        String outcome = "failed";
        int status = 0;
        boolean nothingUsed = false;
        try (Exchange exchange = tools.upstreams()
                .send(
                        candidate.provider().origin(),
                        "POST",
                        target(),
                        headers(),
                        body(),
                        candidate.provider().patience())) {
            status = exchange.status();
            if (status < 200 || status > 299) {
                nothingUsed = true;
                Failure failure = refused(exchange);
                outcome = failure == null ? "refused" : failure.cause.text();
                if (failure == null) {
                    pass(exchange, reply);
                }
                return failure;
            }
            Failure failure = isStream(exchange) ? stream(exchange, reply) : whole(exchange, reply);
            if (failure == null) {
                outcome = ending == Reply.Ending.WHOLE ? "answered" : "cut";
            } else {
                tools.changed(tools.breakers().failed(candidate.name(), failure.cause, failure.retryAfter));
                outcome = failure.cause.text();
            }
            return failure;
        } catch (WireException e) {
            nothingUsed = e.kind() == WireException.Kind.CONNECT;
            outcome = e.kind().text();
            tools.changed(tools.breakers().failed(candidate.name(), Breakers.Cause.FAILING, null));
            return failing(e);
        } catch (ClientGone e) {
            outcome = "client-gone";
            throw e;
        } finally {
            bill.settle(nothingUsed ? Tokens.NONE : meter.tokens(), outcome, status, firstNanos);
        }
    }

    private String target() {
        String query = call.request().query();
        return candidate.provider().path() + call.request().endpoint().path() + (query.isEmpty() ? "" : "?" + query);
    }

    private List<Header> headers() {
        List<Header> headers = Headers.toProvider(call.request().headers());
        Headers.key(candidate.provider()).ifPresent(headers::add);
        return headers;
    }

    private byte[] body() {
        String name = candidate.model().name();
        return name.equals(call.model())
                ? call.request().body()
                // Names of models have no character that JSON escapes.
                : call.body().splice(Admission.MODEL, ("\"" + name + "\"").getBytes(StandardCharsets.US_ASCII));
    }

    // ---- answers

    /** @return null when the refusal is about the request, and so the client's to hear */
    private @Nullable Failure refused(Exchange exchange) throws IOException {
        byte[] body = exchange.body().readNBytes(MAX_ERROR + 1);
        Saved saved = body.length > MAX_ERROR
                ? null
                : new Saved(exchange.status(), Headers.toClient(exchange.headers()), body);
        Duration retryAfter = ProviderErrors.retryAfter(exchange);
        Breakers.Cause cause = ProviderErrors.cause(exchange.status(), body);
        if (cause == null) {
            held = saved;
            return saved == null
                    ? failing(new WireException(WireException.Kind.TOO_LARGE, "its error is too long"))
                    : null;
        }
        tools.changed(tools.breakers().failed(candidate.name(), cause, retryAfter));
        // What a provider says of a key that it does not know may quote it.
        // A redirect would take the client, with its lease, to a host that nobody named.
        boolean withheld =
                cause == Breakers.Cause.KEY || cause == Breakers.Cause.SPEND_LIMIT || exchange.status() < 400;
        String reason = switch (cause) {
            case KEY -> "the provider does not accept its key";
            case SPEND_LIMIT -> "the provider's account has no money left or has reached its limit";
            case RATE_LIMIT -> "the provider's rate limit is reached";
            case OVERLOADED -> "the provider is overloaded";
            case FAILING -> "the provider answered " + exchange.status();
        };
        return new Failure(cause, reason, withheld ? 502 : exchange.status(), retryAfter, withheld ? null : saved);
    }

    private void pass(Exchange exchange, Reply reply) throws IOException {
        Saved saved = held;
        if (saved != null) {
            // It answered: that the request was not right is not the provider's fault.
            tools.changed(tools.breakers().succeeded(candidate.name()));
            ClientGone.when(() -> reply.send(saved.status(), saved.headers(), saved.body()));
        } else {
            throw new IOException("the answer " + exchange.status() + " was not read");
        }
    }

    private @Nullable Failure whole(Exchange exchange, Reply reply) throws IOException {
        byte[] body;
        try (InputStream in = exchange.body()) {
            body = in.readNBytes(MAX_ANSWER + 1);
        }
        if (body.length > MAX_ANSWER) {
            return failing(new WireException(
                    WireException.Kind.TOO_LARGE, "its answer is larger than " + MAX_ANSWER + " bytes"));
        }
        boolean coded = exchange.header("content-encoding")
                .filter(coding -> !coding.equalsIgnoreCase("identity"))
                .isPresent();
        try {
            if (!coded) {
                meter.whole(body);
            } else if (!exchange.isFramed()) {
                return failing(new WireException(WireException.Kind.TRUNCATED, "nothing says where its answer ends"));
            }
        } catch (MalformedJson e) {
            return failing(new WireException(WireException.Kind.TRUNCATED, "its answer is not JSON"));
        }
        firstNanos = System.nanoTime();
        tools.changed(tools.breakers().succeeded(candidate.name()));
        ClientGone.when(() -> reply.send(exchange.status(), Headers.toClient(exchange.headers()), body));
        return null;
    }

    private @Nullable Failure stream(Exchange exchange, Reply reply) throws IOException {
        Relay relay = new Relay(exchange, meter, reply);
        WireException broken = relay.run();
        firstNanos = relay.firstNanos();
        if (broken == null) {
            tools.changed(tools.breakers().succeeded(candidate.name()));
            return null;
        }
        if (!relay.isStarted()) {
            return failing(broken);
        }
        tools.changed(tools.breakers().failed(candidate.name(), Breakers.Cause.FAILING, null));
        Refusal refusal = new Refusal(
                502, broken.kind().text(), candidate.name() + ": " + broken.getMessage() + "; the answer is not whole");
        relay.say(refusal.event(call.request().endpoint()));
        ending = Reply.Ending.CUT;
        return null;
    }

    private static Failure failing(WireException e) {
        return new Failure(
                Breakers.Cause.FAILING,
                String.valueOf(e.getMessage()),
                e.kind() == WireException.Kind.LATE ? 504 : 502,
                null,
                null);
    }

    private static boolean isStream(Exchange exchange) {
        return exchange.header("content-type")
                .filter(type -> type.toLowerCase(Locale.ROOT).startsWith("text/event-stream"))
                .isPresent();
    }
}
