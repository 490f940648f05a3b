package mirror.surface.cli;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import mirror.bus.Json;
import mirror.surface.Core;
import mirror.surface.signal.SignalRefused;
import mirror.surface.signal.Signals;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Messages: what was published, how far each has come, and one of the owner's own. */
record SignalCommand() implements Command {
    private static final String[] PARAMETERS = {
        "title", "priority", "tags", "click", "actions", "attach", "filename", "icon", "delay"
    };
    private static final int SHOWN = 20;
    private static final int MOST = 10_000;

    @Override
    public String name() {
        return "signal";
    }

    @Override
    public String usage() {
        return "signal [list [TOPIC]] [--limit N] | show ID | send TOPIC [TEXT] | topics | deliveries | routes | forget ID  [--json]";
    }

    @Override
    public String summary() {
        return "messages to your phone and screen: what was sent, and how far it came";
    }

    @Override
    public String help() {
        return """
                list        the newest messages, of all topics or one
                show        a message and how far it has come on each route
                send        publish: TEXT, or --file FILE; with --title, --priority 1-5, --tags a,b, --click URL, --actions …,
                            --attach URL, --icon URL, --delay 30m, --markdown, as ntfy's headers of these names
                topics      which topics have messages
                deliveries  what waits, was delivered or dropped, on which route and why
                routes      where signal.yaml sends messages, or what is wrong with it
                forget      remove what a message says, and its file, now

                ntfy's apps and scripts publish and subscribe on signal-port (by default http-port + 1), with a lease's token as
                access token, or as the password of any user:

                  mirror lease grant --to device:phone --effects subscribe:topic/mirror --for 365d --token phone.token
                  mirror lease grant --to backups --effects publish:topic/backups --token backups.token
                  curl -H "Authorization: Bearer $(cat backups.token)" -d "Backup is done" http://127.0.0.1:7718/backups

                docs/signal.md says what is served, and what signal.yaml may say.
                """;
    }

    @Override
    public boolean offline() {
        return true;
    }

    @Override
    public int run(Core core, Call call, Out out) throws IOException {
        Options options = Options.parse(
                this,
                call.args(),
                "json",
                "markdown",
                "limit=",
                "file=",
                "title=",
                "priority=",
                "tags=",
                "click=",
                "actions=",
                "attach=",
                "filename=",
                "icon=",
                "delay=");
        List<String> rest = options.rest();
        String what = rest.isEmpty() ? "list" : rest.getFirst();
        Signals signals = core.signals();
        boolean json = options.has("json");
        return switch (what + " " + rest.size()) {
            case "list 0", "list 1" -> list(signals, null, limit(options), json, out);
            case "list 2" -> list(signals, rest.getLast(), limit(options), json, out);
            case "show 2" -> show(signals, rest.getLast(), json, out);
            case "send 2" -> send(core, rest.get(1), "", options, call, json, out);
            case "send 3" -> send(core, rest.get(1), rest.getLast(), options, call, json, out);
            case "topics 1" -> topics(signals, json, out);
            case "deliveries 1" -> deliveries(signals, limit(options), json, out);
            case "routes 1" -> routes(signals, json, out);
            case "forget 2" -> forget(signals, rest.getLast(), out);
            default -> throw CliException.usage("usage: mirror " + usage());
        };
    }

    private static int limit(Options options) {
        String text = options.value("limit").orElse(String.valueOf(SHOWN));
        if (!text.matches("[0-9]{1,5}")) {
            throw CliException.usage("--limit takes a whole number");
        }
        int limit = Integer.parseInt(text);
        return limit == 0 ? MOST : Math.min(limit, MOST);
    }

    // ---- looking

    private static int list(Signals signals, @Nullable String topic, int limit, boolean json, Out out) {
        List<Signals.Shown> messages = signals.list(topic, limit);
        if (json) {
            ArrayNode array = Json.array();
            messages.forEach(message -> array.add(json(message)));
            out.line(Json.MAPPER.writeValueAsString(array));
            return Exit.OK;
        }
        if (messages.isEmpty()) {
            out.line(topic == null ? "no message is kept" : "no message of that topic is kept");
        }
        for (Signals.Shown message : messages) {
            line(message, out);
        }
        return Exit.OK;
    }

    private static void line(Signals.Shown message, Out out) {
        ObjectNode json = message.json();
        String title = json.path("title").asString("");
        String text = json.path("message").asString("");
        String words = message.isForgotten() ? "(forgotten)" : title.isEmpty() ? text : title + ": " + text;
        out.line(json.path("id").asString() + "  "
                + Instant.ofEpochSecond(json.path("time").asLong())
                + (message.isScheduled() ? " (due then)" : "") + "  "
                + json.path("topic").asString("") + "  " + Style.clip(Style.plain(words), 80));
    }

    private static ObjectNode json(Signals.Shown message) {
        ObjectNode json = message.json().deepCopy();
        json.put("scheduled", message.isScheduled()).put("forgotten", message.isForgotten());
        ArrayNode deliveries = json.putArray("deliveries");
        message.deliveries().forEach(each -> deliveries.add(json(each)));
        return json;
    }

