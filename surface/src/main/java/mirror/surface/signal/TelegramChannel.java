package mirror.surface.signal;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import mirror.bus.Json;
import mirror.tiers.ProviderKey;
import mirror.trust.Action;
import mirror.trust.Effect;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * A chat of a Telegram bot, by {@code sendMessage} of the Bot API. The text is sent as plain text, without a parse mode: nothing in it is
 * markup. The bot's token is part of the URL, so no URL and no exception's text is ever shown.
 *
 * @see <a href="https://core.telegram.org/bots/api#sendmessage">Bot API: sendMessage</a>
 */
final class TelegramChannel implements Channel, AutoCloseable {
    private static final Duration TIMEOUT = Duration.ofSeconds(20);

    /** "1-4096 characters after entities parsing". */
    private static final int MOST_TEXT = 4_000;

    private static final int MOST_ANSWER = 64 * 1024;
    private static final int QUIET_PRIORITY = 2;
    static final Duration LONGEST_WAIT = Duration.ofHours(1);

    private final Path home;
    private final Function<String, ProviderKey> keys;
    private @Nullable HttpClient http;

    /** @param keys looks a place up */
    TelegramChannel(Path home, Function<String, ProviderKey> keys) {
        this.home = home;
        this.keys = keys;
    }

    /** Made when the first message is sent: most homes never send one. */
    private synchronized HttpClient http() {
        HttpClient client = http;
        if (client == null) {
            client = HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .followRedirects(HttpClient.Redirect.NEVER)
                    .proxy(HttpClient.Builder.NO_PROXY)
                    .connectTimeout(TIMEOUT)
                    .executor(task -> Thread.ofVirtual().start(task))
                    .build();
            http = client;
        }
        return client;
    }

    private static Route.Target.Telegram target(Route route) {
        if (route.target() instanceof Route.Target.Telegram telegram) {
            return telegram;
        }
        throw new IllegalArgumentException("the route " + route.name() + " does not lead to Telegram");
    }

    @Override
    public Action action(Route route, Message message) {
        String host = target(route).host();
        return new Action(
                Access.TOOL,
                Access.TOOL,
                null,
                Access.TOOL,
                Json.object()
                        .put("route", route.name())
                        .put("message", message.id())
                        .put("host", host),
                home,
                home,
                List.of(new Effect.Egress(host)));
    }

    @Override
    public Outcome send(Route route, Message message, int attempt) throws InterruptedException {
        Route.Target.Telegram target = target(route);
        ProviderKey key = keys.apply(target.key());
        String secret = key.secret();
        if (secret == null) {
            return new Outcome.Again("the bot's token: " + key.fault(), null);
        }
        if (!secret.matches("[A-Za-z0-9:_-]+")) {
            return new Outcome.Again("what is in " + key.place() + " is not the token of a bot", null);
        }
        String text = (message.title().isEmpty() ? "" : message.title() + "\n") + message.message();
        byte[] body = Json.MAPPER.writeValueAsBytes(Json.object()
                .put("chat_id", target.chat())
                .put("text", Plain.text(text, MOST_TEXT))
                .put("disable_notification", message.effectivePriority() <= QUIET_PRIORITY));
        HttpRequest request = HttpRequest.newBuilder(URI.create(target.url() + "/bot" + secret + "/sendMessage"))
                .timeout(TIMEOUT)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                .build();
        try {
            HttpResponse<InputStream> response = http().send(request, HttpResponse.BodyHandlers.ofInputStream());
            try (InputStream in = response.body()) {
                return outcome(target.host(), response.statusCode(), in.readNBytes(MOST_ANSWER));
            }
        } catch (HttpTimeoutException e) {
            return new Outcome.Again("no answer from " + target.host() + " within " + TIMEOUT.toSeconds() + " s", null);
        } catch (IOException e) {
            return new Outcome.Again(
                    "no answer from " + target.host() + " (" + e.getClass().getSimpleName() + ")", null);
        }
    }

    /** What the other side says of why is shown on one line and cut short; it does not know the token's URL from us. */
    private static Outcome outcome(String host, int status, byte[] answer) {
        JsonNode json;
        try {
            json = Json.MAPPER.readTree(answer);
        } catch (JacksonException e) {
            json = Json.object();
        }
        if (status == 200 && json.path("ok").asBoolean(false)) {
            return new Outcome.Sent();
        }
        String why = "HTTP " + status + " from " + host + ": "
                + Plain.line(json.path("description").asString("no reason given"), 200);
        // What it does not understand, or forbids, it will not take later; a wrong token may be mended.
        if (status == 400 || status == 403) {
            return new Outcome.Never(why);
        }
        long wait = json.path("parameters").path("retry_after").asLong(0);
        return new Outcome.Again(why, wait > 0 ? Duration.ofSeconds(Math.min(wait, LONGEST_WAIT.toSeconds())) : null);
    }

    @Override
    public synchronized void close() {
        if (http != null) {
            http.shutdownNow();
        }
    }
}
