package mirror.tiers.gateway;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import mirror.tiers.Candidate;
import mirror.tiers.Tokens;
import mirror.tiers.wire.Exchange;
import mirror.tiers.wire.Header;
import mirror.tiers.wire.MalformedJson;
import mirror.tiers.wire.WireException;
import org.jspecify.annotations.Nullable;

/** Client and provider speak the same: bytes pass as they are, and only the name of the model is written anew. */
final class PassThrough implements Passage {
    private final Call call;
    private final Candidate candidate;
    private final @Nullable Translator next;
    private final Meter meter;

    /** @param next listens to a stream for those who may have to go on with it; null when there is nobody */
    PassThrough(Call call, Candidate candidate, @Nullable Translator next) {
        this.call = call;
        this.candidate = candidate;
        this.next = next;
        this.meter = new Meter(call.request().endpoint());
    }

    @Override
    public String target() {
        String query = call.request().query();
        return candidate.provider().path() + call.request().endpoint().path() + (query.isEmpty() ? "" : "?" + query);
    }

    @Override
    public List<Header> headers() {
        List<Header> headers = Headers.toProvider(call.request().headers());
        candidate.provider().authorization().ifPresent(headers::add);
        return headers;
    }

    @Override
    public byte[] body() {
        String name = candidate.model().name();
        return name.equals(call.model())
                ? call.request().body()
                // Names of models have no character that JSON escapes.
                : call.body().splice(Reading.MODEL, ("\"" + name + "\"").getBytes(StandardCharsets.US_ASCII));
    }

    @Override
    public long limit() {
        return call.limit() > 0 ? call.limit() : candidate.model().output();
    }

    @Override
    public Refused refused(Exchange exchange, byte[] body) {
        return new Refused(
                ProviderErrors.cause(exchange.status(), body),
                new Attempt.Saved(exchange.status(), Headers.toClient(exchange.headers()), body),
                isWithoutResponses(exchange.status(), body));
    }

    /** Many that imitate OpenAI have no responses, and say so in one of these ways. */
    private boolean isWithoutResponses(int status, byte[] body) {
        return call.request().endpoint() == Endpoint.RESPONSES
                && (status == 404 || status == 405 || status == 501)
                && !new String(body, StandardCharsets.UTF_8).contains("model_not_found");
    }

    @Override
    public boolean streams(Exchange exchange) {
        return exchange.header("content-type")
                .filter(type -> type.toLowerCase(Locale.ROOT).startsWith("text/event-stream"))
                .isPresent();
    }

    @Override
    public Attempt.Saved whole(Exchange exchange, byte[] body) throws WireException {
        boolean coded = exchange.header("content-encoding")
                .filter(coding -> !coding.equalsIgnoreCase("identity"))
                .isPresent();
        try {
            if (!coded) {
                meter.whole(body);
            } else if (!exchange.isFramed()) {
                throw new WireException(WireException.Kind.TRUNCATED, "nothing says where its answer ends");
            }
        } catch (MalformedJson e) {
            throw new WireException(WireException.Kind.TRUNCATED, "its answer is not JSON");
        }
        return new Attempt.Saved(exchange.status(), Headers.toClient(exchange.headers()), body);
    }

    @Override
    public Attempt.@Nullable Failure stream(Exchange exchange, Delivery delivery) throws ClientGone {
        Listener listener = next == null ? null : next.listen(candidate);
        WireException broken = new Relay(exchange, meter, delivery, listener).run();
        if (broken == null) {
            return null;
        }
        if (listener != null) {
            listener.broke();
        }
        return Attempt.Failure.of(broken);
    }

    @Override
    public @Nullable Tokens tokens() {
        return meter.tokens();
    }
}
