package mirror.tiers.dialect;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import mirror.bus.Json;
import mirror.tiers.dialect.StreamEvent.Failed;
import mirror.tiers.dialect.StreamEvent.Finish;
import mirror.tiers.dialect.StreamEvent.Start;
import mirror.tiers.dialect.StreamEvent.ToolOpen;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes a stream of OpenAI's Responses API: each block is an item of the output, and its end says all of it once more, as the stream's
 * end does with all items. So what was said is kept to the end, up to {@value #MOST} characters.
 *
 * <p>An item's end says whether it is whole, and clients run a tool as soon as they read it; what comes next tells that. So the end
 * of an item waits for the next event. An item of a stream that failed has no end.
 *
 * <p>Thoughts are not told; a comment goes in their place, so that the client sees life.
 */
final class ResponsesStreamWriter implements StreamWriter {
    private static final int MOST = 64 * 1024 * 1024;
    private static final byte[] NOTHING = new byte[0];
    private static final byte[] ALIVE = ": alive\n\n".getBytes(StandardCharsets.UTF_8);

    private final Exchange exchange;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream(512);
    private final ArrayNode output = Json.array();
    private final StringBuilder said = new StringBuilder();
    private long kept;
    private int sequence;
    private boolean over;
    private @Nullable ObjectNode response;

    /** The item that is open, without what was said in it; null between items. */
    private @Nullable ObjectNode item;

    private boolean closing;

    ResponsesStreamWriter(Exchange exchange) {
        this.exchange = exchange;
    }

    @Override
    public byte[] write(StreamEvent event) {
        if (over) {
            return NOTHING;
        }
        out.reset();
        if (closing && !(event instanceof StreamEvent.Ping || event instanceof Failed)) {
            closing = false;
            done(ResponsesReplies.itemStatus(
                    event instanceof Finish finish ? finish.stop() : Stop.END, event instanceof Finish));
        }
        switch (event) {
            case Start start -> start(start);
            case StreamEvent.TextOpen text -> openText();
            case StreamEvent.TextDelta delta -> {
                keep(delta.text());
                send(ofPart("response.output_text.delta").put("delta", delta.text()), "logprobs");
            }
            case ToolOpen tool -> openCall(tool);
            case StreamEvent.ToolDelta delta -> {
                keep(delta.arguments());
                send(ofItem("response.function_call_arguments.delta").put("delta", delta.arguments()));
            }
            case StreamEvent.Close close -> closing = item != null;
            case StreamEvent.ThinkingOpen thinking -> out.writeBytes(ALIVE);
            case StreamEvent.ThinkingDelta thinking -> out.writeBytes(ALIVE);
            case StreamEvent.SignatureDelta signature -> out.writeBytes(ALIVE);
            case StreamEvent.RedactedOpen redacted -> out.writeBytes(ALIVE);
            case StreamEvent.Ping ping -> out.writeBytes(ALIVE);
            case Finish finish -> finish(finish);
            case Failed failed -> failed(failed.failure());
        }
        return out.toByteArray();
    }

    private void start(Start start) {
        if (response == null) {
            ObjectNode begun = ResponsesReplies.response(start.id(), start.model(), exchange);
            response = begun;
            whole("response.created", begun);
            whole("response.in_progress", begun);
        }
    }

    private void openText() {
        ObjectNode message = ResponsesReplies.message(ToolIds.item("msg", exchange, output.size()), "", "in_progress");
        message.putArray("content");
        open(message);
        ObjectNode part = ofPart("response.content_part.added");
        part.set("part", ResponsesReplies.text(""));
        send(part);
    }

    private void openCall(ToolOpen tool) {
        open(ResponsesReplies.call(
                exchange, output.size(), new Part.ToolUse(tool.id(), tool.name(), ""), "in_progress"));
    }

    private void open(ObjectNode opened) {
        item = opened;
        said.setLength(0);
        ObjectNode added = event("response.output_item.added").put("output_index", output.size());
        added.set("item", opened);
        send(added);
    }

    private void keep(String piece) {
        kept += piece.length();
        if (kept > MOST) {
            throw Answers.notUnderstood("it is longer than 64 million characters");
        }
        said.append(piece);
    }

    private void done(String status) {
        ObjectNode whole = item;
        if (whole == null) {
            return;
        }
        if (isText(whole)) {
            String text = said.toString();
            ObjectNode part = ResponsesReplies.text(text);
            send(ofPart("response.output_text.done").put("text", text), "logprobs");
            ObjectNode partDone = ofPart("response.content_part.done");
            partDone.set("part", part);
            send(partDone);
            whole.putArray("content").add(part);
        } else {
            if (said.isEmpty() && status.equals("completed")) {
                // A call without arguments has none in Anthropic's dialect, and an empty object here.
                said.append("{}");
                send(ofItem("response.function_call_arguments.delta").put("delta", "{}"));
            }
            String arguments = said.toString();
            send(ofItem("response.function_call_arguments.done")
                    .put("name", whole.path("name").stringValue())
                    .put("arguments", arguments));
            whole.put("arguments", arguments);
        }
        whole.put("status", status);
        ObjectNode itemDone = event("response.output_item.done").put("output_index", output.size());
        itemDone.set("item", whole);
        send(itemDone);
        output.add(whole);
        item = null;
    }

    private static boolean isText(ObjectNode item) {
        return item.has("content");
    }

    private void finish(Finish finish) {
        if (finish.stop() == Stop.PAUSE) {
            failed(new Failure(
                    Failure.Kind.API,
                    "The provider's answer cannot be used: it paused, and this client could not make it go on."));
            return;
        }
        over = true;
        ObjectNode end = begun();
        String status = ResponsesReplies.end(end, output, finish.stop(), finish.usage());
        whole("response." + status, end);
    }

    private void failed(Failure failure) {
        over = true;
        ObjectNode end = begun();
        end.put("status", "failed");
        end.putObject("error").put("code", code(failure)).put("message", failure.message());
        end.set("output", output);
        whole("response.failed", end);
    }

    /** Clients know few words here, and try again for those that they do not know. */
    private static String code(Failure failure) {
        return switch (failure.kind()) {
            case RATE_LIMIT -> "rate_limit_exceeded";
            case BILLING -> "insufficient_quota";
            case INVALID_REQUEST, TOO_LARGE -> "invalid_prompt";
            default -> "server_error";
        };
    }

    private ObjectNode begun() {
        ObjectNode known = response;
        return known == null ? ResponsesReplies.response(exchange.id(), "", exchange) : known;
    }

    // ---- events

    private void whole(String type, ObjectNode all) {
        ObjectNode event = event(type);
        event.set("response", all);
        send(event);
    }

    private ObjectNode ofPart(String type) {
        return ofItem(type).put("content_index", 0);
    }

    private ObjectNode ofItem(String type) {
        ObjectNode open = item;
        return event(type)
                .put("item_id", open == null ? "" : open.path("id").stringValue())
                .put("output_index", output.size());
    }

    private ObjectNode event(String type) {
        return Json.object().put("type", type).put("sequence_number", sequence++);
    }

    private void send(ObjectNode event, String emptyArray) {
        event.putArray(emptyArray);
        send(event);
    }

    private void send(ObjectNode event) {
        String type = event.path("type").stringValue();
        out.writeBytes(("event: " + type + "\ndata: " + Trees.text(event) + "\n\n").getBytes(StandardCharsets.UTF_8));
    }
}
