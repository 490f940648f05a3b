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

/** Reads requests of OpenAI's chat completions. */
final class OpenAiRequests {
    private static final String ONE_ANSWER = "Ask once for each answer";
    static final String OPENAI_ONLY = "Only OpenAI's own models can do this";
    private static final Set<String> EFFORTS = Set.of("none", "minimal", "low", "medium", "high", "xhigh", "max");

    private OpenAiRequests() {}

    static Prompt read(byte[] body) {
        Fields f = Fields.request(body);
        // Caching, storing, guessing ahead for speed, labels: they leave the question as it is.
        f.drop(
                "prompt_cache_key",
                "prompt_cache_options",
                "prompt_cache_retention",
                "prediction",
                "metadata",
                "store",
                "service_tier");
        onlyOneAnswerOfText(f);
        List<String> system = new ArrayList<>();
        List<Turn> turns = turns(f, system);
        Boolean parallel = f.flag("parallel_tool_calls");
        boolean usage = streamUsage(f);
        Prompt prompt = new Prompt(
                f.needText("model"),
                system,
                turns,
                tools(f),
                toolChoice(f, parallel),
                sampling(f),
                effort(f, "reasoning_effort"),
                format(f),
                user(f),
                f.flag("stream", false),
                usage);
        f.end();
        return prompt;
    }

    private static void onlyOneAnswerOfText(Fields f) {
        Integer n = f.integer("n", 1);
        if (n != null && n > 1) {
            throw f.refused("n", ONE_ANSWER);
        }
        if (f.flag("logprobs", false)) {
            throw f.refused("logprobs", OPENAI_ONLY);
        }
        Integer top = f.integer("top_logprobs", 0);
        if (top != null && top > 0) {
            throw f.refused("top_logprobs", OPENAI_ONLY);
        }
        JsonNode bias = f.take("logit_bias");
        if (bias != null && !bias.isEmpty()) {
            throw f.refused("logit_bias", OPENAI_ONLY);
        }
        if (!Set.of("text").containsAll(f.texts("modalities"))) {
            throw f.refused("modalities", "Ask for text");
        }
        verbosity(f);
        f.refuse("audio", OPENAI_ONLY);
        f.refuse("web_search_options", OPENAI_ONLY);
        f.refuse("functions", "Use tools");
        f.refuse("function_call", "Use tool_choice");
    }

    static void verbosity(Fields f) {
        String verbosity = f.text("verbosity");
        if (verbosity != null && !verbosity.equals("medium")) {
            throw f.refused("verbosity", "Say in words how long the answer should be");
        }
    }

    private static boolean streamUsage(Fields f) {
        Fields options = f.object("stream_options");
        if (options == null) {
            return false;
        }
        // Padding against those who measure the sizes of pieces; on the way to this gateway there is nobody.
        options.drop("include_obfuscation");
        boolean usage = options.flag("include_usage", false);
        options.end();
        return usage;
    }

    static @Nullable String user(Fields f) {
        String user = f.text("user");
        String identifier = f.text("safety_identifier");
        return identifier == null ? user : identifier;
    }

    static Reasoning effort(Fields f, String field) {
        String effort = f.text(field);
        if (effort == null) {
            return Reasoning.DEFAULT;
        }
        if (!EFFORTS.contains(effort)) {
            throw f.wrong(field, "must be one of none, minimal, low, medium, high, xhigh, max");
        }
        return new Reasoning(effort.equals("none") ? Boolean.FALSE : null, null, effort);
    }

    private static Sampling sampling(Fields f) {
        Integer most = f.integer("max_completion_tokens", 1);
        Integer oldMost = f.integer("max_tokens", 1);
        if (most != null && oldMost != null && !most.equals(oldMost)) {
            throw f.wrong("max_tokens", "says something else than max_completion_tokens");
        }
        JsonNode stop = f.take("stop");
        List<String> stops = stop == null ? List.of() : stop.isString() ? List.of(stop.stringValue()) : f.texts("stop");
        return new Sampling(
                most == null ? oldMost : most,
                stops,
                f.number("temperature", 0, 2),
                f.number("top_p", 0, 1),
                null,
                f.number("presence_penalty", -2, 2),
                f.number("frequency_penalty", -2, 2),
                f.whole("seed"));
    }

