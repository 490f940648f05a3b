package mirror.tiers.gateway;

import java.util.List;
import mirror.tiers.Tokens;
import mirror.tiers.dialect.DialectException;
import mirror.tiers.wire.Exchange;
import mirror.tiers.wire.Header;
import mirror.tiers.wire.WireException;
import org.jspecify.annotations.Nullable;

/** How one provider is asked for what a client wants, and how the client hears what it says. Made for one attempt, used by one thread. */
sealed interface Passage permits PassThrough, Translation, Inquiry {
    /** Path and query behind the provider's origin. */
    String target();

    List<Header> headers();

    byte[] body();

    /** The most tokens that the provider may write. */
    long limit();

    /**
     * A provider's refusal as the client may hear it, and what it means.
     *
     * @param cause null when another provider would refuse the same
     * @param unknown whether the provider does not know what it was asked for, and may know another word for it
     */
    record Refused(Breakers.@Nullable Cause cause, Attempt.Saved saved, boolean unknown) {
        Refused(Breakers.@Nullable Cause cause, Attempt.Saved saved) {
            this(cause, saved, false);
        }
    }

    /** @param body of an answer whose status is not 2xx */
    Refused refused(Exchange exchange, byte[] body);

    /** Whether this answer comes in pieces. */
    boolean streams(Exchange exchange);

    /**
     * A whole answer as the client gets it.
     *
     * @throws WireException when it is none, or not whole
     * @throws DialectException when it cannot be said in the client's dialect
     */
    Attempt.Saved whole(Exchange exchange, byte[] body) throws WireException;

    /**
     * Carries a stream to the client as it comes. The client hears nothing before the first event.
     *
     * @return why it is not whole, or null when it is
     */
    Attempt.@Nullable Failure stream(Exchange exchange, Delivery delivery) throws ClientGone;

    /** What the call used; null when nobody reported that, which is not nothing. */
    @Nullable
    Tokens tokens();
}
