package mirror.tiers.dialect;

import java.util.List;
import java.util.OptionalLong;
import mirror.bus.Json;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Ollama's {@code /api/embed}. It is told the size of its context, and to refuse what does not fit instead of cutting it in silence. */
record OllamaEmbedding(Embeddings asked, Target target) implements Query {
    @Override
    public String path() {
        return "/api/embed";
    }

    @Override
    public byte[] body() {
        ObjectNode root = Json.object().put("model", target.model());
        ArrayNode input = root.putArray("input");
        asked.texts().forEach(input::add);
        root.put("truncate", false);
        if (asked.dimensions() != null) {
            root.put("dimensions", asked.dimensions());
        }
        root.putObject("options").put("num_ctx", target.contextTokens());
        return Trees.bytes(root, Failure.Kind.INVALID_REQUEST);
    }

    @Override
    public Answer answer(byte[] body) {
        ObjectNode root = Embeddings.answer(body);
        OptionalLong tokens = Embeddings.tokens(root, "prompt_eval_count");
        List<JsonNode> vectors = List.copyOf(root.path("embeddings").values());
        return new Answer(asked.write(Answers.textOr(root, "model", target.model()), vectors, tokens), tokens);
    }
}
