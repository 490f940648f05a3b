package mirror.trust.yaml;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The fields of a mapping that somebody else wrote. What is wrong goes to the faults, all of it and one sentence each, and a harmless value
 * stands in for it: whoever reads a file looks at the faults before it uses a value. Used by one thread.
 */
public final class Fields {
    private static final int LISTED = 100;
    private static final Pattern DURATION = Pattern.compile("([0-9]{1,7})(ms|s|m|h|d)");

    private final Map<?, ?> map;
    private final String at;
    private final List<String> faults;

    /**
     * @param value what was read
     * @param at where it stands, ending in a dot; empty at the top
     * @param faults where to add what is wrong
     * @param known all keys that it may have
     */
    public Fields(@Nullable Object value, String at, List<String> faults, List<String> known) {
        this.at = at;
        this.faults = faults;
        if (value instanceof Map<?, ?> fields) {
            map = fields;
            for (Object key : map.keySet()) {
                if (!known.contains(String.valueOf(key))) {
                    faults.add("unknown key '" + at + clip(String.valueOf(key), 80) + "'; there are "
                            + String.join(", ", known));
                }
            }
        } else {
            map = Map.of();
            faults.add((at.isEmpty() ? "it" : at.substring(0, at.length() - 1)) + " must be a mapping");
        }
    }

    /** Whether it is there at all. */
    public boolean has(String key) {
        return map.get(key) != null;
    }

    /** Adds what is wrong with a key, such as {@code must be …}. */
    public void fault(String key, String what) {
        faults.add(at + key + " " + what);
    }

    /** The value as it was read. */
    public @Nullable Object get(String key) {
        return map.get(key);
    }

    /** Text of 1 to so many characters; empty when it is left out and need not be there. */
    public String text(String key, int longest, boolean needed) {
        Object value = map.get(key);
        if (value == null && !needed) {
            return "";
        }
        if (value instanceof String text && !text.isBlank() && text.length() <= longest) {
            if (StandardCharsets.UTF_8.newEncoder().canEncode(text) && text.indexOf('\0') < 0) {
                return text;
            }
            fault(key, "has a character that is none");
            return "";
        }
        fault(key, "must be text of 1 to " + longest + " characters");
        return "";
    }

    /** Text of a form; empty, with a fault, when it is none.
     *
     * @param otherwise what stands for it when it is left out; empty when it must be there
     * @param what the form in words, after "must be"
     */
    public String name(String key, Pattern form, String otherwise, String what) {
        Object value = map.get(key);
        if (value == null && !otherwise.isEmpty()) {
            return otherwise;
        }
        if (value instanceof String text && form.matcher(text).matches()) {
            return text;
        }
        fault(key, "must be " + what);
        return "";
    }

    /** A whole number within bounds. */
    public long number(String key, long least, long most, long otherwise) {
        return number(key, least, most).orElse(otherwise);
    }

    /** A whole number within bounds; empty when it is left out. */
    public OptionalLong number(String key, long least, long most) {
        Object value = map.get(key);
        if (value == null) {
            return OptionalLong.empty();
        }
        if ((value instanceof Integer || value instanceof Long)
                && ((Number) value).longValue() >= least
                && ((Number) value).longValue() <= most) {
            return OptionalLong.of(((Number) value).longValue());
        }
        fault(key, "must be a whole number from " + least + " to " + most);
        return OptionalLong.empty();
    }

    /** True or false; false when it is left out. */
    public boolean flag(String key) {
        Object value = map.get(key);
        if (value == null || value instanceof Boolean) {
            return Boolean.TRUE.equals(value);
        }
        fault(key, "must be true or false");
        return false;
    }

    /** A list of texts of a form; empty when it is left out.
     *
     * @param what the form in words, after "must be a list of"
     */
    public List<String> texts(String key, Pattern form, String what) {
        Object value = map.get(key);
        List<String> texts = new ArrayList<>();
        if (value == null) {
            return texts;
        }
        if (value instanceof List<?> list && list.size() <= LISTED) {
            for (Object each : list) {
                if (each instanceof String text && form.matcher(text).matches()) {
                    texts.add(text);
                } else {
                    fault(key, "must be a list of " + what);
                    return texts;
                }
            }
        } else {
            fault(key, "must be a list of at most " + LISTED + " " + what);
        }
        return texts;
    }

    /** A mapping within this one; an empty one when it is left out. */
    public Fields fields(String key, List<String> known) {
        Object value = map.get(key);
        return new Fields(value == null ? Map.of() : value, at + key + ".", faults, known);
    }

    /**
     * A time such as {@code 500ms}, {@code 30s}, {@code 10m}, {@code 12h} or {@code 7d}.
     *
     * @param otherwise what stands for it when it is left out
     */
    public Duration duration(String key, Duration least, Duration most, Duration otherwise) {
        Object value = map.get(key);
        if (value == null) {
            return otherwise;
        }
        Matcher matcher = DURATION.matcher(String.valueOf(value));
        if (matcher.matches()) {
            Duration duration = Duration.of(
                    Long.parseLong(matcher.group(1)),
                    switch (matcher.group(2)) {
                        case "ms" -> ChronoUnit.MILLIS;
                        case "s" -> ChronoUnit.SECONDS;
                        case "m" -> ChronoUnit.MINUTES;
                        case "h" -> ChronoUnit.HOURS;
                        default -> ChronoUnit.DAYS;
                    });
            if (duration.compareTo(least) >= 0 && duration.compareTo(most) <= 0) {
                return duration;
            }
        }
        fault(key, "must be a time from " + told(least) + " to " + told(most) + ", such as 500ms, 30s, 10m, 12h or 7d");
        return otherwise;
    }

    /** As one would write it in such a file: in the largest unit that leaves no rest. */
    public static String told(Duration duration) {
        long millis = duration.toMillis();
        if (millis % 1_000 != 0) {
            return millis + "ms";
        }
        long seconds = millis / 1_000;
        if (seconds == 0 || seconds % 60 != 0) {
            return seconds + "s";
        }
        return seconds % 86_400 == 0
                ? seconds / 86_400 + "d"
                : seconds % 3_600 == 0 ? seconds / 3_600 + "h" : seconds / 60 + "m";
    }

    static String clip(String text, int most) {
        return text.codePointCount(0, text.length()) <= most
                ? text
                : text.substring(0, text.offsetByCodePoints(0, most)) + "\u2026";
    }
}
