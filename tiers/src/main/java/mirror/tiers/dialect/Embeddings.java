package mirror.tiers.dialect;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import java.util.List;
import java.util.OptionalLong;
import mirror.bus.Json;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Texts to be made vectors, as a client of OpenAI's {@code POST /v1/embeddings} asks for them, and the answer to it.
 *
 * @param dimensions how long the vectors are to be; null: the model's own length
 * @param base64 whether the client wants each vector as base64 of its float32 in little-endian order, as most SDKs do
 */
record Embeddings(List<String> texts, @Nullable Integer dimensions, boolean base64) {
    static Embeddings read(byte[] body) {
        Fields f = Fields.request(body);
        f.drop("user");
        f.needText("model");
        String encoding = f.text("encoding_format");
        if (encoding != null && !encoding.equals("float") && !encoding.equals("base64")) {
            throw f.wrong("encoding_format", "must be float or base64");
        }
        Embeddings read = new Embeddings(texts(f), f.integer("dimensions", 1), "base64".equals(encoding));
        f.end();
        return read;
    }

    private static List<String> texts(Fields f) {
        JsonNode input = f.take("input");
        if (input != null && input.isString()) {
            return List.of(input.stringValue());
        }
        if (input == null || !input.isArray() || input.isEmpty()) {
            throw f.wrong("input", "must be a text or an array of texts");
        }
        if (!input.path(0).isString()) {
            // Numbers of one model's tokenizer mean other words to every other model.
            throw f.refused("input", "Send texts, not tokens");
        }
        return List.copyOf(f.texts("input"));
    }

    /**
     * @param model by the provider's own word
     * @param vectors one array of numbers for each text, in their order
     * @param tokens that the provider read; when it did not say, neither does this
     */
    byte[] write(String model, List<JsonNode> vectors, OptionalLong tokens) {
        if (vectors.size() != texts.size()) {
            throw Answers.notUnderstood("it has " + vectors.size() + " vectors for " + texts.size() + " texts");
        }
        ObjectNode root = Json.object().put("object", "list");
        ArrayNode data = root.putArray("data");
        int length = dimensions == null ? vectors.getFirst().size() : dimensions;
        for (JsonNode vector : vectors) {
            check(vector, length);
            ObjectNode one = data.addObject().put("object", "embedding").put("index", data.size() - 1);
            if (base64) {
                one.put("embedding", floats(vector));
            } else {
                one.set("embedding", vector);
            }
        }
        root.put("model", model);
        tokens.ifPresent(
                all -> root.putObject("usage").put("prompt_tokens", all).put("total_tokens", all));
        return Trees.bytes(root, Failure.Kind.API);
    }

    private static void check(JsonNode vector, int length) {
        if (!vector.isArray() || vector.size() != length || length == 0) {
            throw Answers.notUnderstood("a vector has " + vector.size() + " numbers and not " + length);
        }
        for (JsonNode number : vector) {
            if (!number.isNumber() || !Float.isFinite(number.decimalValue().floatValue())) {
                throw Answers.notUnderstood("a vector has what is no number");
            }
        }
    }

    private static String floats(JsonNode vector) {
        ByteBuffer bytes = ByteBuffer.allocate(vector.size() * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        vector.forEach(number -> bytes.putFloat(number.decimalValue().floatValue()));
        return Base64.getEncoder().encodeToString(bytes.array());
    }

    /** An answer with a list of vectors, which is checked when it is written. */
    static ObjectNode answer(byte[] body) {
        ObjectNode root = Trees.object(body);
        if (root == null
                || !root.path("embeddings").isArray()
                || root.path("embeddings").isEmpty()) {
            throw Answers.notUnderstood("it has no embeddings");
        }
        return root;
    }

    static OptionalLong tokens(JsonNode node, String name) {
        long tokens = Answers.count(node, name, -1);
        return tokens < 0 ? OptionalLong.empty() : OptionalLong.of(tokens);
    }
}
