package mirror.surface.hook;

import java.nio.file.Path;
import tools.jackson.databind.JsonNode;

/** What a client reports or asks by a hook, in Mirror's own terms; each client's {@link Dialect} makes it from the client's words. */
sealed interface HookCall {
    /**
     * A call of a tool by Mirror's names: whatever a client calls its shell, it is {@code Bash} with a {@code command} here, so that
     * the same effect meets the same rules.
     *
     * @param id the client's id of the call, or one that Mirror made up where the client gives none
     * @param folder where it runs, from the session's folder on; empty for that itself
     */
    record ToolUse(String id, String tool, JsonNode input, String folder) {
        ToolUse(String id, String tool, JsonNode input) {
            this(id, tool, input, "");
        }

        /** The folder in which relative paths of the call start. */
        Path in(Path cwd) {
            return folder.isEmpty() ? cwd : cwd.resolve(folder).normalize();
        }
    }

    /** @param how {@code startup}, {@code resume} and the like */
    record Opened(String how) implements HookCall {}

    record Prompted(String text) implements HookCall {}

    /**
     * May the tool run?
     *
     * @param strict whether the person asked the client itself to be stricter than Mirror's yes
     */
    record Before(ToolUse use, boolean strict) implements HookCall {}

    record After(ToolUse use, JsonNode response) implements HookCall {}

    record Failed(ToolUse use, JsonNode error) implements HookCall {}

    record Compacting(String trigger) implements HookCall {}

    /** @param error the failure that ended the turn, or empty */
    record TurnEnded(String message, String error) implements HookCall {}

    record SubagentEnded(String message, String agent, String kind) implements HookCall {}

    record Ended(String reason) implements HookCall {}

    /** The client's settings were changed while it runs. */
    record SettingsChanged(String source, String file) implements HookCall {}

    /** Nothing that Mirror records. */
    record Other() implements HookCall {}
}
