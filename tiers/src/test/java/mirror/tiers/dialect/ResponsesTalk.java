package mirror.tiers.dialect;

import java.nio.charset.StandardCharsets;
import java.util.List;
import mirror.bus.Json;
import mirror.tiers.dialect.Part.Source;
import mirror.tiers.dialect.Prompt.Choice;
import mirror.tiers.dialect.Prompt.Turn;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What a client of the Responses API says; Mirror itself never has to say it. */
final class ResponsesTalk {
    private ResponsesTalk() {}

    static byte[] request(Prompt prompt) {
        ObjectNode root = Json.object().put("model", prompt.model()).put("store", false);
        root.put("stream", prompt.stream());
        ArrayNode input = root.putArray("input");
        if (!prompt.system().isEmpty()) {
            root.put("instructions", prompt.system().getFirst());
            message(
                    input,
                    "developer",
                    prompt.system().stream().skip(1).<Part>map(Part.Text::new).toList());
        }
        prompt.turns().forEach(turn -> turn(input, turn));
        ArrayNode tools = root.putArray("tools");
        for (Prompt.Tool tool : prompt.tools()) {
            ObjectNode node = tools.addObject()
                    .put("type", "function")
                    .put("name", tool.name())
                    .put("description", tool.description());
            node.set("parameters", tool.schema());
            node.put("strict", tool.strict());
        }
        if (prompt.toolChoice().choice() == Choice.NAMED) {
            root.putObject("tool_choice")
                    .put("type", "function")
                    .put("name", prompt.toolChoice().name());
        } else if (prompt.toolChoice().choice() != null) {
            root.put("tool_choice", OpenAiRequestWriter.word(prompt.toolChoice().choice()));
        }
        root.put("parallel_tool_calls", prompt.toolChoice().parallel());
        root.put("max_output_tokens", prompt.sampling().maxTokens());
        root.put("temperature", prompt.sampling().temperature());
        root.put("top_p", prompt.sampling().topP());
        root.putObject("reasoning").put("effort", prompt.reasoning().effort()).put("summary", "auto");
        root.putArray("include").add("reasoning.encrypted_content");
        Prompt.Format format = prompt.format();
        ObjectNode text = root.putObject("text").putObject("format");
        if (format == null) {
            text.put("type", "text");
        } else {
            text.put("type", "json_schema").put("name", "answer").put("strict", true);
            text.set("schema", format.schema());
        }
        root.put("safety_identifier", prompt.user());
        return root.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static void turn(ArrayNode input, Turn turn) {
        List<Part> said = turn.parts().stream().filter(ResponsesTalk::isSaid).toList();
        turn.parts().forEach(part -> {
            if (part instanceof Part.ToolResult result) {
                ObjectNode item = input.addObject().put("type", "function_call_output");
                item.put("call_id", result.id());
                if (result.parts().size() == 1 && result.parts().getFirst() instanceof Part.Text only) {
                    item.put("output", only.text());
                } else {
                    content(item.putArray("output"), result.parts(), "input_text");
                }
            }
        });
        message(
                input,
                switch (turn.role()) {
                    case USER -> "user";
                    case ASSISTANT -> "assistant";
                    case SYSTEM -> "developer";
                },
                said);
        turn.parts().forEach(part -> {
            if (part instanceof Part.ToolUse use) {
                input.addObject().put("type", "reasoning").put("id", "rs_1").putArray("summary");
                input.addObject()
                        .put("type", "function_call")
                        .put("id", "fc_" + use.id())
                        .put("status", "completed")
                        .put("call_id", use.id())
                        .put("name", use.name())
                        .put("arguments", use.arguments());
            }
        });
    }

    private static boolean isSaid(Part part) {
        return part instanceof Part.Text || part instanceof Part.Image || part instanceof Part.Document;
    }

    private static void message(ArrayNode input, String role, List<Part> parts) {
        if (!parts.isEmpty()) {
            ObjectNode item = input.addObject().put("type", "message").put("role", role);
            content(item.putArray("content"), parts, role.equals("assistant") ? "output_text" : "input_text");
        }
    }

    private static void content(ArrayNode content, List<Part> parts, String text) {
        for (Part part : parts) {
            ObjectNode node = content.addObject();
            switch (part) {
                case Part.Text piece -> node.put("type", text).put("text", piece.text());
                case Part.Image image ->
                    node.put("type", "input_image")
                            .put("detail", "auto")
                            .put("image_url", ((Source.Url) shown(image.source())).url());
                case Part.Document document ->
                    node.put("type", "input_file")
                            .put("filename", document.title())
                            .put("file_data", ((Source.Url) shown(document.source())).url());
                default -> throw new IllegalArgumentException("not said: " + part);
            }
        }
    }

    private static Source shown(Source source) {
        return source instanceof Source.Inline inline
                ? new Source.Url(
                        DataUrl.prefix(inline.mediaType()) + inline.data().text())
                : source;
    }

    /** The types of a stream's events, in order. */
    static List<String> types(String stream) {
        return Wire.payloads(stream).stream()
                .map(payload -> Wire.tree(payload.getBytes(StandardCharsets.UTF_8))
                        .path("type")
                        .stringValue())
                .toList();
    }
}
