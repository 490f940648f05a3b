package mirror.tiers.gateway;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import mirror.bus.Json;
import mirror.tiers.Dialect;
import mirror.tiers.wire.Header;
import tools.jackson.databind.node.ObjectNode;

/**
 * Why a call is not made, or not answered, in words for the client; given in the client's dialect. The message is Mirror's own and
 * holds nothing of any body.
 *
 * @see <a href="https://docs.claude.com/en/api/errors">Anthropic: errors</a>
 * @see <a href="https://platform.openai.com/docs/guides/error-codes">OpenAI: error codes</a>
 */
final class Refusal extends Exception {
    private static final long serialVersionUID = 1;

    private final int status;
    private final String outcome;
    private final long retrySeconds;

    /** @param outcome one word for the log, such as {@code budget} */
    Refusal(int status, String outcome, String message) {
        this(status, outcome, message, 0);
    }

    /** @param retrySeconds when it is worth trying again; 0 when that is not known */
    Refusal(int status, String outcome, String message, long retrySeconds) {
        super(message, null, false, false);
        this.status = status;
        this.outcome = outcome;
        this.retrySeconds = retrySeconds;
    }

    /** The same refusal that says more. */
    Refusal but(String more) {
        return new Refusal(status, outcome, getMessage() + "; " + more, retrySeconds);
    }

    /** Whether somebody cheaper may do what this one may not. */
    boolean isBudget() {
        return status == 402;
    }

    int status() {
        return status;
    }

    String outcome() {
        return outcome;
    }

    List<Header> headers() {
        List<Header> headers = new ArrayList<>();
        headers.add(new Header("content-type", "application/json"));
        if (retrySeconds > 0) {
            headers.add(new Header("retry-after", Long.toString(retrySeconds)));
        } else if (status == 402 || status == 403) {
            // Both SDKs would try again and again what only the owner can change.
            headers.add(new Header("x-should-retry", "false"));
        }
        return headers;
    }

    byte[] body(Dialect dialect) {
        return Json.MAPPER.writeValueAsBytes(error(dialect));
    }

    private ObjectNode error(Dialect dialect) {
        String message = "Mirror: " + getMessage();
        ObjectNode all = Json.object();
        if (dialect == Dialect.ANTHROPIC) {
            all.put("type", "error").putObject("error").put("type", anthropic()).put("message", message);
        } else {
            all.putObject("error")
                    .put("message", message)
                    .put("type", openai())
                    .putNull("param")
                    .put("code", code());
        }
        return all;
    }

    /** The event that tells a client in the middle of a stream; after it the connection is cut. */
    byte[] event(Endpoint endpoint) {
        String event = switch (endpoint) {
            case MESSAGES, COUNT_TOKENS ->
                "event: error\ndata: " + Json.MAPPER.writeValueAsString(error(Dialect.ANTHROPIC));
            case RESPONSES ->
                "event: error\ndata: "
                        + Json.MAPPER.writeValueAsString(Json.object()
                                .put("type", "error")
                                .put("code", code())
                                .put("message", "Mirror: " + getMessage())
                                .putNull("param"));
            case CHAT, EMBEDDINGS -> "data: " + Json.MAPPER.writeValueAsString(error(Dialect.OPENAI));
        };
        return (event + "\n\n").getBytes(StandardCharsets.UTF_8);
    }

    private String anthropic() {
        return switch (status) {
            case 400, 411, 415 -> "invalid_request_error";
            case 401 -> "authentication_error";
            case 402 -> "billing_error";
            case 403 -> "permission_error";
            case 404 -> "not_found_error";
            case 413 -> "request_too_large";
            case 429 -> "rate_limit_error";
            case 503, 529 -> "overloaded_error";
            case 504 -> "timeout_error";
            default -> "api_error";
        };
    }

    private String openai() {
        return switch (status) {
            case 400, 404, 411, 413, 415 -> "invalid_request_error";
            case 401 -> "authentication_error";
            case 402 -> "insufficient_quota";
            case 403 -> "permission_error";
            case 429 -> "rate_limit_error";
            default -> "server_error";
        };
    }

    private String code() {
        return switch (status) {
            case 401 -> "invalid_api_key";
            case 402 -> "insufficient_quota";
            case 404 -> "model_not_found";
            default -> "mirror_" + outcome.replace('-', '_');
        };
    }
}
