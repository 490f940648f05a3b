package mirror.tiers.dialect;

import java.math.BigDecimal;
import java.util.List;
import mirror.bus.Json;
import mirror.tiers.dialect.Part.Source;
import mirror.tiers.dialect.Prompt.Choice;
import mirror.tiers.dialect.Prompt.Tool;
import mirror.tiers.dialect.Prompt.Turn;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Writes requests of Anthropic's Messages API. */
final class AnthropicRequestWriter {
    private AnthropicRequestWriter() {}

    static byte[] write(Prompt prompt, Target target) {
        Refusals.lastTurnOfTheAssistant(prompt);
        return writeBegun(prompt, target);
    }

    /** The last turn may be the begin of the reply. */
    static byte[] writeBegun(Prompt prompt, Target target) {
        ObjectNode root = Json.object();
        root.put("model", target.model());
        Integer most = prompt.sampling().maxTokens();
        root.put("max_tokens", most == null ? target.maxTokens() : most);
        ArrayNode system = Json.array();
        prompt.system().stream().filter(text -> !text.isBlank()).forEach(text -> system.add(text(text)));
        if (!system.isEmpty()) {
            root.set("system", system);
        }
        root.set("messages", messages(prompt));
        if (!prompt.tools().isEmpty()) {
            ArrayNode tools = root.putArray("tools");
            prompt.tools().forEach(tool -> tools.add(tool(tool)));
        }
        toolChoice(prompt, root);
        sampling(prompt, root);
        reasoning(prompt, target, root);
        if (prompt.user() != null) {
            root.putObject("metadata").put("user_id", prompt.user());
        }
        if (prompt.stream()) {
            root.put("stream", true);
        }
        return Trees.bytes(root, Failure.Kind.INVALID_REQUEST);
    }

    private static ArrayNode messages(Prompt prompt) {
        ArrayNode messages = Json.array();
        for (Turn turn : prompt.turns()) {
            ArrayNode content = Json.array();
            turn.parts().forEach(part -> part(content, part));
            // The API refuses a message without content, and one that says nothing is none.
            if (!content.isEmpty()) {
                messages.addObject()
                        .put(
                                "role",
                                switch (turn.role()) {
                                    case USER -> "user";
                                    case ASSISTANT -> "assistant";
                                    case SYSTEM -> "system";
                                })
                        .set("content", content);
            }
        }
        if (messages.isEmpty()) {
            throw Fields.bad("messages", "must say something to the model");
        }
        return messages;
    }

    private static ObjectNode text(String text) {
        return Json.object().put("type", "text").put("text", text);
    }

    private static void part(ArrayNode content, Part part) {
        switch (part) {
            case Part.Text text -> {
                if (!text.text().isBlank()) {
                    content.add(text(text.text()));
                }
            }
            case Part.Image image -> content.addObject().put("type", "image").set("source", source(image.source()));
            case Part.Document document -> {
                ObjectNode block = content.addObject().put("type", "document");
                block.set("source", source(document.source()));
                putIfKnown(block, "title", document.title());
                putIfKnown(block, "context", document.context());
            }
            case Part.ToolUse use -> content.add(toolUse(use));
            case Part.ToolResult result -> {
                ObjectNode block = content.addObject()
                        .put("type", "tool_result")
                        .put("tool_use_id", ToolIds.portable(result.id()));
                ArrayNode inner = Json.array();
                result.parts().forEach(each -> part(inner, each));
                if (!inner.isEmpty()) {
                    block.set("content", inner);
                }
                if (result.failed()) {
                    block.put("is_error", true);
                }
            }
            case Part.Thinking thinking -> {
                // Anthropic refuses thoughts that it did not sign.
                if (thinking.signature() != null) {
                    content.addObject()
                            .put("type", "thinking")
                            .put("thinking", thinking.text())
                            .put("signature", thinking.signature());
                }
            }
            case Part.RedactedThinking thinking ->
                content.addObject().put("type", "redacted_thinking").put("data", thinking.data());
        }
    }

