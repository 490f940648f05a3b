package mirror.tiers.dialect;

import java.util.ArrayList;
import java.util.List;
import mirror.bus.Json;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Replies of Anthropic's Messages API. Fields that are not known are passed over: they come with every new version. */
final class AnthropicReplies {
    private AnthropicReplies() {}

    static Reply read(byte[] body, Exchange exchange) {
        ObjectNode root = Trees.object(body);
        if (root == null || !root.path("content").isArray()) {
            throw Answers.notUnderstood("it is not a message");
        }
        List<Part> parts = new ArrayList<>();
        for (JsonNode block : root.path("content")) {
            parts.add(part(block, exchange, parts.size()));
        }
        Stop stop = stop(Answers.text(root, "stop_reason"));
        Answers.callsFit(stop, parts);
        return new Reply(
                Answers.textOr(root, "id", exchange.id()),
                Answers.textOr(root, "model", ""),
                parts,
                stop,
                Answers.text(root, "stop_sequence"),
                usage(root.path("usage"), null));
    }

    private static Part part(JsonNode block, Exchange exchange, int index) {
        String type = Answers.textOr(block, "type", "");
        return switch (type) {
            case "text" -> new Part.Text(Answers.words(block, "text"));
            case "thinking" -> new Part.Thinking(Answers.words(block, "thinking"), Answers.text(block, "signature"));
            case "redacted_thinking" -> new Part.RedactedThinking(Answers.textOr(block, "data", ""));
            case "tool_use" -> {
                if (!block.path("input").isObject()) {
                    throw Answers.notUnderstood("a call of a tool has no arguments");
                }
                yield new Part.ToolUse(
                        Answers.id(block, exchange, index), Answers.name(block), Trees.text(block.path("input")));
            }
            default -> throw Answers.notUnderstood("it has a block of type " + Words.name(type));
        };
    }

    static Stop stop(@Nullable String reason) {
        return switch (reason == null ? "" : reason) {
            case "end_turn" -> Stop.END;
            case "max_tokens" -> Stop.MAX_TOKENS;
            case "model_context_window_exceeded" -> Stop.CONTEXT_FULL;
            case "stop_sequence" -> Stop.STOP_SEQUENCE;
            case "tool_use" -> Stop.TOOL_USE;
            case "refusal" -> Stop.REFUSAL;
            case "pause_turn" -> Stop.PAUSE;
            default ->
                throw Answers.notUnderstood("it stopped for " + Words.name(reason == null ? "no reason" : reason));
        };
    }

    static String word(Stop stop) {
        return switch (stop) {
            case END -> "end_turn";
            case MAX_TOKENS -> "max_tokens";
            case CONTEXT_FULL -> "model_context_window_exceeded";
            case STOP_SEQUENCE -> "stop_sequence";
            case TOOL_USE -> "tool_use";
            case REFUSAL -> "refusal";
            case PAUSE -> "pause_turn";
        };
    }

    /** What this says, and for what it does not say what was known before. */
    static @Nullable Usage usage(JsonNode node, @Nullable Usage known) {
        if (!node.isObject()) {
            return known;
        }
        Usage before = known == null ? new Usage(0, 0, 0, 0, 0) : known;
        return new Usage(
                Answers.count(node, "input_tokens", before.input()),
                Answers.count(node, "cache_read_input_tokens", before.cacheRead()),
                Answers.count(node, "cache_creation_input_tokens", before.cacheWrite()),
                Answers.count(node, "output_tokens", before.output()),
                Answers.count(node.path("output_tokens_details"), "thinking_tokens", before.reasoning()));
    }

    /** Without a usage all is zero: the dialect demands the numbers, and what is accounted comes from the reader. */
    static ObjectNode usage(@Nullable Usage usage) {
        Usage all = usage == null ? new Usage(0, 0, 0, 0, 0) : usage;
        ObjectNode node = Json.object()
                .put("input_tokens", all.input())
                .put("cache_creation_input_tokens", all.cacheWrite())
                .put("cache_read_input_tokens", all.cacheRead())
                .put("output_tokens", all.output());
        if (all.reasoning() > 0) {
            node.putObject("output_tokens_details").put("thinking_tokens", all.reasoning());
        }
        return node;
    }

    static ObjectNode message(String id, String model) {
        return Json.object()
                .put("id", id)
                .put("type", "message")
                .put("role", "assistant")
                .put("model", model);
    }

    static byte[] write(Reply reply) {
        ObjectNode root = message(reply.id(), reply.model());
        ArrayNode content = root.putArray("content");
        for (Part part : reply.parts()) {
            switch (part) {
                case Part.Text text -> {
                    if (!text.text().isEmpty()) {
                        content.addObject().put("type", "text").put("text", text.text());
                    }
                }
                case Part.ToolUse use -> content.add(call(use));
                case Part.Thinking thinking -> {
                    if (thinking.signature() != null) {
                        content.addObject()
                                .put("type", "thinking")
                                .put("thinking", thinking.text())
                                .put("signature", thinking.signature());
                    }
                }
                case Part.RedactedThinking thinking ->
                    content.addObject().put("type", "redacted_thinking").put("data", thinking.data());
                case Part.Image image -> throw Answers.notUnderstood("it holds an image");
                case Part.Document document -> throw Answers.notUnderstood("it holds a document");
                case Part.ToolResult result -> throw Answers.notUnderstood("it holds a result of a tool");
            }
        }
        root.put("stop_reason", word(reply.stop()));
        root.put("stop_sequence", reply.stopSequence());
        root.set("usage", usage(reply.usage()));
        return Trees.bytes(root, Failure.Kind.API);
    }

    private static ObjectNode call(Part.ToolUse use) {
        ObjectNode input = Trees.object(use.arguments());
        if (input == null) {
            throw Answers.notUnderstood(
                    "the arguments of a call of " + Words.name(use.name()) + " are not one JSON object");
        }
        return toolUse(use.id(), use.name(), input);
    }

    /** With who calls, which newer clients demand: the model itself, not a program that it runs. */
    static ObjectNode toolUse(String id, String name, ObjectNode input) {
        ObjectNode block = Json.object()
                .put("type", "tool_use")
                .put("id", ToolIds.portable(id))
                .put("name", name)
                .set("input", input);
        block.putObject("caller").put("type", "direct");
        return block;
    }
}
