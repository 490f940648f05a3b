package mirror.surface.signal;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/** The part of an address after the question mark. */
final class Query {
    private Query() {}

    /** The first value of each name; what is not encoded as it should be is left out. */
    static Map<String, String> read(String raw) {
        Map<String, String> values = new HashMap<>();
        for (String pair : raw.split("&", -1)) {
            int equals = pair.indexOf('=');
            String name = equals < 0 ? pair : pair.substring(0, equals);
            String value = equals < 0 ? "" : pair.substring(equals + 1);
            try {
                values.putIfAbsent(decode(name), decode(value));
            } catch (IllegalArgumentException e) {
                // A percent sign that begins nothing.
            }
        }
        return values;
    }

    private static String decode(String text) {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
    }
}
