package mirror.surface.mcp;

import java.io.InputStream;
import java.io.OutputStream;
import java.util.Map;

/**
 * The stdio transport (MCP 2025-11-25: one JSON-RPC message a line, no newlines inside) over any full-duplex byte stream, as
 * often at once as there are streams.
 *
 * <p>The SDK's own stdio provider owns the process's one pair of streams; here each stream is one more session of the hub. The
 * bytes are read on a thread of their own while the caller's waits for the end, so that closing the endpoint ends a stream whose
 * client is silent. Thread-safe.
 */
final class StdioTransport {
    private final SessionHub hub;

    StdioTransport(SessionHub hub) {
        this.hub = hub;
    }

    /**
     * Serves one client until its side ends, its connection breaks or the endpoint closes. After an orderly end of {@code in},
     * calls that still run are waited for, for at most the request timeout, and answered.
     *
     * @param in not closed; may stay blocked in a read until its owner closes it
     * @param out not closed; nothing is written to it after this returns
     */
    void serve(InputStream in, OutputStream out, Map<String, String> headers) {
        var wire = new LineWire(out, hub.rpc());
        var connection = new StdioConnection(hub, wire, headers);
        Thread.ofVirtual().name("mcp-stdio").start(() -> connection.readAll(in));
        try {
            wire.awaitEnd();
            connection.finishCalls();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            wire.close();
            connection.close();
        }
    }
}
