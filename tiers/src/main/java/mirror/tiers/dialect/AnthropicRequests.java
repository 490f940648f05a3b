package mirror.tiers.dialect;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import mirror.tiers.dialect.Part.Source;
import mirror.tiers.dialect.Prompt.Choice;
import mirror.tiers.dialect.Prompt.Format;
import mirror.tiers.dialect.Prompt.Reasoning;
import mirror.tiers.dialect.Prompt.Role;
import mirror.tiers.dialect.Prompt.Sampling;
import mirror.tiers.dialect.Prompt.Tool;
import mirror.tiers.dialect.Prompt.ToolChoice;
import mirror.tiers.dialect.Prompt.Turn;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Reads requests of Anthropic's Messages API. */
final class AnthropicRequests {
    private static final String SERVER_SIDE = "Only Anthropic's own models can do this";

    private AnthropicRequests() {}

    static Prompt read(byte[] body) {
        Fields f = Fields.request(body);
        if (!f.has("max_tokens")) {
            throw f.wrong("max_tokens", "is missing");
        }
        return read(f);
    }

    /** A request whose tokens are to be counted: it says nothing of its answer's. */
    static Prompt readCount(byte[] body) {
        return read(Fields.request(body));
    }

    private static Prompt read(Fields f) {
        // Caching, tiers of service, and trimming of old context cost or save, and leave the question as it is.
        f.drop("cache_control", "service_tier", "context_management", "diagnostics", "speed");
        f.refuse("container", SERVER_SIDE);
        f.refuse("inference_geo", "No other provider promises a place");
        if (!f.array("mcp_servers").isEmpty()) {
            throw f.refused("mcp_servers", SERVER_SIDE);
        }
        Fields output = f.object("output_config");
        Fields format = output == null ? null : output.object("format");
        Fields oldFormat = f.object("output_format");
        Fields metadata = f.object("metadata");
        Prompt prompt = new Prompt(
                f.needText("model"),
                system(f),
                turns(f),
                tools(f),
                toolChoice(f),
                new Sampling(
                        f.integer("max_tokens", 1),
                        f.texts("stop_sequences"),
                        f.number("temperature", 0, 1),
                        f.number("top_p", 0, 1),
                        f.integer("top_k", 0),
                        null,
                        null,
                        null),
                reasoning(f, output),
                format(format == null ? oldFormat : format),
                metadata == null ? null : metadata.text("user_id"),
                f.flag("stream", false),
                true);
        for (Fields done : new @Nullable Fields[] {metadata, output, f}) {
            if (done != null) {
                done.end();
            }
        }
        return prompt;
    }

    private static Reasoning reasoning(Fields f, @Nullable Fields output) {
        String effort = output == null ? null : output.text("effort");
        Fields thinking = f.object("thinking");
        if (thinking == null) {
            return new Reasoning(null, null, effort);
        }
        String type = thinking.needText("type");
        if (!Set.of("enabled", "disabled", "adaptive", "between_tools").contains(type)) {
            throw thinking.wrong("type", "must be enabled, disabled, adaptive or between_tools");
        }
        thinking.drop("display");
        Reasoning reasoning = new Reasoning(!type.equals("disabled"), thinking.integer("budget_tokens", 0), effort);
        thinking.end();
        return reasoning;
    }

    private static @Nullable Format format(@Nullable Fields f) {
        if (f == null) {
            return null;
        }
        if (!f.needText("type").equals("json_schema") || !f.has("schema")) {
            throw f.wrong("type", "must be json_schema, with a schema");
        }
        Format format = new Format(null, f.tree("schema"));
        f.end();
        return format;
    }

    private static List<String> system(Fields f) {
        JsonNode system = f.take("system");
        if (system == null) {
            return List.of();
        }
        return texts(system, f.at("system"));
    }

    private static List<String> texts(JsonNode content, String path) {
        if (content.isString()) {
            return List.of(content.stringValue());
        }
        if (!content.isArray()) {
            throw Fields.bad(path, "must be a text or an array of text blocks");
        }
        List<String> texts = new ArrayList<>();
        for (Fields block : Fields.objects(content, path)) {
            if (!block.needText("type").equals("text")) {
                throw block.wrong("type", "must be text here");
            }
            texts.add(text(block).text());
            block.end();
        }
        return texts;
    }

    private static List<Turn> turns(Fields f) {
        List<Turn> turns = new ArrayList<>();
        for (Fields message : f.objects("messages")) {
            Role role = switch (message.needText("role")) {
                case "user" -> Role.USER;
                case "assistant" -> Role.ASSISTANT;
                case "system" -> Role.SYSTEM;
                default -> throw message.wrong("role", "must be user, assistant or system");
            };
            JsonNode content = message.take("content");
            if (content == null) {
                throw message.wrong("content", "is missing");
            }
            List<Part> parts = role == Role.SYSTEM
                    ? texts(content, message.at("content")).stream()
                            .<Part>map(Part.Text::new)
                            .toList()
                    : parts(content, message.at("content"), role == Role.ASSISTANT, role == Role.USER);
            turns.add(new Turn(role, parts));
            message.end();
        }
        if (turns.isEmpty()) {
            throw f.wrong("messages", "must have at least one message");
        }
        return turns;
    }

