package mirror.surface.mcp;

import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCMessage;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCNotification;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCRequest;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Streamable HTTP on Helidon (MCP 2025-11-25, "Transports"): POST carries a client message, GET listens, DELETE ends the session.
 *
 * <p>Answers to requests are always event streams, so that a client can resume any of them. Helidon calls each handler on a
 * virtual thread, which for an event stream is the one that writes to the socket until the stream ends. Must never act on a
 * message before {@link LoopbackGuard} and the header checks have passed. Stateless beside the hub.
 */
final class HttpTransport {
    private static final HeaderName SESSION = HeaderNames.create("Mcp-Session-Id");
    private static final HeaderName VERSION = HeaderNames.create("MCP-Protocol-Version");
    private static final HeaderName LAST_EVENT = HeaderNames.create("Last-Event-ID");
    private static final HeaderName BUFFERING = HeaderNames.create("X-Accel-Buffering");
    private static final String JSON = "application/json";
    private static final String EVENTS = "text/event-stream";

    private final SessionHub hub;
    private final StdioTransport stdio;
    private final Set<String> callerHeaders;
    private final LoopbackGuard guard = new LoopbackGuard();

    /** @param callerHeaders lower-case names of the request headers that tools may see */
    HttpTransport(SessionHub hub, StdioTransport stdio, Set<String> callerHeaders) {
        this.hub = hub;
        this.stdio = stdio;
        this.callerHeaders = Set.copyOf(callerHeaders);
    }

    /** Why a request is not served: an HTTP status and a JSON-RPC error for its body. */
    private static final class Refused extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private final transient Status status;
        private final int code;
        private final transient @Nullable Object id;

        Refused(Status status, int code, String message, @Nullable Object id) {
            super(message, null, false, false);
            this.status = status;
            this.code = code;
            this.id = id;
        }

