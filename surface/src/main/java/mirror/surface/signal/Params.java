package mirror.surface.signal;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The parameters of a request: headers first, then the query, each under several names, as ntfy's {@code readParam} reads them.
 *
 * @param headers by lower-case name
 * @param query by name
 */
record Params(Map<String, String> headers, Map<String, String> query) {
    /** What Cloudflare and others put there by RFC 9218, which is no priority of a message. */
    private static final String RFC_9218 = "u=[0-9](?:\\s*,\\s*i)?|i";

    Params {
        headers = Map.copyOf(headers);
        query = Map.copyOf(query);
    }

    static Params of(Map<String, String> headers) {
        return new Params(headers, Map.of());
    }

    /** The first that is not empty, without space around it; {@code ""} when there is none. */
    String text(String... names) {
        for (String name : names) {
            String value = EncodedWords.decode(headers.getOrDefault(name, "")).strip();
            boolean foreign = name.equals("priority") && value.matches(RFC_9218);
            if (!value.isEmpty() && !foreign) {
                return value;
            }
        }
        for (String name : names) {
            String value = query.getOrDefault(name, "").strip();
            if (!value.isEmpty()) {
                return value;
            }
        }
        return "";
    }

    boolean flag(boolean otherwise, String... names) {
        String value = text(names).toLowerCase(Locale.ROOT);
        return value.isEmpty() ? otherwise : value.equals("1") || value.equals("yes") || value.equals("true");
    }

    List<String> list(String... names) {
        return Arrays.stream(text(names).split(","))
                .map(String::strip)
                .filter(word -> !word.isEmpty())
                .toList();
    }
}
