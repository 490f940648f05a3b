package mirror.surface.hook;

import java.util.Map;
import mirror.bus.Json;
import tools.jackson.databind.JsonNode;

/** Codex (see {@code docs/clients/codex.md}): Claude Code's form, other tools, and no way to say yes but silence. Thread-safe. */
final class CodexDialect extends ClaudeDialect {
    /** The client's own tools by what they are to Mirror. A name that is not here stays strange to the policy, which asks. */
    private static final Map<String, String> TOOLS = Map.ofEntries(
            Map.entry("Bash", "Bash"),
            Map.entry("apply_patch", "apply_patch"),
            Map.entry("spawn_agent", "Agent"),
            Map.entry("send_input", "SendMessage"),
            Map.entry("wait_agent", "TaskOutput"),
            Map.entry("close_agent", "TaskStop"),
            Map.entry("update_plan", "TodoWrite"),
            Map.entry("get_goal", "TodoWrite"),
            Map.entry("create_goal", "TodoWrite"),
            Map.entry("update_goal", "TodoWrite"),
            Map.entry("request_user_input", "AskUserQuestion"));

    /** {@code exit 3} is a success to it. */
    @Override
    public boolean tellsFailure() {
        return false;
    }

    @Override
    public String client() {
        return "codex";
    }

    /** What an agent tells a subagent comes as a prompt, too; it is not the person's. */
    @Override
    public HookCall read(String event, JsonNode body) {
        return event.equals("UserPromptSubmit") && !text(body, "agent_id").isEmpty()
                ? new HookCall.Other()
                : super.read(event, body);
    }

    @Override
    HookCall.ToolUse use(JsonNode body) {
        String name = text(body, "tool_name");
        JsonNode input = body.path("tool_input");
        String id = text(body, "tool_use_id");
        if (name.startsWith("mcp__")) {
            return new HookCall.ToolUse(id, name, input);
        }
        if (name.equals("view_image")) {
            return new HookCall.ToolUse(id, "Read", Json.object().put("file_path", text(input, "path")));
        }
        String known = TOOLS.get(name);
        return new HookCall.ToolUse(id, known == null ? "codex:" + name : known, input);
    }

    /** Silence: the client calls any other yes a broken hook. Its own sandbox and approvals decide after Mirror. */
    @Override
    public HookReply allow(String reason) {
        return HookReply.nothing();
    }
}
