package mirror.tiers.dialect;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Reads a stream of Gemini's streamGenerateContent with {@code alt=sse}. Its proper end is a {@code finishReason} and then the connection's end. */
final class GeminiStreamReader extends EventReplyState {
    private @Nullable String reason;
    private int calls;

    GeminiStreamReader(Exchange exchange) {
        super(exchange);
    }

    @Override
    void closed() {
        if (reason != null) {
            finish(GeminiReplies.stop(reason, calledTool()), null);
        }
    }

    @Override
    public boolean ending() {
        return reason != null;
    }

    /** A call comes in one piece. */
    @Override
    public boolean toolOpen() {
        return false;
    }

    @Override
    void event(String name, ObjectNode piece) {
        if (piece.path("error").isObject()) {
            fail(GeminiErrors.failure(piece.path("error"), Failure.Kind.API));
            return;
        }
        Usage now = GeminiReplies.usage(piece.path("usageMetadata"));
        if (now != null) {
            reported(now);
        }
        start(Answers.textOr(piece, "responseId", exchange.id()), Answers.textOr(piece, "modelVersion", ""));
        GeminiReplies.parts(piece).forEach(this::part);
        String ended = GeminiReplies.reason(piece);
        if (ended != null && reason == null) {
            GeminiReplies.stop(ended, calledTool());
            reason = ended;
        }
    }

    private void part(JsonNode part) {
        if (part.path("functionCall").isObject()) {
            goesOn();
            Part.ToolUse call = GeminiReplies.call(part.path("functionCall"), exchange, calls++);
            tool(call.id(), call.name());
            arguments(call.arguments());
            close();
            return;
        }
        String text = GeminiReplies.text(part);
        if (!text.isEmpty()) {
            goesOn();
            if (part.path("thought").asBoolean(false)) {
                thinking(text);
            } else {
                text(text);
            }
        }
    }

    private void goesOn() {
        if (reason != null) {
            throw Answers.notUnderstood("it goes on after its end");
        }
    }
}
