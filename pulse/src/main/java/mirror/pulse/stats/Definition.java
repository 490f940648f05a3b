package mirror.pulse.stats;

import java.util.regex.Pattern;

/**
 * What a number is.
 *
 * @param name lower case, with dots, such as {@code actions.blocked}
 * @param unit of what it counts, such as {@code event}, {@code s}, {@code USD/1000000}; {@code 1} for a share
 * @param says one sentence for a person
 * @param query what computes it
 */
public record Definition(String name, String unit, String says, Query query) {
    static final Pattern NAME = Pattern.compile("[a-z][a-z0-9]*(?:[.-][a-z0-9]+){0,6}");

    public Definition {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("'" + name + "' is not the name of a number");
        }
    }

    public static Definition of(String name, String unit, String query, String says) {
        return new Definition(name, unit, says, Query.parse(query));
    }
}
