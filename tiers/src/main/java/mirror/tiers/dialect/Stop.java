package mirror.tiers.dialect;

/** Why a reply ended. */
public enum Stop {
    /** The model was done. */
    END,
    /** The limit of the request. */
    MAX_TOKENS,
    /** The model's window is full. */
    CONTEXT_FULL,
    /** One of the request's stop texts. */
    STOP_SEQUENCE,
    /** It waits for results of tools. */
    TOOL_USE,
    /** The model refused, or a filter of the provider's. */
    REFUSAL,
    /** A long turn paused on the provider's side; only Anthropic does that, and only with tools that it runs itself. */
    PAUSE
}
