package mirror.tiers.ask;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import mirror.bus.Json;
import mirror.tiers.Dialect;
import mirror.tiers.Route;
import mirror.tiers.Tiers;
import mirror.tiers.dialect.Adapter;
import mirror.tiers.dialect.DialectException;
import mirror.tiers.dialect.Exchange;
import mirror.tiers.dialect.Part;
import mirror.tiers.dialect.Prompt;
import mirror.tiers.dialect.Target;
import mirror.tiers.dialect.Usage;
import mirror.tiers.gateway.Endpoint;
import mirror.tiers.gateway.Gateway;
import mirror.tiers.gateway.Reply;
import mirror.tiers.gateway.Request;
import mirror.tiers.wire.Header;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** The models behind the gateway, called under one lease: gate, budgets, local-only and receipts hold as for every client. Thread-safe. */
public final class GatewayModels implements Models {
    private static final int WHY = 300;

    /** How Mirror's own refusals begin. */
    private static final String MIRRORS = "Mirror: ";

    private final Gateway gateway;
    private final Tiers tiers;
    private final String part;
    private final List<Header> headers;
    private final Duration patience;
    private final int output;
    private final InstantSource clock;
    private final AtomicLong numbers = new AtomicLong();

    /**
     * @param part of Mirror that asks, as costs are summed up by
     * @param token of the lease
     * @param sensitivity of the question, or empty
     * @param patience how long a member may take
     * @param output most tokens of an answer
     */
    public GatewayModels(
            Gateway gateway,
            Tiers tiers,
            String part,
            String token,
            String sensitivity,
            Duration patience,
            int output,
            InstantSource clock) {
        this.gateway = gateway;
        this.tiers = tiers;
        this.part = part;
        this.patience = patience;
        this.output = output;
        this.clock = clock;
        List<Header> all = new ArrayList<>(List.of(
                new Header("x-api-key", token),
                new Header("anthropic-version", "2023-06-01"),
                new Header("content-type", "application/json"),
                new Header("x-mirror-project", part)));
        if (!sensitivity.isEmpty()) {
            all.add(new Header("x-mirror-sensitivity", sensitivity));
        }
        this.headers = List.copyOf(all);
    }

    /**
     * What a model said, and by which name its provider calls it.
     *
     * @param model empty when there is no answer, or its provider does not say
     */
    public record Heard(Said said, String model) {
        static Heard absent(String why) {
            return new Heard(new Said.Absent(why), "");
        }
    }

    @Override
    public Said ask(String member, String text) {
        return ask(member, text, headers).said();
    }

    /** Asks one as {@link #ask} does, and is never given an answer that was kept from before. */
    public Heard askAnew(String member, String text) {
        List<Header> anew = new ArrayList<>(headers);
        anew.add(new Header("cache-control", "no-cache, no-store"));
        return ask(member, text, anew);
    }

    private Heard ask(String member, String text, List<Header> asked) {
        FutureTask<Heard> task = new FutureTask<>(() -> call(member, text, asked));
        Thread thread = Thread.ofVirtual().name(part + "-" + member).start(task);
        try {
            return task.get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            thread.interrupt();
            return new Heard(
                    new Said.Absent("it did not answer within " + patience.toMillis() + " ms", Cause.LEFT), "");
        } catch (ExecutionException e) {
            return Heard.absent("its answer cannot be used: " + e.getCause());
        } catch (InterruptedException e) {
            thread.interrupt();
            Thread.currentThread().interrupt();
            return new Heard(new Said.Absent("the " + part + " was stopped", Cause.LEFT), "");
        }
    }

    private Heard call(String member, String text, List<Header> asked) throws IOException {
        Route route = tiers.route(member).orElse(null);
        if (route == null || route.candidates().isEmpty()) {
            return Heard.absent("no model answers to this name");
        }
        // Providers refuse to be asked for more than their model writes.
        int most = (int) route.candidates().stream()
                .mapToLong(each -> Math.min(each.model().output(), output))
                .min()
                .orElse(output);
        boolean anthropic = route.candidates().getFirst().provider().dialect() == Dialect.ANTHROPIC;
        Adapter adapter = anthropic ? Adapter.ANTHROPIC : Adapter.OPENAI;
        boolean old = !route.candidates().getFirst().provider().origin().host().equals("api.openai.com");
        Prompt prompt = new Prompt(
                member,
                List.of(),
                List.of(new Prompt.Turn(Prompt.Role.USER, List.of(new Part.Text(text)))),
                List.of(),
                Prompt.ToolChoice.DEFAULT,
                new Prompt.Sampling(most, List.of(), null, null, null, null, null, null),
                Prompt.Reasoning.DEFAULT,
                null,
                null,
                false,
                false);
        byte[] body = adapter.writeRequest(prompt, new Target(member, most, false, old, 0));
        Captured captured = new Captured();
        Reply.Ending ending =
                gateway.handle(new Request(anthropic ? Endpoint.MESSAGES : Endpoint.CHAT, "", asked, body), captured);
        byte[] bytes = captured.body.toByteArray();
        if (captured.status != 200 || ending != Reply.Ending.WHOLE) {
            String why = why(captured.status, bytes);
            return new Heard(new Said.Absent(why, isRefusal(captured.status, why) ? Cause.REFUSED : Cause.FAILED), "");
        }
        try {
            mirror.tiers.dialect.Reply reply = adapter.readReply(
                    bytes, new Exchange(part + "-" + numbers.incrementAndGet(), clock.instant(), true));
            return new Heard(said(reply), reply.model());
        } catch (DialectException e) {
            return Heard.absent(String.valueOf(e.getMessage()));
        }
    }

    private Said said(mirror.tiers.dialect.Reply reply) {
        if (!tiers.offline().isEmpty() && reply.model().equals(tiers.offlineName())) {
            return new Said.Absent("no model could be reached; only the notes answered");
        }
        StringBuilder words = new StringBuilder();
        for (Part part : reply.parts()) {
            if (part instanceof Part.Text(String some)) {
                words.append(some);
            }
        }
        if (words.toString().isBlank()) {
            return new Said.Absent("it said nothing");
        }
        Usage usage = reply.usage();
        return new Said.Answer(
                words.toString().strip(), usage == null ? 0 : usage.allInput(), usage == null ? 0 : usage.output());
    }

    /** Whether Mirror said no, and not a provider: what providers refuse passes with their own words. */
    private static boolean isRefusal(int status, String why) {
        return why.startsWith(MIRRORS) && (status == 401 || status == 402 || status == 403);
    }

    /** The message of an error in either dialect. */
    private static String why(int status, byte[] body) {
        String message = "";
        try {
            JsonNode error = Json.MAPPER.readTree(body).path("error");
            message = error.path("message").asString("").replaceAll("[\\p{Cntrl}\\s]+", " ");
        } catch (JacksonException e) {
            // Its status says enough.
        }
        String clipped = Texts.clip(Texts.sound(message), WHY);
        return clipped.isEmpty() ? "the call ended with status " + status : clipped;
    }

    private static final class Captured implements Reply {
        int status;
        final ByteArrayOutputStream body = new ByteArrayOutputStream();

        @Override
        public void send(int code, List<Header> fields, byte[] bytes) {
            status = code;
            body.writeBytes(bytes);
        }

        @Override
        public OutputStream stream(int code, List<Header> fields) {
            // Nobody asked for a stream.
            status = 0;
            body.writeBytes("{}".getBytes(StandardCharsets.US_ASCII));
            return OutputStream.nullOutputStream();
        }
    }
}
