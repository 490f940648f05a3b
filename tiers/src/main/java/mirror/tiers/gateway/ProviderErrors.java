package mirror.tiers.gateway;

import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import mirror.tiers.dialect.Failure;
import mirror.tiers.wire.Exchange;
import mirror.tiers.wire.JsonScan;
import mirror.tiers.wire.MalformedJson;
import mirror.tiers.wire.Members;
import org.jspecify.annotations.Nullable;

/**
 * What a provider's refusal means. A rate limit passes by itself; a spending limit waits for the owner, and trying again costs only
 * time, although both may come as 429.
 *
 * @see <a href="https://docs.claude.com/en/api/errors">Anthropic: errors</a>
 * @see <a href="https://platform.openai.com/docs/guides/error-codes">OpenAI: error codes</a>
 */
final class ProviderErrors {
    private ProviderErrors() {}

    private static final Members ERROR = Members.of("error");
    private static final Members INSIDE = Members.of("type", "code", "message");
    private static final Set<String> BILLING =
            Set.of("insufficient_quota", "billing_error", "billing_hard_limit_reached", "billing_not_active");
    private static final String NO_CREDIT = "Your credit balance is too low";
    private static final int OVERLOADED = 529;

    /** Up to a second more than it says, as its fraction is not read. */
    private static final Pattern DELAY = Pattern.compile("\"retryDelay\"\\s*:\\s*\"([0-9]{1,7})[0-9.]*s\"");

    /** Why this provider cannot answer now, or null when another one would refuse the same request. */
    static Breakers.@Nullable Cause cause(int status, byte[] body) {
        if (status == 402 || ((status == 400 || status == 403 || status == 429) && isBilling(body))) {
            return Breakers.Cause.SPEND_LIMIT;
        }
        return switch (status) {
            case 401, 403 -> Breakers.Cause.KEY;
            case 429 -> Breakers.Cause.RATE_LIMIT;
            case 503, OVERLOADED -> Breakers.Cause.OVERLOADED;
            case 408, 409 -> Breakers.Cause.FAILING;
            default -> status >= 500 || status < 400 ? Breakers.Cause.FAILING : null;
        };
    }

    /** The same of what a dialect's reader made of it. */
    static Breakers.@Nullable Cause cause(Failure.Kind kind) {
        return switch (kind) {
            case BILLING -> Breakers.Cause.SPEND_LIMIT;
            case AUTHENTICATION, PERMISSION -> Breakers.Cause.KEY;
            case RATE_LIMIT -> Breakers.Cause.RATE_LIMIT;
            case OVERLOADED -> Breakers.Cause.OVERLOADED;
            case API, TIMEOUT -> Breakers.Cause.FAILING;
            case INVALID_REQUEST, NOT_FOUND, TOO_LARGE -> null;
        };
    }

    /** For a person; quotes nothing. */
    static String words(Breakers.Cause cause) {
        return switch (cause) {
            case KEY -> "the provider does not accept its key";
            case SPEND_LIMIT -> "the provider's account has no money left or has reached its limit";
            case RATE_LIMIT -> "the provider's rate limit is reached";
            case OVERLOADED -> "the provider is overloaded";
            case FAILING -> "the provider failed";
        };
    }

    private static boolean isBilling(byte[] body) {
        try {
            JsonScan error = JsonScan.of(body, ERROR).inside(0, INSIDE);
            return error != null
                    && (is(error, 0)
                            || is(error, 1)
                            || Optional.ofNullable(text(error, 2)).orElse("").startsWith(NO_CREDIT));
        } catch (MalformedJson e) {
            return false;
        }
    }

    private static boolean is(JsonScan error, int member) {
        String text = text(error, member);
        return text != null && BILLING.contains(text);
    }

    private static @Nullable String text(JsonScan error, int member) {
        try {
            return error.text(member);
        } catch (MalformedJson e) {
            return null;
        }
    }

    /**
     * {@code retry-after-ms}, or {@code Retry-After} in seconds or as a date against the answer's own (RFC 9110, 10.2.3), or Google's
     * {@code retryDelay} in the body (google.rpc.RetryInfo).
     */
    static @Nullable Duration retryAfter(Exchange exchange, byte[] body) {
        Duration said = retryAfter(exchange);
        if (said != null) {
            return said;
        }
        Matcher delay = DELAY.matcher(new String(body, StandardCharsets.ISO_8859_1));
        return delay.find() ? Duration.ofSeconds(Long.parseLong(delay.group(1)) + 1) : null;
    }

    private static @Nullable Duration retryAfter(Exchange exchange) {
        String millis = exchange.header("retry-after-ms").orElse("");
        if (millis.matches("[0-9]{1,9}")) {
            return Duration.ofMillis(Long.parseLong(millis));
        }
        String value = exchange.header("retry-after").orElse("");
        if (value.matches("[0-9]{1,7}")) {
            return Duration.ofSeconds(Long.parseLong(value));
        }
        Instant at = date(value);
        Instant now = date(exchange.header("date").orElse(""));
        return at == null || now == null || at.isBefore(now) ? null : Duration.between(now, at);
    }

    private static @Nullable Instant date(String text) {
        try {
            return text.isEmpty()
                    ? null
                    : ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME)
                            .toInstant();
        } catch (DateTimeException e) {
            return null;
        }
    }
}
