package mirror.tiers.dialect;

import java.util.OptionalLong;
import mirror.bus.Json;
import tools.jackson.databind.node.ObjectNode;

/** Counts with Gemini's {@code countTokens}, given the whole request that would be made. */
record GeminiCount(Prompt prompt, Target target) implements Query {
    @Override
    public String path() {
        return "/models/" + target.model() + ":countTokens";
    }

    @Override
    public byte[] body() {
        ObjectNode request = GeminiRequestWriter.tree(prompt, target).put("model", "models/" + target.model());
        ObjectNode root = Json.object();
        root.set("generateContentRequest", request);
        return Trees.bytes(root, Failure.Kind.INVALID_REQUEST);
    }

    @Override
    public Answer answer(byte[] body) {
        ObjectNode root = Trees.object(body);
        long tokens = root == null ? -1 : Answers.count(root, "totalTokens", -1);
        if (tokens < 0) {
            throw Answers.notUnderstood("it does not say how many tokens there are");
        }
        return new Answer(
                Trees.bytes(Json.object().put("input_tokens", tokens), Failure.Kind.API), OptionalLong.empty());
    }
}
