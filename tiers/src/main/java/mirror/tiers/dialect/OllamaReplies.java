package mirror.tiers.dialect;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Replies of Ollama's chat; a stream's lines have the same form. */
final class OllamaReplies {
    private OllamaReplies() {}

    static Reply read(byte[] body, Exchange exchange) {
        ObjectNode root = Trees.object(body);
        if (root == null
                || !root.path("message").isObject()
                || !root.path("done").asBoolean(false)) {
            throw Answers.notUnderstood("it is not a whole reply of Ollama's");
        }
        JsonNode message = root.path("message");
        List<Part> parts = new ArrayList<>();
        String thoughts = Answers.words(message, "thinking");
        String text = Answers.words(message, "content");
        if (!thoughts.isEmpty()) {
            parts.add(new Part.Thinking(thoughts, null));
        }
        if (!text.isEmpty()) {
            parts.add(new Part.Text(text));
        }
        int calls = 0;
        for (JsonNode call : message.path("tool_calls")) {
            parts.add(call(call, exchange, calls++));
        }
        return new Reply(
                exchange.id(),
                Answers.textOr(root, "model", ""),
                parts,
                stop(Answers.text(root, "done_reason"), calls > 0),
                null,
                usage(root));
    }

    static Part.ToolUse call(JsonNode call, Exchange exchange, int index) {
        JsonNode arguments = call.path("function").path("arguments");
        if (!arguments.isObject() && !arguments.isMissingNode() && !arguments.isNull()) {
            throw Answers.notUnderstood("the arguments of a call are not one JSON object");
        }
        // Its own ids, where it has any, are only unique within a reply.
        return new Part.ToolUse(
                ToolIds.made(exchange, index),
                Answers.name(call.path("function")),
                arguments.isObject() ? Trees.text(arguments) : "{}");
    }

    static Stop stop(@Nullable String reason, boolean called) {
        return switch (reason == null ? "stop" : reason) {
            case "stop" -> called ? Stop.TOOL_USE : Stop.END;
            case "length" -> Stop.MAX_TOKENS;
            default -> throw Answers.notUnderstood("it ended for " + Words.name(reason == null ? "" : reason));
        };
    }

    static @Nullable Usage usage(JsonNode root) {
        return root.has("prompt_eval_count") || root.has("eval_count")
                ? new Usage(Answers.count(root, "prompt_eval_count", 0), 0, 0, Answers.count(root, "eval_count", 0), 0)
                : null;
    }
}
