package mirror.tiers.dialect;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import mirror.bus.Json;
import mirror.tiers.dialect.Part.Source;
import mirror.tiers.dialect.Prompt.Choice;
import mirror.tiers.dialect.Prompt.Role;
import mirror.tiers.dialect.Prompt.Turn;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Writes requests of Gemini's generateContent; the model and whether to stream are in its path. */
final class GeminiRequestWriter {
    /** What Google's documentation gives for a call that another model made, and that therefore has no signature. */
    static final String UNSIGNED = "skip_thought_signature_validator";

    private final Prompt prompt;
    private final Target target;
    private final Map<String, String> toolOfCall = new HashMap<>();

    private GeminiRequestWriter(Prompt prompt, Target target) {
        this.prompt = prompt;
        this.target = target;
    }

    static byte[] write(Prompt prompt, Target target) {
        Refusals.lastTurnOfTheAssistant(prompt);
        return Trees.bytes(tree(prompt, target), Failure.Kind.INVALID_REQUEST);
    }

    static ObjectNode tree(Prompt prompt, Target target) {
        return new GeminiRequestWriter(prompt, target).body();
    }

    private ObjectNode body() {
        ObjectNode root = Json.object();
        if (!prompt.system().isEmpty()) {
            ArrayNode parts = root.putObject("systemInstruction").putArray("parts");
            prompt.system().forEach(text -> parts.addObject().put("text", text));
        }
        ArrayNode contents = root.putArray("contents");
        prompt.turns().forEach(turn -> turn(contents, turn));
        if (!prompt.tools().isEmpty()) {
            tools(root);
        }
        ObjectNode config = config();
        if (!config.isEmpty()) {
            root.set("generationConfig", config);
        }
        return root;
    }

    private void turn(ArrayNode contents, Turn turn) {
        ArrayNode parts = Json.array();
        for (Part part : turn.parts()) {
            if (turn.role() == Role.SYSTEM && part instanceof Part.Text text) {
                parts.addObject().put("text", Refusals.LATER_INSTRUCTION + text.text());
            } else {
                part(parts, part);
            }
        }
        if (!parts.isEmpty()) {
            contents.addObject()
                    .put("role", turn.role() == Role.ASSISTANT ? "model" : "user")
                    .set("parts", parts);
        }
    }

    private void part(ArrayNode parts, Part part) {
        switch (part) {
            case Part.Text text -> {
                if (!text.text().isEmpty()) {
                    parts.addObject().put("text", text.text());
                }
            }
            case Part.Image image -> parts.add(inline(image.source()));
            case Part.Document document -> {
                if (document.source() instanceof Source.Inline) {
                    if (document.title() != null) {
                        parts.addObject().put("text", document.title());
                    }
                    if (document.context() != null) {
                        parts.addObject().put("text", document.context());
                    }
                    parts.add(inline(document.source()));
                } else {
                    parts.addObject().put("text", Refusals.documentAsText(document));
                }
            }
            case Part.ToolUse use -> {
                toolOfCall.put(use.id(), use.name());
                ObjectNode node = parts.addObject();
                node.putObject("functionCall")
                        .put("id", ToolIds.portable(use.id()))
                        .put("name", use.name())
                        .set("args", Refusals.arguments(use));
                if (target.effort()) {
                    node.put("thoughtSignature", UNSIGNED);
                }
            }
            case Part.ToolResult result -> result(parts, result);
            // Signed for another provider, or not at all.
            case Part.Thinking thinking -> {}
            case Part.RedactedThinking thinking -> {}
        }
    }

    private void result(ArrayNode parts, Part.ToolResult result) {
        String name = toolOfCall.get(result.id());
        if (name == null) {
            throw Fields.bad("messages", "must have a call for the tool's result " + Words.name(result.id()));
        }
        List<Part> shown = new ArrayList<>();
        StringBuilder text = new StringBuilder();
        for (Part part : result.parts()) {
            if (part instanceof Part.Text piece) {
                text.append(text.isEmpty() ? "" : "\n").append(piece.text());
            } else {
                shown.add(part);
            }
        }
        ObjectNode response = parts.addObject()
                .putObject("functionResponse")
                .put("id", ToolIds.portable(result.id()))
                .put("name", name);
        response.putObject("response").put(result.failed() ? "error" : "output", text.toString());
        if (!shown.isEmpty()) {
            parts.addObject().put("text", Refusals.shown(result.id()));
            shown.forEach(part -> part(parts, part));
        }
    }

    private static ObjectNode inline(Source source) {
        if (!(source instanceof Source.Inline inline)) {
            throw Fields.bad("messages", "cannot carry an image or a document by its URL. Send it as base64");
        }
        ObjectNode node = Json.object();
        node.putObject("inlineData")
                .put("mimeType", inline.mediaType())
                .putPOJO("data", inline.data().after(""));
        return node;
    }

    private void tools(ObjectNode root) {
        ArrayNode declarations = root.putArray("tools").addObject().putArray("functionDeclarations");
        boolean strict = false;
        for (Prompt.Tool tool : prompt.tools()) {
            ObjectNode node = declarations.addObject().put("name", tool.name());
            AnthropicRequestWriter.putIfKnown(node, "description", tool.description());
            if (tool.schema() != null) {
                node.set("parametersJsonSchema", tool.schema());
            }
            strict |= Boolean.TRUE.equals(tool.strict());
        }
        Refusals.oneCallAtATime(prompt);
        Choice choice = Objects.requireNonNullElse(prompt.toolChoice().choice(), Choice.AUTO);
        if (choice == Choice.AUTO && !strict) {
            return;
        }
        ObjectNode calling = root.putObject("toolConfig").putObject("functionCallingConfig");
        calling.put(
                "mode",
                switch (choice) {
                    case AUTO -> "VALIDATED";
                    case ANY, NAMED -> "ANY";
                    case NONE -> "NONE";
                });
        if (prompt.toolChoice().name() != null) {
            calling.putArray("allowedFunctionNames").add(prompt.toolChoice().name());
        }
    }

    private ObjectNode config() {
        Prompt.Sampling sampling = prompt.sampling();
        ObjectNode config = Json.object();
        Refusals.putNumbers(
                config,
                sampling,
                "maxOutputTokens",
                "temperature",
                "topP",
                "topK",
                "presencePenalty",
                "frequencyPenalty");
        if (!sampling.stop().isEmpty()) {
            ArrayNode stop = config.putArray("stopSequences");
            sampling.stop().forEach(stop::add);
        }
        Prompt.Format format = prompt.format();
        if (format != null) {
            config.put("responseMimeType", "application/json");
            if (format.schema() != null) {
                config.set("responseJsonSchema", format.schema());
            }
        }
        Integer budget = prompt.reasoning().budget();
        boolean off = Boolean.FALSE.equals(prompt.reasoning().on());
        if (target.effort() && (off || budget != null)) {
            config.putObject("thinkingConfig").put("thinkingBudget", off || budget == null ? 0 : budget);
        }
        return config;
    }
}
