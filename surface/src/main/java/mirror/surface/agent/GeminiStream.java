package mirror.surface.agent;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import mirror.surface.hook.GeminiConnection;
import tools.jackson.databind.JsonNode;

/**
 * Gemini CLI's {@code stream-json}: the prompt goes in as it is, one JSON object a line comes out. The results of all calls of one answer
 * come together, when the last is over.
 */
final class GeminiStream implements AgentProtocol {
    private final Function<String, List<AgentEvent.Used>> tokens;

    /** By the client's id of a call the one under which Mirror's gate knows it. */
    private final Map<String, String> calls = new HashMap<>();

    private final StringBuilder answer = new StringBuilder();
    private String session = "";
    private String why = "";
    private boolean told;

    /** @param tokens what messages of a session have used, which the stream itself tells only at its end */
    GeminiStream(Function<String, List<AgentEvent.Used>> tokens) {
        this.tokens = tokens;
    }

    /** The client reads its prompt to the end of the input, so there is one turn. */
    @Override
    public synchronized void turn(String text, Input input) throws IOException {
        if (told) {
            throw new IOException("Gemini CLI takes one turn only; --resume goes on with its session");
        }
        told = true;
        input.line(text);
        input.end();
    }

    @Override
    public void finish(Input input) {
        input.end();
    }

    @Override
    public synchronized List<AgentEvent> read(JsonNode line, Input input) {
        List<AgentEvent> events = new ArrayList<>();
        String type = line.path("type").asString("");
        if (!type.equals("message") && !answer.isEmpty()) {
            // It comes in pieces.
            events.add(new AgentEvent.Text(answer.toString()));
        }
        switch (type) {
            case "init" -> {
                session = line.path("session_id").asString("");
                events.add(new AgentEvent.Opened(session, line.path("model").asString("")));
            }
            case "message" -> message(line);
            case "tool_use" -> call(line, events);
            case "tool_result" -> result(line, events);
            case "error" -> {
                why = line.path("message").asString("");
                events.add(new AgentEvent.Notice(why));
            }
            case "result" -> ended(line, events);
            default -> {}
        }
        if (!type.equals("message")) {
            answer.setLength(0);
        }
        if (type.equals("tool_use") || type.equals("tool_result")) {
            events.addAll(0, tokens.apply(session));
        }
        return events;
    }

    private void message(JsonNode line) {
        if (line.path("role").asString("").equals("assistant")) {
            answer.append(line.path("content").asString(""));
        }
    }

    private void call(JsonNode line, List<AgentEvent> events) {
        JsonNode input = line.path("parameters");
        String tool = line.path("tool_name").asString("");
        String id = GeminiConnection.callId(tool, input);
        calls.put(line.path("tool_id").asString(""), id);
        String brief = input.path("command").asString(input.path("file_path").asString(input.toString()));
        events.add(new AgentEvent.Call(id, tool, Words.brief(brief)));
    }

    /** A result without a call keeps an id that the gate never heard of. */
    private void result(JsonNode line, List<AgentEvent> events) {
        String id = line.path("tool_id").asString("");
        boolean error = !line.path("status").asString("").equals("success");
        String text = line.path("output").asString(line.at("/error/message").asString(""));
        String known = calls.remove(id);
        events.add(new AgentEvent.Result(known == null ? id : known, error, !error, Words.brief(text)));
    }

    private void ended(JsonNode line, List<AgentEvent> events) {
        boolean error = !line.path("status").asString("").equals("success");
        JsonNode stats = line.path("stats");
        long read = Words.number(stats, "input_tokens");
        long cached = Math.min(read, Words.number(stats, "cached"));
        // What it thought is in the total alone.
        Usage usage = new Usage(read - cached, cached, Math.max(0, Words.number(stats, "total_tokens") - read));
        events.add(new AgentEvent.TurnEnded(
                error, error ? line.at("/error/message").asString(why) : answer.toString(), usage));
    }
}
