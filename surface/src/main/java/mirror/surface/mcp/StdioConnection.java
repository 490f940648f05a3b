package mirror.surface.mcp;

import io.modelcontextprotocol.spec.McpSchema.JSONRPCMessage;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCNotification;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCRequest;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One stdio client: takes its lines in order and owns the session that its {@code initialize} begins. Must never answer a line
 * that is not a request, nor let one bad line end the rest; only a line beyond the size limit does, as there is no telling where
 * the next one begins. One thread reads; the rest is thread-safe.
 */
final class StdioConnection {
    private static final Logger LOG = System.getLogger(StdioConnection.class.getName());

    private final SessionHub hub;
    private final Rpc rpc;
    private final LineWire wire;
    private final Map<String, String> headers;
    private volatile @Nullable LiveSession session;
    private volatile boolean orderlyEnd;

    StdioConnection(SessionHub hub, LineWire wire, Map<String, String> headers) {
        this.hub = hub;
        this.rpc = hub.rpc();
        this.wire = wire;
        this.headers = headers;
    }

    void readAll(InputStream in) {
        try {
            for (byte[] line = line(in); line != null; line = line(in)) {
                take(line);
            }
            orderlyEnd = true;
        } catch (IOException | RuntimeException e) {
            LOG.log(Level.DEBUG, "MCP stdio client is gone", e);
        } finally {
            wire.end();
        }
    }

    private byte @Nullable [] line(InputStream in) throws IOException {
        int max = hub.limits().maxMessageBytes();
        var line = new ByteArrayOutputStream(256);
        for (int b = in.read(); b >= 0; b = in.read()) {
            if (b == '\n') {
                return line.toByteArray();
            }
            if (line.size() == max) {
                wire.send(rpc.error(null, Rpc.INVALID_REQUEST, "A message may have at most " + max + " bytes"));
                throw new IOException("line longer than " + max + " bytes");
            }
            line.write(b);
        }
        return line.size() == 0 ? null : line.toByteArray();
    }

    private void take(byte[] line) {
        if (new String(line, StandardCharsets.ISO_8859_1).isBlank()) {
            return;
        }
        LiveSession open = session;
        switch (rpc.parse(line)) {
            case Rpc.Parsed.Malformed(int code, String problem) -> wire.send(rpc.error(null, code, problem));
            case Rpc.Parsed.Message(JSONRPCRequest request) when open == null -> firstRequest(request);
            case Rpc.Parsed.Message(JSONRPCRequest request) -> request(open, request);
            case Rpc.Parsed.Message(JSONRPCNotification notification)
            when open != null -> open.accept(notification, headers);
            case Rpc.Parsed.Message(JSONRPCResponse response) when open != null -> open.accept(response);
            case Rpc.Parsed.Message(JSONRPCMessage message) ->
                LOG.log(Level.DEBUG, () -> "MCP message before initialize: " + message);
        }
    }

    private void firstRequest(JSONRPCRequest request) {
        switch (request.method()) {
            case "initialize" -> initialize(request);
            case "ping" -> wire.send(rpc.bytes(JSONRPCResponse.result(request.id(), Map.of())));
            default -> refuse(request, Rpc.INVALID_REQUEST, "The first request must be initialize");
        }
    }

    private void initialize(JSONRPCRequest request) {
        switch (hub.open(request, Caller.Transport.STDIO)) {
            case SessionHub.Opening.Opened(LiveSession opened, byte[] answer) -> {
                // Its closing, for whatever reason, is the end of this stream.
                opened.listenOn(wire.carrier(wire::end));
                session = opened;
                wire.send(answer);
            }
            case SessionHub.Opening.Refused(int code, String problem) -> refuse(request, code, problem);
        }
    }

    private void request(LiveSession open, JSONRPCRequest request) {
        if (request.method().equals("initialize")) {
            refuse(request, Rpc.INVALID_REQUEST, "This session is initialized already");
            return;
        }
        switch (open.start(request, wire.carrier(() -> {}), headers)) {
            case ACCEPTED -> {}
            case TOO_MANY -> refuse(request, Rpc.OVERLOADED, "Too many calls at once");
            case DUPLICATE_ID -> refuse(request, Rpc.INVALID_REQUEST, "A call with this id is running");
        }
    }

    private void refuse(JSONRPCRequest request, int code, String message) {
        wire.send(rpc.error(request.id(), code, message));
    }

    /** After the client said all it had to say: lets what it asked for be answered. */
    void finishCalls() throws InterruptedException {
        LiveSession open = session;
        if (orderlyEnd && !wire.broken() && open != null) {
            open.awaitCalls(hub.limits().requestTimeout());
        }
    }

    void close() {
        LiveSession open = session;
        if (open != null) {
            hub.close(open);
        }
    }
}
