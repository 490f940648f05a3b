package mirror.tiers.gateway;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import mirror.tiers.Dialect;
import mirror.tiers.Provider;
import mirror.tiers.dialect.ClientAdapter;
import mirror.tiers.dialect.Failure;
import mirror.tiers.dialect.ProviderAdapter;
import mirror.tiers.wire.Exchange;
import mirror.tiers.wire.Header;

/** What is the same of all that is carried over to another dialect: no header of the client's goes with it, and a refusal is told anew. */
final class Carried {
    static final Header JSON = new Header("content-type", "application/json");

    private Carried() {}

    static List<Header> headers(Provider provider, String accept) {
        List<Header> headers = new ArrayList<>(List.of(
                JSON,
                new Header("accept", accept),
                new Header("accept-encoding", "identity"),
                new Header("user-agent", "Mirror")));
        if (provider.dialect() == Dialect.ANTHROPIC) {
            headers.add(new Header("anthropic-version", "2023-06-01"));
        }
        provider.authorization().ifPresent(headers::add);
        return headers;
    }

    static Passage.Refused refused(ProviderAdapter provider, ClientAdapter client, Exchange exchange, byte[] refusal) {
        int status = Math.max(400, exchange.status());
        Failure failure = provider.readError(status, refusal);
        Breakers.Cause cause = Optional.ofNullable(ProviderErrors.cause(exchange.status(), refusal))
                .orElse(ProviderErrors.cause(failure.kind()));
        ClientAdapter.ErrorReply reply = client.writeError(failure, null);
        List<Header> headers = new ArrayList<>(List.of(JSON));
        Duration wait = ProviderErrors.retryAfter(exchange, refusal);
        if (wait != null) {
            headers.add(new Header("retry-after", Long.toString(Math.ceilDiv(wait.toMillis(), 1_000))));
        }
        return new Passage.Refused(cause, new Attempt.Saved(reply.status(), headers, reply.body()));
    }
}
