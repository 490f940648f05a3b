package mirror.surface.hook;

import mirror.bus.Json;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** How one client speaks: what its hooks say, and in which words it takes an answer. Implementations have no state. */
interface Dialect {
    /** A call before a tool with one input, the command. */
    static ObjectNode shellCall(String event, String tool, String command) {
        ObjectNode call = Json.object().put("hook_event_name", event).put("tool_name", tool);
        call.putObject("tool_input").put("command", command);
        return call;
    }

    /** The name that the client's events carry. */
    String client();

    /** How much of a context reaches the model whole. */
    int contextCharacters();

    /** Whether what the session is told comes with its next prompt and not when it is opened. */
    default boolean contextWithPrompt() {
        return false;
    }

    /** Whether the client says of a command that ended with another status than 0 that it failed. */
    boolean tellsFailure();

    /** Reads one call; events that Mirror has no use for are {@link HookCall.Other}. */
    HookCall read(String event, JsonNode body);

    /** Tells the model something, as the answer to this event. */
    HookReply context(String event, String text);

    /** A call of the client's shell, in the client's words, as its hook would report it; for drills. */
    ObjectNode shellCall(String command);

    /** The tool may run. */
    HookReply allow(String reason);

    /**
     * The client's own word for asking the person at its terminal. Mirror never says it: some clients read it and go on, some wait for
     * ever, and a person who is not there sees nothing. What asks waits in the hook client, or is denied with the approval's id.
     */
    HookReply ask(String reason);

    /** The tool must not run; the reason is for the model. */
    HookReply deny(String reason);
}
