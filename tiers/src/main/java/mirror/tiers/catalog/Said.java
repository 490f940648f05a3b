package mirror.tiers.catalog;

import mirror.bus.Json;
import mirror.tiers.Known;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a provider says of one of its models.
 *
 * @param listed whether it still has it
 * @param context tokens that it takes in; 0: not said
 * @param output tokens that it writes at most; 0: not said
 */
public record Said(boolean listed, long context, long output, Known tools, Known images, Known thinks) {
    /** A model that the provider has no more. */
    static final Said GONE = new Said(false, 0, 0, Known.UNKNOWN, Known.UNKNOWN, Known.UNKNOWN);

    private static final long MOST_TOKENS = 1_000_000_000;

    void write(ObjectNode to) {
        to.put("listed", listed);
        if (context > 0) {
            to.put("context", context);
        }
        if (output > 0) {
            to.put("output", output);
        }
        put(to, "tools", tools);
        put(to, "images", images);
        put(to, "thinks", thinks);
    }

    private static void put(ObjectNode to, String name, Known known) {
        if (known != Known.UNKNOWN) {
            to.put(name, known == Known.YES);
        }
    }

    static Said read(JsonNode from) {
        return new Said(
                from.path("listed").asBoolean(false),
                tokens(from.path("context")),
                tokens(from.path("output")),
                known(from.path("tools")),
                known(from.path("images")),
                known(from.path("thinks")));
    }

    /** A number of tokens that can be one, or 0. */
    static long tokens(JsonNode node) {
        boolean sound = node.isIntegralNumber() && node.canConvertToLong();
        long tokens = sound ? node.asLong() : 0;
        return tokens > 0 && tokens <= MOST_TOKENS ? tokens : 0;
    }

    /** What is neither true nor false says nothing. */
    static Known known(JsonNode node) {
        return node.isBoolean() ? Known.of(node.asBoolean()) : Known.UNKNOWN;
    }

    ObjectNode json() {
        ObjectNode node = Json.object();
        write(node);
        return node;
    }
}
