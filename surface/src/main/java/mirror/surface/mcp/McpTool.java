package mirror.surface.mcp;

import java.util.Map;
import java.util.regex.Pattern;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/**
 * One tool as clients see it, and the function behind it. Field meanings are those of {@code Tool} in the MCP specification,
 * revision 2025-11-25.
 *
 * @param name 1 to 128 characters of {@code A-Z a-z 0-9 _ - .}
 * @param title for people
 * @param description for the model
 * @param inputSchema a JSON Schema of type {@code object}; only keywords that {@link JsonSchema} enforces or knows to be
 *     annotations, so that no constraint is advertised that is not checked
 * @param hints what clients may assume before they ask a person
 * @param handler the function behind it
 */
public record McpTool(
        String name,
        String title,
        String description,
        Map<String, Object> inputSchema,
        Hints hints,
        ToolHandler handler) {

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_.-]{1,128}");

    /**
     * Advice to clients, not enforced by anybody.
     *
     * @param readOnly changes nothing
     * @param destructive may lose something; meaningless when {@code readOnly}
     * @param idempotent calling twice does no more than calling once
     * @param openWorld reaches beyond this machine
     */
    public record Hints(boolean readOnly, boolean destructive, boolean idempotent, boolean openWorld) {
        /** Reads local state only. */
        public static final Hints READS = new Hints(true, false, true, false);
        /** Adds to local state without losing any. */
        public static final Hints ADDS = new Hints(false, false, false, false);
    }

    /** @throws IllegalArgumentException when the name or the schema cannot be served */
    public McpTool {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException(
                    "Tool name \"" + name + "\" must be 1 to 128 characters of letters, digits, _, - and .");
        }
        if (!"object".equals(inputSchema.get("type"))) {
            throw new IllegalArgumentException("Tool " + name + ": inputSchema must have type \"object\"");
        }
        JsonSchema.unsupported(inputSchema).ifPresent(problem -> {
            throw new IllegalArgumentException("Tool " + name + ": inputSchema: " + problem);
        });
    }

    /**
     * Reads a schema written as JSON text.
     *
     * @throws IllegalArgumentException when it is not a JSON object
     */
    public static Map<String, Object> schema(String json) {
        try {
            return JsonMapper.shared().readValue(json, new TypeReference<>() {});
        } catch (tools.jackson.core.JacksonException e) {
            throw new IllegalArgumentException("Not a JSON object: " + e.getOriginalMessage(), e);
        }
    }
}
