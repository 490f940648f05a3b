package mirror.surface.agent;

import java.util.ArrayList;
import java.util.List;
import mirror.bus.Json;
import tools.jackson.databind.JsonNode;

/** Claude Code's {@code stream-json}, both directions. */
final class ClaudeStream implements AgentProtocol {
    private static final int SHORT = 2_000;

    @Override
    public String turn(String text) {
        var line = Json.object().put("type", "user");
        var message = line.putObject("message").put("role", "user");
        message.putArray("content").addObject().put("type", "text").put("text", text);
        return Json.MAPPER.writeValueAsString(line);
    }

    @Override
    public List<AgentEvent> read(JsonNode line) {
        List<AgentEvent> events = new ArrayList<>();
        switch (line.path("type").asString("")) {
            case "system" -> system(line, events);
            case "assistant" -> assistant(line.path("message"), events);
            case "user" -> results(line.path("message").path("content"), events);
            case "result" ->
                events.add(new AgentEvent.TurnEnded(
                        line.path("is_error").asBoolean(false),
                        line.path("result").asString(line.path("subtype").asString("")),
                        all(line.path("modelUsage"))));
            default -> {}
        }
        return events;
    }

    private static void system(JsonNode line, List<AgentEvent> events) {
        switch (line.path("subtype").asString("")) {
            case "init" ->
                events.add(new AgentEvent.Opened(
                        line.path("session_id").asString(""), line.path("model").asString("")));
            case "api_retry" ->
                events.add(new AgentEvent.Notice("the model's service failed ("
                        + line.path("error").asString("?") + "), attempt "
                        + line.path("attempt").asInt(0) + " of "
                        + line.path("max_retries").asInt(0)));
            default -> {}
        }
    }

    private static void assistant(JsonNode message, List<AgentEvent> events) {
        for (JsonNode block : message.path("content")) {
            switch (block.path("type").asString("")) {
                case "text" -> events.add(new AgentEvent.Text(block.path("text").asString("")));
                case "tool_use" ->
                    events.add(new AgentEvent.Call(
                            block.path("id").asString(""),
                            block.path("name").asString(""),
                            shorten(input(block.path("input")))));
                default -> {}
            }
        }
        String id = message.path("id").asString("");
        if (!id.isEmpty() && message.has("usage")) {
            events.add(new AgentEvent.Used(id, usage(message.path("usage"))));
        }
    }

    /** What a person looks for first stands alone; everything else as it is. */
    private static String input(JsonNode input) {
        return input.path("command").asString(input.path("file_path").asString(input.toString()));
    }

    private static void results(JsonNode content, List<AgentEvent> events) {
        for (JsonNode block : content) {
            if (block.path("type").asString("").equals("tool_result")) {
                events.add(new AgentEvent.Result(
                        block.path("tool_use_id").asString(""),
                        block.path("is_error").asBoolean(false),
                        shorten(text(block.path("content")))));
            }
        }
    }

    private static String text(JsonNode content) {
        if (!content.isArray()) {
            return content.asString("");
        }
        StringBuilder text = new StringBuilder();
        content.forEach(block -> text.append(block.path("text").asString("")).append('\n'));
        return text.toString().strip();
    }

    private static Usage usage(JsonNode usage) {
        return new Usage(
                number(usage, "input_tokens") + number(usage, "cache_creation_input_tokens"),
                number(usage, "cache_read_input_tokens"),
                number(usage, "output_tokens"));
    }

    /** The client's sum over all its turns, by model; unlike {@code usage} beside it, it has the subagents and all turns of the process. */
    private static Usage all(JsonNode models) {
        Usage all = Usage.NONE;
        for (JsonNode model : models) {
            all = all.plus(new Usage(
                    number(model, "inputTokens") + number(model, "cacheCreationInputTokens"),
                    number(model, "cacheReadInputTokens"),
                    number(model, "outputTokens")));
        }
        return all;
    }

    private static long number(JsonNode object, String name) {
        return Math.max(0, object.path(name).asLong(0));
    }

    private static String shorten(String text) {
        return text.length() <= SHORT ? text : text.substring(0, SHORT) + "\u2026";
    }
}
