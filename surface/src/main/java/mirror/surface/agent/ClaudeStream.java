package mirror.surface.agent;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import mirror.bus.Json;
import tools.jackson.databind.JsonNode;

/** Claude Code's {@code stream-json}, both directions. Stateless. */
final class ClaudeStream implements AgentProtocol {
    @Override
    public void turn(String text, Input input) throws IOException {
        input.line(turn(text));
    }

    @Override
    public void finish(Input input) {
        input.end();
    }

    static String turn(String text) {
        var line = Json.object().put("type", "user");
        var message = line.putObject("message").put("role", "user");
        message.putArray("content").addObject().put("type", "text").put("text", text);
        return Json.MAPPER.writeValueAsString(line);
    }

    @Override
    public List<AgentEvent> read(JsonNode line, Input input) {
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
                            Words.brief(input(block.path("input")))));
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
                boolean error = block.path("is_error").asBoolean(false);
                events.add(new AgentEvent.Result(
                        block.path("tool_use_id").asString(""),
                        error,
                        !error,
                        Words.brief(text(block.path("content")))));
            }
        }
    }

    private static String text(JsonNode content) {
        return content.isArray() ? Words.content(content) : content.asString("");
    }

    private static Usage usage(JsonNode usage) {
        return new Usage(
                Words.number(usage, "input_tokens") + Words.number(usage, "cache_creation_input_tokens"),
                Words.number(usage, "cache_read_input_tokens"),
                Words.number(usage, "output_tokens"));
    }

    /** The client's sum over all its turns, by model; unlike {@code usage} beside it, it has the subagents and all turns of the process. */
    private static Usage all(JsonNode models) {
        Usage all = Usage.NONE;
        for (JsonNode model : models) {
            all = all.plus(new Usage(
                    Words.number(model, "inputTokens") + Words.number(model, "cacheCreationInputTokens"),
                    Words.number(model, "cacheReadInputTokens"),
                    Words.number(model, "outputTokens")));
        }
        return all;
    }
}
