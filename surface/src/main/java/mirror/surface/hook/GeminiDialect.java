package mirror.surface.hook;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import mirror.bus.AtomicFiles;
import mirror.bus.Json;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Gemini CLI (see {@code docs/clients/gemini.md}). Thread-safe. */
final class GeminiDialect implements Dialect {
    /** What another hook said at the session's start comes back in front of the first prompt. */
    private static final String CONTEXT = "<hook_context>";

    private static final String CONTEXT_END = "</hook_context>";

    /** The client's tools without an effect outside of it, by what they are to Mirror. */
    private static final Map<String, String> INSIDE = Map.of(
            "write_todos", "TodoWrite",
            "update_topic", "TodoWrite",
            "ask_user", "AskUserQuestion",
            "enter_plan_mode", "EnterPlanMode",
            "exit_plan_mode", "ExitPlanMode",
            "invoke_agent", "Agent",
            "list_background_processes", "TaskList",
            "read_background_output", "TaskOutput");

    @Override
    public String client() {
        return "gemini";
    }

    /** {@code exit 3} is text in the answer, where a command's own words could say the same. */
    @Override
    public boolean tellsFailure() {
        return false;
    }

    @Override
    public int contextCharacters() {
        return 9_800;
    }

    /**
     * Headless the client puts what a hook says at the start in front of the first prompt, and when the session is resumed it leaves out
     * every prompt that begins so, the person's words and all.
     */
    @Override
    public boolean contextWithPrompt() {
        return true;
    }

    @Override
    public HookCall read(String event, JsonNode body) {
        return switch (event) {
            case "SessionStart" -> new HookCall.Opened(ClaudeDialect.text(body, "source"));
            case "BeforeAgent" -> new HookCall.Prompted(prompt(ClaudeDialect.text(body, "prompt")));
            case "BeforeTool" -> new HookCall.Before(use(body), false);
            case "AfterTool" -> {
                JsonNode response = body.path("tool_response");
                yield response.hasNonNull("error")
                        ? new HookCall.Failed(use(body), response.path("error").path("message"))
                        : new HookCall.After(use(body), response);
            }
            // The client asks before each turn whether to compact: only what a person ordered is certain to happen.
            case "PreCompress" ->
                ClaudeDialect.text(body, "trigger").equals("manual")
                        ? new HookCall.Compacting("manual")
                        : new HookCall.Other();
            case "AfterAgent" -> new HookCall.TurnEnded(ClaudeDialect.text(body, "prompt_response"), "");
            case "SessionEnd" -> new HookCall.Ended(ClaudeDialect.text(body, "reason"));
            default -> new HookCall.Other();
        };
    }

    private static String prompt(String text) {
        int end = text.indexOf(CONTEXT_END);
        return text.startsWith(CONTEXT) && end > 0
                ? text.substring(end + CONTEXT_END.length()).strip()
                : text;
    }

    /** The client's hooks give a call no name of its own, so two of the same tool and input have the same. */
    static String id(String tool, JsonNode input) {
        return "g-"
                + AtomicFiles.digest((tool + input).getBytes(StandardCharsets.UTF_8))
                        .substring(0, 16);
    }

    private static HookCall.ToolUse use(JsonNode body) {
        String name = ClaudeDialect.text(body, "tool_name");
        JsonNode input = body.path("tool_input");
        String id = id(name, input);
        JsonNode server = body.path("mcp_context");
        if (server.isObject()) {
            return new HookCall.ToolUse(
                    id,
                    "mcp__" + ClaudeDialect.text(server, "server_name") + "__"
                            + ClaudeDialect.text(server, "tool_name"),
                    input);
        }
        ObjectNode own = Json.object();
        String file = ClaudeDialect.text(input, "file_path");
        return switch (name) {
            case "run_shell_command" ->
                new HookCall.ToolUse(
                        id,
                        "Bash",
                        own.put("command", ClaudeDialect.text(input, "command")),
                        ClaudeDialect.text(input, "dir_path"));
            case "read_file" -> new HookCall.ToolUse(id, "Read", own.put("file_path", file));
            case "write_file" -> new HookCall.ToolUse(id, "Write", input);
            case "replace" ->
                new HookCall.ToolUse(
                        id,
                        "Edit",
                        own.put("file_path", file)
                                .put("old_string", ClaudeDialect.text(input, "old_string"))
                                .put("new_string", ClaudeDialect.text(input, "new_string"))
                                .put("replace_all", input.path("allow_multiple").asBoolean(false)));
            case "list_directory", "glob", "grep_search", "search_file_content" ->
                new HookCall.ToolUse(
                        id,
                        "Grep",
                        own.put("pattern", ClaudeDialect.text(input, "pattern"))
                                .put("path", ClaudeDialect.text(input, "dir_path")));
            case "google_web_search" -> new HookCall.ToolUse(id, "WebSearch", input);
            default -> new HookCall.ToolUse(id, INSIDE.getOrDefault(name, "gemini:" + name), input);
        };
    }

    @Override
    public HookReply context(String event, String text) {
        return HookReply.specific(Json.object().put("hookEventName", event).put("additionalContext", text));
    }

    @Override
    public ObjectNode shellCall(String command) {
        return Dialect.shellCall("BeforeTool", "run_shell_command", command);
    }

    /** Silence; the client's own policies and approvals decide after Mirror. */
    @Override
    public HookReply allow(String reason) {
        return HookReply.nothing();
    }

    /** Without a person at the terminal the client waits for ever. */
    @Override
    public HookReply ask(String reason) {
        return decision("ask", reason);
    }

    @Override
    public HookReply deny(String reason) {
        return decision("deny", reason);
    }

    private static HookReply decision(String decision, String reason) {
        return new HookReply.Print(Json.MAPPER.writeValueAsString(
                Json.object().put("decision", decision).put("reason", reason)));
    }
}
