package mirror.app.e2e;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * A daemon that a test writes down, for pages that no real one could be brought to: answers of any shape, hostile ones, thousands of
 * places, hundreds of events a second. It serves the console's own files with the headers of the real one.
 */
final class PlayedConsole implements AutoCloseable {
    static final JsonMapper JSON = JsonMapper.builder().build();

    /** The real one's. */
    static final String CSP =
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
                    + " manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
                    + " require-trusted-types-for 'script'; trusted-types mirror-worker";

    private static final Map<String, String> TYPES = Map.of(
            "html", "text/html; charset=utf-8",
            "js", "text/javascript",
            "css", "text/css",
            "svg", "image/svg+xml",
            "png", "image/png",
            "json", "application/json",
            "webmanifest", "application/manifest+json");

    static final Path FILES = Path.of(
            System.getProperty("mirror.root"), "surface", "src", "main", "resources", "mirror", "surface", "console");

    /** A call that was made: what, where, with which body. */
    record Call(String method, String path, JsonNode body) {}

    private final HttpServer server;
    private final Map<String, String> answers = new ConcurrentHashMap<>();
    private final List<OutputStream> streams = new CopyOnWriteArrayList<>();
    private final List<Call> calls = new CopyOnWriteArrayList<>();
    private final BlockingQueue<String> resumed = new LinkedBlockingQueue<>();
    private volatile ObjectNode snapshot = JSON.createObjectNode();

    PlayedConsole() {
        try {
            server =
                    HttpServer.create(new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/console/", this::serve);
        server.start();
    }

    /** By a name for which browsers have passkeys without HTTPS. */
    String url() {
        return "http://localhost:" + server.getAddress().getPort() + "/console/";
    }

    /** What a path below api/ answers, with its words when they matter. */
    PlayedConsole answers(String path, String json) {
        answers.put(path, json);
        return this;
    }

    /** What a command answers with --json. */
    PlayedConsole views(String path, String json) {
        return answers("view/" + path, "{\"exit\":0,\"error\":\"\",\"data\":" + json + "}");
    }

    PlayedConsole snapshot(ObjectNode what) {
        snapshot = what;
        return this;
    }

    /** Tells all that listen. */
    void tell(String event, JsonNode data) {
        byte[] bytes = ("event: " + event + "\nid: " + data.path("seq").asLong(0) + "\ndata: "
                        + JSON.writeValueAsString(data) + "\n\n")
                .getBytes(StandardCharsets.UTF_8);
        streams.removeIf(stream -> !isWritten(stream, bytes));
    }

    private static boolean isWritten(OutputStream stream, byte[] bytes) {
        try {
            synchronized (stream) {
                stream.write(bytes);
                stream.flush();
            }
            return true;
        } catch (IOException e) {
            return false; // the page is gone
        }
    }

    /** Waits for the next page that listens: the number of the last event that it says it knows, or empty. */
    String resumed() {
        try {
            String known = resumed.poll(30, TimeUnit.SECONDS);
            if (known == null) {
                throw new AssertionError("no page listens");
            }
            return known;
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    List<Call> calls(String path) {
        return calls.stream().filter(call -> call.path.equals(path)).toList();
    }

    private void serve(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getRawPath().substring("/console/".length());
        if (!path.startsWith("api/")) {
            file(exchange, path.isEmpty() ? "index.html" : path);
            return;
        }
        String name = URLDecoder.decode(path.substring("api/".length()), StandardCharsets.UTF_8);
        byte[] body = exchange.getRequestBody().readAllBytes();
        calls.add(
                new Call(exchange.getRequestMethod(), name, body.length == 0 ? JSON.nullNode() : JSON.readTree(body)));
        if (!name.equals("pair") && !"key".equals(exchange.getRequestHeaders().getFirst("x-mirror-console"))) {
            send(exchange, 401, "{\"error\":\"this browser is not paired\"}");
        } else if (name.equals("stream")) {
            stream(exchange);
        } else {
            String words = exchange.getRequestURI().getRawQuery() == null
                    ? ""
                    : List.of(exchange.getRequestURI().getRawQuery().split("&")).stream()
                            .filter(word -> word.startsWith("a="))
                            .map(word -> URLDecoder.decode(word.substring(2), StandardCharsets.UTF_8))
                            .collect(Collectors.joining(" "));
            String answer = answers.get(words.isEmpty() ? name : name + " " + words);
            answer = answer == null ? answers.get(name) : answer;
            if (answer == null) {
                send(exchange, 404, "{\"error\":\"nobody wrote down what " + name + " answers\"}");
            } else {
                send(exchange, 200, answer);
            }
        }
    }

    private static void file(HttpExchange exchange, String name) throws IOException {
        Path file = FILES.resolve(name).normalize();
        if (!file.startsWith(FILES) || !Files.isRegularFile(file)) {
            send(exchange, 404, "{}");
            return;
        }
        var headers = exchange.getResponseHeaders();
        headers.set("content-type", TYPES.getOrDefault(name.substring(name.lastIndexOf('.') + 1), "text/plain"));
        headers.set("content-security-policy", CSP);
        headers.set("x-content-type-options", "nosniff");
        byte[] bytes = Files.readAllBytes(file);
        exchange.sendResponseHeaders(200, bytes.length);
        try (exchange) {
            exchange.getResponseBody().write(bytes);
        }
    }

    private static void send(HttpExchange exchange, int status, String json) throws IOException {
        byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("content-type", "application/json");
        exchange.sendResponseHeaders(status, bytes.length);
        try (exchange) {
            exchange.getResponseBody().write(bytes);
        }
    }

    private void stream(HttpExchange exchange) throws IOException {
        String known = exchange.getRequestHeaders().getFirst("last-event-id");
        resumed.add(known == null ? "" : known);
        exchange.getResponseHeaders().set("content-type", "text/event-stream");
        exchange.sendResponseHeaders(200, 0);
        OutputStream out = exchange.getResponseBody();
        out.write(("event: snapshot\nid: " + snapshot.path("seq").asLong(1) + "\ndata: "
                        + JSON.writeValueAsString(snapshot) + "\n\n")
                .getBytes(StandardCharsets.UTF_8));
        out.flush();
        streams.add(out);
    }

    /** Ends all connections, as a daemon that goes away does. */
    void hangUp() {
        for (OutputStream stream : streams) {
            try {
                stream.close();
            } catch (IOException e) {
                // it is gone already
            }
        }
        streams.clear();
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
