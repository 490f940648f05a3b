package mirror.surface.agent;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import mirror.bus.Json;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The protocol of Codex's app server: requests and answers with a number, and what happens without one. A thread is opened with the first
 * turn; the turns follow one another. An item has the id of the call that the client's hooks report.
 */
final class CodexStream implements AgentProtocol {
    static final int HOOKS = 2;
    static final int CONFIG = 3;

    private static final int GREETING = 1;
    private static final int THREAD = 4;
    private static final int TURN = 5;

    /** Items that are no tools. What is not known here counts as one, so that it has to have passed the gate. */
    private static final Set<String> NO_TOOLS = Set.of(
            "userMessage",
            "hookPrompt",
            "agentMessage",
            "functionCallOutput",
            "plan",
            "reasoning",
            "subAgentActivity",
            "sleep",
            "enteredReviewMode",
            "exitedReviewMode",
            "contextCompaction");

    /** They come in great number and say nothing that does not come again at the end of their item. */
    private static final List<String> UNWANTED = List.of(
            "item/agentMessage/delta",
            "item/commandExecution/outputDelta",
            "item/fileChange/outputDelta",
            "item/reasoning/summaryTextDelta",
            "item/reasoning/textDelta");

    private final Task task;
    private final Deque<String> waiting = new ArrayDeque<>();

    /** Turns that began in this run; what a resumed thread says of its earlier ones is not this run's. */
    private final Set<String> turns = new HashSet<>();

    /** What the thread had used before a turn. */
    private final Map<String, Usage> before = new HashMap<>();

    private String thread = "";
    private String answer = "";
    private boolean greeted;
    private boolean working;
    private boolean finishing;

    CodexStream(Task task) {
        this.task = task;
    }

    // ---- what Mirror says

    /** Lines to which the client answers which hooks it would run in a folder, and with which settings. */
    static String questions(Path cwd) {
        ObjectNode hooks = request(HOOKS, "hooks/list");
        params(hooks).putArray("cwds").add(cwd.toString());
        ObjectNode config = request(CONFIG, "config/read");
        params(config).put("cwd", cwd.toString());
        return greeting().stream().map(line -> line + "\n").collect(Collectors.joining()) + hooks + "\n" + config
                + "\n";
    }

    private static List<String> greeting() {
        ObjectNode hello = request(GREETING, "initialize");
        ObjectNode params = params(hello);
        params.putObject("clientInfo").put("name", "mirror").put("version", "1");
        var unwanted = params.putObject("capabilities").putArray("optOutNotificationMethods");
        UNWANTED.forEach(unwanted::add);
        return List.of(
                hello.toString(), Json.object().put("method", "initialized").toString());
    }

    private static ObjectNode request(int id, String method) {
        return Json.object().put("id", id).put("method", method);
    }

    private static ObjectNode params(ObjectNode request) {
        return request.putObject("params");
    }

    @Override
    public synchronized void turn(String text, Input input) throws IOException {
        waiting.add(text);
        if (!greeted) {
            greeted = true;
            for (String line : greeting()) {
                input.line(line);
            }
            input.line(opening().toString());
        } else {
            next(input);
        }
    }

    private ObjectNode opening() {
        ObjectNode open = request(THREAD, task.resume() == null ? "thread/start" : "thread/resume");
        // Nobody sits there to be asked by the client; Mirror's hook asks the owner. Its sandbox stays as the person
        // set it.
        ObjectNode params = params(open)
                .put("approvalPolicy", "never")
                .put("cwd", task.cwd().toString());
        if (task.model() != null) {
            params.put("model", task.model());
        }
        if (task.resume() != null) {
            params.put("threadId", task.resume()).put("excludeTurns", true);
        }
        return open;
    }

    @Override
    public synchronized void finish(Input input) {
        finishing = true;
        if (!working && waiting.isEmpty()) {
            input.end();
        }
    }

    /** Gives the next turn when the last is over; ends the input when there is none to come. */
    private void next(Input input) throws IOException {
        if (working || thread.isEmpty()) {
            return;
        }
        String text = waiting.poll();
        if (text != null) {
            working = true;
            ObjectNode turn = request(TURN, "turn/start");
            params(turn)
                    .put("threadId", thread)
                    .putArray("input")
                    .addObject()
                    .put("type", "text")
                    .put("text", text);
            input.line(turn.toString());
        } else if (finishing) {
            input.end();
        }
    }

    // ---- what the client says

    @Override
    public synchronized List<AgentEvent> read(JsonNode line, Input input) throws IOException {
        List<AgentEvent> events = new ArrayList<>();
        String method = line.path("method").asString("");
        if (method.isEmpty()) {
            answered(line, events, input);
        } else if (line.has("id")) {
            // With approvals off it asks nothing; should it ask all the same, nobody says yes.
            ObjectNode no = Json.object();
            no.set("id", line.path("id"));
            no.putObject("error").put("code", -32601).put("message", "nobody is here to be asked");
            input.line(no.toString());
            events.add(new AgentEvent.Notice("Codex asked for " + method + ", which nobody answers"));
        } else {
            told(method, line.path("params"), events, input);
        }
        return events;
    }

