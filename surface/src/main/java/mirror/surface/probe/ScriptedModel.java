package mirror.surface.probe;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import mirror.bus.Json;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * A model on loopback that asks for one tool call and then says that it is done, in whichever protocol it is spoken to. It must never
 * listen beyond 127.0.0.1, connect anywhere, or keep anything of what it is sent. Thread-safe.
 */
final class ScriptedModel implements AutoCloseable {
    /** The first request of a client holds the schemas of all its tools. */
    private static final int LARGEST = 32 * 1024 * 1024;

    private final HttpServer server;
    private final ExecutorService requests = Executors.newVirtualThreadPerTaskExecutor();
    private volatile Call next = new Call("", Json.object());

    /** What one conversation is to ask for. */
    static final class Call {
        private final String tool;
        private final JsonNode input;
        private final CompletableFuture<Void> made = new CompletableFuture<>();

        Call(String tool, JsonNode input) {
            this.tool = tool;
            this.input = input;
        }

        /** Completes when the client was sent the call. */
        CompletableFuture<Void> made() {
            return made;
        }
    }

    private ScriptedModel(HttpServer server) {
        this.server = server;
    }

    static ScriptedModel start() throws IOException {
        InetAddress loopback = InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
        ScriptedModel model = new ScriptedModel(HttpServer.create(new InetSocketAddress(loopback, 0), 0));
        model.server.createContext("/", model::serve);
        model.server.setExecutor(model.requests);
        model.server.start();
        return model;
    }

    /** What a client takes as its base URL. */
    URI url() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    /** The first request of the next conversation is answered with this call, and all after it with the end. */
    void next(Call call) {
        next = call;
    }

    private void serve(HttpExchange exchange) throws IOException {
        try (exchange) {
            byte[] body;
            try (InputStream in = exchange.getRequestBody()) {
                body = in.readNBytes(LARGEST);
            }
            Optional<Wire> wire = Wire.of(exchange.getRequestURI().toString());
            if (wire.isEmpty() || !exchange.getRequestMethod().equals("POST")) {
                boolean alive = exchange.getRequestMethod().equals("HEAD");
                exchange.sendResponseHeaders(alive ? 200 : 404, -1);
                return;
            }
            byte[] answer = answer(wire.get(), body).getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
            exchange.sendResponseHeaders(200, answer.length);
            exchange.getResponseBody().write(answer);
        }
    }

    private String answer(Wire wire, byte[] body) {
        Call call = next;
        // A client's side requests, for a title or a topic, offer no tools.
        return hasTools(body) && call.made.complete(null) ? wire.call(call.tool, call.input) : wire.say("done");
    }

    private static boolean hasTools(byte[] body) {
        try {
            return !Json.MAPPER.readTree(body).path("tools").isEmpty();
        } catch (JacksonException e) {
            return false;
        }
    }

    @Override
    public void close() {
        server.stop(0);
        requests.shutdownNow();
    }
}
