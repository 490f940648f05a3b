package mirror.surface.signal;

import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Times as ntfy's clients write them: Go's durations ({@code 1h30m}, {@code 1.5h}), one number with a word ({@code 3 days}), Unix times in
 * seconds. Natural language is not read. Pure.
 */
final class Times {
    private static final Pattern GO = Pattern.compile("(?:[0-9]{1,9}(?:\\.[0-9]{1,9})?(?:ms|us|µs|ns|h|m|s))+");
    private static final Pattern PART = Pattern.compile("([0-9]{1,9}(?:\\.[0-9]{1,9})?)(ms|us|µs|ns|h|m|s)");
    private static final Pattern WORDS =
            Pattern.compile("([0-9]{1,9})\\s*(d|days?|h|hours?|m|mins?|minutes?|s|secs?|seconds?)");
    private static final Pattern UNIX = Pattern.compile("[0-9]{1,11}");

    private Times() {}

    /** When a message is due: a Unix time that is not past, or a duration from now. */
    static Optional<Instant> due(String text, Instant now) {
        Optional<Instant> unix = unix(text);
        if (unix.isPresent()) {
            return unix.filter(time -> time.getEpochSecond() >= now.getEpochSecond());
        }
        return duration(text).or(() -> words(text)).map(now::plus);
    }

    static Optional<Instant> unix(String text) {
        return UNIX.matcher(text).matches()
                ? Optional.of(Instant.ofEpochSecond(Long.parseLong(text)))
                : Optional.empty();
    }

    /** A duration as Go writes it, at most some hundred thousand years. */
    static Optional<Duration> duration(String text) {
        if (!GO.matcher(text).matches()) {
            return Optional.empty();
        }
        BigDecimal nanos = BigDecimal.ZERO;
        for (Matcher part = PART.matcher(text); part.find(); ) {
            nanos = nanos.add(new BigDecimal(part.group(1))
                    .multiply(BigDecimal.valueOf(
                            switch (part.group(2)) {
                                case "h" -> 3_600_000_000_000L;
                                case "m" -> 60_000_000_000L;
                                case "s" -> 1_000_000_000L;
                                case "ms" -> 1_000_000L;
                                case "ns" -> 1L;
                                default -> 1_000L;
                            })));
        }
        BigDecimal[] parts = nanos.divideAndRemainder(BigDecimal.valueOf(1_000_000_000L));
        return parts[0].compareTo(BigDecimal.valueOf(10_000_000_000L)) > 0
                ? Optional.empty()
                : Optional.of(Duration.ofSeconds(parts[0].longValue(), parts[1].longValue()));
    }

    private static Optional<Duration> words(String text) {
        Matcher matcher = WORDS.matcher(text.toLowerCase(Locale.ROOT));
        if (!matcher.matches()) {
            return Optional.empty();
        }
        long number = Long.parseLong(matcher.group(1));
        return Optional.of(
                switch (matcher.group(2).charAt(0)) {
                    case 'd' -> Duration.ofDays(number);
                    case 'h' -> Duration.ofHours(number);
                    case 'm' -> Duration.ofMinutes(number);
                    default -> Duration.ofSeconds(number);
                });
    }
}
