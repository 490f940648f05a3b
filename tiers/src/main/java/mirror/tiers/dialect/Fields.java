package mirror.tiers.dialect;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * One JSON object of a request, read field by field. What nobody asked for by {@link #end()} is refused by its name: a field that is passed over in
 * silence might be the one that changes the answer. A field that is null counts as left out.
 */
final class Fields {
    private final ObjectNode node;
    private final String path;
    private final Set<String> seen = new HashSet<>();

    private Fields(ObjectNode node, String path) {
        this.node = node;
        this.path = path;
    }

    static Fields request(byte[] body) {
        ObjectNode node = Trees.object(body);
        if (node == null) {
            throw new DialectException(
                    Failure.Kind.INVALID_REQUEST,
                    "The body is not one JSON object, or has a field twice, or is nested too deeply.",
                    "");
        }
        return new Fields(node, "");
    }

    static Fields of(JsonNode node, String path) {
        if (node instanceof ObjectNode object) {
            return new Fields(object, path);
        }
        throw bad(path, "must be an object");
    }

    static DialectException bad(String path, String what) {
        return new DialectException(Failure.Kind.INVALID_REQUEST, path + " " + what + ".", path);
    }

    DialectException wrong(String name, String what) {
        return bad(at(name), what);
    }

    String path() {
        return path;
    }

    String at(String name) {
        String clean = Words.sentence(name, 64);
        return path.isEmpty() ? clean : path + "." + clean;
    }

    @Nullable
    JsonNode take(String name) {
        seen.add(name);
        JsonNode value = node.get(name);
        return value == null || value.isNull() ? null : value;
    }

    boolean has(String name) {
        return node.hasNonNull(name);
    }

    @Nullable
    String text(String name) {
        JsonNode value = take(name);
        if (value == null) {
            return null;
        }
        if (!value.isString()) {
            throw wrong(name, "must be a text");
        }
        return value.stringValue();
    }

    String needText(String name) {
        String value = text(name);
        if (value == null) {
            throw wrong(name, "is missing");
        }
        return value;
    }

    @Nullable
    Boolean flag(String name) {
        JsonNode value = take(name);
        if (value == null) {
            return null;
        }
        if (!value.isBoolean()) {
            throw wrong(name, "must be true or false");
        }
        return value.booleanValue();
    }

    boolean flag(String name, boolean otherwise) {
        Boolean value = flag(name);
        return value == null ? otherwise : value;
    }

    @Nullable
    Integer integer(String name, int least) {
        JsonNode value = take(name);
        if (value == null) {
            return null;
        }
        if (!value.isIntegralNumber() || !value.canConvertToInt() || value.intValue() < least) {
            throw wrong(name, "must be a whole number from " + least + " to " + Integer.MAX_VALUE);
        }
        return value.intValue();
    }

    @Nullable
    Long whole(String name) {
        JsonNode value = take(name);
        if (value == null) {
            return null;
        }
        if (!value.isIntegralNumber() || !value.canConvertToLong()) {
            throw wrong(name, "must be a whole number of 64 bits");
        }
        return value.longValue();
    }

    /** A number as it was written, in a range that keeps its exponent small. */
    @Nullable
    BigDecimal number(String name, int least, int most) {
        JsonNode value = take(name);
        if (value == null) {
            return null;
        }
        if (!value.isNumber()
                || value.decimalValue().compareTo(BigDecimal.valueOf(least)) < 0
                || value.decimalValue().compareTo(BigDecimal.valueOf(most)) > 0) {
            throw wrong(name, "must be a number from " + least + " to " + most);
        }
        return value.decimalValue();
    }

    @Nullable
    ObjectNode tree(String name) {
        JsonNode value = take(name);
        if (value == null) {
            return null;
        }
        if (value instanceof ObjectNode object) {
            return object;
        }
        throw wrong(name, "must be an object");
    }

    @Nullable
    Fields object(String name) {
        ObjectNode value = tree(name);
        return value == null ? null : new Fields(value, at(name));
    }

    Fields needObject(String name) {
        Fields value = object(name);
        if (value == null) {
            throw wrong(name, "is missing");
        }
        return value;
    }

    /** Empty when the field is left out. */
    List<JsonNode> array(String name) {
        JsonNode value = take(name);
        if (value == null) {
            return List.of();
        }
        if (!value.isArray()) {
            throw wrong(name, "must be an array");
        }
        return List.copyOf(value.values());
    }

    List<Fields> objects(String name) {
        return objects(array(name), at(name));
    }

    static List<Fields> objects(Iterable<JsonNode> array, String path) {
        List<Fields> list = new ArrayList<>();
        for (JsonNode element : array) {
            list.add(of(element, path + "." + list.size()));
        }
        return list;
    }

    List<String> texts(String name) {
        List<String> list = new ArrayList<>();
        for (JsonNode element : array(name)) {
            if (!element.isString()) {
                throw wrong(name, "must be an array of texts");
            }
            list.add(element.stringValue());
        }
        return list;
    }

    /** These change nothing in what the answer means; docs/decisions/0030 lists them. */
    void drop(String... names) {
        seen.addAll(List.of(names));
    }

    void refuse(String name, String instead) {
        if (take(name) != null) {
            throw refused(name, instead);
        }
    }

    DialectException refused(String name, String instead) {
        return wrong(name, "cannot be carried to this model's provider. " + instead);
    }

    void end() {
        for (Map.Entry<String, JsonNode> field : node.properties()) {
            if (!seen.contains(field.getKey()) && !field.getValue().isNull()) {
                throw refused(field.getKey(), "Leave it out, or ask a model of the API that has it");
            }
        }
    }
}
