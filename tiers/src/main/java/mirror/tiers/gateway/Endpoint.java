package mirror.tiers.gateway;

import java.util.Locale;
import mirror.tiers.Dialect;
import mirror.tiers.dialect.Adapter;
import mirror.tiers.dialect.ClientAdapter;
import org.jspecify.annotations.Nullable;

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

    /** As events, receipts and the gate's policy name it. */
    String text() {
        return name().toLowerCase(Locale.ROOT);
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

    /** By which providers of other dialects can answer it, through the form between the dialects; null where they cannot. */
    @Nullable
    ClientAdapter client() {
        return switch (this) {
            case MESSAGES -> Adapter.ANTHROPIC;
            case CHAT -> Adapter.OPENAI;
            case COUNT_TOKENS, RESPONSES, EMBEDDINGS -> null;
        };
    }

    boolean translates() {
        return client() != null;
    }

    boolean isFree() {
        return this == COUNT_TOKENS;
    }
}
