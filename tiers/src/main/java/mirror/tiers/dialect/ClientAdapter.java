package mirror.tiers.dialect;

import org.jspecify.annotations.Nullable;

/** The side of a dialect that faces a client: its requests are read, and it is answered. Without state and thread-safe. */
public interface ClientAdapter {
    /** @throws DialectException with a failure for the client, when it is no request or says what no other dialect can say */
    Prompt readRequest(byte[] body);

    /** @throws DialectException with a failure of the provider's, when this dialect cannot say it */
    byte[] writeReply(Reply reply, Exchange exchange);

    StreamWriter writer(Exchange exchange);

    /**
     * An error for the client.
     *
     * @param requestId for the body, where the dialect has a place for it
     */
    ErrorReply writeError(Failure failure, @Nullable String requestId);

    /**
     * @param status of HTTP
     * @param body JSON
     */
    record ErrorReply(int status, byte[] body) {}
}
