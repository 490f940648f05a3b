package mirror.surface.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.helidon.webserver.WebServer;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import mirror.bus.Json;
import mirror.pulse.stats.Report;
import mirror.surface.TokenGuard;
import mirror.surface.stats.StatsApi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The signed numbers and the metrics over a real web server on loopback. */
final class StatsApiTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @SuppressWarnings("NullAway.Init")
    private TestMirror mirror;

    @SuppressWarnings("NullAway.Init")
    private WebServer server;

    private final HttpClient client = HttpClient.newHttpClient();

    @BeforeEach
    void open() throws Exception {
        mirror = new TestMirror(folder);
        server = WebServer.builder()
                .shutdownHook(false)
                .useNio(false)
                .address(InetAddress.getLoopbackAddress())
                .port(0)
                .routing(routing -> routing.addFilter(new TokenGuard("token", _ -> true))
                        .register("/", new StatsApi(mirror.core())))
                .build()
                .start();
    }

    @AfterEach
    void close() {
        client.close();
        server.stop();
        mirror.close();
    }

    private HttpResponse<String> get(String path, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path));
        for (int i = 0; i < headers.length; i += 2) {
            request.header(headers[i], headers[i + 1]);
        }
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void withoutTheHomesTokenNothingIsTold() throws Exception {
        for (String path : new String[] {"/api/v1/stats", "/metrics"}) {
            assertThat(get(path).statusCode()).isEqualTo(401);
            assertThat(get(path, "Authorization", "Bearer a-leases-token").statusCode())
                    .as("a lease shows no numbers")
                    .isEqualTo(401);
            assertThat(get(path, "Authorization", "Bearer token", "Origin", "https://example.org")
                            .statusCode())
                    .isEqualTo(403);
        }
    }

    @Test
    void theEnvelopeVouchesForTheNumbersBesideIt() throws Exception {
        HttpResponse<String> told = get("/api/v1/stats", "Authorization", "Bearer token");
        assertThat(told.statusCode()).isEqualTo(200);
        JsonNode json = Json.MAPPER.readTree(told.body());
        Report report = Report.open(
                (json.path("envelope") + "\n").getBytes(StandardCharsets.UTF_8),
                mirror.core().key().key(mirror.core().origin()));
        assertThat(report.json().path("numbers").toString())
                .isEqualTo(json.path("numbers").toString());
    }

    @Test
    void prometheusGetsTheFormatItAsksFor() throws Exception {
        HttpResponse<String> plain = get("/metrics", "Authorization", "Bearer token");
        assertThat(plain.headers().firstValue("content-type"))
                .hasValueSatisfying(type -> assertThat(type).startsWith("text/plain; version=0.0.4"));
        assertThat(plain.body()).contains("\nmirror_events_total ");
        HttpResponse<String> open = get(
                "/metrics", "Authorization", "Bearer token", "Accept", "application/openmetrics-text; version=1.0.0");
        assertThat(open.headers().firstValue("content-type"))
                .hasValueSatisfying(type -> assertThat(type).startsWith("application/openmetrics-text"));
        assertThat(open.body()).endsWith("# EOF\n");
    }
}
