package mirror.tiers.dialect;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import mirror.tiers.dialect.Prompt.Choice;
import mirror.tiers.dialect.Prompt.Format;
import mirror.tiers.dialect.Prompt.Reasoning;
import mirror.tiers.dialect.Prompt.Sampling;
import mirror.tiers.dialect.Prompt.Spaced;
import mirror.tiers.dialect.Prompt.Tool;
import mirror.tiers.dialect.Prompt.ToolChoice;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Reads requests of OpenAI's Responses API; their conversation is {@link ResponsesInput}'s. */
final class ResponsesRequests {
    private static final String NOTHING_KEPT = "Nothing is kept between calls: send the whole conversation as input";

    private ResponsesRequests() {}

    static Prompt read(byte[] body) {
        Fields f = Fields.request(body);
        // Caching, storing, labels, and limits of tools that OpenAI runs: they leave the question as it is.
        f.drop(
                "prompt_cache_key",
                "prompt_cache_options",
                "prompt_cache_retention",
                "metadata",
                "client_metadata",
                "store",
                "service_tier",
                "max_tool_calls");
        f.refuse("previous_response_id", NOTHING_KEPT);
        f.refuse("conversation", NOTHING_KEPT);
        f.refuse("prompt", "Send its text as instructions");
        if (f.flag("background", false)) {
            throw f.refused("background", "Wait for the answer");
        }
        onlyText(f);
        Fields text = f.object("text");
        ResponsesInput input = new ResponsesInput();
        String instructions = f.text("instructions");
        if (instructions != null) {
            input.instruct(instructions);
        }
        List<Tool> tools = tools(f, input);
        input.read(f);
        Prompt prompt = new Prompt(
                f.needText("model"),
                input.system(),
                input.turns(),
                tools,
                toolChoice(f),
                new Sampling(
                        f.integer("max_output_tokens", 1),
                        List.of(),
                        f.number("temperature", 0, 2),
                        f.number("top_p", 0, 1),
                        null,
                        null,
                        null,
                        null),
                reasoning(f),
                text == null ? null : format(text),
                OpenAiRequests.user(f),
                f.flag("stream", false),
                true);
        f.end();
        return prompt;
    }

    private static void onlyText(Fields f) {
        for (String more : f.texts("include")) {
            // No thoughts are given (docs/decisions/0038), so there is nothing of them to include.
            if (!more.equals("reasoning.encrypted_content")) {
                throw Fields.bad(
                        f.at("include"), "cannot ask this model's provider for " + Words.name(more) + ". Leave it out");
            }
        }
        Integer top = f.integer("top_logprobs", 0);
        if (top != null && top > 0) {
            throw f.refused("top_logprobs", OpenAiRequests.OPENAI_ONLY);
        }
        String truncation = f.text("truncation");
        if (truncation != null && !truncation.equals("disabled")) {
            throw f.refused("truncation", "Nothing is dropped from a conversation in silence: send what is to be read");
        }
        Fields options = f.object("stream_options");
        if (options != null) {
            options.drop("include_obfuscation");
            options.end();
        }
    }

    private static Reasoning reasoning(Fields f) {
        Fields reasoning = f.object("reasoning");
        if (reasoning == null) {
            return Reasoning.DEFAULT;
        }
        reasoning.drop("summary", "generate_summary");
        Reasoning read = OpenAiRequests.effort(reasoning, "effort");
        reasoning.end();
        return read;
    }

    private static @Nullable Format format(Fields text) {
        OpenAiRequests.verbosity(text);
        Fields format = text.object("format");
        text.end();
        if (format == null) {
            return null;
        }
        Format read = switch (format.needText("type")) {
            case "text" -> null;
            case "json_object" -> new Format(null, null);
            case "json_schema" -> {
                format.drop("strict", "description");
                yield new Format(format.needText("name"), format.tree("schema"));
            }
            default -> throw format.wrong("type", "must be text, json_object or json_schema");
        };
        format.end();
        return read;
    }

    /** Tools of a namespace get its name before their own, and the model is told what the namespace is. */
    private static List<Tool> tools(Fields f, ResponsesInput input) {
        List<Tool> tools = new ArrayList<>();
        for (Fields tool : f.objects("tools")) {
            if (tool.needText("type").equals("namespace")) {
                String space = tool.needText("name");
                String about = Objects.requireNonNullElse(tool.text("description"), "");
                if (!about.isBlank()) {
                    input.instruct("The tools " + space + "__*: " + about);
                }
                tool.objects("tools").forEach(inner -> tools.add(tool(inner, name -> new Spaced(space, about, name))));
                tool.end();
            } else {
                tools.add(tool(tool, _ -> null));
            }
        }
        Set<String> names = new HashSet<>();
        for (Tool tool : tools) {
            if (!names.add(tool.name())) {
                throw f.wrong("tools", "must not have two tools that are called " + Words.name(tool.name()));
            }
        }
        return tools;
    }

    private static Tool tool(Fields tool, Function<String, @Nullable Spaced> space) {
        String type = tool.needText("type");
        if (!type.equals("function")) {
            throw tool.refused(
                    "type",
                    "Only OpenAI's own models have tools of type " + Words.name(type)
                            + ": switch it off in the client");
        }
        String name = tool.needText("name");
        Spaced spaced = space.apply(name);
        Tool read = new Tool(
                spaced == null ? name : ToolIds.joined(spaced.space(), name),
                tool.text("description"),
                tool.tree("parameters"),
                tool.flag("strict"),
                spaced);
        tool.end();
        return read;
    }

    private static ToolChoice toolChoice(Fields f) {
        Boolean parallel = f.flag("parallel_tool_calls");
        JsonNode choice = f.take("tool_choice");
        if (choice == null || choice.isString()) {
            return OpenAiRequests.toolChoice(f, choice, parallel);
        }
        Fields named = Fields.of(choice, f.at("tool_choice"));
        if (!named.needText("type").equals("function")) {
            throw named.refused("type", OpenAiRequests.OPENAI_ONLY);
        }
        ToolChoice read = new ToolChoice(Choice.NAMED, named.needText("name"), parallel);
        named.end();
        return read;
    }
}
