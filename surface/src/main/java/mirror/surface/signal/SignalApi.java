package mirror.surface.signal;

import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.Headers;
import io.helidon.http.Method;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ServerConnectionException;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import mirror.bus.BusException;
import mirror.bus.Json;
import mirror.surface.mcp.LoopbackGuard;
import mirror.surface.signal.SignalLedger.Entry;
import mirror.surface.signal.SignalRefused.Fault;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * ntfy's HTTP API on a port of its own, because its clients have topics at the root. What is served of it and what is not is in
 * docs/signal.md. Web pages of other origins are refused, a request without a lease's token too. Thread-safe.
 *
 * @see <a href="https://docs.ntfy.sh/publish/">ntfy: publish</a>, <a href="https://docs.ntfy.sh/subscribe/api/">subscribe</a>
 */
public final class SignalApi implements HttpService {
    /** As ntfy's default. */
    public static final Duration KEEPALIVE = Duration.ofSeconds(45);

    /** Each is a thread and a socket. */
    static final int SUBSCRIPTIONS = 256;

    private static final int JSON_BYTES = 16 * 1024;
    private static final Pattern FILE = Pattern.compile("/file/([A-Za-z0-9]{12})(?:\\.[A-Za-z0-9]{1,16})?");
    private static final Pattern TOPIC_AND = Pattern.compile("/([^/]{1,5000})/([a-z]{2,8})");
    private static final Set<String> PUBLISH = Set.of("publish", "send", "trigger");

    private final Signals signals;
    private final LoopbackGuard guard;
    private final Duration keepalive;
    private final Semaphore open = new Semaphore(SUBSCRIPTIONS);

    /** @param guard keeps web pages out */
    public SignalApi(Signals signals, LoopbackGuard guard, Duration keepalive) {
        this.signals = signals;
        this.guard = guard;
        this.keepalive = keepalive;
    }

    @Override
    public void routing(HttpRules rules) {
        rules.any(this::handle);
    }

    private void handle(ServerRequest request, ServerResponse response) throws IOException {
        var foreign = guard.check(request);
        if (foreign.isPresent()) {
            response.status(Status.FORBIDDEN_403).send(foreign.get().message() + "\n");
            return;
        }
        try {
            serve(request, response);
        } catch (SignalRefused e) {
            refuse(response, e);
        } catch (BusException e) {
            refuse(response, SignalRefused.of(Fault.INTERNAL, String.valueOf(e.getMessage())));
        } catch (InterruptedException e) {
            throw new CloseConnectionException("the server stops", e);
        }
    }

    private static void refuse(ServerResponse response, SignalRefused refusal) {
        response.status(Status.create(refusal.status()));
        if (refusal.status() == Status.UNAUTHORIZED_401.code()) {
            response.header(HeaderNames.WWW_AUTHENTICATE, "Basic realm=\"Mirror\"");
        }
        send(response, refusal.json());
    }

    /** Go's encoder ends what it writes with a line feed, and clients that read lines wait for it. */
    private static void send(ServerResponse response, ObjectNode json) {
        response.header(HeaderNames.CONTENT_TYPE, "application/json")
                .send((Json.MAPPER.writeValueAsString(json) + "\n").getBytes(StandardCharsets.UTF_8));
    }

    private void serve(ServerRequest request, ServerResponse response) throws IOException, InterruptedException {
        Method method = request.prologue().method();
        String path = request.prologue().uriPath().path();
        Params params = params(request.headers(), request.query().rawValue());
        boolean get = method.equals(Method.GET);
        boolean put = method.equals(Method.PUT) || method.equals(Method.POST);
        Matcher deeper = TOPIC_AND.matcher(path);
        if (path.equals("/") && (get || method.equals(Method.HEAD))) {
            response.header(HeaderNames.CONTENT_TYPE, "text/plain; charset=utf-8")
                    .send("Mirror Signal: publish and subscribe as with ntfy, with a lease's token.\n");
        } else if (path.equals("/v1/health") && get) {
            send(response, Json.object().put("healthy", true));
        } else if ((get || method.equals(Method.HEAD)) && FILE.matcher(path).matches()) {
            file(path, params, method.equals(Method.HEAD), response);
        } else if (path.equals("/") && put) {
            publishJson(request, params, response);
        } else if (put && Topics.isName(path.substring(1))) {
            try (InputStream body = request.content().inputStream()) {
                publish(path.substring(1), params, body, response);
            }
        } else if (get && Topics.isName(path.substring(1))) {
            topic(params, response);
        } else if (get && deeper.matches()) {
            under(deeper.group(1), deeper.group(2), params, response);
        } else {
            throw SignalRefused.of(Fault.NOT_FOUND);
        }
    }

    private void under(String topics, String what, Params params, ServerResponse response)
            throws IOException, InterruptedException {
        if (PUBLISH.contains(what)) {
            publish(Topics.one(topics), params, InputStream.nullInputStream(), response);
            return;
        }
        Format format = Format.of(what);
        if (format == null && !what.equals("auth") && !what.equals("ws")) {
            throw SignalRefused.of(Fault.NOT_FOUND);
        }
        Caller caller = caller(params);
        List<String> names = Topics.list(topics);
        signals.access().hears(caller, names);
        if (format != null) {
            subscribe(caller, Wanted.of(topics, params, signals.clock().instant()), format, response);
        } else if (what.equals("auth")) {
            send(response, Json.object().put("success", true));
        } else {
            // A request that does ask for a WebSocket never comes here; see SignalSocket.
            throw SignalRefused.of(Fault.NO_UPGRADE);
        }
    }