    private static List<Part> parts(JsonNode content, String path, boolean assistant, boolean results) {
        if (content.isString()) {
            return List.of(new Part.Text(content.stringValue()));
        }
        if (!content.isArray()) {
            throw Fields.bad(path, "must be a text or an array of blocks");
        }
        List<Part> parts = new ArrayList<>();
        for (Fields block : Fields.objects(content, path)) {
            Part part = part(block, assistant, results);
            if (part instanceof Part.ToolResult && !parts.stream().allMatch(Part.ToolResult.class::isInstance)) {
                throw Fields.bad(
                        block.path(), "must come before everything else in its message: it is a tool's result");
            }
            parts.add(part);
            block.end();
        }
        return parts;
    }

    private static Part part(Fields block, boolean assistant, boolean results) {
        block.drop("cache_control");
        String type = block.needText("type");
        if (assistant) {
            switch (type) {
                case "tool_use" -> {
                    return toolUse(block);
                }
                case "thinking" -> {
                    return new Part.Thinking(block.needText("thinking"), block.text("signature"));
                }
                case "redacted_thinking" -> {
                    return new Part.RedactedThinking(block.needText("data"));
                }
                default -> {}
            }
        }
        return switch (type) {
            case "text" -> text(block);
            case "image" -> image(block);
            case "document" -> document(block);
            case "tool_result" -> {
                if (!results) {
                    throw block.wrong("type", "cannot be tool_result here");
                }
                yield toolResult(block);
            }
            default ->
                throw block.wrong(
                        "type", Words.name(type) + " cannot be carried to this model's provider. " + SERVER_SIDE);
        };
    }

    private static Part.Text text(Fields block) {
        block.drop("cache_control");
        // Citations point into documents that other providers do not index; the text stands without them.
        block.drop("citations");
        return new Part.Text(block.needText("text"));
    }

    private static Part image(Fields block) {
        Fields source = block.needObject("source");
        Source where = switch (source.needText("type")) {
            case "base64" -> inline(source);
            case "url" -> new Source.Url(source.needText("url"));
            default -> throw source.refused("type", "Send the image as base64 or url");
        };
        source.end();
        return new Part.Image(where);
    }

    private static Source inline(Fields source) {
        return new Source.Inline(source.needText("media_type"), Base64Text.of(source.needText("data")));
    }

    private static Part document(Fields block) {
        Fields citations = block.object("citations");
        if (citations != null && citations.flag("enabled", false)) {
            throw block.refused("citations", "Ask without them");
        }
        Fields source = block.needObject("source");
        Source where = switch (source.needText("type")) {
            case "base64" -> inline(source);
            case "url" -> new Source.Url(source.needText("url"));
            case "text" -> {
                source.drop("media_type");
                yield new Source.Plain(source.needText("data"));
            }
            default -> throw source.refused("type", "Send the document as base64, url or text");
        };
        source.end();
        return new Part.Document(where, block.text("title"), block.text("context"));
    }

    private static Part toolUse(Fields block) {
        caller(block);
        JsonNode input = block.take("input");
        if (input == null || !input.isObject()) {
            throw block.wrong("input", "must be an object");
        }
        return new Part.ToolUse(block.needText("id"), block.needText("name"), Trees.text(input));
    }

    private static void caller(Fields block) {
        Fields caller = block.object("caller");
        if (caller != null && !caller.needText("type").equals("direct")) {
            throw block.refused("caller", SERVER_SIDE);
        }
        block.refuse("toolset_name", SERVER_SIDE);
    }

    private static Part toolResult(Fields block) {
        block.refuse("toolset_name", SERVER_SIDE);
        JsonNode content = block.take("content");
        List<Part> parts = content == null ? List.of() : parts(content, block.at("content"), false, false);
        return new Part.ToolResult(block.needText("tool_use_id"), parts, block.flag("is_error", false));
    }

    private static List<Tool> tools(Fields f) {
        List<Tool> tools = new ArrayList<>();
        for (Fields tool : f.objects("tools")) {
            String type = tool.text("type");
            if (type != null && !type.equals("custom")) {
                throw tool.wrong(
                        "type", Words.name(type) + " cannot be carried to this model's provider. " + SERVER_SIDE);
            }
            tool.drop("cache_control", "eager_input_streaming");
            if (tool.flag("defer_loading", false)) {
                throw tool.refused("defer_loading", SERVER_SIDE);
            }
            if (!List.of("direct").containsAll(tool.texts("allowed_callers"))) {
                throw tool.refused("allowed_callers", SERVER_SIDE);
            }
            if (!tool.array("input_examples").isEmpty()) {
                throw tool.refused("input_examples", "Write the examples into its description");
            }
            tools.add(new Tool(
                    tool.needText("name"), tool.text("description"), tool.tree("input_schema"), tool.flag("strict")));
            tool.end();
        }
        return tools;
    }

    private static ToolChoice toolChoice(Fields f) {
        Fields choice = f.object("tool_choice");
        if (choice == null) {
            return ToolChoice.DEFAULT;
        }
        Boolean single = choice.flag("disable_parallel_tool_use");
        Choice kind = switch (choice.needText("type")) {
            case "auto" -> Choice.AUTO;
            case "any" -> Choice.ANY;
            case "tool" -> Choice.NAMED;
            case "none" -> Choice.NONE;
            default -> throw choice.wrong("type", "must be auto, any, tool or none");
        };
        ToolChoice read = new ToolChoice(
                kind,
                kind == Choice.NAMED ? choice.needText("name") : null,
                single == null ? null : Boolean.valueOf(!single));
        choice.end();
        return read;
    }
}
