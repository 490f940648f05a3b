package mirror.surface.mcp;

import io.modelcontextprotocol.common.McpTransportContext;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCNotification;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCRequest;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCResponse;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCResponse.JSONRPCError;
import io.modelcontextprotocol.spec.McpStreamableServerSession;
import io.modelcontextprotocol.spec.McpStreamableServerTransport;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * One client's session: the SDK's session, which knows the methods, with the calls being computed and the streams that carry
 * answers, which the SDK leaves to the transport.
 *
 * <p>Each request is computed on a virtual thread of its own, so that a client which goes away does not take its call along, and
 * a client which cancels does: its thread is interrupted and whatever it still says is dropped. Must never run a request on the
 * thread of an HTTP response. Thread-safe.
 */
final class LiveSession {
    /** Where the transport context keeps what a {@link Caller} says about the request. */
    static final String HEADERS = "mirror.headers";
    /** Where the transport context keeps the carrier of the answer. */
    static final String CARRIER = "mirror.carrier";

    private static final Logger LOG = System.getLogger(LiveSession.class.getName());
    private static final String FIRST_WITH_PRIMING = "2025-11-25";
    private static final int RETAINED_BYTES = 256 << 10;
    private static final int RETAINED_STREAMS = 16;

    private record Call(Thread thread, McpStreamableServerTransport carrier) {}

    private final McpStreamableServerSession sdk;
    private final Caller.Transport transport;
    private final String version;
    private final Rpc rpc;
    private final McpLimits limits;
    private final InstantSource clock;
    private final Map<Object, Call> calls = new ConcurrentHashMap<>();
    private final Map<Long, EventStream> streams = new LinkedHashMap<>();
    private final AtomicLong streamIds = new AtomicLong();
    private final EventStream listening;
    private volatile Instant used;
    private volatile boolean closed;

    LiveSession(
            McpStreamableServerSession sdk,
            Caller.Transport transport,
            String version,
            Rpc rpc,
            McpLimits limits,
            InstantSource clock) {
        this.sdk = sdk;
        this.transport = transport;
        this.version = version;
        this.rpc = rpc;
        this.limits = limits;
        this.clock = clock;
        this.used = clock.instant();
        this.listening = new EventStream(streamIds.getAndIncrement(), rpc);
        if (transport == Caller.Transport.HTTP) {
            listenOn(listening);
        }
    }

    String id() {
        return sdk.getId();
    }

    Caller.Transport transport() {
        return transport;
    }

    /** From this protocol revision on, clients expect an empty first event that they can resume from. */
    boolean primed() {
        return version.compareTo(FIRST_WITH_PRIMING) >= 0;
    }

    /** The stream for messages that belong to no request; it lives as long as the session and is read by GET. */
    EventStream listening() {
        return listening;
    }

    /** Sends messages that belong to no request there. */
    void listenOn(McpStreamableServerTransport carrier) {
        sdk.listeningStream(carrier);
    }

    /** The stream an event id belongs to, or null when it is unknown or its messages were let go. */
    @Nullable
    EventStream stream(long id) {
        synchronized (streams) {
            return id == listening.id() ? listening : streams.get(id);
        }
    }

    EventStream newStream() {
        EventStream stream = new EventStream(streamIds.getAndIncrement(), rpc);
        synchronized (streams) {
            streams.put(stream.id(), stream);
        }
        return stream;
    }

    /** Lets the oldest finished streams go until what is kept for clients that may come back is within the budget. */
    private void forgetOldStreams() {
        synchronized (streams) {
            int bytes = 0;
            int kept = 0;
            for (EventStream stream : new ArrayList<>(streams.values()).reversed()) {
                if (stream.finished()) {
                    bytes += stream.size();
                    if (kept > 0 && (bytes > RETAINED_BYTES || kept >= RETAINED_STREAMS)) {
                        streams.remove(stream.id());
                    }
                    kept++;
                }
            }
        }
    }

    /** What became of a request that was handed over. */
    enum Admission {
        ACCEPTED,
        TOO_MANY,
        DUPLICATE_ID
    }

