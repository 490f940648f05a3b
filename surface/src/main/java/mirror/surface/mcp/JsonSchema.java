package mirror.surface.mcp;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/**
 * Checks JSON values against the part of JSON Schema 2020-12 that tool schemas use.
 *
 * <p>A full validator would cost more than the rest of the MCP server to load, for keywords no tool of ours has. The price of a
 * part would be a constraint that is written down and not enforced, so {@link #unsupported} finds every keyword that is neither
 * enforced here nor a mere annotation, and schemas that have one are refused before anything is served.
 *
 * <p>Enforced: {@code type enum const required properties additionalProperties items minItems maxItems uniqueItems
 * minProperties maxProperties minLength maxLength pattern minimum maximum exclusiveMinimum exclusiveMaximum multipleOf allOf anyOf
 * oneOf not $ref} (within the document, {@code #/…}). Numbers compare by value, so {@code 1} equals {@code 1.0} and both are
 * integers. It must never change a value: no defaults are filled in and nothing is coerced. Stateless; patterns are trusted, as
 * schemas come from code and not from clients.
 */
final class JsonSchema {
    private static final int MAX_DEPTH = 64;

    private static final Set<String> ANNOTATIONS = Set.of(
            "$schema",
            "$id",
            "$comment",
            "$defs",
            "definitions",
            "title",
            "description",
            "default",
            "examples",
            "format",
            "deprecated",
            "readOnly",
            "writeOnly",
            "enumNames",
            "contentEncoding",
            "contentMediaType");
    private static final Set<String> ASSERTIONS = Set.of(
            "type",
            "enum",
            "const",
            "required",
            "minItems",
            "maxItems",
            "uniqueItems",
            "minProperties",
            "maxProperties",
            "minLength",
            "maxLength",
            "pattern",
            "minimum",
            "maximum",
            "exclusiveMinimum",
            "exclusiveMaximum",
            "multipleOf",
            "$ref");
    private static final Set<String> ONE_SCHEMA = Set.of("additionalProperties", "items", "not");
    private static final Set<String> SCHEMA_LISTS = Set.of("allOf", "anyOf", "oneOf");
    private static final Set<String> SCHEMA_MAPS = Set.of("properties", "$defs", "definitions");
    private static final Set<String> TYPES =
            Set.of("object", "array", "string", "number", "integer", "boolean", "null");

    private final Map<?, ?> root;

    private JsonSchema(Map<?, ?> root) {
        this.root = root;
    }

    /** The first thing wrong with {@code value}, with its place as a JSON pointer; empty when it conforms. */
    static Optional<String> problem(Map<?, ?> schema, @Nullable Object value) {
        return Optional.ofNullable(new JsonSchema(schema).check(schema, value, "", 0));
    }

    /** The first thing in a schema that {@link #problem} would not enforce; empty when all of it is. */
    static Optional<String> unsupported(Map<?, ?> schema) {
        return Optional.ofNullable(new JsonSchema(schema).lint(schema, "#", 0));
    }

