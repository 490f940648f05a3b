package mirror.surface.mcp;

import io.modelcontextprotocol.json.TypeRef;
import io.modelcontextprotocol.spec.McpSchema.InitializeRequest;
import io.modelcontextprotocol.spec.McpSchema.InitializeResult;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCRequest;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCResponse;
import io.modelcontextprotocol.spec.McpStreamableServerSession;
import io.modelcontextprotocol.spec.McpStreamableServerTransportProvider;
import io.modelcontextprotocol.spec.ProtocolVersions;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * All sessions of one MCP server, whatever carries them: the SDK sees one transport, over which any number of HTTP clients and
 * stdio streams come and go.
 *
 * <p>The number of sessions is bounded and idle ones expire by the clock that was passed in. There is no timer: whoever opens or
 * looks up a session pays for the sweep, and the owner may call {@link #sweep} when it keeps house anyway. A session that was
 * closed must never be found again. Thread-safe.
 */
final class SessionHub implements McpStreamableServerTransportProvider {
    /** Newest last; the SDK proposes the last one to clients that ask for a revision it does not know. */
    static final List<String> VERSIONS = List.of(
            ProtocolVersions.MCP_2024_11_05,
            ProtocolVersions.MCP_2025_03_26,
            ProtocolVersions.MCP_2025_06_18,
            ProtocolVersions.MCP_2025_11_25);

    private final Rpc rpc;
    private final McpLimits limits;
    private final InstantSource clock;
    private final Map<String, LiveSession> sessions = new LinkedHashMap<>();
    private volatile McpStreamableServerSession.@Nullable Factory factory;
    private boolean closing;

    SessionHub(Rpc rpc, McpLimits limits, InstantSource clock) {
        this.rpc = rpc;
        this.limits = limits;
        this.clock = clock;
    }

    /** What became of an {@code initialize}. */
    sealed interface Opening {
        /** A session began; the answer is the whole JSON-RPC response. */
        @SuppressWarnings("ArrayRecordComponent") // written once, read once, never compared
        record Opened(LiveSession session, byte[] answer) implements Opening {}

        /** It did not, with the JSON-RPC error that says why: {@link Rpc#INVALID_PARAMS} or {@link Rpc#OVERLOADED}. */
        record Refused(int code, String problem) implements Opening {}
    }

    Rpc rpc() {
        return rpc;
    }

    McpLimits limits() {
        return limits;
    }

    @Override
    public void setSessionFactory(McpStreamableServerSession.Factory sessionFactory) {
        factory = sessionFactory;
    }

    @Override
    public List<String> protocolVersions() {
        return VERSIONS;
    }

    /** Begins a session, unless all places are taken by busy ones or the server is closing. */
    Opening open(JSONRPCRequest request, Caller.Transport transport) {
        if (!(request.params() instanceof Map<?, ?> params) || !(params.get("protocolVersion") instanceof String)) {
            return new Opening.Refused(Rpc.INVALID_PARAMS, "initialize lacks protocolVersion");
        }
        InitializeRequest initialize;
        try {
            initialize = rpc.mapper().convertValue(params, new TypeRef<InitializeRequest>() {});
        } catch (RuntimeException e) {
            return new Opening.Refused(Rpc.INVALID_PARAMS, "initialize was not understood: " + e.getMessage());
        }
        var started = Objects.requireNonNull(factory, "no server was built on this transport")
                .startSession(initialize);
        InitializeResult result = Objects.requireNonNull(started.initResult().block(), "initialize gave no result");
        var session = new LiveSession(started.session(), transport, result.protocolVersion(), rpc, limits, clock);
        return admit(session)
                ? new Opening.Opened(session, rpc.bytes(JSONRPCResponse.result(request.id(), result)))
                : new Opening.Refused(Rpc.OVERLOADED, "Too many open sessions");
    }

    private boolean admit(LiveSession session) {
        List<LiveSession> leaving = new ArrayList<>();
        boolean admitted;
        synchronized (sessions) {
            leaving.addAll(removeExpired());
            if (sessions.size() >= limits.maxSessions()) {
                sessions.values().stream()
                        .filter(other -> !other.busy())
                        .min(Comparator.comparing(LiveSession::used))
                        .ifPresent(other -> {
                            sessions.remove(other.id());
                            leaving.add(other);
                        });
            }
            admitted = !closing && sessions.size() < limits.maxSessions();
            if (admitted) {
                sessions.put(session.id(), session);
            }
        }
        leaving.forEach(LiveSession::close);
        return admitted;
    }

    /** The session with this id, marked as used; null when there is none (any more). */
    @Nullable
    LiveSession find(String id, Caller.Transport transport) {
        sweep();
        synchronized (sessions) {
            LiveSession session = sessions.get(id);
            if (session == null || session.transport() != transport) {
                return null;
            }
            session.touch();
            return session;
        }
    }

    void close(LiveSession session) {
        synchronized (sessions) {
            sessions.remove(session.id(), session);
        }
        session.close();
    }

    /** Closes the sessions whose time is over. */
    void sweep() {
        List<LiveSession> expired;
        synchronized (sessions) {
            expired = removeExpired();
        }
        expired.forEach(LiveSession::close);
    }

    private List<LiveSession> removeExpired() {
        Instant oldest = clock.instant().minus(limits.idle());
        List<LiveSession> expired = sessions.values().stream()
                .filter(session -> session.used().isBefore(oldest) && !session.busy())
                .toList();
        expired.forEach(session -> sessions.remove(session.id()));
        return expired;
    }

    List<LiveSession> all() {
        synchronized (sessions) {
            return List.copyOf(sessions.values());
        }
    }

    boolean isClosing() {
        synchronized (sessions) {
            return closing;
        }
    }

    /** Tells every client; a stdio client that does not read holds up nobody but itself. */
    @Override
    public Mono<Void> notifyClients(String method, Object params) {
        return Mono.fromRunnable(() -> all().forEach(session -> session.tell(method, params)));
    }

    @Override
    public Mono<Void> notifyClient(String sessionId, String method, Object params) {
        return Mono.fromRunnable(() -> all().stream()
                .filter(session -> session.id().equals(sessionId))
                .forEach(session -> session.tell(method, params)));
    }

    @Override
    public Mono<Void> closeGracefully() {
        return Mono.fromRunnable(() -> {
            List<LiveSession> open;
            synchronized (sessions) {
                closing = true;
                open = List.copyOf(sessions.values());
                sessions.clear();
            }
            open.forEach(LiveSession::close);
        });
    }
}
