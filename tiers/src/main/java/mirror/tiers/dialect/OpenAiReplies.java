package mirror.tiers.dialect;

import java.util.ArrayList;
import java.util.List;
import mirror.bus.Json;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Replies of OpenAI's chat completions, and of those that imitate them. Fields that are not known are passed over. */
final class OpenAiReplies {
    private OpenAiReplies() {}

    static Reply read(byte[] body, Exchange exchange) {
        ObjectNode root = Trees.object(body);
        if (root != null && root.path("error").isObject()) {
            throw new DialectException(OpenAiErrors.failure(root.path("error"), Failure.Kind.API));
        }
        if (root == null || root.path("choices").size() != 1) {
            throw Answers.notUnderstood("it is not a chat completion with one choice");
        }
        JsonNode choice = root.path("choices").path(0);
        JsonNode message = choice.path("message");
        List<Part> parts = new ArrayList<>();
        String thoughts = thoughts(message);
        if (!thoughts.isEmpty()) {
            parts.add(new Part.Thinking(thoughts, null));
        }
        String text = Answers.words(message, "content");
        String refusal = Answers.words(message, "refusal");
        if (!text.isEmpty()) {
            parts.add(new Part.Text(text));
        }
        if (!refusal.isEmpty()) {
            parts.add(new Part.Text(refusal));
        }
        calls(message, exchange, parts);
        boolean called = parts.stream().anyMatch(Part.ToolUse.class::isInstance);
        Stop stop = stop(Answers.text(choice, "finish_reason"), called, !refusal.isEmpty());
        Answers.callsFit(stop, parts);
        return new Reply(
                Answers.textOr(root, "id", exchange.id()),
                Answers.textOr(root, "model", ""),
                parts,
                stop,
                null,
                usage(root.path("usage")));
    }

    /** Many servers tell the model's thoughts in one of these fields, which OpenAI does not have. */
    static String thoughts(JsonNode message) {
        return Answers.textOr(message, "reasoning_content", Answers.textOr(message, "reasoning", ""));
    }

    private static void calls(JsonNode message, Exchange exchange, List<Part> parts) {
        if (message.path("function_call").isObject()) {
            throw Answers.notUnderstood("it calls a function in the old way");
        }
        List<String> ids = new ArrayList<>();
        for (JsonNode call : message.path("tool_calls")) {
            JsonNode function = call.path("function");
            String arguments = Answers.words(function, "arguments");
            String id = Answers.id(call, exchange, ids.size());
            if (ids.contains(id)) {
                id = ToolIds.made(exchange, ids.size());
            }
            ids.add(id);
            parts.add(new Part.ToolUse(id, Answers.name(function), arguments.isBlank() ? "{}" : arguments));
        }
    }

    /** A forced call ends with {@code stop} at OpenAI, and any call does at some that imitate it. */
    static Stop stop(@Nullable String reason, boolean called, boolean refused) {
        return switch (reason == null ? "" : reason) {
            case "stop" -> called ? Stop.TOOL_USE : refused ? Stop.REFUSAL : Stop.END;
            case "length" -> Stop.MAX_TOKENS;
            case "tool_calls" -> Stop.TOOL_USE;
            case "content_filter" -> Stop.REFUSAL;
            default -> throw Answers.notUnderstood("it ended for " + Words.name(reason == null ? "no reason" : reason));
        };
    }

    static String word(Stop stop) {
        return switch (stop) {
            case END, STOP_SEQUENCE -> "stop";
            case MAX_TOKENS, CONTEXT_FULL -> "length";
            case TOOL_USE -> "tool_calls";
            case REFUSAL -> "content_filter";
            case PAUSE -> throw Answers.notUnderstood("it paused, and this client could not make it go on");
        };
    }

    /** OpenAI counts cached tokens among the prompt's; here they are apart. */
    static @Nullable Usage usage(JsonNode node) {
        if (!node.isObject()) {
            return null;
        }
        JsonNode details = node.path("prompt_tokens_details");
        long read = Answers.count(details, "cached_tokens", 0);
        long written = Answers.count(details, "cache_write_tokens", 0);
        long all = Answers.count(node, "prompt_tokens", 0);
        boolean fits = read <= all && written <= all - read;
        return new Usage(
                fits ? all - read - written : all,
                fits ? read : 0,
                fits ? written : 0,
                Answers.count(node, "completion_tokens", 0),
                Answers.count(node.path("completion_tokens_details"), "reasoning_tokens", 0));
    }

    static ObjectNode usage(Usage usage) {
        ObjectNode node = Json.object()
                .put("prompt_tokens", usage.allInput())
                .put("completion_tokens", usage.output())
                .put("total_tokens", usage.allInput() + usage.output());
        node.putObject("prompt_tokens_details")
                .put("cached_tokens", usage.cacheRead())
                .put("cache_write_tokens", usage.cacheWrite());
        node.putObject("completion_tokens_details").put("reasoning_tokens", usage.reasoning());
        return node;
    }

    static byte[] write(Reply reply, Exchange exchange) {
        ObjectNode root = Json.object()
                .put("id", reply.id())
                .put("object", "chat.completion")
                .put("created", exchange.at().getEpochSecond())
                .put("model", reply.model());
        ObjectNode choice = root.putArray("choices").addObject().put("index", 0);
        ObjectNode message = choice.putObject("message").put("role", "assistant");
        StringBuilder text = new StringBuilder();
        ArrayNode calls = Json.array();
        for (Part part : reply.parts()) {
            switch (part) {
                case Part.Text piece -> text.append(piece.text());
                case Part.ToolUse use -> {
                    calls.addObject()
                            .put("id", ToolIds.portable(use.id()))
                            .put("type", "function")
                            .putObject("function")
                            .put("name", use.name())
                            .put("arguments", use.arguments());
                }
                // The dialect has no place for thoughts; the usage counts them.
                case Part.Thinking thinking -> {}
                case Part.RedactedThinking thinking -> {}
                case Part.Image image -> throw Answers.notUnderstood("it holds an image");
                case Part.Document document -> throw Answers.notUnderstood("it holds a document");
                case Part.ToolResult result -> throw Answers.notUnderstood("it holds a result of a tool");
            }
        }
        message.put("content", text.isEmpty() ? null : text.toString()).putNull("refusal");
        if (!calls.isEmpty()) {
            message.set("tool_calls", calls);
        }
        choice.put("finish_reason", word(reply.stop())).putNull("logprobs");
        if (reply.usage() != null) {
            root.set("usage", usage(reply.usage()));
        }
        return Trees.bytes(root, Failure.Kind.API);
    }
}
