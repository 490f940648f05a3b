package mirror.tiers.dialect;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Replies of Gemini's generateContent; a stream's pieces have the same form. */
final class GeminiReplies {
    private GeminiReplies() {}

    static Reply read(byte[] body, Exchange exchange) {
        ObjectNode root = Trees.object(body);
        if (root == null
                || !(root.path("candidates").isArray()
                        || root.path("promptFeedback").isObject())) {
            throw Answers.notUnderstood("it is not a reply of Gemini's");
        }
        List<Part> parts = new ArrayList<>();
        for (JsonNode part : parts(root)) {
            if (part.path("functionCall").isObject()) {
                parts.add(call(part.path("functionCall"), exchange, parts.size()));
            } else {
                String text = text(part);
                boolean thought = part.path("thought").asBoolean(false);
                if (!text.isEmpty()) {
                    parts.add(thought ? new Part.Thinking(text, null) : new Part.Text(text));
                }
            }
        }
        String reason = reason(root);
        if (reason == null) {
            throw Answers.notUnderstood("it does not say why it ended");
        }
        boolean called = parts.stream().anyMatch(Part.ToolUse.class::isInstance);
        return new Reply(
                Answers.textOr(root, "responseId", exchange.id()),
                Answers.textOr(root, "modelVersion", ""),
                parts,
                stop(reason, called),
                null,
                usage(root.path("usageMetadata")));
    }

    static JsonNode parts(JsonNode root) {
        if (root.path("candidates").size() > 1) {
            throw Answers.notUnderstood("it has more than one candidate");
        }
        return root.path("candidates").path(0).path("content").path("parts");
    }

    static Part.ToolUse call(JsonNode call, Exchange exchange, int index) {
        JsonNode arguments = call.path("args");
        if (!arguments.isObject() && !arguments.isMissingNode() && !arguments.isNull()) {
            throw Answers.notUnderstood("the arguments of a call are not one JSON object");
        }
        return new Part.ToolUse(
                Answers.id(call, exchange, index),
                Answers.name(call),
                arguments.isObject() ? Trees.text(arguments) : "{}");
    }

    /** Of a part that is no call; a signature may stand alone. */
    static String text(JsonNode part) {
        if (!part.has("text") && !part.has("thoughtSignature") && !part.isEmpty()) {
            throw Answers.notUnderstood("it has a part that is neither text nor a call");
        }
        return Answers.words(part, "text");
    }

    /** Null while it goes on. */
    static @Nullable String reason(JsonNode root) {
        String blocked = Answers.text(root.path("promptFeedback"), "blockReason");
        String reason = Answers.text(root.path("candidates").path(0), "finishReason");
        return reason == null && blocked != null ? "SAFETY" : reason;
    }

    static Stop stop(String reason, boolean called) {
        return switch (reason) {
            case "STOP" -> called ? Stop.TOOL_USE : Stop.END;
            case "MAX_TOKENS" -> Stop.MAX_TOKENS;
            case "SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII" -> Stop.REFUSAL;
            default -> throw Answers.notUnderstood("it ended for " + Words.name(reason));
        };
    }

    /** Gemini counts cached tokens among the prompt's, and thoughts beside the answer's. */
    static @Nullable Usage usage(JsonNode node) {
        if (!node.isObject()) {
            return null;
        }
        long all = Answers.count(node, "promptTokenCount", 0) + Answers.count(node, "toolUsePromptTokenCount", 0);
        long cached = Math.min(all, Answers.count(node, "cachedContentTokenCount", 0));
        long thoughts = Answers.count(node, "thoughtsTokenCount", 0);
        return new Usage(all - cached, cached, 0, Answers.count(node, "candidatesTokenCount", 0) + thoughts, thoughts);
    }
}
