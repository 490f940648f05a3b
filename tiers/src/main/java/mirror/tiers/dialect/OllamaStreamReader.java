package mirror.tiers.dialect;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Reads a stream of Ollama's chat: one JSON object a line. Its proper end is the line with {@code done}. */
final class OllamaStreamReader extends ReplyState {
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();
    private int calls;

    OllamaStreamReader(Exchange exchange) {
        super(exchange);
    }

    @Override
    void read(byte[] bytes, int offset, int length) throws SseParser.TooLarge {
        int start = offset;
        for (int at = offset; at < offset + length; at++) {
            if (bytes[at] == '\n') {
                line.write(bytes, start, at - start);
                start = at + 1;
                take();
            }
        }
        line.write(bytes, start, offset + length - start);
        if (line.size() > MOST_BYTES) {
            throw new SseParser.TooLarge();
        }
    }

    /** The last line may lack its end. */
    @Override
    void closed() {
        take();
    }

    /** The line that tells why is the last one. */
    @Override
    public boolean ending() {
        return false;
    }

    /** A call comes in one piece. */
    @Override
    public boolean toolOpen() {
        return false;
    }

    private void take() {
        byte[] text = line.toByteArray();
        line.reset();
        if (over() || new String(text, StandardCharsets.UTF_8).isBlank()) {
            return;
        }
        ObjectNode piece = Trees.object(text);
        if (piece == null) {
            throw Answers.notUnderstood("a line is not one JSON object");
        }
        if (piece.path("error").isString()) {
            fail(new Failure(Failure.Kind.API, piece.path("error").stringValue()));
            return;
        }
        start(exchange.id(), Answers.textOr(piece, "model", ""));
        JsonNode message = piece.path("message");
        String thoughts = Answers.words(message, "thinking");
        String words = Answers.words(message, "content");
        if (!thoughts.isEmpty()) {
            thinking(thoughts);
        }
        if (!words.isEmpty()) {
            text(words);
        }
        for (JsonNode each : message.path("tool_calls")) {
            Part.ToolUse call = OllamaReplies.call(each, exchange, calls++);
            tool(call.id(), call.name());
            arguments(call.arguments());
            close();
        }
        if (piece.path("done").asBoolean(false)) {
            reported(OllamaReplies.usage(piece));
            finish(OllamaReplies.stop(Answers.text(piece, "done_reason"), calls > 0), null);
        }
    }
}