        Refused(Status status, String message) {
            this(status, Rpc.INVALID_REQUEST, message, null);
        }
    }

    private interface Step {
        void run() throws IOException;
    }

    void post(ServerRequest req, ServerResponse res) {
        serve(req, res, () -> {
            requireAccept(req, JSON, EVENTS);
            if (!mediaType(req.headers().first(HeaderNames.CONTENT_TYPE).orElse(""))
                    .equals(JSON)) {
                throw new Refused(Status.UNSUPPORTED_MEDIA_TYPE_415, "Content-Type must be application/json");
            }
            byte[] body = body(req, res);
            switch (hub.rpc().parse(body)) {
                case Rpc.Parsed.Malformed(int code, String problem) ->
                    throw new Refused(Status.BAD_REQUEST_400, code, problem, null);
                case Rpc.Parsed.Message(JSONRPCRequest request)
                when request.method().equals("initialize") -> initialize(request, res);
                case Rpc.Parsed.Message(JSONRPCMessage message) -> message(session(req), message, req, res);
            }
        });
    }

    private void initialize(JSONRPCRequest request, ServerResponse res) {
        switch (hub.open(request, Caller.Transport.HTTP)) {
            case SessionHub.Opening.Opened(LiveSession session, byte[] answer) -> {
                res.header(SESSION, session.id());
                json(res, Status.OK_200, answer);
            }
            case SessionHub.Opening.Refused(int code, String problem) ->
                throw new Refused(
                        code == Rpc.OVERLOADED ? Status.SERVICE_UNAVAILABLE_503 : Status.BAD_REQUEST_400,
                        code,
                        problem,
                        request.id());
        }
    }

    private void message(LiveSession session, JSONRPCMessage message, ServerRequest req, ServerResponse res)
            throws IOException {
        switch (message) {
            case JSONRPCRequest request -> {
                EventStream stream = session.newStream();
                switch (session.start(request, stream, headers(req))) {
                    case ACCEPTED -> events(session, stream, 0, res);
                    case TOO_MANY ->
                        throw new Refused(
                                Status.TOO_MANY_REQUESTS_429, Rpc.OVERLOADED, "Too many calls at once", request.id());
                    case DUPLICATE_ID ->
                        throw new Refused(
                                Status.BAD_REQUEST_400,
                                Rpc.INVALID_REQUEST,
                                "A call with this id is running",
                                request.id());
                }
            }
            case JSONRPCNotification notification -> {
                session.accept(notification, headers(req));
                res.status(Status.ACCEPTED_202).send();
            }
            case JSONRPCResponse response -> {
                if (!session.accept(response)) {
                    throw new Refused(Status.BAD_REQUEST_400, "Nothing waits for a response with this id");
                }
                res.status(Status.ACCEPTED_202).send();
            }
            default -> throw new Refused(Status.BAD_REQUEST_400, "Unknown kind of message");
        }
    }

    void get(ServerRequest req, ServerResponse res) {
        serve(req, res, () -> {
            requireAccept(req, EVENTS);
            LiveSession session = session(req);
            EventId last =
                    req.headers().first(LAST_EVENT).flatMap(EventId::parse).orElse(null);
            EventStream stream = last == null ? null : session.stream(last.stream());
            if (last == null || stream == null) {
                // Nothing to resume, or it was let go: what is sent from now on is all there is to listen to.
                events(session, session.listening(), -1, res);
            } else {
                events(session, stream, last.seq(), res);
            }
        });
    }

    void delete(ServerRequest req, ServerResponse res) {
        serve(req, res, () -> {
            hub.close(session(req));
            res.status(Status.OK_200).send();
        });
    }

    /** The stdio protocol inside one full-duplex request: its body is the client's output, its response the client's input. */
    void stdio(ServerRequest req, ServerResponse res) {
        serve(req, res, () -> {
            // The body has no end we could wait for, so the connection cannot be used again.
            closeAfterwards(res);
            // Asked for first: this is what sends "100 Continue", which must not land inside the response.
            InputStream in = req.content().inputStream();
            res.header(HeaderNames.CONTENT_TYPE, "application/x-ndjson");
            try (OutputStream out = res.outputStream()) {
                stdio.serve(in, out, headers(req));
            }
        });
    }

    void otherMethod(ServerRequest req, ServerResponse res) {
        serve(req, res, () -> {
            res.header(HeaderNames.ALLOW, "POST, GET, DELETE");
            throw new Refused(
                    Status.METHOD_NOT_ALLOWED_405, req.prologue().method().text() + " is not supported here");
        });
    }

    private void serve(ServerRequest req, ServerResponse res, Step step) {
        try {
            if (req.headers().contains(HeaderValues.CONNECTION_CLOSE)) {
                closeAfterwards(res);
            }
            guard.check(req).ifPresent(refusal -> {
                throw new Refused(Status.create(refusal.status()), refusal.message());
            });
            if (hub.isClosing()) {
                throw new Refused(Status.SERVICE_UNAVAILABLE_503, Rpc.OVERLOADED, "Shutting down", null);
            }
            String version = req.headers().first(VERSION).orElse(SessionHub.VERSIONS.getLast());
            if (!SessionHub.VERSIONS.contains(version)) {
                throw new Refused(Status.BAD_REQUEST_400, "MCP-Protocol-Version must be one of " + SessionHub.VERSIONS);
            }
            step.run();
        } catch (Refused e) {
            json(res, e.status, hub.rpc().error(e.id, e.code, String.valueOf(e.getMessage())));
        } catch (IOException | UncheckedIOException e) {
            // The client is gone. Anything else would make Helidon log a stack trace for it.
            throw new CloseConnectionException("client disconnected", e);
        }
    }

    private void events(LiveSession session, EventStream stream, long after, ServerResponse res) throws IOException {
        res.header(HeaderNames.CONTENT_TYPE, EVENTS)
                .header(HeaderNames.CACHE_CONTROL, "no-cache, no-transform")
                .header(BUFFERING, "no");
        OutputStream out = res.outputStream();
        stream.copyTo(out, after, session.primed(), hub.limits().heartbeat());
        // Not in a finally: closing writes the mark of an orderly end, which a broken connection must not get.
        out.close();
        session.touch();
    }

    private static void json(ServerResponse res, Status status, byte[] body) {
        res.status(status).header(HeaderNames.CONTENT_TYPE, JSON).send(body);
    }

    private LiveSession session(ServerRequest req) {
        String id = req.headers()
                .first(SESSION)
                .orElseThrow(() -> new Refused(Status.BAD_REQUEST_400, "Mcp-Session-Id header is required"));
        LiveSession session = hub.find(id, Caller.Transport.HTTP);
        if (session == null) {
            throw new Refused(Status.NOT_FOUND_404, Rpc.NO_SESSION, "Session not found; initialize a new one", null);
        }
        return session;
    }

    private static void requireAccept(ServerRequest req, String... types) {
        String accept = String.join(",", req.headers().all(HeaderNames.ACCEPT, List::of))
                .toLowerCase(Locale.ROOT);
        for (String type : types) {
            if (!accept.contains(type)) {
                throw new Refused(Status.NOT_ACCEPTABLE_406, "Accept must include " + String.join(" and ", types));
            }
        }
    }

    private byte[] body(ServerRequest req, ServerResponse res) throws IOException {
        int max = hub.limits().maxMessageBytes();
        if (req.headers().contentLength().orElse(0) <= max) {
            byte[] body = req.content().inputStream().readNBytes(max + 1);
            if (body.length <= max) {
                return body;
            }
        }
        // The rest of the body is not read, so the connection cannot be used again.
        closeAfterwards(res);
        throw new Refused(Status.REQUEST_ENTITY_TOO_LARGE_413, "A message may have at most " + max + " bytes");
    }

    private Map<String, String> headers(ServerRequest req) {
        Map<String, String> chosen = new TreeMap<>();
        for (String name : callerHeaders) {
            Optional<String> value = req.headers().first(HeaderNames.create(name));
            value.ifPresent(text -> chosen.put(name, text));
        }
        return chosen;
    }

    private static String mediaType(String contentType) {
        return contentType.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
    }

    /** Helidon 4.4 sends {@code Connection: close} and keeps the connection; this closes it once the response is out. */
    private static void closeAfterwards(ServerResponse res) {
        res.header(HeaderValues.CONNECTION_CLOSE);
        res.whenSent(() -> {
            throw new CloseConnectionException("closed as announced");
        });
    }
}
