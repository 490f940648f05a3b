package mirror.surface.hook;

import tools.jackson.databind.JsonNode;

/** How one client speaks: what its hooks say, and in which words it takes an answer. Implementations have no state. */
interface Dialect {
    /** The name that the client's events carry. */
    String client();

    /** How much of a context reaches the model whole. */
    int contextCharacters();

    /** Reads one call; events that Mirror has no use for are {@link HookCall.Other}. */
    HookCall read(String event, JsonNode body);

    /** Tells the model something, as the answer to this event. */
    HookReply context(String event, String text);

    /** The tool may run. */
    HookReply allow(String reason);

    /** The tool must not run; the reason is for the model. */
    HookReply deny(String reason);
}
