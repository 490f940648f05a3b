package mirror.tiers.dialect;

final class GeminiAdapter implements ProviderAdapter {
    @Override
    public byte[] writeRequest(Prompt prompt, Target target) {
        return GeminiRequestWriter.write(prompt, target);
    }

    @Override
    public Reply readReply(byte[] body, Exchange exchange) {
        return GeminiReplies.read(body, exchange);
    }

    @Override
    public StreamReader reader(Exchange exchange) {
        return new GeminiStreamReader(exchange);
    }

    @Override
    public Failure readError(int status, byte[] body) {
        return GeminiErrors.read(status, body);
    }

    @Override
    public String toString() {
        return "Gemini generateContent";
    }
}
