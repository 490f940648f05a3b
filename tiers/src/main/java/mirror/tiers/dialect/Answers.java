package mirror.tiers.dialect;

import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Reading what a provider answered: what is not known is passed over, what is not understood is its failure. */
final class Answers {
    private static final long MOST_TOKENS = 1_000_000_000_000L;

    private Answers() {}

    static DialectException notUnderstood(String why) {
        return new DialectException(
                new Failure(Failure.Kind.API, "The provider's answer cannot be used: " + why + "."));
    }

    static @Nullable String text(JsonNode node, String name) {
        JsonNode value = node.path(name);
        return value.isString() ? value.stringValue() : null;
    }

    static String textOr(JsonNode node, String name, String otherwise) {
        String value = text(node, name);
        return value == null || value.isEmpty() ? otherwise : value;
    }

    /** A text that may be left out, and that must not be anything else: passing it over would lose what the model said. */
    static String words(JsonNode node, String name) {
        JsonNode value = node.path(name);
        if (value.isString()) {
            return value.stringValue();
        }
        if (!value.isMissingNode() && !value.isNull()) {
            throw notUnderstood("its " + name + " is not a text");
        }
        return "";
    }

    /** The name of the tool that is called. */
    static String name(JsonNode node) {
        String name = textOr(node, "name", "");
        if (name.isEmpty()) {
            throw notUnderstood("a call of a tool does not name it");
        }
        return name;
    }

    static String id(JsonNode node, Exchange exchange, int call) {
        return textOr(node, "id", ToolIds.made(exchange, call));
    }

    /** A count of tokens or the like; what no call can have is not believed. */
    static long count(JsonNode node, String name, long otherwise) {
        JsonNode value = node.path(name);
        boolean believed = value.isIntegralNumber()
                && value.canConvertToLong()
                && value.longValue() >= 0
                && value.longValue() <= MOST_TOKENS;
        return believed ? value.longValue() : otherwise;
    }

    /** A reply that waits for tools calls some. */
    static void callsFit(Stop stop, List<Part> parts) {
        if (stop == Stop.TOOL_USE && parts.stream().noneMatch(Part.ToolUse.class::isInstance)) {
            throw notUnderstood("it waits for a tool and calls none");
        }
    }
}
