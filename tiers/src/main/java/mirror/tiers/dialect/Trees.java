package mirror.tiers.dialect;

import mirror.bus.Json;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.node.ObjectNode;

/** Bytes to trees and back. Numbers keep all their digits: an argument of a tool must not change on the way. */
final class Trees {
    private static final ObjectReader EXACT = Json.MAPPER
            .reader()
            .with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .with(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);

    private Trees() {}

    /** Null when the bytes are not one JSON object. */
    static @Nullable ObjectNode object(byte[] bytes) {
        try {
            return EXACT.readTree(bytes) instanceof ObjectNode object ? object : null;
        } catch (JacksonException | ArithmeticException | NumberFormatException e) {
            return null;
        }
    }

    /** Null when the text is not one JSON object. */
    static @Nullable ObjectNode object(String text) {
        try {
            return EXACT.readTree(text) instanceof ObjectNode object ? object : null;
        } catch (JacksonException | ArithmeticException | NumberFormatException e) {
            return null;
        }
    }

    static String text(JsonNode tree) {
        return Json.MAPPER.writeValueAsString(tree);
    }

    /** @throws DialectException of this kind when a text has half a character, which UTF-8 cannot say */
    static byte[] bytes(JsonNode tree, Failure.Kind kind) {
        try {
            return Json.MAPPER.writeValueAsBytes(tree);
        } catch (JacksonException e) {
            throw new DialectException(
                    kind, "A text has half of a surrogate pair or is nested too deeply, and cannot be sent on.", "");
        }
    }
}