    private static ObjectNode json(Signals.Sent sent) {
        ObjectNode json = Json.object()
                .put("message", sent.message())
                .put("route", sent.route())
                .put("state", sent.state())
                .put("attempts", sent.attempts())
                .put("reason", sent.reason());
        Instant again = sent.again();
        if (again != null) {
            json.put("again", again.toString());
        }
        return json;
    }

    private static int show(Signals signals, String id, boolean json, Out out) {
        Signals.Shown message = signals.show(id)
                .orElseThrow(() -> CliException.no(
                        "there is no message '" + Style.plain(id) + "'; 'mirror signal list' shows them"));
        if (json) {
            out.json(json(message));
            return Exit.OK;
        }
        line(message, out);
        message.json().properties().stream()
                .filter(field -> !List.of("id", "time", "event", "topic").contains(field.getKey()))
                .forEach(field -> out.line("  " + field.getKey() + ": "
                        + Style.plain(
                                field.getValue().isString()
                                        ? field.getValue().asString()
                                        : field.getValue().toString())));
        message.deliveries().forEach(sent -> out.line("  " + words(sent)));
        return Exit.OK;
    }

    private static String words(Signals.Sent sent) {
        return sent.route() + ": " + sent.state()
                + (sent.attempts() > 0
                        ? " after " + sent.attempts() + (sent.attempts() == 1 ? " attempt" : " attempts")
                        : "")
                + (sent.reason().isEmpty() ? "" : " (" + Style.plain(sent.reason()) + ")");
    }

    private static int topics(Signals signals, boolean json, Out out) {
        Map<String, Long> topics = signals.topics();
        if (json) {
            ObjectNode counts = Json.object();
            topics.forEach(counts::put);
            out.line(Json.MAPPER.writeValueAsString(counts));
            return Exit.OK;
        }
        if (topics.isEmpty()) {
            out.line("no message is kept");
        }
        topics.forEach((topic, count) -> out.line("%-32s %d".formatted(topic, count)));
        return Exit.OK;
    }

    private static int deliveries(Signals signals, int limit, boolean json, Out out) {
        List<Signals.Sent> deliveries =
                signals.deliveries().stream().limit(limit).toList();
        if (json) {
            ArrayNode array = Json.array();
            deliveries.forEach(sent -> array.add(json(sent)));
            out.line(Json.MAPPER.writeValueAsString(array));
            return Exit.OK;
        }
        if (deliveries.isEmpty()) {
            out.line("no message went, or goes, by a route");
        }
        deliveries.forEach(sent -> out.line(sent.message() + "  " + words(sent)));
        return Exit.OK;
    }

    private static int routes(Signals signals, boolean json, Out out) {
        String fault = signals.fault();
        if (json) {
            ObjectNode answer = Json.object().put("fault", fault);
            ArrayNode routes = answer.putArray("routes");
            if (fault == null) {
                signals.routes().forEach(routes::add);
            }
            out.line(Json.MAPPER.writeValueAsString(answer));
        } else if (signals.routes().isEmpty()) {
            out.line("no routes: messages wait for who subscribes; signal.yaml in Mirror's home names routes");
        } else {
            signals.routes().forEach(line -> out.line(Style.plain(line)));
        }
        return fault == null ? Exit.OK : Exit.NO;
    }

    // ---- doing

    private static int send(Core core, String topic, String text, Options options, Call call, boolean json, Out out)
            throws IOException {
        Map<String, String> params = new HashMap<>();
        for (String name : PARAMETERS) {
            options.value(name).ifPresent(value -> params.put("x-" + name, value));
        }
        if (options.has("markdown")) {
            params.put("x-markdown", "yes");
        }
        try (InputStream body = body(text, options, call)) {
            ObjectNode sent = core.signals().send(topic, params, body);
            if (json) {
                out.line(Json.MAPPER.writeValueAsString(sent));
            } else {
                out.line("published: " + sent.path("id").asString());
            }
            return Exit.OK;
        } catch (SignalRefused e) {
            throw CliException.no("not published: " + Style.plain(String.valueOf(e.getMessage())));
        }
    }

    private static InputStream body(String text, Options options, Call call) throws IOException {
        if (options.value("file").isEmpty()) {
            return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
        }
        Path file = call.path(options.value("file").orElseThrow());
        if (!text.isEmpty() || !Files.isRegularFile(file)) {
            throw CliException.usage(
                    text.isEmpty() ? file + " is not a file" : "give the text, or --file, and not both");
        }
        return Files.newInputStream(file);
    }

    private static int forget(Signals signals, String id, Out out) throws IOException {
        if (!signals.forget(id)) {
            throw CliException.no("there is no message '" + Style.plain(id) + "'; 'mirror signal list' shows them");
        }
        out.line("forgotten: what it said is gone, the log keeps that there was a message");
        return Exit.OK;
    }
}
