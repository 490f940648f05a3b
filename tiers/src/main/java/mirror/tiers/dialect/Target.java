package mirror.tiers.dialect;

/**
 * The model that a request is written for, and what its API must or may be told.
 *
 * @param model its name there
 * @param maxTokens most tokens of a reply, for a dialect that demands a number (Anthropic) when the client gave none
 * @param effort whether the model takes an effort; a hint, left out otherwise
 * @param oldMaxTokens OpenAI's dialect: the server knows {@code max_tokens} alone, as most that imitate it do
 * @param contextTokens size of the context; Ollama's dialect must be told it, for the others it means nothing
 */
public record Target(String model, int maxTokens, boolean effort, boolean oldMaxTokens, int contextTokens) {
    public Target {
        if (maxTokens < 1) {
            throw new IllegalArgumentException("the most tokens of a reply must be at least 1");
        }
    }
}
