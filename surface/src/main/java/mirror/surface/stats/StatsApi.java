package mirror.surface.stats;

import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import mirror.surface.Core;
import mirror.surface.mcp.LoopbackGuard;

/**
 * {@code GET /api/v1/stats}, the signed numbers, and {@code GET /metrics}, the same for Prometheus; on the TCP port with the home's token.
 * Web pages of other origins are refused. Thread-safe.
 */
public final class StatsApi implements HttpService {
    private final Core core;
    private final LoopbackGuard guard = LoopbackGuard.alsoAt(null);

    public StatsApi(Core core) {
        this.core = core;
    }

    @Override
    public void routing(HttpRules rules) {
        rules.get("/api/v1/stats", this::stats).get("/metrics", this::metrics);
    }

    private boolean isForeign(ServerRequest request, ServerResponse response) {
        var foreign = guard.check(request);
        foreign.ifPresent(refusal -> response.status(Status.FORBIDDEN_403).send(refusal.message() + "\n"));
        return foreign.isPresent();
    }

    private void stats(ServerRequest request, ServerResponse response) {
        if (!isForeign(request, response)) {
            response.header(HeaderNames.CONTENT_TYPE, "application/json")
                    .header(HeaderNames.CACHE_CONTROL, "no-store")
                    .send(Metrics.json(core));
        }
    }

    private void metrics(ServerRequest request, ServerResponse response) {
        if (!isForeign(request, response)) {
            Metrics.Page page = Metrics.page(
                    core, request.headers().first(HeaderNames.ACCEPT).orElse(""));
            response.header(HeaderNames.CONTENT_TYPE, page.contentType())
                    .header(HeaderNames.CACHE_CONTROL, "no-store")
                    .send(page.body());
        }
    }
}
