package mirror.tiers.dialect;

import java.util.Optional;

/** The side of a dialect that faces a provider: it is asked, and its answers are read. Without state and thread-safe. */
public interface ProviderAdapter {
    /** @throws DialectException with a failure for the client, when this dialect cannot say it */
    byte[] writeRequest(Prompt prompt, Target target);

    /**
     * A request whose last turn is the begin of the reply, which the model goes on with; it has no white space at its end. Nothing when
     * the dialect has no such request. A model may refuse it all the same.
     *
     * @throws DialectException with a failure for the client, when this dialect cannot say it
     */
    default Optional<byte[]> writeBegun(Prompt prompt, Target target) {
        return Optional.empty();
    }

    /** @throws DialectException with a failure of the provider's, when it is no reply or says what no other dialect can say */
    Reply readReply(byte[] body, Exchange exchange);

    StreamReader reader(Exchange exchange);

    /**
     * What a provider's error says. Never throws.
     *
     * @param status of HTTP, 400 or above
     */
    Failure readError(int status, byte[] body);
}
