package mirror.surface.probe;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import mirror.bus.Json;
import tools.jackson.databind.JsonNode;

/**
 * The protocols that clients speak with their models, as far as a model needs them that calls one tool and then says that it is done.
 * Told apart by the path.
 */
enum Wire {
    /** Anthropic's Messages API, which Claude Code speaks. */
    MESSAGES("/v1/messages") {
        @Override
        String call(String tool, JsonNode input) {
            return stream(
                    Map.of("type", "tool_use", "id", "toolu_probe", "name", tool, "input", Map.of()),
                    Map.of("type", "input_json_delta", "partial_json", json(input)),
                    "tool_use");
        }

        @Override
        String say(String text) {
            return stream(Map.of("type", "text", "text", ""), Map.of("type", "text_delta", "text", text), "end_turn");
        }

        private String stream(Map<String, ?> start, Map<String, ?> delta, String reason) {
            Map<String, ?> message = Map.of(
                    "id",
                    "msg_probe",
                    "type",
                    "message",
                    "role",
                    "assistant",
                    "model",
                    "probe",
                    "content",
                    List.of(),
                    "usage",
                    Map.of("input_tokens", 10, "output_tokens", 1));
            return event("message_start", Map.of("message", message))
                    + event("content_block_start", Map.of("index", 0, "content_block", start))
                    + event("content_block_delta", Map.of("index", 0, "delta", delta))
                    + event("content_block_stop", Map.of("index", 0))
                    + event(
                            "message_delta",
                            Map.of("delta", Map.of("stop_reason", reason), "usage", Map.of("output_tokens", 5)))
                    + event("message_stop", Map.of());
        }
    },

    /** OpenAI's Responses API, which Codex speaks. */
    RESPONSES("/responses") {
        @Override
        String call(String tool, JsonNode input) {
            return stream(Map.of(
                    "type",
                    "function_call",
                    "id",
                    "fc_probe",
                    "call_id",
                    "call_probe",
                    "name",
                    tool,
                    "arguments",
                    json(input)));
        }

        @Override
        String say(String text) {
            return stream(Map.of(
                    "type",
                    "message",
                    "role",
                    "assistant",
                    "id",
                    "msg_probe",
                    "content",
                    List.of(Map.of("type", "output_text", "text", text))));
        }

        private String stream(Map<String, ?> item) {
            Map<String, ?> usage = Map.of("input_tokens", 10, "output_tokens", 5, "total_tokens", 15);
            return event("response.created", Map.of("response", Map.of("id", "r")))
                    + event("response.output_item.done", Map.of("item", item))
                    + event("response.completed", Map.of("response", Map.of("id", "r", "usage", usage)));
        }
    },

    /** OpenAI's older protocol, which every compatible provider speaks; OpenCode uses it. */
    CHAT("/chat/completions") {
        @Override
        String call(String tool, JsonNode input) {
            Map<String, ?> call = Map.of(
                    "index",
                    0,
                    "id",
                    "call_probe",
                    "type",
                    "function",
                    "function",
                    Map.of("name", tool, "arguments", json(input)));
            return chunk(Map.of("role", "assistant", "tool_calls", List.of(call)), Map.of())
                    + chunk(Map.of(), Map.of("finish_reason", "tool_calls"))
                    + "data: [DONE]\n\n";
        }

        @Override
        String say(String text) {
            return chunk(Map.of("role", "assistant", "content", text), Map.of())
                    + chunk(Map.of(), Map.of("finish_reason", "stop"))
                    + "data: [DONE]\n\n";
        }

        private String chunk(Map<String, ?> delta, Map<String, ?> more) {
            var choice = Json.object().put("index", 0);
            choice.set("delta", Json.MAPPER.<JsonNode>valueToTree(delta));
            choice.putNull("finish_reason");
            more.forEach((name, value) -> choice.put(name, String.valueOf(value)));
            return "data: "
                    + json(Map.of(
                            "id",
                            "c",
                            "object",
                            "chat.completion.chunk",
                            "created",
                            1,
                            "model",
                            "probe",
                            "choices",
                            List.of(choice)))
                    + "\n\n";
        }
    },

    /** Gemini's streaming protocol. */
    GEMINI(":streamGenerateContent") {
        @Override
        String call(String tool, JsonNode input) {
            return candidate(Map.of("functionCall", Map.of("id", "call_probe", "name", tool, "args", input)));
        }

        @Override
        String say(String text) {
            return candidate(Map.of("text", text));
        }

        private String candidate(Map<String, ?> part) {
            Map<String, ?> candidate = Map.of(
                    "content", Map.of("role", "model", "parts", List.of(part)), "finishReason", "STOP", "index", 0);
            return "data: "
                    + json(Map.of(
                            "candidates",
                            List.of(candidate),
                            "usageMetadata",
                            Map.of("promptTokenCount", 10, "candidatesTokenCount", 5, "totalTokenCount", 15)))
                    + "\r\n\r\n";
        }
    };

    private final String path;

    Wire(String path) {
        this.path = path;
    }

    /** Of a request's path; empty for what asks a model nothing. */
    static Optional<Wire> of(String path) {
        return path.contains("/count_tokens")
                ? Optional.empty()
                : Stream.of(values()).filter(wire -> path.contains(wire.path)).findFirst();
    }

    /** The model calls one tool, as an event stream. */
    abstract String call(String tool, JsonNode input);

    /** The model says something and is done, as an event stream. */
    abstract String say(String text);

    private static String event(String type, Map<String, ?> data) {
        var whole = Json.object().put("type", type);
        data.forEach((name, value) -> whole.set(name, Json.MAPPER.<JsonNode>valueToTree(value)));
        return "event: " + type + "\ndata: " + whole + "\n\n";
    }

    private static String json(Object value) {
        return Json.MAPPER.writeValueAsString(value);
    }
}
