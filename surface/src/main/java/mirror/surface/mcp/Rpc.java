package mirror.surface.mcp;

import io.modelcontextprotocol.json.McpJsonMapper;
import io.modelcontextprotocol.json.jackson3.JacksonMcpJsonMapper;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCMessage;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCNotification;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCRequest;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCResponse;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCResponse.JSONRPCError;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/**
 * JSON-RPC 2.0 as MCP uses it: bytes to messages and messages to bytes. Batches are refused, as MCP dropped them in revision
 * 2025-06-18. It must never throw for what a client sent: garbage becomes {@link Malformed}. Thread-safe.
 */
final class Rpc {
    static final int PARSE_ERROR = -32700;
    static final int INVALID_REQUEST = -32600;
    static final int INVALID_PARAMS = -32602;
    static final int INTERNAL_ERROR = -32603;
    /** Implementation-defined: the server is at one of its limits. */
    static final int OVERLOADED = -32000;
    /** Implementation-defined, the number the reference SDKs use: no such session. */
    static final int NO_SESSION = -32001;

    private static final TypeReference<Map<String, @Nullable Object>> OBJECT = new TypeReference<>() {};

    private final JsonMapper json;
    private final McpJsonMapper mapper;

    Rpc(JsonMapper json) {
        this.json = json;
        this.mapper = new JacksonMcpJsonMapper(json);
    }

    /** What some bytes turned out to be. */
    sealed interface Parsed {
        /** A JSON-RPC message. */
        record Message(JSONRPCMessage message) implements Parsed {}

        /** Something else, with the JSON-RPC error that says so. */
        record Malformed(int code, String problem) implements Parsed {}
    }

    McpJsonMapper mapper() {
        return mapper;
    }

    Parsed parse(byte[] bytes) {
        Map<String, @Nullable Object> map;
        try {
            var tree = json.readTree(bytes);
            if (tree.isMissingNode()) {
                return new Parsed.Malformed(PARSE_ERROR, "Not JSON: nothing there");
            }
            if (!tree.isObject()) {
                return new Parsed.Malformed(
                        INVALID_REQUEST, "A message must be one JSON object; batches are not supported");
            }
            map = json.convertValue(tree, OBJECT);
        } catch (JacksonException e) {
            return new Parsed.Malformed(PARSE_ERROR, "Not JSON: " + e.getOriginalMessage());
        }
        if (!"2.0".equals(map.get("jsonrpc"))) {
            return new Parsed.Malformed(INVALID_REQUEST, "jsonrpc must be \"2.0\"");
        }
        return classify(map);
    }

    private static Parsed classify(Map<String, @Nullable Object> map) {
        Object id = map.get("id");
        if (map.containsKey("id") && !(id instanceof String || id instanceof Number)) {
            return new Parsed.Malformed(INVALID_REQUEST, "id must be a string or a number");
        }
        if (map.get("method") instanceof String method) {
            Object params = map.get("params");
            if (params != null && !(params instanceof Map<?, ?>)) {
                return new Parsed.Malformed(INVALID_REQUEST, "params must be an object");
            }
            return new Parsed.Message(
                    id == null ? new JSONRPCNotification(method, params) : new JSONRPCRequest(method, id, params));
        }
        if (id != null && map.get("error") instanceof Map<?, ?> error) {
            int code = error.get("code") instanceof Number number ? number.intValue() : INTERNAL_ERROR;
            String message = String.valueOf(error.get("message"));
            return new Parsed.Message(JSONRPCResponse.error(id, new JSONRPCError(code, message, error.get("data"))));
        }
        if (id != null && map.containsKey("result")) {
            return new Parsed.Message(JSONRPCResponse.result(id, map.get("result")));
        }
        return new Parsed.Malformed(INVALID_REQUEST, "Neither a request, a notification nor a response");
    }

    byte[] bytes(Object message) {
        try {
            return mapper.writeValueAsBytes(message);
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot write " + message.getClass().getSimpleName() + " as JSON", e);
        }
    }

    String text(Object value) {
        return json.writeValueAsString(value);
    }

    /** An error response; {@code id} is null when the request could not be read far enough to know it. */
    byte[] error(@Nullable Object id, int code, String message) {
        Map<String, @Nullable Object> response = new LinkedHashMap<>();
        response.put("jsonrpc", "2.0");
        response.put("id", id);
        response.put("error", Map.of("code", code, "message", message));
        return json.writeValueAsBytes(response);
    }
}
