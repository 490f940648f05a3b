package mirror.tiers.swarm;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import mirror.tiers.ask.Texts;
import org.jspecify.annotations.Nullable;

/** The fields of a mapping that somebody else wrote. What is wrong goes to the faults, and a harmless value stands in for it. */
final class Fields {
    private static final int LISTED = 100;

    private final Map<?, ?> map;
    private final String at;
    private final List<String> faults;

    /**
     * @param at where it stands, ending in a dot; empty at the top
     * @param known all keys that it may have
     */
    Fields(@Nullable Object value, String at, List<String> faults, List<String> known) {
        this.at = at;
        this.faults = faults;
        if (value instanceof Map<?, ?> fields) {
            map = fields;
            for (Object key : map.keySet()) {
                if (!known.contains(String.valueOf(key))) {
                    faults.add("unknown key '" + at + Texts.clip(String.valueOf(key), 80) + "'; there are "
                            + String.join(", ", known));
                }
            }
        } else {
            map = Map.of();
            faults.add((at.isEmpty() ? "it" : at.substring(0, at.length() - 1)) + " must be a mapping");
        }
    }

    boolean has(String key) {
        return map.get(key) != null;
    }

    void fault(String key, String what) {
        faults.add(at + key + " " + what);
    }

    @Nullable
    Object get(String key) {
        return map.get(key);
    }

    /** Text of 1 to so many characters; empty when it is left out and need not be there. */
    String text(String key, int longest, boolean needed) {
        Object value = map.get(key);
        if (value == null && !needed) {
            return "";
        }
        if (value instanceof String text && !text.isBlank() && text.length() <= longest) {
            if (text.equals(Texts.sound(text)) && text.indexOf('\0') < 0) {
                return text;
            }
            fault(key, "has a character that is none");
            return "";
        }
        fault(key, "must be text of 1 to " + longest + " characters");
        return "";
    }

    String name(String key, Pattern form, String otherwise, String what) {
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

    long number(String key, long least, long most, long otherwise) {
        return number(key, least, most).orElse(otherwise);
    }

    OptionalLong number(String key, long least, long most) {
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

    boolean flag(String key) {
        Object value = map.get(key);
        if (value == null || value instanceof Boolean) {
            return Boolean.TRUE.equals(value);
        }
        fault(key, "must be true or false");
        return false;
    }

    List<String> texts(String key, Pattern form, String what) {
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
}
