package mirror.tiers.dialect;

import mirror.bus.Json;
import mirror.tiers.dialect.Failure.Kind;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Errors of Anthropic's API: {@code {"type":"error","error":{"type":…,"message":…},"request_id":…}}. */
final class AnthropicErrors {
    private AnthropicErrors() {}

    static Failure read(int status, byte[] body) {
        ObjectNode root = Trees.object(body);
        return root == null ? unreadable(status) : failure(root.path("error"), Kind.of(status));
    }

    static Failure unreadable(int status) {
        return new Failure(Kind.of(status), "The provider answered " + status + " and did not say why.");
    }

    static Failure failure(JsonNode error, Kind otherwise) {
        String type = Answers.text(error, "type");
        Kind kind = switch (type == null ? "" : type) {
            case "invalid_request_error" -> Kind.INVALID_REQUEST;
            case "authentication_error" -> Kind.AUTHENTICATION;
            case "billing_error" -> Kind.BILLING;
            case "permission_error" -> Kind.PERMISSION;
            case "not_found_error" -> Kind.NOT_FOUND;
            case "request_too_large" -> Kind.TOO_LARGE;
            case "rate_limit_error" -> Kind.RATE_LIMIT;
            case "timeout_error" -> Kind.TIMEOUT;
            case "overloaded_error" -> Kind.OVERLOADED;
            case "api_error" -> Kind.API;
            default -> otherwise;
        };
        String message = Answers.textOr(error, "message", "The provider failed and did not say why.");
        // A month's spend is used up: told as an invalid request, which no change of the request mends.
        if (kind == Kind.INVALID_REQUEST && message.startsWith("Your credit balance is too low")) {
            kind = Kind.BILLING;
        }
        return new Failure(kind, message, null, type);
    }

    static String word(Kind kind) {
        return switch (kind) {
            case INVALID_REQUEST -> "invalid_request_error";
            case AUTHENTICATION -> "authentication_error";
            case BILLING -> "billing_error";
            case PERMISSION -> "permission_error";
            case NOT_FOUND -> "not_found_error";
            case TOO_LARGE -> "request_too_large";
            case RATE_LIMIT -> "rate_limit_error";
            case API -> "api_error";
            case TIMEOUT -> "timeout_error";
            case OVERLOADED -> "overloaded_error";
        };
    }

    static ObjectNode body(Failure failure, @Nullable String requestId) {
        ObjectNode root = Json.object().put("type", "error");
        root.putObject("error").put("type", word(failure.kind())).put("message", failure.message());
        if (requestId != null) {
            root.put("request_id", requestId);
        }
        return root;
    }
}
