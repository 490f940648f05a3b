package mirror.app.e2e;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The protocols of models other than Anthropic's, as far as a scripted conversation needs them; told apart by the path. */
enum ModelWire {
    /** OpenAI's Responses API, which Codex speaks. */
    RESPONSES("/responses") {
        @Override
        List<ApiRequest.ToolResult> toolResults(JsonNode body) {
            return body.path("input")
                    .valueStream()
                    .filter(item -> item.path("type").asString("").endsWith("_output"))
                    .map(item -> new ApiRequest.ToolResult(
                            item.path("call_id").asString(""), ApiRequest.textOf(item.path("output")), false))
                    .toList();
        }

        @Override
        String stream(Reply.Message message, Supplier<String> ids) {
            List<Map<String, ?>> items = new ArrayList<>();
            for (Reply.Block block : message.blocks()) {
                items.add(
                        switch (block) {
                            case Reply.Text text ->
                                Map.of(
                                        "type",
                                        "message",
                                        "role",
                                        "assistant",
                                        "id",
                                        ids.get(),
                                        "content",
                                        List.of(Map.of("type", "output_text", "text", text.text())));
                            case Reply.ToolUse use -> call(use, ids);
                        });
            }
            var events = new StringBuilder(event("response.created", Map.of("response", Map.of("id", "r"))));
            items.forEach(item -> events.append(event("response.output_item.done", Map.of("item", item))));
            Map<String, ?> usage = Map.of("input_tokens", 10, "output_tokens", 5, "total_tokens", 15);
            return events.append(event("response.completed", Map.of("response", Map.of("id", "r", "usage", usage))))
                    .toString();
        }

        // The tools of an MCP server are in a namespace of their own.
        private Map<String, ?> call(Reply.ToolUse use, Supplier<String> ids) {
            int end = use.name().startsWith("mcp__") ? use.name().lastIndexOf("__") : -1;
            var call = new LinkedHashMap<String, Object>(Map.of(
                    "type", "function_call",
                    "id", ids.get(),
                    "call_id", ids.get(),
                    "name", end < 0 ? use.name() : use.name().substring(end + 2),
                    "arguments", JSON.writeValueAsString(use.input())));
            if (end >= 0) {
                call.put("namespace", use.name().substring(0, end));
            }
            return call;
        }

        private String event(String type, Map<String, ?> data) {
            var whole = new LinkedHashMap<String, Object>(Map.of("type", type));
            whole.putAll(data);
            return "event: " + type + "\ndata: " + JSON.writeValueAsString(whole) + "\n\n";
        }
    },

    /** OpenAI's older protocol, which every compatible provider speaks; OpenCode uses it. */
    CHAT("/chat/completions") {
        @Override
        List<ApiRequest.ToolResult> toolResults(JsonNode body) {
            return body.path("messages")
                    .valueStream()
                    .filter(message -> message.path("role").asString("").equals("tool"))
                    .map(message -> new ApiRequest.ToolResult(
                            message.path("tool_call_id").asString(""),
                            ApiRequest.textOf(message.path("content")),
                            false))
                    .toList();
        }

        @Override
        String stream(Reply.Message message, Supplier<String> ids) {
            var chunks = new StringBuilder();
            List<Map<String, ?>> calls = new ArrayList<>();
            for (Reply.Block block : message.blocks()) {
                switch (block) {
                    case Reply.Text text ->
                        chunks.append(chunk(Map.of("role", "assistant", "content", text.text()), null));
                    case Reply.ToolUse use ->
                        calls.add(Map.of(
                                "index",
                                calls.size(),
                                "id",
                                ids.get(),
                                "type",
                                "function",
                                "function",
                                Map.of("name", use.name(), "arguments", JSON.writeValueAsString(use.input()))));
                }
            }
            if (!calls.isEmpty()) {
                chunks.append(chunk(Map.of("role", "assistant", "tool_calls", calls), null));
            }
            return chunks.append(chunk(Map.of(), calls.isEmpty() ? "stop" : "tool_calls"))
                    .append("data: [DONE]\n\n")
                    .toString();
        }

        private String chunk(Map<String, ?> delta, @Nullable String finish) {
            var choice = new LinkedHashMap<String, Object>(Map.of("index", 0, "delta", delta));
            choice.put("finish_reason", finish);
            return "data: "
                    + JSON.writeValueAsString(Map.of(
                            "id",
                            "c",
                            "object",
                            "chat.completion.chunk",
                            "created",
                            1,
                            "model",
                            "scripted",
                            "choices",
                            List.of(choice)))
                    + "\n\n";
        }
    },

