package mirror.app.e2e;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.MissingNode;

/**
 * An Anthropic Messages API on loopback that says what a test wrote down: {@code HEAD /}, {@code POST /v1/messages}
 * streaming and not, {@code count_tokens}. The main conversation and subagents have a script each; the client's side
 * requests are answered harmlessly. A main request without a step left gets a 500 and is kept in {@link #surprises()}.
 * Clients of other vendors are answered in their own words, by {@link ModelWire}. It must never listen or connect beyond 127.0.0.1, and never invent an answer for the main conversation.
 */
final class ScriptedMessagesApi implements AutoCloseable {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final ServerSocket listener;
    private final ExecutorService connections = Executors.newVirtualThreadPerTaskExecutor();
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final AtomicInteger ids = new AtomicInteger();

    private final Object lock = new Object();
    private final Deque<Reply> script = new ArrayDeque<>();
    private final Deque<Reply> subagentScript = new ArrayDeque<>();
    private final List<ApiRequest> received = new ArrayList<>();
    private final List<String> surprises = new ArrayList<>();

    private ScriptedMessagesApi(ServerSocket listener) {
        this.listener = listener;
    }

    static ScriptedMessagesApi start() {
        try {
            var api = new ScriptedMessagesApi(
                    new ServerSocket(0, 50, InetAddress.getByAddress(new byte[] {127, 0, 0, 1})));
            api.connections.execute(api::accept);
            return api;
        } catch (IOException e) {
            throw new UncheckedIOException("no loopback port for the scripted API", e);
        }
    }

    /** What a client takes as its base URL. */
    URI url() {
        return URI.create("http://127.0.0.1:" + listener.getLocalPort());
    }

    /** Adds steps for the main conversation; each of its requests takes one. */
    ScriptedMessagesApi replies(Reply... steps) {
        synchronized (lock) {
            script.addAll(List.of(steps));
        }
        return this;
    }

    /** Adds steps for subagents; without one a subagent is told {@code done}. */
    ScriptedMessagesApi subagentReplies(Reply... steps) {
        synchronized (lock) {
            subagentScript.addAll(List.of(steps));
        }
        return this;
    }

    /** The requests of the main conversation, oldest first, retries included. */
    List<ApiRequest> requests() {
        return requests(ApiRequest.Kind.MAIN);
    }

    List<ApiRequest> requests(ApiRequest.Kind kind) {
        return allRequests().stream().filter(request -> request.kind() == kind).toList();
    }

    List<ApiRequest> allRequests() {
        synchronized (lock) {
            return List.copyOf(received);
        }
    }

    ApiRequest lastRequest() {
        var requests = requests();
        if (requests.isEmpty()) {
            throw new AssertionError("the client never asked the model");
        }
        return requests.getLast();
    }

    /** What came in that no step was written for, and steps that failed. */
    List<String> surprises() {
        synchronized (lock) {
            return List.copyOf(surprises);
        }
    }

    /** Fails unless every step was used and nothing unscripted came in. */
    void assertFollowed() {
        synchronized (lock) {
            if (!surprises.isEmpty() || !script.isEmpty() || !subagentScript.isEmpty()) {
                throw new AssertionError("the script was not followed: surprises " + surprises + ", steps left "
                        + script + ", steps left for subagents " + subagentScript);
            }
        }
    }