    private Caller caller(Params params) {
        return signals.access().caller(params);
    }

    /** What UnifiedPush asks a server before it uses it. */
    private static void topic(Params params, ServerResponse response) {
        if (!params.flag(false, "x-unifiedpush", "unifiedpush", "up")) {
            throw SignalRefused.of(Fault.NOT_FOUND);
        }
        ObjectNode json = Json.object();
        json.putObject("unifiedpush").put("version", 1);
        send(response, json);
    }

    // ---- publishing

    private void publish(String topic, Params params, InputStream body, ServerResponse response) throws IOException {
        Caller caller = caller(params);
        send(response, signals.publish(caller, topic, params, body).json(signals.base()));
    }

    /** The message as one JSON object; what it says is read as the headers are. */
    private void publishJson(ServerRequest request, Params params, ServerResponse response) throws IOException {
        byte[] body;
        try (InputStream in = request.content().inputStream()) {
            body = in.readNBytes(JSON_BYTES + 1);
        }
        if (body.length > JSON_BYTES) {
            throw SignalRefused.of(Fault.JSON_TOO_LARGE);
        }
        JsonNode json;
        try {
            json = Json.MAPPER.readTree(body);
        } catch (JacksonException e) {
            throw SignalRefused.of(Fault.JSON);
        }
        Map<String, String> headers = new HashMap<>();
        for (String name : List.of("authorization", "x-cache", "x-unifiedpush")) {
            headers.put(name, params.headers().getOrDefault(name, ""));
        }
        Params said = new Params(JsonPublication.headers(json, headers), params.query());
        String message = json.path("message").asString("");
        publish(
                Topics.one(json.path("topic").asString("")),
                said,
                new ByteArrayInputStream(message.getBytes(StandardCharsets.UTF_8)),
                response);
    }

    // ---- files

    private void file(String path, Params params, boolean head, ServerResponse response) throws IOException {
        Matcher matcher = FILE.matcher(path);
        Entry entry = matcher.matches() ? signals.ledger().get(matcher.group(1)).orElse(null) : null;
        Caller caller = caller(params);
        if (entry == null || !signals.attachments().exists(entry.file())) {
            throw SignalRefused.of(Fault.NOT_FOUND);
        }
        signals.access().hears(caller, List.of(entry.topic()));
        String name = signals.read(entry)
                .map(Message::attachment)
                .map(Message.Attachment::name)
                .orElse("attachment");
        // Whatever it is, it is for saving: no browser runs it here.
        response.header(HeaderNames.CONTENT_TYPE, "application/octet-stream")
                .header(HeaderNames.create("X-Content-Type-Options"), "nosniff")
                .header(
                        HeaderNames.CONTENT_DISPOSITION,
                        "attachment; filename=\"" + name.replaceAll("[^A-Za-z0-9._ -]", "_") + "\"")
                .header(HeaderNames.CONTENT_LENGTH, String.valueOf(entry.fileBytes()));
        if (head) {
            response.send();
            return;
        }
        try (OutputStream out = response.outputStream()) {
            signals.attachments().copy(entry.file(), out);
        }
    }

    // ---- subscribing

    private void subscribe(Caller caller, Wanted wanted, Format format, ServerResponse response)
            throws IOException, InterruptedException {
        if (!enter()) {
            throw SignalRefused.of(Fault.TOO_MANY_SUBSCRIPTIONS);
        }
        try {
            response.header(HeaderNames.CONTENT_TYPE, format.type() + "; charset=utf-8")
                    .header(HeaderNames.CACHE_CONTROL, "no-cache");
            try (OutputStream out = response.outputStream()) {
                // Also when there is nothing to tell yet, the client sees at once that it was let in.
                out.flush();
                new Subscription(signals, caller, wanted, keepalive).run(new Stream(out, format, signals.base()));
            }
        } catch (IOException | UncheckedIOException | ServerConnectionException e) {
            throw new CloseConnectionException("the subscriber is gone", e);
        } finally {
            leave();
        }
    }

    Signals signals() {
        return signals;
    }

    LoopbackGuard guard() {
        return guard;
    }

    Duration keepalive() {
        return keepalive;
    }

    boolean enter() {
        return open.tryAcquire();
    }

    void leave() {
        open.release();
    }

    private record Stream(OutputStream out, Format format, String base) implements Subscription.Sink {
        @Override
        public void event(String event, ObjectNode json) throws IOException {
            write(format.event(event, Json.MAPPER.writeValueAsString(json)));
        }

        @Override
        public void message(Message message) throws IOException {
            write(format.message(message, base));
        }

        /** A stream of a response only tells when it is written to. */
        @Override
        public boolean isGone() {
            return false;
        }

        private void write(String text) throws IOException {
            out.write(text.getBytes(StandardCharsets.UTF_8));
            out.flush();
        }
    }

    // ---- the request

    /** Headers by lower-case name, and the query. */
    static Params params(Headers all, String rawQuery) {
        Map<String, String> headers = new HashMap<>();
        for (Header header : all) {
            headers.putIfAbsent(header.name().toLowerCase(Locale.ROOT), header.get());
        }
        return new Params(headers, Query.read(rawQuery));
    }
}
