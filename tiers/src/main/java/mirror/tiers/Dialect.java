package mirror.tiers;

import java.util.Locale;
import java.util.Optional;

/** What clients and providers speak. */
public enum Dialect {
    /** Anthropic's Messages API. */
    ANTHROPIC,
    /** OpenAI's chat completions, responses and embeddings, and what others offer in their form. */
    OPENAI,
    /** Google's Gemini API, which providers speak and no client. */
    GEMINI,
    /** Ollama's own chat API, which providers speak and no client. */
    OLLAMA,
    /** None: llama.cpp within this process. */
    LLAMA;

    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    public static Optional<Dialect> of(String text) {
        for (Dialect dialect : values()) {
            if (dialect.text().equals(text)) {
                return Optional.of(dialect);
            }
        }
        return Optional.empty();
    }
}
