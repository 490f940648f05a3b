package mirror.surface.hook;

import java.util.Map;
import mirror.bus.Json;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * OpenCode (see {@code docs/clients/opencode.md}). What speaks here is Mirror's own plugin {@code opencode.js}, in Claude Code's form and
 * with the client's names of tools. Thread-safe.
 */
final class OpenCodeDialect extends ClaudeDialect {
    /** The client's tools without an effect outside of it, by what they are to Mirror. */
    private static final Map<String, String> INSIDE =
            Map.of("todowrite", "TodoWrite", "todoread", "TaskList", "question", "AskUserQuestion", "task", "Agent");

    private static final String MIRROR = "mirror_";

    /** {@code exit 3} is a success to it. */
    @Override
    public boolean tellsFailure() {
        return false;
    }

    @Override
    public String client() {
        return "opencode";
    }

    @Override
    HookCall.ToolUse use(JsonNode body) {
        String id = text(body, "tool_use_id");
        String name = text(body, "tool_name");
        JsonNode input = body.path("tool_input");
        ObjectNode own = Json.object();
        return switch (name) {
            case "bash" ->
                new HookCall.ToolUse(id, "Bash", own.put("command", text(input, "command")), text(input, "workdir"));
            case "read" -> new HookCall.ToolUse(id, "Read", own.put("file_path", text(input, "filePath")));
            case "write" ->
                new HookCall.ToolUse(
                        id,
                        "Write",
                        own.put("file_path", text(input, "filePath")).put("content", text(input, "content")));
            case "edit" ->
                new HookCall.ToolUse(
                        id,
                        "Edit",
                        own.put("file_path", text(input, "filePath"))
                                .put("old_string", text(input, "oldString"))
                                .put("new_string", text(input, "newString"))
                                .put("replace_all", input.path("replaceAll").asBoolean(false)));
            case "apply_patch", "patch" ->
                new HookCall.ToolUse(id, "apply_patch", own.put("command", text(input, "patchText")));
            case "glob", "grep", "list" ->
                new HookCall.ToolUse(
                        id, "Grep", own.put("pattern", text(input, "pattern")).put("path", text(input, "path")));
            case "webfetch" -> new HookCall.ToolUse(id, "WebFetch", own.put("url", text(input, "url")));
            case "websearch" -> new HookCall.ToolUse(id, "WebSearch", own.put("query", text(input, "query")));
            case "skill" -> new HookCall.ToolUse(id, "Skill", own.put("skill", text(input, "name")));
            default -> new HookCall.ToolUse(id, other(name), input);
        };
    }

    /** The client joins server and tool by an underscore, so that only Mirror's own server can be told. */
    private static String other(String name) {
        String inside = INSIDE.get(name);
        if (inside != null) {
            return inside;
        }
        return name.startsWith(MIRROR) ? "mcp__mirror__" + name.substring(MIRROR.length()) : "opencode:" + name;
    }

    @Override
    public HookReply context(String event, String text) {
        return new HookReply.Print(Json.MAPPER.writeValueAsString(Json.object().put("context", text)));
    }

    @Override
    public ObjectNode shellCall(String command) {
        return Dialect.shellCall("PreToolUse", "bash", command);
    }

    /** Silence; the client's own permissions decide after Mirror. */
    @Override
    public HookReply allow(String reason) {
        return HookReply.nothing();
    }

    /** The client asks no plugin when it asks its person, so there is no such word; Mirror's plugin blocks at every word but its own. */
    @Override
    public HookReply ask(String reason) {
        return new HookReply.Print(Json.MAPPER.writeValueAsString(Json.object().put("ask", reason)));
    }

    @Override
    public HookReply deny(String reason) {
        return new HookReply.Print(Json.MAPPER.writeValueAsString(Json.object().put("deny", reason)));
    }
}
