package mirror.bus.organism;

import java.util.List;
import java.util.regex.Pattern;
import mirror.bus.Event;

/**
 * Which events an organism is offered, told from their attributes alone. Immutable and thread-safe.
 *
 * @param types prefixes of event types in whole words: {@code mirror.session} covers {@code mirror.session.opened.v1} and not
 *     {@code mirror.sessions.counted.v1}; {@code mirror} covers all. Never empty
 * @param actor only events of this actor; {@code ""} for all
 * @param subject only events whose subject starts with this; {@code ""} for all, those without a subject too
 */
public record EventFilter(List<String> types, String actor, String subject) {
    private static final Pattern PREFIX = Pattern.compile("mirror(\\.[a-z0-9-]+){0,3}");

    public EventFilter {
        types = types.stream().map(EventFilter::prefix).toList();
        if (types.isEmpty()) {
            throw new IllegalArgumentException("a filter needs at least one prefix of an event type");
        }
    }

    public static EventFilter types(String... prefixes) {
        return new EventFilter(List.of(prefixes), "", "");
    }

    /**
     * A prefix as a person may write it, in full: {@code session}, {@code session.} and {@code mirror.session} are the same.
     *
     * @throws IllegalArgumentException when no event type can start so
     */
    public static String prefix(String text) {
        String bare = text.endsWith(".") ? text.substring(0, text.length() - 1) : text;
        String full = bare.equals("mirror") || bare.startsWith("mirror.") ? bare : "mirror." + bare;
        if (!PREFIX.matcher(full).matches()) {
            throw new IllegalArgumentException("'" + text
                    + "' is not the start of an event type such as mirror.session or mirror.action.decided.v1");
        }
        return full;
    }

    /** Whether {@code prefix}, written in full, covers {@code type}. */
    public static boolean covers(String prefix, String type) {
        return type.startsWith(prefix) && (type.length() == prefix.length() || type.charAt(prefix.length()) == '.');
    }

    boolean matches(Event event) {
        if (!actor.isEmpty() && !actor.equals(event.actor())) {
            return false;
        }
        if (!subject.isEmpty() && (event.subject() == null || !event.subject().startsWith(subject))) {
            return false;
        }
        for (String prefix : types) {
            if (covers(prefix, event.type())) {
                return true;
            }
        }
        return false;
    }
}
