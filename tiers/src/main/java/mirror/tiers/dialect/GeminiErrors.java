package mirror.tiers.dialect;

import mirror.tiers.dialect.Failure.Kind;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Errors of Google's APIs: {@code {"error":{"code":…,"message":…,"status":…}}}. */
final class GeminiErrors {
    private GeminiErrors() {}

    static Failure read(int status, byte[] body) {
        ObjectNode root = Trees.object(body);
        return root == null || !root.path("error").isObject()
                ? AnthropicErrors.unreadable(status)
                : failure(root.path("error"), Kind.of(status));
    }

    static Failure failure(JsonNode error, Kind otherwise) {
        String status = Answers.textOr(error, "status", "");
        String message = Answers.textOr(error, "message", "The provider failed and did not say why.");
        Kind kind = switch (status) {
            // A key that is wrong is told as an argument that is.
            case "INVALID_ARGUMENT" ->
                message.startsWith("API key not valid") ? Kind.AUTHENTICATION : Kind.INVALID_REQUEST;
            case "FAILED_PRECONDITION", "OUT_OF_RANGE" -> Kind.INVALID_REQUEST;
            case "UNAUTHENTICATED" -> Kind.AUTHENTICATION;
            case "PERMISSION_DENIED" -> Kind.PERMISSION;
            case "NOT_FOUND" -> Kind.NOT_FOUND;
            case "RESOURCE_EXHAUSTED" -> Kind.RATE_LIMIT;
            case "UNAVAILABLE" -> Kind.OVERLOADED;
            case "DEADLINE_EXCEEDED" -> Kind.TIMEOUT;
            case "INTERNAL" -> Kind.API;
            default -> otherwise;
        };
        return new Failure(kind, message, null, status.isEmpty() ? null : status);
    }
}
