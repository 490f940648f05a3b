package mirror.tiers.dialect;

import java.util.List;
import java.util.OptionalLong;
import mirror.bus.Json;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Gemini's {@code batchEmbedContents}: one request for each text. Most of its models do not say what that used. */
record GeminiEmbedding(Embeddings asked, Target target) implements Query {
    @Override
    public String path() {
        return "/models/" + target.model() + ":batchEmbedContents";
    }

    @Override
    public byte[] body() {
        ObjectNode root = Json.object();
        ArrayNode requests = root.putArray("requests");
        for (String text : asked.texts()) {
            ObjectNode request = requests.addObject().put("model", "models/" + target.model());
            request.putObject("content").putArray("parts").addObject().put("text", text);
            if (asked.dimensions() != null) {
                request.put("outputDimensionality", asked.dimensions());
            }
        }
        return Trees.bytes(root, Failure.Kind.INVALID_REQUEST);
    }

    @Override
    public Answer answer(byte[] body) {
        ObjectNode root = Embeddings.answer(body);
        List<JsonNode> vectors = root.path("embeddings")
                .valueStream()
                .map(each -> each.path("values"))
                .toList();
        OptionalLong tokens = Embeddings.tokens(root.path("usageMetadata"), "promptTokenCount");
        return new Answer(asked.write(target.model(), vectors, tokens), tokens);
    }
}
