package mirror.tiers.dialect;

final class OllamaAdapter implements ProviderAdapter {
    @Override
    public byte[] writeRequest(Prompt prompt, Target target) {
        return OllamaRequestWriter.write(prompt, target);
    }

    @Override
    public Reply readReply(byte[] body, Exchange exchange) {
        return OllamaReplies.read(body, exchange);
    }

    @Override
    public StreamReader reader(Exchange exchange) {
        return new OllamaStreamReader(exchange);
    }

    /** Its error is a text, as it is of some that imitate OpenAI. */
    @Override
    public Failure readError(int status, byte[] body) {
        return OpenAiErrors.read(status, body);
    }

    @Override
    public String toString() {
        return "Ollama chat";
    }
}
