package mirror.continuity;

import java.nio.charset.StandardCharsets;
import java.util.Set;
import mirror.bus.Json;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Reads of a JSON line only what a transcript's summary needs: the named fields, the start of texts, a bounded number of values. All else
 * is passed over without being kept, so a hostile line costs no more memory than itself.
 */
final class Outline {
    /** Characters kept of a text. */
    static final int TEXT = 4_000;

    private static final int VALUES = 20_000;

    private static final Set<String> FIELDS = Set.of(
            "type",
            "message",
            "role",
            "content",
            "text",
            "id",
            "sessionId",
            "cwd",
            "timestamp",
            "isMeta",
            "isSidechain",
            "payload",
            "item");

    /** Of a name that comes twice the last value counts, as the clients' own readers have it; the check would cost memory. */
    private static final ObjectReader READER =
            Json.MAPPER.reader().without(StreamReadFeature.STRICT_DUPLICATE_DETECTION);

    private int values;

    private Outline() {}

    /** The outline of the one JSON object that the bytes are, or null when they are something else. */
    static @Nullable JsonNode of(byte[] bytes, int length) {
        try (JsonParser parser = READER.createParser(bytes, 0, length)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return null;
            }
            JsonNode outline = new Outline().object(parser);
            return parser.nextToken() == null ? outline : null;
        } catch (JacksonException e) {
            return null;
        }
    }

    private ObjectNode object(JsonParser parser) {
        ObjectNode object = Json.object();
        while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
            String name = parser.currentName();
            JsonToken token = parser.nextToken();
            JsonNode value = FIELDS.contains(name) ? value(parser, token) : skipped(parser);
            if (value != null) {
                object.set(name, value);
            }
        }
        return object;
    }

    private ArrayNode array(JsonParser parser) {
        ArrayNode array = Json.array();
        for (JsonToken token = parser.nextToken(); token != JsonToken.END_ARRAY; token = parser.nextToken()) {
            JsonNode value = value(parser, token);
            if (value != null) {
                array.add(value);
            }
        }
        return array;
    }

    private @Nullable JsonNode value(JsonParser parser, JsonToken token) {
        if (++values > VALUES) {
            return skipped(parser);
        }
        return switch (token) {
            case START_OBJECT -> object(parser);
            case START_ARRAY -> array(parser);
            case VALUE_STRING -> Json.MAPPER.getNodeFactory().stringNode(start(parser.getString()));
            case VALUE_TRUE -> Json.MAPPER.getNodeFactory().booleanNode(true);
            case VALUE_FALSE -> Json.MAPPER.getNodeFactory().booleanNode(false);
            default -> null;
        };
    }

    private static @Nullable JsonNode skipped(JsonParser parser) {
        parser.skipChildren();
        return null;
    }

    /** JSON can name half of a surrogate pair, which no event can hold. */
    private static String start(String text) {
        String head = text.length() <= TEXT ? text : text.substring(0, TEXT);
        return new String(head.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
    }
}
