package mirror.tiers.dialect;

import java.util.ArrayList;
import java.util.List;
import mirror.tiers.dialect.Part.Source;
import mirror.tiers.dialect.Prompt.Role;
import mirror.tiers.dialect.Prompt.Turn;
import tools.jackson.databind.JsonNode;

/**
 * The conversation in a request of the Responses API, where each message, call and result is an item of its own: what the assistant said
 * and called in a row is one turn, and so are results and what the user says after them.
 */
final class ResponsesInput {
    private final List<String> system = new ArrayList<>();
    private final List<Turn> turns = new ArrayList<>();

    void instruct(String text) {
        system.add(text);
    }

    List<String> system() {
        return system;
    }

    List<Turn> turns() {
        return turns;
    }

    void read(Fields f) {
        JsonNode input = f.take("input");
        if (input == null) {
            throw f.wrong("input", "is missing");
        }
        if (input.isString()) {
            turns.add(new Turn(Role.USER, List.of(new Part.Text(input.stringValue()))));
        } else if (input.isArray()) {
            Fields.objects(input, f.at("input")).forEach(this::item);
        } else {
            throw f.wrong("input", "must be a text or an array of items");
        }
        if (turns.isEmpty()) {
            throw f.wrong("input", "must have at least one item that is no instruction");
        }
    }

    private void item(Fields item) {
        String type = item.text("type");
        // Names and states of items are OpenAI's; what was said is the same without them.
        item.drop("id", "status");
        switch (type == null ? "message" : type) {
            case "message" -> message(item);
            case "function_call" -> {
                String arguments = item.needText("arguments");
                String name = item.needText("name");
                String space = item.text("namespace");
                said(new Part.ToolUse(
                        item.needText("call_id"),
                        space == null ? name : ToolIds.joined(space, name),
                        arguments.isBlank() ? "{}" : arguments));
            }
            case "function_call_output" -> {
                JsonNode output = item.take("output");
                if (output == null) {
                    throw item.wrong("output", "is missing");
                }
                OpenAiRequests.addAfterResults(
                        turns,
                        List.of(new Part.ToolResult(
                                item.needText("call_id"), parts(output, item.at("output")), false)));
            }
            // Thoughts of earlier turns, which no other provider can read.
            case "reasoning" -> item.drop("summary", "content", "encrypted_content");
            default ->
                throw item.refused(
                        "type", "Only OpenAI's own API has items of type " + Words.name(String.valueOf(type)));
        }
        item.end();
    }

    private void message(Fields item) {
        // Whether the assistant was done with it; the next item shows that.
        item.drop("phase");
        JsonNode content = item.take("content");
        if (content == null) {
            throw item.wrong("content", "is missing");
        }
        List<Part> parts = parts(content, item.at("content"));
        switch (item.needText("role")) {
            case "user" -> OpenAiRequests.addAfterResults(turns, parts);
            case "assistant" -> onlyTexts(parts, item).forEach(this::said);
            case "system", "developer" -> {
                List<Part> texts = onlyTexts(parts, item);
                if (turns.isEmpty()) {
                    texts.forEach(part -> system.add(((Part.Text) part).text()));
                } else {
                    turns.add(new Turn(Role.SYSTEM, texts));
                }
            }
            default -> throw item.wrong("role", "must be user, assistant, system or developer");
        }
    }

    private static List<Part> onlyTexts(List<Part> parts, Fields item) {
        if (parts.stream().allMatch(Part.Text.class::isInstance)) {
            return parts;
        }
        throw item.wrong("content", "must be text in this role");
    }

    private void said(Part part) {
        List<Part> parts = new ArrayList<>();
        if (!turns.isEmpty() && turns.getLast().role() == Role.ASSISTANT) {
            parts.addAll(turns.removeLast().parts());
        }
        parts.add(part);
        turns.add(new Turn(Role.ASSISTANT, parts));
    }

    private static List<Part> parts(JsonNode content, String path) {
        if (content.isString()) {
            return List.of(new Part.Text(content.stringValue()));
        }
        if (!content.isArray()) {
            throw Fields.bad(path, "must be a text or an array of parts");
        }
        List<Part> parts = new ArrayList<>();
        for (Fields part : Fields.objects(content, path)) {
            part.drop("prompt_cache_breakpoint");
            parts.add(
                    switch (part.needText("type")) {
                        case "input_text" -> new Part.Text(part.needText("text"));
                        case "output_text" -> {
                            part.drop("annotations", "logprobs");
                            yield new Part.Text(part.needText("text"));
                        }
                        case "refusal" -> new Part.Text(part.needText("refusal"));
                        case "input_image" -> image(part);
                        case "input_file" -> file(part);
                        default -> throw part.refused("type", "Send text, images or files");
                    });
            part.end();
        }
        return parts;
    }

    private static Part image(Fields image) {
        image.refuse("file_id", "Send the image itself as image_url");
        return OpenAiRequests.image(image, "image_url");
    }

    private static Part file(Fields file) {
        file.refuse("file_id", "Send the file itself as file_data");
        String title = file.text("filename");
        String url = file.text("file_url");
        return new Part.Document(url == null ? OpenAiRequests.fileData(file) : new Source.Url(url), title, null);
    }
}
