package mirror.tiers.dialect;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

final class AnthropicAdapter implements Adapter {
    @Override
    public Prompt readRequest(byte[] body) {
        return AnthropicRequests.read(body);
    }

    @Override
    public byte[] writeRequest(Prompt prompt, Target target) {
        return AnthropicRequestWriter.write(prompt, target);
    }

    @Override
    public Optional<byte[]> writeBegun(Prompt prompt, Target target) {
        return Optional.of(AnthropicRequestWriter.writeBegun(prompt, target));
    }

    @Override
    public Reply readReply(byte[] body, Exchange exchange) {
        return AnthropicReplies.read(body, exchange);
    }

    @Override
    public byte[] writeReply(Reply reply, Exchange exchange) {
        return AnthropicReplies.write(reply);
    }

    @Override
    public StreamReader reader(Exchange exchange) {
        return new AnthropicStreamReader(exchange);
    }

    @Override
    public StreamWriter writer(Exchange exchange) {
        return new AnthropicStreamWriter();
    }

    @Override
    public StreamWriter writer(Exchange exchange, Begun begun) {
        return new AnthropicStreamWriter(begun);
    }

    @Override
    public Failure readError(int status, byte[] body) {
        return AnthropicErrors.read(status, body);
    }

    @Override
    public ErrorReply writeError(Failure failure, @Nullable String requestId) {
        return new ErrorReply(
                failure.kind().status(), Trees.bytes(AnthropicErrors.body(failure, requestId), Failure.Kind.API));
    }

    @Override
    public String toString() {
        return "Anthropic Messages";
    }
}
