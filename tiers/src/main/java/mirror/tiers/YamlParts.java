package mirror.tiers;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads values of a YAML file and collects what is wrong with them; a wrong one is read as something harmless. Used by one thread. */
abstract class YamlParts {
    private static final Pattern DURATION = Pattern.compile("([1-9][0-9]{0,4})(ms|s|m|h)");

    /** One sentence for each. */
    final List<String> faults;

    YamlParts(List<String> faults) {
        this.faults = faults;
    }

    Duration duration(Map<?, ?> map, String at, String key, Duration otherwise) {
        return duration(map, at, key, otherwise, Duration.ofHours(1));
    }

    Duration duration(Map<?, ?> map, String at, String key, Duration otherwise, Duration most) {
        Object value = map.get(key);
        if (value == null) {
            return otherwise;
        }
        Matcher matcher = DURATION.matcher(value.toString());
        if (matcher.matches()) {
            long n = Long.parseLong(matcher.group(1));
            Duration duration = switch (matcher.group(2)) {
                case "ms" -> Duration.ofMillis(n);
                case "s" -> Duration.ofSeconds(n);
                case "m" -> Duration.ofMinutes(n);
                default -> Duration.ofHours(n);
            };
            if (duration.compareTo(most) <= 0) {
                return duration;
            }
        }
        faults.add(at + "." + key + " must be a time of at most " + most.toHours() + "h, such as 500ms, 30s or 10m");
        return otherwise;
    }

    long count(Map<?, ?> map, String at, String key) {
        if (map.get(key) instanceof Integer number && number > 0 && number <= 100_000_000) {
            return number;
        }
        faults.add(at + key + " must be a number of tokens");
        return 1;
    }

    boolean flag(Map<?, ?> map, String at, String key) {
        Object value = map.get(key);
        if (value == null || value instanceof Boolean) {
            return Boolean.TRUE.equals(value);
        }
        faults.add(at + key + " must be true or false");
        return false;
    }

    String text(Map<?, ?> map, String at, String key) {
        Object value = map.get(key);
        if (value == null || value instanceof String) {
            return value == null ? "" : (String) value;
        }
        faults.add(at + key + " must be text");
        return "";
    }

    Map<?, ?> map(@Nullable Object value, String at) {
        if (value instanceof Map<?, ?> map) {
            return map;
        }
        faults.add(at + " must be a mapping");
        return Map.of();
    }

    void keys(Map<?, ?> map, String at, String... known) {
        for (Object key : map.keySet()) {
            if (!List.of(known).contains(String.valueOf(key))) {
                faults.add("unknown key '" + at + clip(String.valueOf(key)) + "'");
            }
        }
    }

    static String clip(String text) {
        return text.length() <= 80 ? text : text.substring(0, 80) + "\u2026";
    }

    int number(Map<?, ?> map, String at, String key, int most) {
        if (map.get(key) instanceof Integer number && number > 0 && number <= most) {
            return number;
        }
        faults.add(at + key + " must be a whole number from 1 to " + most);
        return 1;
    }
}
