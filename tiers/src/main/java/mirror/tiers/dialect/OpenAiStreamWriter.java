package mirror.tiers.dialect;

import java.nio.charset.StandardCharsets;
import mirror.bus.Json;
import mirror.tiers.dialect.StreamEvent.Close;
import mirror.tiers.dialect.StreamEvent.Failed;
import mirror.tiers.dialect.StreamEvent.Finish;
import mirror.tiers.dialect.StreamEvent.Start;
import mirror.tiers.dialect.StreamEvent.TextDelta;
import mirror.tiers.dialect.StreamEvent.TextOpen;
import mirror.tiers.dialect.StreamEvent.ToolDelta;
import mirror.tiers.dialect.StreamEvent.ToolOpen;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes a stream of chat completions. The dialect has no place for thoughts: a comment goes in their place, so that the client sees life. A failure is
 * an event with {@code error}, and no {@code [DONE]} follows it.
 */
final class OpenAiStreamWriter implements StreamWriter {
    private static final byte[] NOTHING = new byte[0];
    private static final byte[] ALIVE = ": alive\n\n".getBytes(StandardCharsets.UTF_8);
    private static final byte[] DONE = "data: [DONE]\n\n".getBytes(StandardCharsets.UTF_8);

    private final Exchange exchange;
    private String id;
    private String model = "";
    private boolean started;
    private boolean over;
    private int call = -1;
    private boolean inCall;
    private boolean argued;

    OpenAiStreamWriter(Exchange exchange) {
        this.exchange = exchange;
        this.id = exchange.id();
    }

    OpenAiStreamWriter(Exchange exchange, Begun begun) {
        this(exchange);
        started = true;
        id = begun.id();
        model = begun.model();
    }

    @Override
    public byte[] write(StreamEvent event) {
        if (over) {
            return NOTHING;
        }
        return switch (event) {
            case Start start -> start(start);
            case TextOpen text -> NOTHING;
            case TextDelta delta -> delta(Json.object().put("content", delta.text()));
            case ToolOpen tool -> open(tool);
            case ToolDelta delta -> arguments(delta.arguments());
            case Close close -> close();
            case StreamEvent.ThinkingOpen thinking -> ALIVE;
            case StreamEvent.ThinkingDelta thinking -> ALIVE;
            case StreamEvent.SignatureDelta signature -> ALIVE;
            case StreamEvent.RedactedOpen redacted -> ALIVE;
            case StreamEvent.Ping ping -> ALIVE;
            case Finish finish -> finish(finish);
            case Failed failed -> failed(failed.failure());
        };
    }

    private byte[] start(Start start) {
        if (started) {
            return NOTHING;
        }
        started = true;
        id = start.id();
        model = start.model();
        return delta(Json.object().put("role", "assistant").put("content", ""));
    }

    private byte[] open(ToolOpen tool) {
        call++;
        inCall = true;
        argued = false;
        ObjectNode delta = Json.object();
        delta.putArray("tool_calls")
                .addObject()
                .put("index", call)
                .put("id", ToolIds.portable(tool.id()))
                .put("type", "function")
                .putObject("function")
                .put("name", tool.name())
                .put("arguments", "");
        return delta(delta);
    }

    private byte[] arguments(String piece) {
        argued = true;
        ObjectNode delta = Json.object();
        delta.putArray("tool_calls")
                .addObject()
                .put("index", call)
                .putObject("function")
                .put("arguments", piece);
        return delta(delta);
    }

    /** A call without arguments has none in Anthropic's dialect, and an empty object here. */
    private byte[] close() {
        boolean without = inCall && !argued;
        inCall = false;
        return without ? arguments("{}") : NOTHING;
    }

    private byte[] finish(Finish finish) {
        if (finish.stop() == Stop.PAUSE) {
            return failed(new Failure(
                    Failure.Kind.API,
                    "The provider's answer cannot be used: it paused, and this client could not make it go on."));
        }
        over = true;
        ObjectNode end = chunk();
        end.set("choices", choices(Json.object(), OpenAiReplies.word(finish.stop())));
        byte[] last = NOTHING;
        if (exchange.usage() && finish.usage() != null) {
            ObjectNode usage = chunk();
            usage.putArray("choices");
            usage.set("usage", OpenAiReplies.usage(finish.usage()));
            last = sse(usage);
        }
        return AnthropicStreamWriter.join(sse(end), last, DONE);
    }

    private byte[] failed(Failure failure) {
        over = true;
        return sse(OpenAiErrors.body(failure));
    }

    private byte[] delta(ObjectNode delta) {
        ObjectNode chunk = chunk();
        chunk.set("choices", choices(delta, null));
        return sse(chunk);
    }

    private static ArrayNode choices(ObjectNode delta, @Nullable String reason) {
        ArrayNode choices = Json.array();
        ObjectNode choice = choices.addObject().put("index", 0);
        choice.set("delta", delta);
        choice.put("finish_reason", reason);
        return choices;
    }

    private ObjectNode chunk() {
        ObjectNode chunk = Json.object()
                .put("id", id)
                .put("object", "chat.completion.chunk")
                .put("created", exchange.at().getEpochSecond())
                .put("model", model);
        if (exchange.usage()) {
            chunk.putNull("usage");
        }
        return chunk;
    }

    private static byte[] sse(ObjectNode event) {
        return ("data: " + Trees.text(event) + "\n\n").getBytes(StandardCharsets.UTF_8);
    }
}
