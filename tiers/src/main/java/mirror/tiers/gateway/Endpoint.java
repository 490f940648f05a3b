package mirror.tiers.gateway;

import mirror.tiers.Dialect;

/** What a client can ask for, and where a provider has it. */
public enum Endpoint {
    MESSAGES(Dialect.ANTHROPIC, "/v1/messages"),
    COUNT_TOKENS(Dialect.ANTHROPIC, "/v1/messages/count_tokens"),
    CHAT(Dialect.OPENAI, "/chat/completions"),
    RESPONSES(Dialect.OPENAI, "/responses"),
    EMBEDDINGS(Dialect.OPENAI, "/embeddings");

    private final Dialect dialect;
    private final String path;

    Endpoint(Dialect dialect, String path) {
        this.dialect = dialect;
        this.path = path;
    }

    public Dialect dialect() {
        return dialect;
    }

    /** Behind a provider's base address, which for OpenAI's dialect holds the version already, as in its SDKs. */
    String path() {
        return path;
    }

    /** Whether the provider writes an answer that costs. */
    boolean generates() {
        return this == MESSAGES || this == CHAT || this == RESPONSES;
    }

    /** Whether providers of other dialects can answer it, through the form between the dialects. */
    boolean translates() {
        return this == MESSAGES || this == CHAT;
    }

    boolean isFree() {
        return this == COUNT_TOKENS;
    }
}