    /** Starts computing a request; the answer goes to {@code answer}, which is closed afterwards, also when not accepted. */
    Admission start(JSONRPCRequest request, McpStreamableServerTransport answer, Map<String, String> headers) {
        Thread thread = Thread.ofVirtual().name("mcp-call").unstarted(() -> compute(request, answer, headers));
        Admission admission = Admission.ACCEPTED;
        if (calls.size() >= limits.maxCallsPerSession()) {
            admission = Admission.TOO_MANY;
        } else if (calls.putIfAbsent(request.id(), new Call(thread, answer)) != null) {
            admission = Admission.DUPLICATE_ID;
        }
        if (admission != Admission.ACCEPTED) {
            answer.close();
            forgetOldStreams();
            return admission;
        }
        touch();
        thread.start();
        if (closed) {
            thread.interrupt();
        }
        return Admission.ACCEPTED;
    }

    private void compute(JSONRPCRequest request, McpStreamableServerTransport answer, Map<String, String> headers) {
        try {
            sdk.responseStream(answer)
                    .handle(request)
                    .contextWrite(ctx -> ctx.put(McpTransportContext.KEY, context(headers, answer)))
                    .block();
        } catch (Throwable e) {
            // Nothing may leave a client waiting for an answer, not even an error of the virtual machine.
            LOG.log(Level.WARNING, () -> "MCP request " + request.method() + " failed: " + e, e);
            var error = new JSONRPCError(Rpc.INTERNAL_ERROR, "Internal error: " + e, null);
            answer.sendMessage(JSONRPCResponse.error(request.id(), error)).block();
        } finally {
            answer.close();
            calls.remove(request.id());
            touch();
            forgetOldStreams();
        }
    }

    private static McpTransportContext context(Map<String, String> headers, Object carrier) {
        return McpTransportContext.create(Map.of(HEADERS, headers, CARRIER, carrier));
    }

    /** Takes a notification; returns at once, as nobody waits for its effect. */
    void accept(JSONRPCNotification notification, Map<String, String> headers) {
        touch();
        if ("notifications/cancelled".equals(notification.method())) {
            if (notification.params() instanceof Map<?, ?> params && params.get("requestId") != null) {
                cancel(params.get("requestId"));
            }
            return;
        }
        Thread.ofVirtual()
                .name("mcp-notification")
                .start(() -> quietly(
                        sdk.accept(notification)
                                .contextWrite(ctx -> ctx.put(McpTransportContext.KEY, context(headers, notification))),
                        notification.method()));
    }

    /** Takes the client's answer to a question of ours; false when nothing waits for it. */
    boolean accept(JSONRPCResponse response) {
        touch();
        return quietly(sdk.accept(response), "response");
    }

    /** Sends a notification of ours that belongs to no request. */
    void tell(String method, Object params) {
        Thread.ofVirtual().name("mcp-notification").start(() -> quietly(sdk.sendNotification(method, params), method));
    }

    private static boolean quietly(Mono<Void> work, String what) {
        try {
            work.block();
            return true;
        } catch (RuntimeException e) {
            LOG.log(Level.DEBUG, () -> "MCP " + what + " was not taken: " + e);
            return false;
        }
    }

    private void cancel(Object requestId) {
        Call call = calls.get(requestId);
        if (call != null) {
            // In this order: the specification wants no answer to a cancelled request.
            call.carrier().close();
            call.thread().interrupt();
        }
    }

    void touch() {
        used = clock.instant();
    }

    Instant used() {
        return used;
    }

    int calls() {
        return calls.size();
    }

    int readers() {
        synchronized (streams) {
            return (int) streams.values().stream().filter(EventStream::attached).count()
                    + (listening.attached() ? 1 : 0);
        }
    }

    /** Somebody computes for it, listens to it or holds its byte stream open. */
    boolean busy() {
        return !calls.isEmpty() || readers() > 0 || (transport == Caller.Transport.STDIO && !closed);
    }

    /** Waits until the calls that run now have ended, or the time is up. */
    void awaitCalls(Duration patience) throws InterruptedException {
        long start = System.nanoTime();
        for (Call call : List.copyOf(calls.values())) {
            Duration left = patience.minusNanos(System.nanoTime() - start);
            if (left.isPositive()) {
                call.thread().join(left);
            }
        }
    }

    /** Ends it: calls are interrupted, streams finish, whoever reads them gets what is there. */
    void close() {
        closed = true;
        List.copyOf(calls.values()).forEach(call -> call.thread().interrupt());
        quietly(sdk.closeGracefully(), "close");
        listening.close();
        synchronized (streams) {
            streams.values().forEach(EventStream::close);
        }
    }
}
