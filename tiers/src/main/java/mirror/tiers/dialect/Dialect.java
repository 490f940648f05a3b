package mirror.tiers.dialect;

import org.jspecify.annotations.Nullable;

/**
 * One API's way of speaking. Each reads and writes the neutral forms ({@link Prompt}, {@link Reply}, {@link StreamEvent}, {@link Failure}), so that any
 * client can be put in front of any provider. What is dropped or refused on the way is written down in docs/decisions/0030. Without state and
 * thread-safe. Whoever calls bounds the sizes; bodies of tens of megabytes are fine.
 */
public sealed interface Dialect permits AnthropicDialect, OpenAiDialect {
    /** Messages of Anthropic, version 2023-06-01: {@code POST /v1/messages}. */
    Dialect ANTHROPIC = new AnthropicDialect();

    /** Chat completions of OpenAI and those that imitate them: {@code POST /v1/chat/completions}. */
    Dialect OPENAI = new OpenAiDialect();

    /** @throws DialectException with a failure for the client, when it is no request or says what no other dialect can say */
    Prompt readRequest(byte[] body);

    /** @throws DialectException with a failure for the client, when this dialect cannot say it */
    byte[] writeRequest(Prompt prompt, Target target);

    /** @throws DialectException with a failure of the provider's, when it is no reply or says what no other dialect can say */
    Reply readReply(byte[] body, Exchange exchange);

    /** @throws DialectException when this dialect cannot say it */
    byte[] writeReply(Reply reply, Exchange exchange);

    StreamReader reader(Exchange exchange);

    StreamWriter writer(Exchange exchange);

    /**
     * What a provider's error says. Never throws.
     *
     * @param status of HTTP, 400 or above
     */
    Failure readError(int status, byte[] body);

    /**
     * An error for a client.
     *
     * @param requestId for the body, where the dialect has a place for it
     */
    ErrorReply writeError(Failure failure, @Nullable String requestId);

    record ErrorReply(int status, byte[] body) {}
}
