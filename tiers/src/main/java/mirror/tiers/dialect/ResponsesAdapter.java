package mirror.tiers.dialect;

import org.jspecify.annotations.Nullable;

final class ResponsesAdapter implements ClientAdapter {
    @Override
    public Prompt readRequest(byte[] body) {
        return ResponsesRequests.read(body);
    }

    @Override
    public byte[] writeReply(Reply reply, Exchange exchange) {
        return ResponsesReplies.write(reply, exchange);
    }

    @Override
    public StreamWriter writer(Exchange exchange) {
        return new ResponsesStreamWriter(exchange);
    }

    @Override
    public ErrorReply writeError(Failure failure, @Nullable String requestId) {
        return Adapter.OPENAI.writeError(failure, requestId);
    }

    @Override
    public String toString() {
        return "OpenAI responses";
    }
}