    /** Gemini's streaming protocol. */
    GEMINI(":streamGenerateContent") {
        @Override
        List<ApiRequest.ToolResult> toolResults(JsonNode body) {
            return body.path("contents")
                    .valueStream()
                    .flatMap(content -> content.path("parts").valueStream())
                    .map(part -> part.path("functionResponse"))
                    .filter(JsonNode::isObject)
                    .map(answer -> new ApiRequest.ToolResult(
                            answer.path("id").asString(""),
                            answer.path("response").toString(),
                            answer.path("response").has("error")))
                    .toList();
        }

        @Override
        String stream(Reply.Message message, Supplier<String> ids) {
            List<Map<String, ?>> parts = new ArrayList<>();
            for (Reply.Block block : message.blocks()) {
                parts.add(
                        switch (block) {
                            case Reply.Text text -> Map.of("text", text.text());
                            case Reply.ToolUse use ->
                                Map.of(
                                        "functionCall",
                                        Map.of("id", ids.get(), "name", use.name(), "args", use.input()));
                        });
            }
            Map<String, ?> candidate =
                    Map.of("content", Map.of("role", "model", "parts", parts), "finishReason", "STOP", "index", 0);
            return "data: "
                    + JSON.writeValueAsString(Map.of(
                            "candidates",
                            List.of(candidate),
                            "usageMetadata",
                            Map.of("promptTokenCount", 10, "candidatesTokenCount", 5, "totalTokenCount", 15)))
                    + "\r\n\r\n";
        }
    },

    /** Ollama's own protocol, one JSON object a line. */
    OLLAMA("/api/chat") {
        @Override
        List<ApiRequest.ToolResult> toolResults(JsonNode body) {
            return CHAT.toolResults(body);
        }

        @Override
        String stream(Reply.Message message, Supplier<String> ids) {
            var lines = new StringBuilder();
            for (Reply.Block block : message.blocks()) {
                lines.append(
                        switch (block) {
                            case Reply.Text text -> line(Map.of("role", "assistant", "content", text.text()), Map.of());
                            case Reply.ToolUse use ->
                                line(
                                        Map.of(
                                                "role",
                                                "assistant",
                                                "content",
                                                "",
                                                "tool_calls",
                                                List.of(Map.of(
                                                        "function",
                                                        Map.of("name", use.name(), "arguments", use.input())))),
                                        Map.of());
                        });
            }
            return lines.append(line(
                            Map.of("role", "assistant", "content", ""),
                            Map.of("done_reason", "stop", "prompt_eval_count", 10, "eval_count", 5)))
                    .toString();
        }

        private String line(Map<String, ?> message, Map<String, ?> end) {
            var whole = new LinkedHashMap<String, Object>(Map.of("model", "scripted", "message", message));
            whole.put("done", !end.isEmpty());
            whole.putAll(end);
            return JSON.writeValueAsString(whole) + "\n";
        }
    };

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final String path;

    ModelWire(String path) {
        this.path = path;
    }

    /** The protocol of a request's path; empty for Anthropic's. */
    static Optional<ModelWire> of(String path) {
        return Stream.of(values()).filter(wire -> path.contains(wire.path)).findFirst();
    }

    /** Whose request this is. */
    ApiRequest.Kind kind(JsonNode body) {
        return body.path("tools").isEmpty() ? ApiRequest.Kind.SIDE : ApiRequest.Kind.MAIN;
    }

    /** All that the model can read: every string of the request but its tools. */
    String text(JsonNode body) {
        var text = new StringBuilder();
        body.propertyStream()
                .filter(entry -> !entry.getKey().equals("tools"))
                .forEach(entry -> collect(entry.getValue(), text));
        return text.toString();
    }

    private static void collect(JsonNode node, StringBuilder text) {
        if (node.isString()) {
            text.append(node.asString()).append('\n');
        }
        node.valueStream().forEach(child -> collect(child, text));
    }

    /** Every tool result in the conversation so far. */
    abstract List<ApiRequest.ToolResult> toolResults(JsonNode body);

    /** The answer as an event stream. */
    abstract String stream(Reply.Message message, Supplier<String> ids);
}
