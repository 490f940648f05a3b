package mirror.surface.mcp;

import java.util.Map;

/**
 * Who is calling a tool, as far as the protocol tells. Everything but {@code transport} and {@code sessionId} is the client's
 * own claim: good for logs and for finding the right session, never a proof of identity.
 *
 * @param transport what carried the call
 * @param sessionId the MCP session, unique in this process and unguessable
 * @param clientName {@code clientInfo.name} of {@code initialize}; empty when the client sent none
 * @param clientVersion {@code clientInfo.version} of {@code initialize}; empty when the client sent none
 * @param headers the request headers the endpoint was told to pass on, by lower-case name, each with its first value; over
 *     stdio those of the request that opened the stream
 */
public record Caller(
        Transport transport, String sessionId, String clientName, String clientVersion, Map<String, String> headers) {

    /** What carries the messages of a session. */
    public enum Transport {
        /** Streamable HTTP: one request an HTTP request. */
        HTTP,
        /** Newline-delimited JSON over one full-duplex byte stream. */
        STDIO
    }

    public Caller {
        headers = Map.copyOf(headers);
    }
}
