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

    /** In whose words a client is answered, when they are not a provider's own. */
    ClientAdapter client() {
        return switch (this) {
            case MESSAGES, COUNT_TOKENS -> Adapter.ANTHROPIC;
            case CHAT, EMBEDDINGS -> Adapter.OPENAI;
            case RESPONSES -> Adapter.RESPONSES;
        };
    }

    /** Whether providers of this dialect have it, in the client's form or in another one. */
    boolean isAnsweredBy(Dialect provider) {
        return switch (this) {
            case MESSAGES, CHAT, RESPONSES -> true;
            case COUNT_TOKENS -> provider == Dialect.ANTHROPIC || provider == Dialect.GEMINI;
            case EMBEDDINGS -> provider != Dialect.ANTHROPIC;
        };
    }

    /** Why none of a model's providers has it, for the client. */
    String unanswered() {
        return switch (this) {
            case COUNT_TOKENS ->
                "no provider of this model counts tokens, which those of dialect anthropic and gemini do; nothing is guessed";
            case EMBEDDINGS ->
                "no provider of this model has embeddings, which those of dialect openai, gemini and ollama have";
            case MESSAGES, CHAT, RESPONSES -> "this model has no provider";
        };
    }

    /** By whom a stream of it that passes is read, so that another provider can go on with it; null: by nobody. */
    @Nullable
    Adapter heard() {
        return switch (this) {
            case MESSAGES -> Adapter.ANTHROPIC;
            case CHAT -> Adapter.OPENAI;
            case RESPONSES, COUNT_TOKENS, EMBEDDINGS -> null;
        };
    }

    boolean isFree() {
        return this == COUNT_TOKENS;
    }
}