    private static ObjectNode toolUse(Part.ToolUse use) {
        return Json.object()
                .put("type", "tool_use")
                .put("id", ToolIds.portable(use.id()))
                .put("name", use.name())
                .set("input", Refusals.arguments(use));
    }

    private static ObjectNode source(Source source) {
        return switch (source) {
            case Source.Inline inline -> {
                ObjectNode node = Json.object().put("type", "base64").put("media_type", inline.mediaType());
                node.putPOJO("data", inline.data().after(""));
                yield node;
            }
            case Source.Url url -> Json.object().put("type", "url").put("url", url.url());
            case Source.Plain plain ->
                Json.object()
                        .put("type", "text")
                        .put("media_type", "text/plain")
                        .put("data", plain.text());
        };
    }

    private static ObjectNode tool(Tool tool) {
        ObjectNode node = Json.object().put("name", tool.name());
        putIfKnown(node, "description", tool.description());
        ObjectNode schema = tool.schema();
        if (schema == null) {
            node.putObject("input_schema").put("type", "object").putObject("properties");
        } else {
            node.set("input_schema", schema);
        }
        if (tool.strict() != null) {
            node.put("strict", tool.strict());
        }
        return node;
    }

    private static void toolChoice(Prompt prompt, ObjectNode root) {
        Choice choice = prompt.toolChoice().choice();
        Boolean parallel = prompt.toolChoice().parallel();
        if (choice == null && (parallel == null || prompt.tools().isEmpty())) {
            return;
        }
        ObjectNode node = root.putObject("tool_choice");
        node.put(
                "type",
                switch (choice == null ? Choice.AUTO : choice) {
                    case AUTO -> "auto";
                    case ANY -> "any";
                    case NAMED -> "tool";
                    case NONE -> "none";
                });
        putIfKnown(node, "name", prompt.toolChoice().name());
        if (parallel != null && choice != Choice.NONE) {
            node.put("disable_parallel_tool_use", !parallel);
        }
    }

    private static void sampling(Prompt prompt, ObjectNode root) {
        Prompt.Sampling sampling = prompt.sampling();
        if (sampling.temperature() != null) {
            if (sampling.temperature().compareTo(BigDecimal.ONE) > 0) {
                throw Fields.bad("temperature", "above 1 is not known to this model's provider");
            }
            root.put("temperature", sampling.temperature());
        }
        if (sampling.topP() != null) {
            root.put("top_p", sampling.topP());
        }
        if (sampling.topK() != null) {
            root.put("top_k", sampling.topK());
        }
        Refusals.penalties(sampling);
        Refusals.seed(sampling);
        List<String> stop = sampling.stop();
        if (!stop.isEmpty()) {
            ArrayNode list = root.putArray("stop_sequences");
            stop.forEach(list::add);
        }
    }

    private static void reasoning(Prompt prompt, Target target, ObjectNode root) {
        Prompt.Reasoning reasoning = prompt.reasoning();
        if (reasoning.on() != null && target.effort()) {
            ObjectNode thinking = root.putObject("thinking");
            if (!reasoning.on()) {
                thinking.put("type", "disabled");
            } else if (reasoning.budget() == null) {
                thinking.put("type", "adaptive");
            } else {
                thinking.put("type", "enabled").put("budget_tokens", reasoning.budget());
            }
        }
        ObjectNode output = Json.object();
        if (reasoning.effort() != null && target.effort()) {
            switch (reasoning.effort()) {
                case "none" -> {}
                case "minimal" -> output.put("effort", "low");
                default -> output.put("effort", reasoning.effort());
            }
        }
        Prompt.Format format = prompt.format();
        if (format != null) {
            if (format.schema() == null) {
                throw Fields.bad("response_format", "must have a schema for this model's provider: use json_schema");
            }
            output.putObject("format").put("type", "json_schema").set("schema", format.schema());
        }
        if (!output.isEmpty()) {
            root.set("output_config", output);
        }
    }

    static void putIfKnown(ObjectNode node, String name, @Nullable String value) {
        if (value != null) {
            node.put(name, value);
        }
    }
}
