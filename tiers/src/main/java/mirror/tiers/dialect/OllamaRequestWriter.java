package mirror.tiers.dialect;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import mirror.bus.Json;
import mirror.tiers.dialect.Part.Source;
import mirror.tiers.dialect.Prompt.Choice;
import mirror.tiers.dialect.Prompt.Turn;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes requests of Ollama's chat. The size of the context is always said: without it Ollama takes a small one and drops the front of the prompt in
 * silence.
 */
final class OllamaRequestWriter {
    private final Prompt prompt;
    private final Target target;
    private final ArrayNode messages = Json.array();
    private final Map<String, String> toolOfCall = new HashMap<>();

    private OllamaRequestWriter(Prompt prompt, Target target) {
        this.prompt = prompt;
        this.target = target;
    }

    static byte[] write(Prompt prompt, Target target) {
        if (target.contextTokens() < 1) {
            throw new IllegalArgumentException("a model of Ollama needs the size of its context");
        }
        Refusals.lastTurnOfTheAssistant(prompt);
        return Trees.bytes(new OllamaRequestWriter(prompt, target).body(), Failure.Kind.INVALID_REQUEST);
    }

    private ObjectNode body() {
        ObjectNode root = Json.object().put("model", target.model());
        prompt.system().forEach(text -> message("system", text));
        prompt.turns().forEach(this::turn);
        root.set("messages", messages);
        if (!prompt.tools().isEmpty()) {
            tools(root);
        }
        Prompt.Format format = prompt.format();
        if (format != null && format.schema() != null) {
            root.set("format", format.schema());
        } else if (format != null) {
            root.put("format", "json");
        }
        if (prompt.reasoning().on() != null && target.effort()) {
            root.put("think", prompt.reasoning().on());
        }
        ObjectNode options = root.putObject("options").put("num_ctx", target.contextTokens());
        Refusals.putNumbers(
                options,
                prompt.sampling(),
                "num_predict",
                "temperature",
                "top_p",
                "top_k",
                "presence_penalty",
                "frequency_penalty");
        if (!prompt.sampling().stop().isEmpty()) {
            ArrayNode stop = options.putArray("stop");
            prompt.sampling().stop().forEach(stop::add);
        }
        // It streams unless it is told not to.
        root.put("stream", prompt.stream());
        return root;
    }

    private ObjectNode message(String role, String content) {
        return messages.addObject().put("role", role).put("content", content);
    }

    private void turn(Turn turn) {
        switch (turn.role()) {
            case SYSTEM -> said("system", turn.parts());
            case USER -> user(turn.parts());
            case ASSISTANT -> assistant(turn.parts());
        }
    }

    private void assistant(List<Part> parts) {
        List<Part> said = parts.stream().filter(Part.Text.class::isInstance).toList();
        ArrayNode calls = Json.array();
        for (Part part : parts) {
            if (part instanceof Part.ToolUse use) {
                toolOfCall.put(use.id(), use.name());
                ObjectNode call = calls.addObject().put("id", ToolIds.portable(use.id()));
                call.putObject("function").put("name", use.name()).set("arguments", Refusals.arguments(use));
            }
        }
        if (!said.isEmpty() || !calls.isEmpty()) {
            ObjectNode message = said("assistant", said);
            if (!calls.isEmpty()) {
                message.set("tool_calls", calls);
            }
        }
    }

    private void user(List<Part> parts) {
        List<Part> rest = new ArrayList<>();
        for (Part part : parts) {
            if (part instanceof Part.ToolResult result) {
                result(result, rest);
            } else {
                rest.add(part);
            }
        }
        if (!rest.isEmpty()) {
            said("user", rest);
        }
    }

    private void result(Part.ToolResult result, List<Part> rest) {
        String name = toolOfCall.get(result.id());
        if (name == null) {
            throw Fields.bad("messages", "must have a call for the tool's result " + Words.name(result.id()));
        }
        List<Part> texts = new ArrayList<>();
        List<Part> shown = new ArrayList<>();
        result.parts().forEach(part -> (part instanceof Part.Text ? texts : shown).add(part));
        ObjectNode message =
                said("tool", texts).put("tool_name", name).put("tool_call_id", ToolIds.portable(result.id()));
        if (result.failed()) {
            message.put(
                    "content",
                    OpenAiRequestWriter.FAILED + message.path("content").stringValue());
        }
        if (!shown.isEmpty()) {
            rest.add(new Part.Text(Refusals.shown(result.id())));
            rest.addAll(shown);
        }
    }

    /** A message has one text, and its images beside it. */
    private ObjectNode said(String role, List<Part> parts) {
        StringBuilder text = new StringBuilder();
        ArrayNode images = Json.array();
        for (Part part : parts) {
            String piece = switch (part) {
                case Part.Text words -> words.text();
                case Part.Document document -> document(document);
                case Part.Image image -> {
                    images.addPOJO(inline(image.source()).data().after(""));
                    yield "";
                }
                case Part.ToolUse use -> "";
                case Part.ToolResult result -> "";
                case Part.Thinking thinking -> "";
                case Part.RedactedThinking thinking -> "";
            };
            text.append(text.isEmpty() || piece.isEmpty() ? "" : "\n\n").append(piece);
        }
        ObjectNode message = message(role, text.toString());
        if (!images.isEmpty()) {
            message.set("images", images);
        }
        return message;
    }

    private static String document(Part.Document document) {
        if (document.source() instanceof Source.Inline) {
            throw Fields.bad("messages", "cannot carry this document to a local model. Send it as text");
        }
        return Refusals.documentAsText(document);
    }

    private static Source.Inline inline(Source source) {
        if (source instanceof Source.Inline inline) {
            return inline;
        }
        throw Fields.bad("messages", "cannot carry an image by its URL. Send it as base64");
    }

    private void tools(ObjectNode root) {
        Choice choice = prompt.toolChoice().choice();
        if (choice == Choice.ANY || choice == Choice.NAMED) {
            throw Fields.bad("tool_choice", "cannot make this model's provider call a tool. Use auto");
        }
        Refusals.oneCallAtATime(prompt);
        // It has no word for "none"; a model that sees no tools calls none.
        if (choice != Choice.NONE) {
            ArrayNode tools = root.putArray("tools");
            for (Prompt.Tool tool : prompt.tools()) {
                if (Boolean.TRUE.equals(tool.strict())) {
                    throw Fields.bad("tools", "cannot be strict for this model's provider");
                }
                tools.add(OpenAiRequestWriter.tool(tool));
            }
        }
    }
}
