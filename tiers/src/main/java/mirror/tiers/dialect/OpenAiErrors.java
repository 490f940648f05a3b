package mirror.tiers.dialect;

import mirror.bus.Json;
import mirror.tiers.dialect.Failure.Kind;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Errors of OpenAI's API: {@code {"error":{"message":…,"type":…,"param":…,"code":…}}}. */
final class OpenAiErrors {
    private OpenAiErrors() {}

    static Failure read(int status, byte[] body) {
        ObjectNode root = Trees.object(body);
        if (root == null || !(root.has("error") || root.has("message"))) {
            return AnthropicErrors.unreadable(status);
        }
        return failure(root.has("error") ? root.path("error") : root, Kind.of(status));
    }

    /** @param error the object of the dialect, or the text that some servers send in its place */
    static Failure failure(JsonNode error, Kind otherwise) {
        String type = Answers.text(error, "type");
        JsonNode rawCode = error.path("code");
        String code = rawCode.isIntegralNumber() ? rawCode.asString() : Answers.text(error, "code");
        String message = error.isString()
                ? error.stringValue()
                : Answers.textOr(error, "message", "The provider failed and did not say why.");
        return new Failure(
                kind(type, code, otherwise), message, Answers.text(error, "param"), code == null ? type : code);
    }

    private static Kind kind(@Nullable String type, @Nullable String code, Kind otherwise) {
        for (String word : new String[] {code == null ? "" : code, type == null ? "" : type}) {
            switch (word) {
                case "insufficient_quota", "billing_hard_limit_reached", "billing_not_active" -> {
                    return Kind.BILLING;
                }
                case "rate_limit_exceeded", "rate_limit_error" -> {
                    return Kind.RATE_LIMIT;
                }
                case "invalid_api_key", "authentication_error" -> {
                    return Kind.AUTHENTICATION;
                }
                case "model_not_found" -> {
                    return Kind.NOT_FOUND;
                }
                case "overloaded_error", "server_overloaded", "engine_overloaded" -> {
                    return Kind.OVERLOADED;
                }
                case "timeout", "timeout_error" -> {
                    return Kind.TIMEOUT;
                }
                case "permission_error", "permission_denied" -> {
                    return Kind.PERMISSION;
                }
                default -> {}
            }
            if (word.matches("[45][0-9][0-9]")) {
                return Kind.of(Integer.parseInt(word));
            }
        }
        return otherwise == Kind.API && "invalid_request_error".equals(type) ? Kind.INVALID_REQUEST : otherwise;
    }

    static ObjectNode body(Failure failure) {
        ObjectNode root = Json.object();
        root.putObject("error")
                .put("message", failure.message())
                .put("type", type(failure.kind()))
                .put("param", failure.param())
                .put("code", code(failure));
        return root;
    }

    private static String type(Kind kind) {
        return switch (kind) {
            case INVALID_REQUEST, AUTHENTICATION, NOT_FOUND, TOO_LARGE, PERMISSION -> "invalid_request_error";
            case BILLING -> "insufficient_quota";
            case RATE_LIMIT -> "rate_limit_error";
            case API, TIMEOUT, OVERLOADED -> "server_error";
        };
    }

    private static @Nullable String code(Failure failure) {
        return switch (failure.kind()) {
            case BILLING -> "insufficient_quota";
            case RATE_LIMIT -> "rate_limit_exceeded";
            case AUTHENTICATION -> "invalid_api_key";
            case OVERLOADED -> "server_overloaded";
            case TIMEOUT -> "timeout";
            case PERMISSION -> "permission_denied";
            case INVALID_REQUEST, NOT_FOUND, TOO_LARGE, API -> failure.code();
        };
    }

    /** OpenAI's API tells spent money as 429, and an overload as 503. */
    static int status(Kind kind) {
        return switch (kind) {
            case BILLING -> 429;
            case OVERLOADED -> 503;
            default -> kind.status();
        };
    }
}
