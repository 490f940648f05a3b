package mirror.tiers.dialect;

import java.util.OptionalLong;

/**
 * A call that is answered at once, whole, and not in a model's words: vectors of texts, or a count of tokens. It is written for one provider and
 * answered in the client's form. Immutable.
 */
public interface Query {
    /** Behind the provider's base address. */
    String path();

    byte[] body();

    /** @throws DialectException with a failure of the provider's, when this is no answer to it */
    Answer answer(byte[] body);

    /**
     * @param body for the client
     * @param tokens that the provider read for it; empty: it did not say
     */
    @SuppressWarnings("ArrayRecordComponent")
    record Answer(byte[] body, OptionalLong tokens) {}

    /**
     * Anthropic's {@code POST /v1/messages/count_tokens} in front of Gemini, which counts system prompt, tools and conversation as it would read them.
     *
     * @throws DialectException with a failure for the client, when it is no request, or Gemini cannot be told it
     */
    static Query countAtGemini(byte[] request, Target target) {
        return new GeminiCount(AnthropicRequests.readCount(request), target);
    }

    /**
     * OpenAI's {@code POST /v1/embeddings} in front of Gemini.
     *
     * @throws DialectException with a failure for the client, when it is no request, or Gemini cannot be told it
     */
    static Query embedAtGemini(byte[] request, Target target) {
        return new GeminiEmbedding(Embeddings.read(request), target);
    }

    /**
     * OpenAI's {@code POST /v1/embeddings} in front of Ollama.
     *
     * @throws DialectException with a failure for the client, when it is no request, or Ollama cannot be told it
     */
    static Query embedAtOllama(byte[] request, Target target) {
        return new OllamaEmbedding(Embeddings.read(request), target);
    }
}
