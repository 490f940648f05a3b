package mirror.tiers.dialect;

import java.util.ArrayList;
import java.util.List;
import mirror.bus.Json;
import mirror.tiers.dialect.Part.Source;
import mirror.tiers.dialect.Prompt.Choice;
import mirror.tiers.dialect.Prompt.Tool;
import mirror.tiers.dialect.Prompt.Turn;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Writes requests of OpenAI's chat completions. */
final class OpenAiRequestWriter {
    /** Before the text of a tool that failed: the dialect has no other place for it. */
    static final String FAILED = "Error: ";

    private OpenAiRequestWriter() {}

    static byte[] write(Prompt prompt, Target target) {
        Refusals.lastTurnOfTheAssistant(prompt);
        ObjectNode root = Json.object();
        root.put("model", target.model());
        ArrayNode messages = root.putArray("messages");
        if (!prompt.system().isEmpty()) {
            List<Part> system =
                    prompt.system().stream().<Part>map(Part.Text::new).toList();
            content(messages.addObject().put("role", "system"), system);
        }
        prompt.turns().forEach(turn -> turn(messages, turn));
        if (!prompt.tools().isEmpty()) {
            ArrayNode tools = root.putArray("tools");
            prompt.tools().forEach(tool -> tools.add(tool(tool)));
            toolChoice(prompt, root);
        }
        sampling(prompt, target, root);
        if (prompt.reasoning().effort() != null && target.effort()) {
            root.put("reasoning_effort", prompt.reasoning().effort());
        }
        format(prompt, root);
        AnthropicRequestWriter.putIfKnown(root, "user", prompt.user());
        if (prompt.stream()) {
            root.put("stream", true);
            // Whatever the client wants to know: the call is paid by what is reported here.
            root.putObject("stream_options").put("include_usage", true);
        }
        return Trees.bytes(root, Failure.Kind.INVALID_REQUEST);
    }

    private static void turn(ArrayNode messages, Turn turn) {
        switch (turn.role()) {
            case SYSTEM -> content(messages.addObject().put("role", "system"), turn.parts());
            case ASSISTANT -> assistant(messages, turn.parts());
            case USER -> user(messages, turn.parts());
        }
    }

    private static void assistant(ArrayNode messages, List<Part> parts) {
        List<Part> said = parts.stream().filter(Part.Text.class::isInstance).toList();
        List<Part.ToolUse> calls = parts.stream()
                .filter(Part.ToolUse.class::isInstance)
                .map(Part.ToolUse.class::cast)
                .toList();
        // Thoughts stay behind: they are signed for one provider and are not a part of what was said.
        if (said.isEmpty() && calls.isEmpty()) {
            return;
        }
        ObjectNode message = messages.addObject().put("role", "assistant");
        if (!said.isEmpty()) {
            content(message, said);
        } else {
            message.putNull("content");
        }
        if (!calls.isEmpty()) {
            ArrayNode list = message.putArray("tool_calls");
            for (Part.ToolUse call : calls) {
                list.addObject()
                        .put("id", ToolIds.portable(call.id()))
                        .put("type", "function")
                        .putObject("function")
                        .put("name", call.name())
                        .put("arguments", call.arguments());
            }
        }
    }

    /** A tool's message takes text alone, so what it showed follows in the user's name, with the call named. */
    private static void user(ArrayNode messages, List<Part> parts) {
        List<Part> rest = new ArrayList<>();
        for (Part part : parts) {
            if (part instanceof Part.ToolResult result) {
                String id = ToolIds.portable(result.id());
                List<Part> texts = new ArrayList<>();
                if (result.failed()) {
                    texts.add(new Part.Text(FAILED));
                }
                List<Part> shown = new ArrayList<>();
                result.parts().forEach(each -> (each instanceof Part.Text ? texts : shown).add(each));
                if (!shown.isEmpty()) {
                    rest.add(new Part.Text(Refusals.shown(result.id())));
                    rest.addAll(shown);
                }
                content(messages.addObject().put("role", "tool").put("tool_call_id", id), joinedMark(texts));
            }
        }
        parts.stream().filter(part -> !(part instanceof Part.ToolResult)).forEach(rest::add);
        if (!rest.isEmpty()) {
            content(messages.addObject().put("role", "user"), rest);
        }
    }

    private static List<Part> joinedMark(List<Part> texts) {
        if (texts.size() > 1 && texts.get(0).equals(new Part.Text(FAILED)) && texts.get(1) instanceof Part.Text first) {
            List<Part> joined = new ArrayList<>(texts.subList(2, texts.size()));
            joined.addFirst(new Part.Text(FAILED + first.text()));
            return joined;
        }
        return texts;
    }