    private @Nullable String lint(@Nullable Object schema, String at, int depth) {
        if (schema instanceof Boolean) {
            return null;
        }
        if (!(schema instanceof Map<?, ?> map)) {
            return at + " is not a schema";
        }
        if (depth > MAX_DEPTH) {
            return at + " is nested deeper than " + MAX_DEPTH;
        }
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            String key = String.valueOf(entry.getKey());
            Object value = entry.getValue();
            String place = at + "/" + key;
            String found = null;
            if (ONE_SCHEMA.contains(key)) {
                found = lint(value, place, depth + 1);
            } else if (SCHEMA_LISTS.contains(key)) {
                found = value instanceof List<?> list && !list.isEmpty()
                        ? lintAll(list, place, depth)
                        : place + " must be a list of schemas";
            } else if (SCHEMA_MAPS.contains(key)) {
                found = value instanceof Map<?, ?> members
                        ? lintAll(members.values(), place, depth)
                        : place + " must be an object of schemas";
            } else if (ASSERTIONS.contains(key)) {
                found = lintAssertion(key, value, place);
            } else if (!ANNOTATIONS.contains(key)) {
                found = place + " is a keyword that is not enforced";
            }
            if (found != null) {
                return found;
            }
        }
        return null;
    }

    private @Nullable String lintAll(Collection<?> schemas, String at, int depth) {
        for (Object schema : schemas) {
            String found = lint(schema, at + "/*", depth + 1);
            if (found != null) {
                return found;
            }
        }
        return null;
    }

    private @Nullable String lintAssertion(String key, @Nullable Object value, String at) {
        boolean sound = switch (key) {
            case "type" ->
                value instanceof List<?> list
                        ? !list.isEmpty() && list.stream().allMatch(TYPES::contains)
                        : value != null && TYPES.contains(value);
            case "enum" -> value instanceof List<?> list && !list.isEmpty();
            case "required" -> value instanceof List<?> list && list.stream().allMatch(String.class::isInstance);
            case "uniqueItems" -> value instanceof Boolean;
            case "pattern" -> value instanceof String text && compiles(text);
            case "$ref" -> value instanceof String text && resolve(text) != null;
            case "const" -> true;
            default -> value instanceof Number;
        };
        return sound ? null : at + " has a value that cannot be enforced";
    }

    private static boolean compiles(String pattern) {
        try {
            Pattern.compile(pattern);
            return true;
        } catch (PatternSyntaxException e) {
            return false;
        }
    }

    private @Nullable String check(@Nullable Object schema, @Nullable Object value, String at, int depth) {
        if (schema instanceof Boolean allowed) {
            return allowed ? null : where(at) + " is not allowed";
        }
        if (!(schema instanceof Map<?, ?> map)) {
            return where(at) + " has no schema";
        }
        if (depth > MAX_DEPTH) {
            return where(at) + " is nested deeper than " + MAX_DEPTH;
        }
        if (value instanceof Double number && !Double.isFinite(number)) {
            return where(at) + " must be a finite number";
        }
        String found = checkValue(map, value, at);
        if (found == null) {
            found = checkCombined(map, value, at, depth);
        }
        if (found == null && value instanceof String text) {
            found = checkString(map, text, at);
        }
        if (found == null && value instanceof Number number) {
            found = checkNumber(map, decimal(number), at);
        }
        if (found == null && value instanceof List<?> list) {
            found = checkArray(map, list, at, depth);
        }
        if (found == null && value instanceof Map<?, ?> object) {
            found = checkObject(map, object, at, depth);
        }
        return found;
    }

    private static @Nullable String checkValue(Map<?, ?> schema, @Nullable Object value, String at) {
        Object type = schema.get("type");
        if (type instanceof String one && !isType(one, value)) {
            return where(at) + " must be of type " + one;
        }
        if (type instanceof List<?> any && any.stream().noneMatch(t -> isType(String.valueOf(t), value))) {
            return where(at) + " must be of one of the types " + any;
        }
        if (schema.get("enum") instanceof List<?> allowed && allowed.stream().noneMatch(a -> same(a, value))) {
            return where(at) + " must be one of " + allowed;
        }
        if (schema.containsKey("const") && !same(schema.get("const"), value)) {
            return where(at) + " must be " + schema.get("const");
        }
        return null;
    }

    private @Nullable String checkCombined(Map<?, ?> schema, @Nullable Object value, String at, int depth) {
        if (schema.get("$ref") instanceof String ref) {
            String found = check(resolve(ref), value, at, depth + 1);
            if (found != null) {
                return found;
            }
        }
        if (schema.get("allOf") instanceof List<?> all) {
            for (Object each : all) {
                String found = check(each, value, at, depth + 1);
                if (found != null) {
                    return found;
                }
            }
        }
        if (schema.get("anyOf") instanceof List<?> any && matches(any, value, at, depth) == 0) {
            return where(at) + " matches none of the allowed forms";
        }
        if (schema.get("oneOf") instanceof List<?> one && matches(one, value, at, depth) != 1) {
            return where(at) + " must match exactly one of the allowed forms";
        }
        if (schema.containsKey("not") && check(schema.get("not"), value, at, depth + 1) == null) {
            return where(at) + " has a form that is not allowed";
        }
        return null;
    }

    private long matches(List<?> schemas, @Nullable Object value, String at, int depth) {
        return schemas.stream()
                .filter(each -> check(each, value, at, depth + 1) == null)
                .count();
    }

    private static @Nullable String checkString(Map<?, ?> schema, String text, String at) {
        String found = checkSize(schema, "Length", text.codePointCount(0, text.length()), "characters", at);
        if (found == null
                && schema.get("pattern") instanceof String pattern
                && !Pattern.compile(pattern).matcher(text).find()) {
            found = where(at) + " must match " + pattern;
        }
        return found;
    }

    private static @Nullable String checkNumber(Map<?, ?> schema, BigDecimal number, String at) {
        if (schema.get("minimum") instanceof Number min && number.compareTo(decimal(min)) < 0) {
            return where(at) + " must be at least " + min;
        }
        if (schema.get("maximum") instanceof Number max && number.compareTo(decimal(max)) > 0) {
            return where(at) + " must be at most " + max;
        }
        if (schema.get("exclusiveMinimum") instanceof Number min && number.compareTo(decimal(min)) <= 0) {
            return where(at) + " must be more than " + min;
        }
        if (schema.get("exclusiveMaximum") instanceof Number max && number.compareTo(decimal(max)) >= 0) {
            return where(at) + " must be less than " + max;
        }
        if (schema.get("multipleOf") instanceof Number step
                && number.remainder(decimal(step)).signum() != 0) {
            return where(at) + " must be a multiple of " + step;
        }
        return null;
    }

    private @Nullable String checkArray(Map<?, ?> schema, List<?> list, String at, int depth) {
        String found = checkSize(schema, "Items", list.size(), "items", at);
        if (found != null) {
            return found;
        }
        if (Boolean.TRUE.equals(schema.get("uniqueItems"))) {
            Set<@Nullable Object> seen = new HashSet<>();
            for (Object item : list) {
                if (!seen.add(canonical(item))) {
                    return where(at) + " must not repeat items";
                }
            }
        }
        if (schema.containsKey("items")) {
            for (int i = 0; i < list.size(); i++) {
                found = check(schema.get("items"), list.get(i), at + "/" + i, depth + 1);
                if (found != null) {
                    return found;
                }
            }
        }
        return null;
    }

    private @Nullable String checkObject(Map<?, ?> schema, Map<?, ?> object, String at, int depth) {
        String found = checkSize(schema, "Properties", object.size(), "properties", at);
        if (found != null) {
            return found;
        }
        if (schema.get("required") instanceof List<?> required) {
            for (Object name : required) {
                if (!object.containsKey(name)) {
                    return where(at) + " lacks the required property \"" + name + "\"";
                }
            }
        }
        Map<?, ?> properties = schema.get("properties") instanceof Map<?, ?> map ? map : Map.of();
        for (Map.Entry<?, ?> entry : object.entrySet()) {
            String name = String.valueOf(entry.getKey());
            String place = at + "/" + name;
            if (properties.containsKey(name)) {
                found = check(properties.get(name), entry.getValue(), place, depth + 1);
            } else if (schema.containsKey("additionalProperties")) {
                found = check(schema.get("additionalProperties"), entry.getValue(), place, depth + 1);
            }
            if (found != null) {
                return found;
            }
        }
        return null;
    }

    private static @Nullable String checkSize(Map<?, ?> schema, String what, int size, String unit, String at) {
        if (schema.get("min" + what) instanceof Number min && size < min.longValue()) {
            return where(at) + " must have at least " + min + " " + unit;
        }
        if (schema.get("max" + what) instanceof Number max && size > max.longValue()) {
            return where(at) + " must have at most " + max + " " + unit;
        }
        return null;
    }

    private @Nullable Object resolve(String ref) {
        if (!ref.startsWith("#")) {
            return null;
        }
        Object here = root;
        for (String step : ref.substring(1).split("/", -1)) {
            if (!step.isEmpty()) {
                here = here instanceof Map<?, ?> map
                        ? map.get(step.replace("~1", "/").replace("~0", "~"))
                        : null;
            }
        }
        return here;
    }

    private static boolean isType(String type, @Nullable Object value) {
        return switch (type) {
            case "object" -> value instanceof Map<?, ?>;
            case "array" -> value instanceof List<?>;
            case "string" -> value instanceof String;
            case "boolean" -> value instanceof Boolean;
            case "null" -> value == null;
            case "number" -> value instanceof Number;
            case "integer" ->
                value instanceof Number number
                        && decimal(number).stripTrailingZeros().scale() <= 0;
            default -> false;
        };
    }

    private static boolean same(@Nullable Object a, @Nullable Object b) {
        return Objects.equals(canonical(a), canonical(b));
    }

    /** Values that JSON Schema calls equal, such as 1 and 1.0, become equal to Java as well. */
    private static @Nullable Object canonical(@Nullable Object value) {
        return switch (value) {
            case Double number when !Double.isFinite(number) -> number;
            case Number number -> decimal(number).stripTrailingZeros();
            case List<?> list -> {
                List<@Nullable Object> copy = new ArrayList<>();
                list.forEach(item -> copy.add(canonical(item)));
                yield copy;
            }
            case Map<?, ?> map -> {
                Map<Object, @Nullable Object> copy = new HashMap<>();
                map.forEach((key, item) -> copy.put(key, canonical(item)));
                yield copy;
            }
            case null, default -> value;
        };
    }

    private static BigDecimal decimal(Number number) {
        return number instanceof BigDecimal exact ? exact : new BigDecimal(number.toString());
    }

    private static String where(String at) {
        return at.isEmpty() ? "The value" : at;
    }
}
