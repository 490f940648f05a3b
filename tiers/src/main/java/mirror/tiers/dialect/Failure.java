package mirror.tiers.dialect;

import org.jspecify.annotations.Nullable;

/**
 * Why there is no reply: a provider's error or one of ours, to be told to any client in its own terms.
 *
 * @param message one clear sentence, at most {@value #MOST} characters, without line breaks, control characters or what looks like a key
 * @param param the field of the request it is about
 * @param code the provider's own word for it
 */
public record Failure(
        Kind kind,
        String message,
        @Nullable String param,
        @Nullable String code) {
    static final int MOST = 2000;

    public Failure {
        message = Words.sentence(message, MOST);
        param = param == null ? null : Words.sentence(param, 200);
        code = code == null ? null : Words.sentence(code, 100);
    }

    public Failure(Kind kind, String message) {
        this(kind, message, null, null);
    }

    /** What went wrong, by who can do something about it; each with the HTTP status that Anthropic's API gives it. */
    public enum Kind {
        INVALID_REQUEST(400),
        AUTHENTICATION(401),
        /** No money or quota is left: waiting does not help. */
        BILLING(402),
        PERMISSION(403),
        NOT_FOUND(404),
        TOO_LARGE(413),
        /** Too many calls or tokens for now: waiting helps. */
        RATE_LIMIT(429),
        /** A fault of the provider's, or an answer of it that cannot be understood. */
        API(500),
        TIMEOUT(504),
        OVERLOADED(529);

        private final int status;

        Kind(int status) {
            this.status = status;
        }

        public int status() {
            return status;
        }

        /** Of a status alone, for an error whose body says nothing. */
        static Kind of(int status) {
            return switch (status) {
                case 401 -> AUTHENTICATION;
                case 402 -> BILLING;
                case 403 -> PERMISSION;
                case 404 -> NOT_FOUND;
                case 408, 504 -> TIMEOUT;
                case 413 -> TOO_LARGE;
                case 429 -> RATE_LIMIT;
                case 503, 529 -> OVERLOADED;
                default -> status >= 400 && status < 500 ? INVALID_REQUEST : API;
            };
        }
    }
}