    /** A single text is written as such: that form is understood by all that imitate the API. */
    private static void content(ObjectNode message, List<Part> parts) {
        if (parts.isEmpty()) {
            message.put("content", "");
        } else if (parts.size() == 1 && parts.getFirst() instanceof Part.Text only) {
            message.put("content", only.text());
        } else {
            ArrayNode content = message.putArray("content");
            parts.forEach(part -> content.add(part(part)));
        }
    }

    private static ObjectNode part(Part part) {
        return switch (part) {
            case Part.Text text -> text(text.text());
            case Part.Image image -> image(image.source());
            case Part.Document document -> document(document);
            case Part.ToolUse use -> throw Fields.bad("messages", "must not have a tool call among the user's words");
            case Part.ToolResult result -> throw Fields.bad("messages", "must have a tool's result in the user's turn");
            case Part.Thinking thinking ->
                throw Fields.bad("messages", "must not have thoughts among the user's words");
            case Part.RedactedThinking thinking ->
                throw Fields.bad("messages", "must not have thoughts among the user's words");
        };
    }

    private static ObjectNode text(String text) {
        return Json.object().put("type", "text").put("text", text);
    }

    private static ObjectNode image(Source source) {
        ObjectNode part = Json.object().put("type", "image_url");
        ObjectNode url = part.putObject("image_url");
        switch (source) {
            case Source.Inline inline -> url.putPOJO("url", inline.data().after(DataUrl.prefix(inline.mediaType())));
            case Source.Url link -> url.put("url", link.url());
            case Source.Plain plain -> throw Fields.bad("messages", "must not have text for an image");
        }
        return part;
    }

    private static ObjectNode document(Part.Document document) {
        switch (document.source()) {
            case Source.Inline inline -> {
                if (document.context() != null) {
                    throw Fields.bad("messages", "cannot carry the context of a document. Say it in a text before it");
                }
                ObjectNode part = Json.object().put("type", "file");
                ObjectNode file = part.putObject("file");
                file.put("filename", document.title() == null ? "document.pdf" : document.title());
                file.putPOJO("file_data", inline.data().after(DataUrl.prefix(inline.mediaType())));
                return part;
            }
            case Source.Plain plain -> {
                return text(Refusals.documentAsText(document));
            }
            case Source.Url url -> throw Fields.bad("messages", Refusals.BY_URL);
        }
    }

    static ObjectNode tool(Tool tool) {
        ObjectNode node = Json.object().put("type", "function");
        ObjectNode function = node.putObject("function").put("name", tool.name());
        AnthropicRequestWriter.putIfKnown(function, "description", tool.description());
        if (tool.schema() != null) {
            function.set("parameters", tool.schema());
        }
        if (tool.strict() != null) {
            function.put("strict", tool.strict());
        }
        return node;
    }

    private static void toolChoice(Prompt prompt, ObjectNode root) {
        Choice choice = prompt.toolChoice().choice();
        if (choice == Choice.NAMED) {
            root.putObject("tool_choice")
                    .put("type", "function")
                    .putObject("function")
                    .put("name", prompt.toolChoice().name());
        } else if (choice != null) {
            root.put("tool_choice", word(choice));
        }
        if (prompt.toolChoice().parallel() != null) {
            root.put("parallel_tool_calls", prompt.toolChoice().parallel());
        }
    }

    static String word(@Nullable Choice choice) {
        return switch (choice) {
            case null -> "auto";
            case AUTO -> "auto";
            case ANY, NAMED -> "required";
            case NONE -> "none";
        };
    }

    private static void sampling(Prompt prompt, Target target, ObjectNode root) {
        Prompt.Sampling sampling = prompt.sampling();
        if (sampling.maxTokens() != null) {
            root.put(target.oldMaxTokens() ? "max_tokens" : "max_completion_tokens", sampling.maxTokens());
        }
        if (sampling.temperature() != null) {
            root.put("temperature", sampling.temperature());
        }
        if (sampling.topP() != null) {
            root.put("top_p", sampling.topP());
        }
        if (sampling.topK() != null) {
            throw Fields.bad("top_k", "is not known to this model's provider");
        }
        if (sampling.presencePenalty() != null) {
            root.put("presence_penalty", sampling.presencePenalty());
        }
        if (sampling.frequencyPenalty() != null) {
            root.put("frequency_penalty", sampling.frequencyPenalty());
        }
        if (sampling.seed() != null) {
            root.put("seed", sampling.seed());
        }
        if (!sampling.stop().isEmpty()) {
            ArrayNode stop = root.putArray("stop");
            sampling.stop().forEach(stop::add);
        }
    }

    private static void format(Prompt prompt, ObjectNode root) {
        Prompt.Format format = prompt.format();
        if (format == null) {
            return;
        }
        ObjectNode node = root.putObject("response_format");
        if (format.schema() == null) {
            node.put("type", "json_object");
            return;
        }
        node.put("type", "json_schema")
                .putObject("json_schema")
                .put("name", format.name() == null ? "answer" : format.name())
                .put("strict", true)
                .set("schema", format.schema());
    }
}
