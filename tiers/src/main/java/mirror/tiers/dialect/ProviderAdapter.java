package mirror.tiers.dialect;

/** The side of a dialect that faces a provider: it is asked, and its answers are read. Without state and thread-safe. */
public interface ProviderAdapter {
    /** @throws DialectException with a failure for the client, when this dialect cannot say it */
    byte[] writeRequest(Prompt prompt, Target target);

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
