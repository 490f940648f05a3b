package mirror.bus;

import java.util.ArrayList;
import java.util.List;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.StreamWriteConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The one JSON mapper: strict about duplicate keys, bounded in depth and size. Thread-safe. */
public final class Json {
    private static final int READ_DEPTH = 200;
    private static final int WRITE_DEPTH = 400;

    public static final JsonMapper MAPPER = mapper(READ_DEPTH);

    /** For what was written with {@link #MAPPER}: what wraps a payload makes it deeper, and it must still be readable. */
    static final JsonMapper LINES = mapper(WRITE_DEPTH + 1);

    private static final ObjectReader ONE = MAPPER.reader().with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private Json() {}

    private static JsonMapper mapper(int depth) {
        return JsonMapper.builder(JsonFactory.builder()
                        .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                        .streamReadConstraints(StreamReadConstraints.builder()
                                .maxNestingDepth(depth)
                                .maxStringLength(32 * 1024 * 1024)
                                .build())
                        .streamWriteConstraints(StreamWriteConstraints.builder()
                                .maxNestingDepth(WRITE_DEPTH)
                                .build())
                        .build())
                .build();
    }

    /**
     * Reads exactly one value: what follows it is an error, so that nobody else can read more out of the same bytes.
     *
     * @throws tools.jackson.core.JacksonException when the bytes are not one JSON value
     */
    public static JsonNode one(byte[] bytes) {
        return ONE.readTree(bytes);
    }

    public static ObjectNode object() {
        return MAPPER.createObjectNode();
    }

    /** The values as an array, each as Jackson sees it; {@link #list} reads it back. */
    public static ArrayNode array(Iterable<?> values) {
        ArrayNode array = array();
        values.forEach(value -> array.add(MAPPER.<JsonNode>valueToTree(value)));
        return array;
    }

    /** What {@link #array(Iterable)} wrote; of anything else than an array nothing. */
    public static <T> List<T> list(JsonNode array, Class<T> type) {
        List<T> values = new ArrayList<>();
        array.forEach(node -> values.add(MAPPER.treeToValue(node, type)));
        return values;
    }

    public static ArrayNode array() {
        return MAPPER.createArrayNode();
    }
}
