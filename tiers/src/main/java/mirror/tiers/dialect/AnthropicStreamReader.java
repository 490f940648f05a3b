package mirror.tiers.dialect;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Reads a stream of Anthropic's Messages API. Its proper end is {@code message_stop} after a {@code stop_reason}; events of unknown types are passed over. */
final class AnthropicStreamReader extends EventReplyState {
    private int index = -1;
    private boolean open;
    private String blockType = "";
    private JsonSpan span = new JsonSpan();
    /** A call's arguments are not whole. The limit of tokens may have cut them, which only the end of the message tells. */
    private boolean cut;

    private @Nullable Stop stop;
    private @Nullable String stopSequence;

    AnthropicStreamReader(Exchange exchange) {
        super(exchange);
    }

    @Override
    void closed() {}

    @Override
    public boolean ending() {
        return stop != null;
    }

    @Override
    public boolean toolOpen() {
        return open && blockType.equals("tool_use") && !span.whole();
    }

    @Override
    void event(String name, ObjectNode event) {
        String type = Answers.textOr(event, "type", name);
        switch (type) {
            case "error" -> fail(AnthropicErrors.failure(event.path("error"), Failure.Kind.API));
            case "ping" -> emit(new StreamEvent.Ping());
            case "message_start" -> begin(event.path("message"));
            case "content_block_start",
                    "content_block_delta",
                    "content_block_stop",
                    "message_delta",
                    "message_stop" -> {
                if (!started()) {
                    throw Answers.notUnderstood("it does not begin with message_start");
                }
                inMessage(type, event);
            }
            default -> {}
        }
    }

    private void inMessage(String type, ObjectNode event) {
        switch (type) {
            case "content_block_start" -> openBlock(event);
            case "content_block_delta" -> {
                expectOpen(event);
                delta(event.path("delta"));
            }
            case "content_block_stop" -> {
                expectOpen(event);
                cut |= blockType.equals("tool_use") && !span.whole() && !span.blank();
                open = false;
                close();
            }
            case "message_delta" -> messageDelta(event);
            default -> messageStop();
        }
    }

    private void begin(JsonNode message) {
        if (started()) {
            throw Answers.notUnderstood("it begins twice");
        }
        reported(AnthropicReplies.usage(message.path("usage"), null));
        start(Answers.textOr(message, "id", exchange.id()), Answers.textOr(message, "model", ""));
    }

    private void openBlock(ObjectNode event) {
        long at = Answers.count(event, "index", -1);
        if (open || stop != null || at != index + 1L) {
            throw Answers.notUnderstood("its blocks do not follow each other");
        }
        index++;
        open = true;
        JsonNode block = event.path("content_block");
        String type = Answers.textOr(block, "type", "");
        blockType = type;
        switch (type) {
            case "text" -> text(Answers.words(block, "text"));
            case "thinking" -> thinking(Answers.words(block, "thinking"));
            case "redacted_thinking" -> redacted(Answers.textOr(block, "data", ""));
            case "tool_use" -> {
                span = new JsonSpan();
                tool(Answers.id(block, exchange, index), Answers.name(block));
                if (block.path("input").isObject() && !block.path("input").isEmpty()) {
                    piece(Trees.text(block.path("input")));
                }
            }
            default -> throw Answers.notUnderstood("it has a block of type " + Words.name(type));
        }
    }

    private void expectOpen(ObjectNode event) {
        if (!open || Answers.count(event, "index", -1) != index) {
            throw Answers.notUnderstood("an event belongs to no open block");
        }
    }

    private void delta(JsonNode delta) {
        String type = Answers.textOr(delta, "type", "");
        String wanted = switch (type) {
            case "text_delta", "citations_delta" -> "text";
            case "thinking_delta", "signature_delta" -> "thinking";
            case "input_json_delta" -> "tool_use";
            default -> "";
        };
        if (!wanted.equals(blockType)) {
            throw Answers.notUnderstood("a delta of type " + Words.name(type) + " is in a block of another type");
        }
        switch (type) {
            case "text_delta" -> text(Answers.words(delta, "text"));
            case "thinking_delta" -> thinking(Answers.words(delta, "thinking"));
            case "signature_delta" -> emit(new StreamEvent.SignatureDelta(Answers.words(delta, "signature")));
            case "input_json_delta" -> piece(Answers.words(delta, "partial_json"));
            default -> {}
        }
    }

    private void piece(String json) {
        if (span.addAndSeeMore(json)) {
            throw Answers.notUnderstood("the arguments of a call are more than one JSON object");
        }
        arguments(json);
    }

    private void messageDelta(ObjectNode event) {
        if (open) {
            throw Answers.notUnderstood("it ends within a block");
        }
        reported(AnthropicReplies.usage(event.path("usage"), usage()));
        String reason = Answers.text(event.path("delta"), "stop_reason");
        if (reason != null) {
            stop = AnthropicReplies.stop(reason);
            stopSequence = Answers.text(event.path("delta"), "stop_sequence");
            if (cut && stop != Stop.MAX_TOKENS && stop != Stop.CONTEXT_FULL && stop != Stop.REFUSAL) {
                throw Answers.notUnderstood("the arguments of a call are not whole");
            }
        }
    }

    private void messageStop() {
        if (open || stop == null) {
            throw Answers.notUnderstood("it ended before it was whole");
        }
        finish(stop, stopSequence);
    }
}