    /** Ends the listener and every open connection, hanging ones too. */
    @Override
    public void close() {
        closeQuietly(listener);
        open.forEach(ScriptedMessagesApi::closeQuietly);
        connections.shutdownNow();
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket socket = listener.accept();
                open.add(socket);
                connections.execute(() -> serve(socket));
            } catch (IOException e) {
                if (!listener.isClosed()) {
                    surprise("accepting failed: " + e);
                }
            }
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            ApiRequest request = read(new BufferedInputStream(socket.getInputStream()), socket.getOutputStream());
            Reply reply;
            synchronized (lock) {
                received.add(request);
                reply = choose(request);
            }
            answer(socket, request, resolve(request, reply));
        } catch (EOFException e) {
            // The client opened a connection and sent nothing on it: clients do that to warm up.
        } catch (IOException | RuntimeException e) {
            if (!listener.isClosed()) {
                surprise("a connection failed: " + e);
            }
        } finally {
            open.remove(socket);
        }
    }

    private Reply choose(ApiRequest request) {
        return switch (request.kind()) {
            case MAIN -> {
                Reply step = script.poll();
                if (step == null) {
                    surprises.add("unscripted request: " + request.allText());
                    yield Reply.status(500, Map.of("x-should-retry", "false"));
                }
                yield step;
            }
            case SUBAGENT -> {
                Reply step = subagentScript.poll();
                yield step == null ? Reply.text("done") : step;
            }
            case SIDE, COUNT_TOKENS, OTHER -> Reply.text("{}");
        };
    }

    private Reply resolve(ApiRequest request, Reply reply) {
        Reply resolved = reply;
        while (resolved instanceof Reply.Computed computed) {
            try {
                resolved = computed.answer().apply(request);
            } catch (RuntimeException | AssertionError e) {
                surprise("a computed step failed: " + e);
                resolved = Reply.status(500, Map.of("x-should-retry", "false"));
            }
        }
        return resolved;
    }

    private void answer(Socket socket, ApiRequest request, Reply reply) throws IOException {
        OutputStream out = socket.getOutputStream();
        switch (request.kind()) {
            case OTHER -> {
                head(out, request.method().equals("HEAD") ? 200 : 404, Map.of("content-length", "0"));
                return;
            }
            case COUNT_TOKENS -> {
                json(out, 200, Map.of(), Map.of("input_tokens", 100));
                return;
            }
            case MAIN, SUBAGENT, SIDE -> {}
        }
        if (reply instanceof Reply.Message message
                && ModelWire.of(request.path()).isPresent()) {
            head(out, 200, Map.of("content-type", "text/event-stream"));
            out.write(utf8(ModelWire.of(request.path()).orElseThrow().stream(message, () -> id("call"))));
            out.flush();
            return;
        }
        switch (reply) {
            case Reply.Message message when request.streams() -> stream(out, request, message, true);
            case Reply.Message message -> json(out, 200, Map.of(), whole(request, message));
            case Reply.Status status -> json(out, status.code(), status.headers(), error(status.code()));
            case Reply.TruncatedStream cut -> stream(out, request, Reply.text(cut.partialText()), false);
            case Reply.Garbage garbage -> {
                head(out, 200, Map.of("content-type", "text/event-stream"));
                out.write(utf8("event: message_start\ndata: {not json\n\n"));
            }
            case Reply.ConnectionReset reset -> socket.setSoLinger(true, 0);
            case Reply.Hang hang -> {
                // Until the client gives up or the server is closed.
                while (socket.getInputStream().read() >= 0) {}
            }
            case Reply.Computed computed -> throw new IllegalStateException("a computed step was not resolved");
        }
        out.flush();
    }

    private void stream(OutputStream out, ApiRequest request, Reply.Message message, boolean complete)
            throws IOException {
        head(out, 200, Map.of("content-type", "text/event-stream", "cache-control", "no-cache"));
        event(out, "message_start", Map.of("message", envelope(request, List.of(), null)));
        int index = 0;
        for (Reply.Block block : message.blocks()) {
            Map<String, ?> start;
            Map<String, ?> delta;
            switch (block) {
                case Reply.Text text -> {
                    start = Map.of("type", "text", "text", "");
                    delta = Map.of("type", "text_delta", "text", text.text());
                }
                case Reply.ToolUse use -> {
                    start = Map.of("type", "tool_use", "id", id("toolu"), "name", use.name(), "input", Map.of());
                    delta = Map.of("type", "input_json_delta", "partial_json", JSON.writeValueAsString(use.input()));
                }
            }
            event(out, "content_block_start", Map.of("index", index, "content_block", start));
            event(out, "content_block_delta", Map.of("index", index, "delta", delta));
            if (!complete) {
                return;
            }
            event(out, "content_block_stop", Map.of("index", index++));
        }
        var ending = new HashMap<String, Object>();
        ending.put("stop_reason", stopReason(message));
        ending.put("stop_sequence", null);
        event(out, "message_delta", Map.of("delta", ending, "usage", Map.of("output_tokens", 5)));
        event(out, "message_stop", Map.of());
    }

    private Map<String, Object> whole(ApiRequest request, Reply.Message message) {
        var content = new ArrayList<Map<String, ?>>();
        for (Reply.Block block : message.blocks()) {
            content.add(
                    switch (block) {
                        case Reply.Text text -> Map.of("type", "text", "text", text.text());
                        case Reply.ToolUse use ->
                            Map.of("type", "tool_use", "id", id("toolu"), "name", use.name(), "input", use.input());
                    });
        }
        return envelope(request, content, stopReason(message));
    }

    private Map<String, Object> envelope(
            ApiRequest request, List<Map<String, ?>> content, @Nullable String stopReason) {
        var message = new LinkedHashMap<String, Object>();
        message.put("id", id("msg"));
        message.put("type", "message");
        message.put("role", "assistant");
        message.put("model", request.body().path("model").asString("scripted"));
        message.put("content", content);
        message.put("stop_reason", stopReason);
        message.put("stop_sequence", null);
        message.put("usage", Map.of("input_tokens", 10, "output_tokens", 1));
        return message;
    }

    private static String stopReason(Reply.Message message) {
        return message.blocks().stream().anyMatch(Reply.ToolUse.class::isInstance) ? "tool_use" : "end_turn";
    }

    /** Unique over several servers too, because a resumed session meets the ids of the server before. */
    private String id(String prefix) {
        return "%s_%05d%06d".formatted(prefix, listener.getLocalPort(), ids.incrementAndGet());
    }

    private static Map<String, ?> error(int code) {
        String type = switch (code) {
            case 400 -> "invalid_request_error";
            case 401 -> "authentication_error";
            case 429 -> "rate_limit_error";
            case 529 -> "overloaded_error";
            default -> "api_error";
        };
        return Map.of("type", "error", "error", Map.of("type", type, "message", "scripted " + code));
    }

    private static void event(OutputStream out, String type, Map<String, ?> data) throws IOException {
        var whole = new LinkedHashMap<String, Object>();
        whole.put("type", type);
        whole.putAll(data);
        out.write(utf8("event: " + type + "\ndata: " + JSON.writeValueAsString(whole) + "\n\n"));
        out.flush();
    }

    private static void json(OutputStream out, int code, Map<String, String> extra, Map<String, ?> body)
            throws IOException {
        byte[] bytes = utf8(JSON.writeValueAsString(body));
        var headers = new LinkedHashMap<>(extra);
        headers.put("content-type", "application/json");
        headers.put("content-length", Integer.toString(bytes.length));
        head(out, code, headers);
        out.write(bytes);
    }

    private static void head(OutputStream out, int code, Map<String, String> headers) throws IOException {
        var head = new StringBuilder("HTTP/1.1 " + code + " scripted\r\nconnection: close\r\n");
        headers.forEach(
                (name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
        out.write(utf8(head.append("\r\n").toString()));
    }

    private static ApiRequest read(InputStream in, OutputStream out) throws IOException {
        String[] line = line(in).split(" ", 3);
        if (line.length < 3) {
            throw new IOException("not an HTTP request line: " + String.join(" ", line));
        }
        var headers = new LinkedHashMap<String, String>();
        for (String header = line(in); !header.isEmpty(); header = line(in)) {
            int colon = header.indexOf(':');
            headers.put(
                    header.substring(0, colon).toLowerCase(Locale.ROOT),
                    header.substring(colon + 1).strip());
        }
        if (headers.getOrDefault("expect", "").equalsIgnoreCase("100-continue")) {
            out.write(utf8("HTTP/1.1 100 Continue\r\n\r\n"));
            out.flush();
        }
        byte[] body = headers.getOrDefault("transfer-encoding", "").equalsIgnoreCase("chunked")
                ? chunks(in)
                : exactly(in, Integer.parseInt(headers.getOrDefault("content-length", "0")));
        JsonNode parsed = body.length == 0 ? MissingNode.getInstance() : JSON.readTree(body);
        return new ApiRequest(line[0], line[1], Map.copyOf(headers), parsed);
    }

    private static byte[] chunks(InputStream in) throws IOException {
        var body = new ByteArrayOutputStream();
        for (int size = Integer.parseInt(line(in), 16); size > 0; size = Integer.parseInt(line(in), 16)) {
            body.write(exactly(in, size));
            line(in);
        }
        line(in);
        return body.toByteArray();
    }

    private static byte[] exactly(InputStream in, int length) throws IOException {
        byte[] bytes = in.readNBytes(length);
        if (bytes.length < length) {
            throw new IOException("the client sent " + bytes.length + " of " + length + " bytes");
        }
        return bytes;
    }

    private static String line(InputStream in) throws IOException {
        var bytes = new ByteArrayOutputStream();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                throw new EOFException("the connection ended inside the head of a request");
            }
            if (b != '\r') {
                bytes.write(b);
            }
        }
        return bytes.toString(StandardCharsets.ISO_8859_1);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private void surprise(String what) {
        synchronized (lock) {
            surprises.add(what);
        }
    }

    private static void closeQuietly(AutoCloseable resource) {
        try {
            resource.close();
        } catch (Exception e) {
            // Closing a socket that the other side has closed; there is nothing left to lose.
        }
    }
}
