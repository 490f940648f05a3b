package mirror.tiers.dialect;

/**
 * One API's dialect, as its clients and its providers speak it. Each reads and writes the neutral forms ({@link Prompt}, {@link Reply},
 * {@link StreamEvent}, {@link Failure}), so that any client can be put in front of any provider. What is dropped or refused on the way is written
 * down in docs/decisions/0030. Whoever calls bounds the sizes; bodies of tens of megabytes are fine.
 */
public interface Adapter extends ClientAdapter, ProviderAdapter {
    /** Messages of Anthropic, version 2023-06-01: {@code POST /v1/messages}. */
    Adapter ANTHROPIC = new AnthropicAdapter();

    /** OpenAI's Responses API as clients speak it: {@code POST /v1/responses}. Its conversations are carried, none is kept. */
    ClientAdapter RESPONSES = new ResponsesAdapter();

    /** Chat completions of OpenAI and of those that imitate them: {@code POST /v1/chat/completions}. */
    Adapter OPENAI = new OpenAiAdapter();

    /**
     * Google's Gemini API, v1beta, as a provider: {@code POST /models/{model}:generateContent}, and {@code :streamGenerateContent?alt=sse} to stream.
     */
    ProviderAdapter GEMINI = new GeminiAdapter();

    /** Ollama as a provider: {@code POST /api/chat}. */
    ProviderAdapter OLLAMA = new OllamaAdapter();

    /** A model in this process. */
    ProviderAdapter LLAMA = new LlamaAdapter();

    /** A writer that goes on with a message of text alone, which somebody else has begun and the client has got so far. */
    StreamWriter writer(Exchange exchange, Begun begun);
}