    private static @Nullable Format format(Fields f) {
        Fields format = f.object("response_format");
        if (format == null) {
            return null;
        }
        Format read = switch (format.needText("type")) {
            case "text" -> null;
            case "json_object" -> new Format(null, null);
            case "json_schema" -> schema(format.needObject("json_schema"));
            default -> throw format.wrong("type", "must be text, json_object or json_schema");
        };
        format.end();
        return read;
    }

    private static Format schema(Fields f) {
        // Every other dialect holds the answer to the schema anyway, and has no place for a word about it.
        f.drop("strict", "description");
        Format format = new Format(f.needText("name"), f.tree("schema"));
        f.end();
        return format;
    }

    private static List<Tool> tools(Fields f) {
        List<Tool> tools = new ArrayList<>();
        for (Fields tool : f.objects("tools")) {
            if (!tool.needText("type").equals("function")) {
                throw tool.refused("type", OPENAI_ONLY);
            }
            Fields function = tool.needObject("function");
            tools.add(new Tool(
                    function.needText("name"),
                    function.text("description"),
                    function.tree("parameters"),
                    function.flag("strict")));
            function.end();
            tool.end();
        }
        return tools;
    }

    private static ToolChoice toolChoice(Fields f, @Nullable Boolean parallel) {
        JsonNode choice = f.take("tool_choice");
        if (choice == null || choice.isString()) {
            return toolChoice(f, choice, parallel);
        }
        Fields named = Fields.of(choice, f.at("tool_choice"));
        if (!named.needText("type").equals("function")) {
            throw named.refused("type", OPENAI_ONLY);
        }
        Fields function = named.needObject("function");
        ToolChoice read = new ToolChoice(Choice.NAMED, function.needText("name"), parallel);
        function.end();
        named.end();
        return read;
    }

    /** @param word null: the client left it out */
    static ToolChoice toolChoice(Fields f, @Nullable JsonNode word, @Nullable Boolean parallel) {
        Choice choice = word == null
                ? null
                : switch (word.stringValue()) {
                    case "auto" -> Choice.AUTO;
                    case "required" -> Choice.ANY;
                    case "none" -> Choice.NONE;
                    default -> throw f.wrong("tool_choice", "must be auto, required, none or a function");
                };
        return new ToolChoice(choice, null, parallel);
    }

    /** Instructions before the first turn go to the system prompt; later ones keep their place. */
    private static List<Turn> turns(Fields f, List<String> system) {
        List<Turn> turns = new ArrayList<>();
        for (Fields message : f.objects("messages")) {
            String role = message.needText("role");
            if (!role.equals("tool")) {
                message.refuse("name", "Say in the text who speaks");
            }
            switch (role) {
                case "system", "developer" -> {
                    List<String> texts = texts(message);
                    if (turns.isEmpty()) {
                        system.addAll(texts);
                    } else {
                        turns.add(new Turn(
                                Role.SYSTEM,
                                texts.stream().<Part>map(Part.Text::new).toList()));
                    }
                }
                case "user" -> addAfterResults(turns, userParts(message));
                case "assistant" -> turns.add(new Turn(Role.ASSISTANT, assistantParts(message)));
                case "tool" -> addAfterResults(turns, List.of(toolResult(message)));
                default -> throw message.wrong("role", "must be system, developer, user, assistant or tool");
            }
            message.end();
        }
        if (turns.isEmpty()) {
            throw f.wrong("messages", "must have at least one message that is no instruction");
        }
        return turns;
    }

    /** Results of tools, and what the user says after them, are one turn. */
    static void addAfterResults(List<Turn> turns, List<Part> parts) {
        Turn last = turns.isEmpty() ? null : turns.getLast();
        if (last != null
                && last.role() == Role.USER
                && !last.parts().isEmpty()
                && last.parts().getLast() instanceof Part.ToolResult) {
            List<Part> all = new ArrayList<>(last.parts());
            all.addAll(parts);
            turns.set(turns.size() - 1, new Turn(Role.USER, all));
        } else {
            turns.add(new Turn(Role.USER, parts));
        }
    }

