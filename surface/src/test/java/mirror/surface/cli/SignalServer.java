package mirror.surface.cli;

import io.helidon.webserver.WebServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import mirror.bus.Json;
import mirror.surface.mcp.LoopbackGuard;
import mirror.surface.signal.SignalApi;
import mirror.surface.signal.SignalConnections;
import mirror.trust.LeaseScope;
import tools.jackson.databind.JsonNode;

/** ntfy's API of a Mirror behind a real web server on loopback. */
final class SignalServer implements AutoCloseable {
    private final TestMirror mirror;
    private final WebServer server;
    private final HttpClient http = HttpClient.newHttpClient();
    private final String owner;

    SignalServer(Path folder, Duration keepalive) throws IOException {
        mirror = new TestMirror(folder);
        SignalApi api = new SignalApi(mirror.core().signals(), LoopbackGuard.alsoAt(null), keepalive);
        server = WebServer.builder()
                .shutdownHook(false)
                .useNio(false)
                .address(InetAddress.getLoopbackAddress())
                .port(0)
                .addConnectionSelector(new SignalConnections(api))
                .routing(routing -> routing.register("/", api))
                .build()
                .start();
        owner = token("tester", "publish:topic/t", "subscribe:topic/t", "publish:topic/u", "subscribe:topic/u");
    }

    TestMirror mirror() {
        return mirror;
    }

    int port() {
        return server.port();
    }

    /** A token that may publish to and hear the topics t and u. */
    String token() {
        return owner;
    }

    String token(String holder, String... effects) {
        return token(holder, LeaseScope.UNLIMITED, effects);
    }

    String token(String holder, long uses, String... effects) {
        var core = mirror.core();
        LeaseScope any = LeaseScope.of(
                List.of(), List.of(effects), core.clock().instant().plus(Duration.ofDays(1)));
        LeaseScope scope = new LeaseScope(
                any.events(),
                any.effects(),
                any.tools(),
                any.from(),
                any.expires(),
                any.session(),
                any.risk(),
                any.ceiling(),
                any.tier(),
                uses,
                any.tokens(),
                any.cents());
        String id = core.projector()
                .record(core.state().leases().grant(holder, scope, "owner"))
                .text("lease");
        return core.state().leases().token(id, core.key()).text();
    }

    /** Sends with the token; headers are name, value, name, value. */
    HttpResponse<String> send(String method, String path, String body, String... headers) throws Exception {
        List<String> all = new ArrayList<>(Arrays.asList(headers));
        if (!all.contains("Authorization") && !path.contains("auth=")) {
            all.addAll(List.of("Authorization", "Bearer " + owner));
        }
        return bare(method, path, body.getBytes(StandardCharsets.UTF_8), all.toArray(String[]::new));
    }

    HttpResponse<String> bare(String method, String path, byte[] body, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port() + path))
                .method(method, HttpRequest.BodyPublishers.ofByteArray(body));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    JsonNode publish(String topic, String body, String... headers) throws Exception {
        HttpResponse<String> answer = send("POST", "/" + topic, body, headers);
        if (answer.statusCode() != 200) {
            throw new AssertionError(answer.statusCode() + " " + answer.body());
        }
        return Json.MAPPER.readTree(answer.body());
    }

    /** What is there, without waiting. */
    List<JsonNode> poll(String path) throws Exception {
        HttpResponse<String> answer = send("GET", path + (path.contains("?") ? "&" : "?") + "poll=1", "");
        if (answer.statusCode() != 200) {
            throw new AssertionError(answer.statusCode() + " " + answer.body());
        }
        return answer.body().lines().map(Json.MAPPER::readTree).toList();
    }

    /** A stream that stays open. */
    Lines open(String path) throws Exception {
        HttpResponse<InputStream> answer = http.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port() + path))
                        .header("Authorization", "Bearer " + owner)
                        .build(),
                HttpResponse.BodyHandlers.ofInputStream());
        return new Lines(
                answer.headers().firstValue("Content-Type").orElse(""),
                new BufferedReader(new InputStreamReader(answer.body(), StandardCharsets.UTF_8)));
    }

    /** Lines of a stream as they come. */
    record Lines(String type, BufferedReader in) implements AutoCloseable {
        String next() throws IOException {
            return in.readLine();
        }

        JsonNode json() throws IOException {
            return Json.MAPPER.readTree(next());
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }

    @Override
    public void close() {
        mirror.core().signals().close();
        server.stop();
        http.shutdownNow();
        mirror.close();
    }
}
