package mirror.surface.mcp;

import io.modelcontextprotocol.json.TypeRef;
import io.modelcontextprotocol.spec.McpSchema.InitializeRequest;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCMessage;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCNotification;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCRequest;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCResponse;
import io.modelcontextprotocol.spec.McpStreamableServerTransport;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * The stdio transport (MCP 2025-11-25: one JSON-RPC message a line, no newlines inside) over any full-duplex byte stream, as
 * often at once as there are streams.
 *
 * <p>The SDK's own stdio provider owns the process's one pair of streams; here each stream is one more session of the hub. The
 * bytes are read on a thread of their own while the caller's waits for the end, so that closing the endpoint ends a stream whose
 * client is silent. Must never write anything but whole lines. Thread-safe.
 */
final class StdioTransport {
    private static final Logger LOG = System.getLogger(StdioTransport.class.getName());

    private final SessionHub hub;

    StdioTransport(SessionHub hub) {
        this.hub = hub;
    }

    /** The parameters of an {@code initialize}, or empty when they are not such. */
    static Optional<InitializeRequest> initializeParams(SessionHub hub, JSONRPCRequest request) {
        if (!(request.params() instanceof Map<?, ?> params) || !(params.get("protocolVersion") instanceof String)) {
            return Optional.empty();
        }
        try {
            return Optional.of(hub.rpc().mapper().convertValue(params, new TypeRef<InitializeRequest>() {}));
        } catch (RuntimeException e) {
            LOG.log(Level.DEBUG, "initialize was not understood", e);
            return Optional.empty();
        }
    }

    /**
     * Serves one client until its side ends, its connection breaks or the endpoint closes. After an orderly end of {@code in},
     * calls that still run are waited for, for at most the request timeout, and answered.
     *
     * @param in not closed; may stay blocked in a read until its owner closes it
     * @param out not closed; nothing is written to it after this returns
     */
    void serve(InputStream in, OutputStream out, Map<String, String> headers) throws IOException {
        var wire = new Wire(out);
        var connection = new Connection(wire, headers);
        Thread.ofVirtual().name("mcp-stdio").start(() -> connection.readAll(in));
        try {
            wire.ended.await();
            if (connection.orderlyEnd && !wire.broken() && connection.session instanceof LiveSession session) {
                session.awaitCalls(hub.limits().requestTimeout());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            wire.close();
            connection.close();
        }
    }

    /** The lines of one client, in order. */
    private final class Connection {
        private final Wire wire;
        private final Map<String, String> headers;
        private volatile @Nullable LiveSession session;
        private volatile boolean orderlyEnd;

        Connection(Wire wire, Map<String, String> headers) {
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
                wire.ended.countDown();
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
                    wire.send(
                            hub.rpc().error(null, Rpc.INVALID_REQUEST, "A message may have at most " + max + " bytes"));
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
            switch (hub.rpc().parse(line)) {
                case Rpc.Parsed.Malformed(int code, String problem) ->
                    wire.send(hub.rpc().error(null, code, problem));
                case Rpc.Parsed.Message(JSONRPCRequest request) -> request(request);
                case Rpc.Parsed.Message(JSONRPCNotification notification) -> {
                    if (session instanceof LiveSession open) {
                        open.accept(notification, headers);
                    }
                }
                case Rpc.Parsed.Message(JSONRPCResponse response) -> {
                    if (session instanceof LiveSession open) {
                        open.accept(response);
                    }
                }
                case Rpc.Parsed.Message(JSONRPCMessage message) ->
                    LOG.log(Level.DEBUG, () -> "MCP message of unknown kind: " + message.getClass());
            }
        }

        private void request(JSONRPCRequest request) {
            if (session instanceof LiveSession open) {
                if (request.method().equals("initialize")) {
                    refuse(request, Rpc.INVALID_REQUEST, "This session is initialized already");
                    return;
                }
                switch (open.start(request, () -> new Reply(wire), headers)) {
                    case ACCEPTED -> {}
                    case TOO_MANY -> refuse(request, Rpc.OVERLOADED, "Too many calls at once");
                    case DUPLICATE_ID -> refuse(request, Rpc.INVALID_REQUEST, "A call with this id is running");
                }
            } else {
                switch (request.method()) {
                    case "initialize" -> initialize(request);
                    case "ping" -> wire.send(hub.rpc().bytes(JSONRPCResponse.result(request.id(), Map.of())));
                    default -> refuse(request, Rpc.INVALID_REQUEST, "The first request must be initialize");
                }
            }
        }

        private void initialize(JSONRPCRequest request) {
            Optional<InitializeRequest> params = initializeParams(hub, request);
            if (params.isEmpty()) {
                refuse(request, Rpc.INVALID_PARAMS, "initialize lacks protocolVersion");
                return;
            }
            var opened = hub.open(params.get(), Caller.Transport.STDIO);
            if (opened.isEmpty()) {
                refuse(request, Rpc.OVERLOADED, "Too many open sessions");
                return;
            }
            // Its closing, for whatever reason, is the end of this stream.
            opened.get().session().listenOn(new Reply(wire) {
                @Override
                public void close() {
                    super.close();
                    wire.ended.countDown();
                }
            });
            session = opened.get().session();
            wire.send(hub.rpc()
                    .bytes(JSONRPCResponse.result(request.id(), opened.get().result())));
        }

        private void refuse(JSONRPCRequest request, int code, String message) {
            wire.send(hub.rpc().error(request.id(), code, message));
        }

        void close() {
            if (session instanceof LiveSession open) {
                hub.close(open);
            }
        }
    }

    /** The client's input: whole lines from any thread, and the news that it is over. */
    private static final class Wire {
        private final OutputStream out;
        private final CountDownLatch ended = new CountDownLatch(1);
        private final ReentrantLock lock = new ReentrantLock();
        private boolean closed;
        private boolean broken;

        Wire(OutputStream out) {
            this.out = out;
        }

        void send(byte[] message) {
            lock.lock();
            try {
                if (closed) {
                    return;
                }
                out.write(message);
                out.write('\n');
                out.flush();
            } catch (IOException | UncheckedIOException e) {
                closed = true;
                broken = true;
                ended.countDown();
                LOG.log(Level.DEBUG, "MCP stdio client does not read any more", e);
            } finally {
                lock.unlock();
            }
        }

        boolean broken() {
            lock.lock();
            try {
                return broken;
            } finally {
                lock.unlock();
            }
        }

        void close() {
            lock.lock();
            try {
                closed = true;
            } finally {
                lock.unlock();
            }
        }
    }

    /** What the SDK closes after each answer while the wire goes on; once closed, it says nothing more. */
    private class Reply implements McpStreamableServerTransport {
        private final Wire wire;
        private volatile boolean closed;

        Reply(Wire wire) {
            this.wire = wire;
        }

        @Override
        public Mono<Void> sendMessage(JSONRPCMessage message) {
            return Mono.fromRunnable(() -> {
                if (!closed) {
                    wire.send(hub.rpc().bytes(message));
                }
            });
        }

        @Override
        public Mono<Void> sendMessage(JSONRPCMessage message, @Nullable String messageId) {
            return sendMessage(message);
        }

        @Override
        public <T> T unmarshalFrom(Object data, TypeRef<T> type) {
            return hub.rpc().mapper().convertValue(data, type);
        }

        @Override
        public Mono<Void> closeGracefully() {
            return Mono.fromRunnable(this::close);
        }

        @Override
        public void close() {
            closed = true;
        }
    }
}
