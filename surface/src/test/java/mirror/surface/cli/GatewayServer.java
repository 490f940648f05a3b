package mirror.surface.cli;

import io.helidon.http.Status;
import io.helidon.webserver.WebServer;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import javax.net.ssl.SSLSocketFactory;
import mirror.surface.Core;
import mirror.surface.GatewayApi;
import mirror.surface.TokenGuard;
import mirror.tiers.catalog.Survey;
import mirror.tiers.gateway.AnswerCache;
import mirror.tiers.gateway.Breakers;
import mirror.tiers.gateway.Gateway;
import mirror.tiers.gateway.Governor;
import mirror.tiers.gateway.Receipts;
import mirror.tiers.llama.LlamaEngine;
import mirror.tiers.wire.Upstreams;
import mirror.trust.LeaseScope;

/** The gateway behind a real web server on loopback, with a lease for providers on this machine. */
final class GatewayServer implements AutoCloseable {
    private final TestMirror mirror;
    private final Gateway gateway;
    private final WebServer server;
    private final String token;
    private final ScheduledExecutorService watch = Executors.newSingleThreadScheduledExecutor();

    /** @param tiers the text of {@code tiers.yaml} */
    GatewayServer(Path folder, String tiers) throws IOException {
        mirror = new TestMirror(folder);
        var core = mirror.core();
        Files.writeString(core.home().tiers(), tiers);
        gateway = gateway(core, watch);
        server = WebServer.builder()
                .shutdownHook(false)
                .useNio(false)
                .address(InetAddress.getLoopbackAddress())
                .port(0)
                .routing(routing -> routing.addFilter(new TokenGuard("token", _ -> false))
                        .get(
                                "/closed",
                                (_, response) -> response.status(Status.OK_200).send("open"))
                        .head("/", (_, response) -> response.send())
                        .register("/v1", new GatewayApi(gateway)))
                .build()
                .start();
        LeaseScope scope = LeaseScope.of(
                List.of(),
                List.of("egress:127.0.0.1", "run:llama.cpp"),
                core.clock().instant().plus(Duration.ofDays(1)));
        String id = core.projector()
                .record(core.state().leases().grant("claude-code", scope, "owner"))
                .text("lease");
        token = core.state().leases().token(id, core.key()).text();
    }

    TestMirror mirror() {
        return mirror;
    }

    Gateway gateway() {
        return gateway;
    }

    int port() {
        return server.port();
    }

    String url() {
        return "http://127.0.0.1:" + server.port();
    }

    String token() {
        return token;
    }

    @Override
    public void close() throws IOException {
        server.stop();
        gateway.close();
        mirror.close();
        watch.shutdownNow();
    }

    /** A gateway over that Mirror, without the offline tier. */
    static Gateway gateway(Core core, ScheduledExecutorService watch) {
        Receipts receipts = new Receipts(core.projector());
        Upstreams upstreams = new Upstreams((SSLSocketFactory) SSLSocketFactory.getDefault(), watch, System::nanoTime);
        return new Gateway(
                core.tiers(),
                core.state().leases(),
                core.key().key("lease"),
                new Governor(
                        core.gate(),
                        core.projector(),
                        core.state().budgets(),
                        core.state().leases(),
                        receipts,
                        core.clock(),
                        new Random(3)),
                new Breakers(core.clock(), core.state().breakers()),
                core.state().catalog(),
                upstreams,
                new LlamaEngine(() -> 1L << 33, core.clock(), new Random(5)),
                receipts,
                new Survey(
                        core.tiers(),
                        core.gate(),
                        core.projector(),
                        core.state().catalog(),
                        upstreams,
                        core.home().root(),
                        core.clock()),
                new AnswerCache(core.home().index().resolve("answers"), core.clock()),
                core.notes()::meaning,
                core.home().root(),
                core.clock(),
                new Random(4),
                null);
    }
}
