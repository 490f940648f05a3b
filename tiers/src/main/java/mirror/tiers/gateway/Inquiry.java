package mirror.tiers.gateway;

import java.util.List;
import mirror.tiers.Candidate;
import mirror.tiers.Tokens;
import mirror.tiers.dialect.ClientAdapter;
import mirror.tiers.dialect.ProviderAdapter;
import mirror.tiers.dialect.Query;
import mirror.tiers.wire.Exchange;
import mirror.tiers.wire.Header;
import org.jspecify.annotations.Nullable;

/** A call of a provider of another dialect in which no model writes: embeddings, or a count of tokens. */
final class Inquiry implements Passage {
    private final Candidate candidate;
    private final ProviderAdapter provider;
    private final ClientAdapter client;
    private final Query query;
    private @Nullable Tokens used;

    Inquiry(Candidate candidate, ProviderAdapter provider, ClientAdapter client, Query query) {
        this.candidate = candidate;
        this.provider = provider;
        this.client = client;
        this.query = query;
    }

    @Override
    public String target() {
        return candidate.provider().path() + query.path();
    }

    @Override
    public List<Header> headers() {
        return Carried.headers(candidate.provider(), "application/json");
    }

    @Override
    public byte[] body() {
        return query.body();
    }

    @Override
    public long limit() {
        return 0;
    }

    @Override
    public Refused refused(Exchange exchange, byte[] refusal) {
        return Carried.refused(provider, client, exchange, refusal);
    }

    @Override
    public boolean streams(Exchange exchange) {
        return false;
    }

    @Override
    public Attempt.Saved whole(Exchange exchange, byte[] body) {
        Query.Answer answer = query.answer(body);
        if (answer.tokens().isPresent()) {
            used = new Tokens(answer.tokens().getAsLong(), 0, 0, 0);
        }
        return new Attempt.Saved(200, List.of(Carried.JSON), answer.body());
    }

    @Override
    public Attempt.@Nullable Failure stream(Exchange exchange, Delivery delivery) {
        throw new IllegalStateException("it is answered whole");
    }

    @Override
    public @Nullable Tokens tokens() {
        return used;
    }
}
