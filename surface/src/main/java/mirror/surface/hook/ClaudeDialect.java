package mirror.surface.hook;

import mirror.bus.Json;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Claude Code (see {@code docs/clients/claude-code.md}). Its names of tools are those of Mirror's policy. Codex took over the form of its
 * hooks and differs in what {@link CodexDialect} overrides. Thread-safe.
 */
class ClaudeDialect implements Dialect {
    static final String CLIENT = "claude-code";

    @Override
    public String client() {
        return CLIENT;
    }

    @Override
    public boolean tellsFailure() {
        return true;
    }

    /** The client cuts {@code additionalContext} at 10,000 characters and then shows a file name instead. */
    @Override
    public int contextCharacters() {
        return 9_800;
    }

    @Override
    public HookCall read(String event, JsonNode body) {
        return switch (event) {
            case "SessionStart" -> new HookCall.Opened(text(body, "source"));
            case "UserPromptSubmit" -> new HookCall.Prompted(text(body, "prompt"));
            case "PreToolUse" -> new HookCall.Before(use(body), isStrict(text(body, "permission_mode")));
            case "PostToolUse" -> new HookCall.After(use(body), body.path("tool_response"));
            case "PostToolUseFailure" -> new HookCall.Failed(use(body), body.path("error"));
            case "PreCompact" -> new HookCall.Compacting(text(body, "trigger"));
            case "Stop", "StopFailure" ->
                new HookCall.TurnEnded(text(body, "last_assistant_message"), text(body, "error"));
            case "SubagentStop" ->
                new HookCall.SubagentEnded(
                        text(body, "last_assistant_message"), text(body, "agent_id"), text(body, "agent_type"));
            case "SessionEnd" -> new HookCall.Ended(text(body, "reason"));
            case "ConfigChange" -> new HookCall.SettingsChanged(text(body, "source"), text(body, "file_path"));
            default -> new HookCall.Other();
        };
    }

    HookCall.ToolUse use(JsonNode body) {
        return new HookCall.ToolUse(text(body, "tool_use_id"), text(body, "tool_name"), body.path("tool_input"));
    }

    /** In plan and dontAsk the person asked the client itself to be stricter; Mirror's yes must not overrule that. */
    private static boolean isStrict(String mode) {
        return mode.equals("plan") || mode.equals("dontAsk");
    }

    static String text(JsonNode body, String field) {
        return body.path(field).asString("");
    }

    @Override
    public HookReply context(String event, String text) {
        return HookReply.specific(Json.object().put("hookEventName", event).put("additionalContext", text));
    }

    @Override
    public ObjectNode shellCall(String command) {
        return Dialect.shellCall("PreToolUse", "Bash", command);
    }

    @Override
    public HookReply allow(String reason) {
        return permission("allow", reason);
    }

    @Override
    public HookReply deny(String reason) {
        return permission("deny", reason);
    }

    @Override
    public HookReply ask(String reason) {
        return permission("ask", reason);
    }

    private static HookReply permission(String decision, String reason) {
        ObjectNode answer = Json.object().put("hookEventName", "PreToolUse").put("permissionDecision", decision);
        return HookReply.specific(answer.put("permissionDecisionReason", reason));
    }
}
