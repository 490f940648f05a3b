package mirror.tiers.dialect;

import java.nio.charset.StandardCharsets;
import mirror.bus.Json;
import mirror.tiers.dialect.StreamEvent.Close;
import mirror.tiers.dialect.StreamEvent.Failed;
import mirror.tiers.dialect.StreamEvent.Finish;
import mirror.tiers.dialect.StreamEvent.Ping;
import mirror.tiers.dialect.StreamEvent.RedactedOpen;
import mirror.tiers.dialect.StreamEvent.SignatureDelta;
import mirror.tiers.dialect.StreamEvent.Start;
import mirror.tiers.dialect.StreamEvent.TextDelta;
import mirror.tiers.dialect.StreamEvent.TextOpen;
import mirror.tiers.dialect.StreamEvent.ThinkingDelta;
import mirror.tiers.dialect.StreamEvent.ThinkingOpen;
import mirror.tiers.dialect.StreamEvent.ToolDelta;
import mirror.tiers.dialect.StreamEvent.ToolOpen;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes a stream of Anthropic's Messages API. Thoughts that are not signed are not given, since the client would send them back and Anthropic would
 * refuse them; a ping goes in their place, so that the client sees life.
 */
final class AnthropicStreamWriter implements StreamWriter {
    private static final byte[] NOTHING = new byte[0];

    private int index = -1;
    private boolean started;
    private boolean over;
    private boolean open;
    /** A block of thoughts that is held back until its signature shows that Anthropic made it. */
    private boolean thinking;

    private final StringBuilder thoughts = new StringBuilder();
    private final StringBuilder signature = new StringBuilder();

    AnthropicStreamWriter() {}

    AnthropicStreamWriter(Begun begun) {
        started = true;
        index = begun.blocks() - 1;
        open = begun.open();
    }

    @Override
    public byte[] write(StreamEvent event) {
        if (over) {
            return NOTHING;
        }
        return switch (event) {
            case Start start -> start(start);
            case TextOpen text -> open(Json.object().put("type", "text").put("text", ""));
            case TextDelta delta -> delta("text_delta", "text", delta.text());
            case ToolOpen tool -> open(AnthropicReplies.toolUse(tool.id(), tool.name(), Json.object()));
            case ToolDelta delta -> delta("input_json_delta", "partial_json", delta.arguments());
            case RedactedOpen redacted ->
                open(Json.object().put("type", "redacted_thinking").put("data", redacted.data()));
            case ThinkingOpen opened -> {
                thinking = true;
                yield ping();
            }
            case ThinkingDelta delta -> {
                thoughts.append(delta.text());
                yield ping();
            }
            case SignatureDelta delta -> {
                signature.append(delta.signature());
                yield ping();
            }
            case Close close -> close();
            case Ping alive -> ping();
            case Finish finish -> finish(finish);
            case Failed failed -> {
                over = true;
                yield sse("error", AnthropicErrors.body(failed.failure(), null));
            }
        };
    }

    private byte[] start(Start start) {
        if (started) {
            return NOTHING;
        }
        started = true;
        ObjectNode message = AnthropicReplies.message(start.id(), start.model());
        message.putArray("content");
        message.putNull("stop_reason").putNull("stop_sequence");
        message.set("usage", AnthropicReplies.usage(start.usage()));
        ObjectNode event = event("message_start");
        event.set("message", message);
        return sse(event);
    }

    private byte[] open(ObjectNode block) {
        index++;
        open = true;
        ObjectNode event = event("content_block_start").put("index", index);
        event.set("content_block", block);
        return sse(event);
    }

    private byte[] delta(String type, String field, String text) {
        ObjectNode event = event("content_block_delta").put("index", index);
        event.putObject("delta").put("type", type).put(field, text);
        return sse(event);
    }

    private byte[] close() {
        if (thinking) {
            thinking = false;
            byte[] block = signature.isEmpty() ? NOTHING : signed();
            thoughts.setLength(0);
            signature.setLength(0);
            return block;
        }
        if (!open) {
            return NOTHING;
        }
        open = false;
        return sse(event("content_block_stop").put("index", index));
    }

    private byte[] signed() {
        return join(
                open(Json.object().put("type", "thinking").put("thinking", "").put("signature", "")),
                delta("thinking_delta", "thinking", thoughts.toString()),
                delta("signature_delta", "signature", signature.toString()),
                close());
    }

    private byte[] finish(Finish finish) {
        over = true;
        ObjectNode event = event("message_delta");
        event.putObject("delta")
                .put("stop_reason", AnthropicReplies.word(finish.stop()))
                .put("stop_sequence", finish.stopSequence());
        event.set("usage", AnthropicReplies.usage(finish.usage()));
        return join(sse(event), sse(event("message_stop")));
    }

    private static byte[] ping() {
        return sse(event("ping"));
    }

    private static ObjectNode event(String type) {
        return Json.object().put("type", type);
    }

    private static byte[] sse(ObjectNode event) {
        return sse(event.path("type").stringValue(), event);
    }

    private static byte[] sse(String type, ObjectNode event) {
        return ("event: " + type + "\ndata: " + Trees.text(event) + "\n\n").getBytes(StandardCharsets.UTF_8);
    }

    static byte[] join(byte[]... pieces) {
        int length = 0;
        for (byte[] piece : pieces) {
            length += piece.length;
        }
        byte[] all = new byte[length];
        int at = 0;
        for (byte[] piece : pieces) {
            System.arraycopy(piece, 0, all, at, piece.length);
            at += piece.length;
        }
        return all;
    }
}