    private static List<String> texts(Fields message) {
        JsonNode content = message.take("content");
        if (content == null) {
            throw message.wrong("content", "is missing");
        }
        return texts(content, message.at("content"));
    }

    private static List<String> texts(JsonNode content, String path) {
        if (content.isString()) {
            return List.of(content.stringValue());
        }
        if (!content.isArray()) {
            throw Fields.bad(path, "must be a text or an array of parts");
        }
        List<String> texts = new ArrayList<>();
        for (Fields part : Fields.objects(content, path)) {
            String type = part.needText("type");
            if (!type.equals("text") && !type.equals("refusal")) {
                throw part.wrong("type", "must be text here");
            }
            texts.add(part.needText(type));
            part.drop("prompt_cache_breakpoint");
            part.end();
        }
        return texts;
    }

    private static Part toolResult(Fields message) {
        message.drop("name");
        List<Part> parts = texts(message).stream().<Part>map(Part.Text::new).toList();
        return new Part.ToolResult(message.needText("tool_call_id"), parts, false);
    }

    private static List<Part> assistantParts(Fields message) {
        message.refuse("audio", OPENAI_ONLY);
        message.refuse("function_call", "Use tool_calls");
        // What other servers told of the model's thoughts; no provider wants it back.
        message.drop("reasoning_content", "reasoning", "reasoning_details", "annotations");
        List<Part> parts = new ArrayList<>();
        JsonNode content = message.take("content");
        if (content != null) {
            texts(content, message.at("content")).forEach(text -> parts.add(new Part.Text(text)));
        }
        String refusal = message.text("refusal");
        if (refusal != null) {
            parts.add(new Part.Text(refusal));
        }
        for (Fields call : message.objects("tool_calls")) {
            if (!call.needText("type").equals("function")) {
                throw call.refused("type", OPENAI_ONLY);
            }
            call.drop("index");
            Fields function = call.needObject("function");
            String arguments = function.needText("arguments");
            parts.add(new Part.ToolUse(
                    call.needText("id"), function.needText("name"), arguments.isBlank() ? "{}" : arguments));
            function.end();
            call.end();
        }
        return parts;
    }

    private static List<Part> userParts(Fields message) {
        JsonNode content = message.take("content");
        if (content == null) {
            throw message.wrong("content", "is missing");
        }
        if (content.isString()) {
            return List.of(new Part.Text(content.stringValue()));
        }
        if (!content.isArray()) {
            throw message.wrong("content", "must be a text or an array of parts");
        }
        List<Part> parts = new ArrayList<>();
        for (Fields part : Fields.objects(content, message.at("content"))) {
            part.drop("prompt_cache_breakpoint");
            parts.add(
                    switch (part.needText("type")) {
                        case "text" -> new Part.Text(part.needText("text"));
                        case "image_url" -> imageUrl(part.needObject("image_url"));
                        case "file" -> file(part.needObject("file"));
                        default -> throw part.refused("type", "Send text, images or files");
                    });
            part.end();
        }
        return parts;
    }

    private static Part imageUrl(Fields image) {
        Part read = image(image, "url");
        image.end();
        return read;
    }

    static Part image(Fields image, String field) {
        // How closely to look is a matter of cost; other providers decide it by the image's size.
        image.drop("detail");
        String url = image.needText(field);
        Source.Inline inline = DataUrl.read(url);
        if (inline != null) {
            return new Part.Image(inline);
        }
        if (url.startsWith("data:")) {
            throw image.wrong(field, "must be base64 when it is a data URL");
        }
        return new Part.Image(new Source.Url(url));
    }

    private static Part file(Fields file) {
        file.refuse("file_id", "Send the file itself as file_data");
        Part part = new Part.Document(fileData(file), file.text("filename"), null);
        file.end();
        return part;
    }

    static Source fileData(Fields file) {
        Source.Inline inline = DataUrl.read(file.needText("file_data"));
        if (inline == null) {
            throw file.wrong("file_data", "must be a data URL of base64");
        }
        return inline;
    }
}