    private void answered(JsonNode line, List<AgentEvent> events, Input input) throws IOException {
        if (line.has("error")) {
            broken(line.at("/error/message").asString("it gave no reason"), events, input);
        } else if (line.path("id").asInt(0) == THREAD) {
            JsonNode result = line.path("result");
            thread = result.at("/thread/id").asString("");
            if (thread.isEmpty()) {
                broken("Codex opened no session", events, input);
                return;
            }
            events.add(new AgentEvent.Opened(thread, result.path("model").asString("")));
            next(input);
        }
    }

    private void broken(String why, List<AgentEvent> events, Input input) {
        working = false;
        events.add(new AgentEvent.TurnEnded(true, why, Usage.NONE));
        input.end();
    }

    private void told(String method, JsonNode params, List<AgentEvent> events, Input input) throws IOException {
        JsonNode item = params.path("item");
        switch (method) {
            case "turn/started" -> turns.add(params.at("/turn/id").asString(""));
            case "item/started" -> started(item, events);
            case "item/completed" -> completed(item, events);
            case "hook/completed" -> blocked(params.path("run"), events);
            case "thread/tokenUsage/updated" -> used(params, events);
            case "turn/completed" -> turnCompleted(params, events, input);
            case "error" ->
                events.add(new AgentEvent.Notice("the model's service failed ("
                        + params.at("/error/message").asString("?") + ")"));
            case "warning" ->
                events.add(new AgentEvent.Notice(params.path("message").asString("")));
            case "configWarning" ->
                events.add(new AgentEvent.Notice(params.path("summary").asString("")));
            default -> {}
        }
    }

    private static void started(JsonNode item, List<AgentEvent> events) {
        if (isTool(item)) {
            events.add(new AgentEvent.Call(item.path("id").asString(""), tool(item), Words.brief(input(item))));
        }
    }

    private void completed(JsonNode item, List<AgentEvent> events) {
        if (item.path("type").asString("").equals("agentMessage")) {
            answer = item.path("text").asString("");
            events.add(new AgentEvent.Text(answer));
        } else if (isTool(item)) {
            String status = item.path("status").asString("completed");
            boolean error = !status.equals("completed");
            // A command that ends with another status than 0 has failed, too, but it ran.
            boolean ran = !error || item.path("exitCode").isNumber();
            events.add(new AgentEvent.Result(item.path("id").asString(""), error, ran, Words.brief(output(item))));
        }
    }

    private static boolean isTool(JsonNode item) {
        return !NO_TOOLS.contains(item.path("type").asString(""));
    }

    private static String tool(JsonNode item) {
        return switch (item.path("type").asString("")) {
            case "commandExecution" -> "Bash";
            case "fileChange" -> "apply_patch";
            case "mcpToolCall" ->
                "mcp__" + item.path("server").asString("") + "__"
                        + item.path("tool").asString("");
            case "imageView" -> "view_image";
            default -> item.path("tool").asString(item.path("type").asString("?"));
        };
    }

    private static String input(JsonNode item) {
        return switch (item.path("type").asString("")) {
            case "commandExecution" ->
                item.at("/commandActions/0/command")
                        .asString(item.path("command").asString(""));
            case "fileChange" ->
                item.path("changes")
                        .valueStream()
                        .map(change -> change.path("path").asString(""))
                        .collect(Collectors.joining(", "));
            case "imageView" -> item.path("path").asString("");
            default ->
                item.path("arguments").isMissingNode()
                        ? item.toString()
                        : item.path("arguments").toString();
        };
    }

    private static String output(JsonNode item) {
        String message = item.at("/error/message").asString("");
        return message.isEmpty()
                ? item.path("aggregatedOutput").asString(Words.content(item.at("/result/content")))
                : message;
    }

    /** A call that a hook stopped has no item; the last part of the hook's run is the call's id. */
    private static void blocked(JsonNode run, List<AgentEvent> events) {
        if (!run.path("status").asString("").equals("blocked")) {
            return;
        }
        String why = Words.brief(Words.content(run.path("entries")));
        String id = run.path("id").asString("");
        events.add(
                run.path("eventName").asString("").equals("preToolUse")
                        ? new AgentEvent.Result(id.substring(id.lastIndexOf(':') + 1), true, false, why)
                        : new AgentEvent.Notice(why));
    }

    /** The client counts over all of a thread's life, also what it did before this run. */
    private void used(JsonNode params, List<AgentEvent> events) {
        String turn = params.path("turnId").asString("");
        if (turns.contains(turn)) {
            Usage total = usage(params.at("/tokenUsage/total"));
            Usage last = usage(params.at("/tokenUsage/last"));
            Usage start = before.computeIfAbsent(turn, _ -> total.minus(last));
            events.add(new AgentEvent.Used(turn, total.minus(start)));
        }
    }

    private static Usage usage(JsonNode tokens) {
        long cached = Words.number(tokens, "cachedInputTokens");
        return new Usage(
                Math.max(0, Words.number(tokens, "inputTokens") - cached),
                cached,
                Words.number(tokens, "outputTokens"));
    }

    /** A subagent's turn is not the person's. */
    private void turnCompleted(JsonNode params, List<AgentEvent> events, Input input) throws IOException {
        if (!params.path("threadId").asString("").equals(thread)) {
            return;
        }
        JsonNode turn = params.path("turn");
        boolean error = !turn.path("status").asString("").equals("completed");
        events.add(new AgentEvent.TurnEnded(
                error, error ? turn.at("/error/message").asString("it was interrupted") : answer, Usage.NONE));
        working = false;
        next(input);
    }
}
