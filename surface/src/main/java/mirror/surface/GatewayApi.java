package mirror.surface;

import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import mirror.surface.mcp.LoopbackGuard;
import mirror.tiers.gateway.Endpoint;
import mirror.tiers.gateway.Gateway;
import mirror.tiers.gateway.Incoming;
import mirror.tiers.gateway.Reply;
import mirror.tiers.wire.Header;

/**
 * What SDKs and agents call for a model, under {@code /v1} on the TCP port: Anthropic's messages, and OpenAI's chat completions,
 * responses and embeddings. The home's token is not asked for: a lease's token is the key, as {@code x-api-key} or bearer. Web pages
 * of other origins are refused. Thread-safe.
 */
public final class GatewayApi implements HttpService {
    private final Gateway gateway;
    private final LoopbackGuard guard = LoopbackGuard.alsoAt(null);

    public GatewayApi(Gateway gateway) {
        this.gateway = gateway;
    }

    @Override
    public void routing(HttpRules rules) {
        rules.post("/messages", (request, response) -> call(Endpoint.MESSAGES, request, response))
                .post("/messages/count_tokens", (request, response) -> call(Endpoint.COUNT_TOKENS, request, response))
                .post("/chat/completions", (request, response) -> call(Endpoint.CHAT, request, response))
                .post("/responses", (request, response) -> call(Endpoint.RESPONSES, request, response))
                .post("/embeddings", (request, response) -> call(Endpoint.EMBEDDINGS, request, response))
                .get("/models", this::models);
    }

    private boolean isForeign(ServerRequest request, ServerResponse response) {
        var foreign = guard.check(request);
        foreign.ifPresent(refusal -> response.status(Status.FORBIDDEN_403).send(refusal.message() + "\n"));
        return foreign.isPresent();
    }

    private void call(Endpoint endpoint, ServerRequest request, ServerResponse response) {
        if (isForeign(request, response)) {
            return;
        }
        try {
            if (gateway.handle(
                            endpoint,
                            request.query().rawValue(),
                            headers(request),
                            new HelidonBody(request),
                            new HelidonReply(response))
                    == Reply.Ending.CUT) {
                throw new CloseConnectionException("an answer was cut");
            }
        } catch (IOException e) {
            throw new CloseConnectionException("the client is gone", e);
        }
    }

    private void models(ServerRequest request, ServerResponse response) {
        if (isForeign(request, response)) {
            return;
        }
        try {
            gateway.models(headers(request), new HelidonReply(response));
        } catch (IOException e) {
            throw new CloseConnectionException("the client is gone", e);
        }
    }

    private static List<Header> headers(ServerRequest request) {
        List<Header> headers = new ArrayList<>();
        for (var header : request.headers()) {
            for (String value : header.allValues()) {
                headers.add(new Header(header.name(), value));
            }
        }
        return headers;
    }

    private record HelidonBody(ServerRequest request, long length) implements Incoming {
        HelidonBody(ServerRequest request) {
            this(request, request.headers().contentLength().orElse(-1));
        }

        @Override
        public byte[] read(int most) throws IOException {
            try (InputStream in = request.content().inputStream()) {
                if (length < 0) {
                    return in.readNBytes(most);
                }
                byte[] body = new byte[most];
                if (in.readNBytes(body, 0, most) < most) {
                    throw new IOException("the request ended before its end");
                }
                return body;
            }
        }
    }

    private record HelidonReply(ServerResponse response) implements Reply {
        private void head(int status, List<Header> headers) {
            response.status(Status.create(status));
            for (Header header : headers) {
                response.headers().add(HeaderValues.create(HeaderNames.create(header.name()), header.value()));
            }
        }

        @Override
        public void send(int status, List<Header> headers, byte[] body) {
            head(status, headers);
            response.send(body);
        }

        @Override
        public OutputStream stream(int status, List<Header> headers) {
            head(status, headers);
            return response.outputStream();
        }
    }
}
