package mirror.tiers.dialect;

import org.jspecify.annotations.Nullable;

final class OpenAiAdapter implements Adapter {
    @Override
    public Prompt readRequest(byte[] body) {
        return OpenAiRequests.read(body);
    }

    @Override
    public byte[] writeRequest(Prompt prompt, Target target) {
        return OpenAiRequestWriter.write(prompt, target);
    }

    @Override
    public Reply readReply(byte[] body, Exchange exchange) {
        return OpenAiReplies.read(body, exchange);
    }

    @Override
    public byte[] writeReply(Reply reply, Exchange exchange) {
        return OpenAiReplies.write(reply, exchange);
    }

    @Override
    public StreamReader reader(Exchange exchange) {
        return new OpenAiStreamReader(exchange);
    }

    @Override
    public StreamWriter writer(Exchange exchange) {
        return new OpenAiStreamWriter(exchange);
    }

    @Override
    public StreamWriter writer(Exchange exchange, Begun begun) {
        return new OpenAiStreamWriter(exchange, begun);
    }

    @Override
    public Failure readError(int status, byte[] body) {
        return OpenAiErrors.read(status, body);
    }

    @Override
    public ErrorReply writeError(Failure failure, @Nullable String requestId) {
        return new ErrorReply(
                OpenAiErrors.status(failure.kind()), Trees.bytes(OpenAiErrors.body(failure), Failure.Kind.API));
    }

    @Override
    public String toString() {
        return "OpenAI chat completions";
    }
}
