package mirror.tiers.dialect;

import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import mirror.bus.Json;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Replies of OpenAI's Responses API, as a client gets them. They repeat what was asked, and say that nothing is stored.
 *
 * @see <a href="https://platform.openai.com/docs/api-reference/responses/object">OpenAI: the response object</a>
 */
final class ResponsesReplies {
    private static final String COMPLETED = "completed";
    private static final String INCOMPLETE = "incomplete";

    private ResponsesReplies() {}

    static byte[] write(Reply reply, Exchange exchange) {
        ObjectNode root = response(reply.id(), reply.model(), exchange);
        ArrayNode output = Json.array();
        Iterator<Part> parts = reply.parts().iterator();
        while (parts.hasNext()) {
            switch (parts.next()) {
                case Part.Text text ->
                    output.add(message(
                            ToolIds.item("msg", exchange, output.size()),
                            text.text(),
                            itemStatus(reply.stop(), !parts.hasNext())));
                case Part.ToolUse use ->
                    output.add(call(exchange, output.size(), use, itemStatus(reply.stop(), !parts.hasNext())));
                // Thoughts that OpenAI did not make, a client would send back, and OpenAI would refuse them.
                case Part.Thinking thinking -> {}
                case Part.RedactedThinking thinking -> {}
                case Part.Image image -> throw Answers.notUnderstood("it holds an image");
                case Part.Document document -> throw Answers.notUnderstood("it holds a document");
                case Part.ToolResult result -> throw Answers.notUnderstood("it holds a result of a tool");
            }
        }
        end(root, output, reply.stop(), reply.usage());
        return Trees.bytes(root, Failure.Kind.API);
    }

    /** A response that has begun and has no output yet. */
    static ObjectNode response(String id, String model, Exchange exchange) {
        ObjectNode root = Json.object()
                .put("id", id)
                .put("object", "response")
                .put("created_at", exchange.at().getEpochSecond())
                .put("status", "in_progress")
                .put("background", false)
                .putNull("error")
                .putNull("incomplete_details")
                .put("model", model);
        root.putArray("output");
        root.putNull("previous_response_id").put("store", false).put("truncation", "disabled");
        asked(root, exchange.asked());
        root.putNull("usage").putObject("metadata");
        return root;
    }

    private static void asked(ObjectNode root, @Nullable Prompt prompt) {
        ArrayNode tools = root.putArray("tools");
        if (prompt == null) {
            root.put("tool_choice", "auto").put("parallel_tool_calls", true);
            return;
        }
        Map<String, ArrayNode> spaces = new HashMap<>();
        for (Prompt.Tool tool : prompt.tools()) {
            Prompt.Spaced spaced = tool.spaced();
            ArrayNode among = spaced == null
                    ? tools
                    : spaces.computeIfAbsent(
                            spaced.space(),
                            name -> tools.addObject()
                                    .put("type", "namespace")
                                    .put("name", name)
                                    .put("description", spaced.about())
                                    .putArray("tools"));
            among.add(tool(tool, spaced == null ? tool.name() : spaced.name()));
        }
        Prompt.ToolChoice choice = prompt.toolChoice();
        if (choice.choice() == Prompt.Choice.NAMED) {
            root.putObject("tool_choice").put("type", "function").put("name", choice.name());
        } else {
            root.put("tool_choice", OpenAiRequestWriter.word(choice.choice()));
        }
        root.put("parallel_tool_calls", choice.parallel() == null || choice.parallel());
        Prompt.Sampling sampling = prompt.sampling();
        root.put("max_output_tokens", sampling.maxTokens())
                .put("temperature", sampling.temperature())
                .put("top_p", sampling.topP());
        root.putObject("reasoning").put("effort", prompt.reasoning().effort()).putNull("summary");
        format(root.putObject("text").putObject("format"), prompt.format());
    }

    private static ObjectNode tool(Prompt.Tool tool, String name) {
        ObjectNode node =
                Json.object().put("type", "function").put("name", name).put("description", tool.description());
        if (tool.schema() == null) {
            node.putNull("parameters");
        } else {
            node.set("parameters", tool.schema());
        }
        return node.put("strict", tool.strict());
    }

    private static void format(ObjectNode node, Prompt.@Nullable Format format) {
        if (format == null) {
            node.put("type", "text");
        } else if (format.schema() == null) {
            node.put("type", "json_object");
        } else {
            node.put("type", "json_schema")
                    .put("name", format.name() == null ? "answer" : format.name())
                    .set("schema", format.schema());
        }
    }

    static ObjectNode message(String id, String text, String status) {
        ObjectNode item = Json.object()
                .put("id", id)
                .put("type", "message")
                .put("status", status)
                .put("role", "assistant");
        item.putArray("content").add(text(text));
        return item;
    }

    static ObjectNode text(String text) {
        ObjectNode part = Json.object().put("type", "output_text").put("text", text);
        part.putArray("annotations");
        part.putArray("logprobs");
        return part;
    }

    static ObjectNode call(Exchange exchange, int index, Part.ToolUse use, String status) {
        Prompt.Spaced spaced = spaced(exchange.asked(), use.name());
        ObjectNode item = Json.object()
                .put("id", ToolIds.item("fc", exchange, index))
                .put("type", "function_call")
                .put("status", status)
                .put("call_id", ToolIds.portable(use.id()))
                .put("name", spaced == null ? use.name() : spaced.name());
        if (spaced != null) {
            item.put("namespace", spaced.space());
        }
        return item.put("arguments", use.arguments());
    }

    private static Prompt.@Nullable Spaced spaced(@Nullable Prompt asked, String name) {
        if (asked != null) {
            for (Prompt.Tool tool : asked.tools()) {
                if (tool.spaced() != null && tool.name().equals(name)) {
                    return tool.spaced();
                }
            }
        }
        return null;
    }

    /** What was cut off must not look as if it could be used: a call of a tool has no whole arguments then. */
    static String itemStatus(Stop stop, boolean last) {
        return last && isIncomplete(stop) ? INCOMPLETE : COMPLETED;
    }

    private static boolean isIncomplete(Stop stop) {
        return stop == Stop.MAX_TOKENS || stop == Stop.CONTEXT_FULL || stop == Stop.REFUSAL;
    }

    /** @return the word for the whole */
    static String end(ObjectNode root, ArrayNode output, Stop stop, @Nullable Usage usage) {
        if (stop == Stop.PAUSE) {
            throw Answers.notUnderstood("it paused, and this client could not make it go on");
        }
        String status = isIncomplete(stop) ? INCOMPLETE : COMPLETED;
        root.put("status", status);
        if (isIncomplete(stop)) {
            root.putObject("incomplete_details")
                    .put("reason", stop == Stop.REFUSAL ? "content_filter" : "max_output_tokens");
        }
        root.set("output", output);
        if (usage != null) {
            root.set("usage", usage(usage));
        }
        return status;
    }

    private static ObjectNode usage(Usage usage) {
        ObjectNode node = Json.object().put("input_tokens", usage.allInput());
        node.putObject("input_tokens_details")
                .put("cached_tokens", usage.cacheRead())
                .put("cache_write_tokens", usage.cacheWrite());
        node.put("output_tokens", usage.output());
        node.putObject("output_tokens_details").put("reasoning_tokens", usage.reasoning());
        return node.put("total_tokens", usage.allInput() + usage.output());
    }
}
