package mirror.tiers.dialect;

import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.random.RandomGenerator;
import mirror.bus.Json;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** What the tests of dialects send and look at. Single quotes in JSON stand for double ones. */
final class Wire {
    static final Exchange EXCHANGE = new Exchange("call-1", Instant.ofEpochSecond(1_790_000_000), true);
    static final Target TARGET = new Target("some-model", 4096, true, false, 8192);

    private Wire() {}

    static byte[] json(String text) {
        return text.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    }

    static JsonNode tree(byte[] bytes) {
        return Json.one(bytes);
    }

    static JsonNode tree(String text) {
        return tree(json(text));
    }

    static byte[] request(Adapter from, Adapter to, byte[] body) {
        return to.writeRequest(from.readRequest(body), TARGET);
    }

    static JsonNode request(Adapter from, Adapter to, String body) {
        return tree(request(from, to, json(body)));
    }

    static JsonNode reply(Adapter from, Adapter to, String body) {
        return tree(to.writeReply(from.readReply(json(body), EXCHANGE), EXCHANGE));
    }

    static Failure refusal(Adapter from, Adapter to, String body) {
        return failure(() -> request(from, to, json(body)));
    }

    static Failure failure(ThrowingCallable call) {
        DialectException thrown = catchThrowableOfType(DialectException.class, call);
        return Objects.requireNonNull(thrown, "nothing was refused").failure();
    }

    /** Chat chunks or Gemini's: each line an event's data. */
    static byte[] data(String... events) {
        StringBuilder stream = new StringBuilder();
        for (String event : events) {
            stream.append("data: ").append(event.replace('\'', '"')).append("\n\n");
        }
        return stream.toString().getBytes(StandardCharsets.UTF_8);
    }

    /** Anthropic's events, each named by its type. */
    static byte[] named(String... events) {
        StringBuilder stream = new StringBuilder();
        for (String event : events) {
            JsonNode tree = tree(event);
            stream.append("event: ").append(tree.path("type").stringValue()).append('\n');
            stream.append("data: ").append(tree).append("\n\n");
        }
        return stream.toString().getBytes(StandardCharsets.UTF_8);
    }

    /** What a reader makes of a stream: cut at random places, or fed whole. */
    static List<StreamEvent> events(StreamReader reader, byte[] stream, @Nullable RandomGenerator cuts) {
        List<StreamEvent> events = new ArrayList<>();
        int at = 0;
        while (at < stream.length) {
            int n = cuts == null ? stream.length : Math.min(stream.length - at, cuts.nextInt(1, 40));
            reader.feed(stream, at, n, events::add);
            at += n;
        }
        reader.end(events::add);
        return events;
    }

    static List<StreamEvent> events(ProviderAdapter dialect, byte[] stream) {
        return events(dialect.reader(EXCHANGE), stream, null);
    }

    static String written(Adapter dialect, Iterable<StreamEvent> events) {
        StreamWriter writer = dialect.writer(EXCHANGE);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        events.forEach(event -> out.writeBytes(writer.write(event)));
        return out.toString(StandardCharsets.UTF_8);
    }

    static String stream(Adapter from, Adapter to, byte[] stream) {
        return written(to, events(from, stream));
    }

    /** The data of each event, comments left out. */
    static List<String> payloads(String stream) {
        return stream.lines()
                .filter(line -> line.startsWith("data: "))
                .map(line -> line.substring("data: ".length()))
                .toList();
    }

    /** What the events add up to, as a reply; thoughts with their signatures. */
    static Reply sum(List<StreamEvent> events) {
        List<Part> parts = new ArrayList<>();
        StringBuilder text = new StringBuilder();
        StringBuilder signature = new StringBuilder();
        StreamEvent open = new StreamEvent.Ping();
        String id = "";
        String model = "";
        Stop stop = null;
        String at = null;
        Usage usage = null;
        for (StreamEvent event : events) {
            switch (event) {
                case StreamEvent.Start start -> {
                    id = start.id();
                    model = start.model();
                }
                case StreamEvent.TextDelta delta -> text.append(delta.text());
                case StreamEvent.ThinkingDelta delta -> text.append(delta.text());
                case StreamEvent.ToolDelta delta -> text.append(delta.arguments());
                case StreamEvent.SignatureDelta delta -> signature.append(delta.signature());
                case StreamEvent.Close close -> {
                    parts.add(part(open, text.toString(), signature.isEmpty() ? null : signature.toString()));
                    text.setLength(0);
                    signature.setLength(0);
                }
                case StreamEvent.Finish finish -> {
                    stop = finish.stop();
                    at = finish.stopSequence();
                    usage = finish.usage();
                }
                case StreamEvent.Failed failed -> throw new AssertionError("failed: " + failed.failure());
                case StreamEvent.Ping ping -> {}
                case StreamEvent.TextOpen opened -> open = opened;
                case StreamEvent.ThinkingOpen opened -> open = opened;
                case StreamEvent.RedactedOpen opened -> open = opened;
                case StreamEvent.ToolOpen opened -> open = opened;
            }
        }
        return new Reply(id, model, parts, Objects.requireNonNull(stop), at, usage);
    }

    private static Part part(StreamEvent open, String text, @Nullable String signature) {
        return switch (open) {
            case StreamEvent.ThinkingOpen thinking -> new Part.Thinking(text, signature);
            case StreamEvent.RedactedOpen redacted -> new Part.RedactedThinking(redacted.data());
            case StreamEvent.ToolOpen tool -> new Part.ToolUse(tool.id(), tool.name(), text.isEmpty() ? "{}" : text);
            default -> new Part.Text(text);
        };
    }
}
