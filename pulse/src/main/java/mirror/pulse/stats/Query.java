package mirror.pulse.stats;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import mirror.bus.Event;
import tools.jackson.databind.JsonNode;

/**
 * How a number is made of the log, as a line that a person reads and Mirror runs; nothing else computes a number.
 *
 * <pre>
 * count TYPES [each FIELD] [where COND]…
 * sum FIELD of TYPES [each FIELD] [where COND]…
 * distinct FIELD of TYPES [where COND]…
 * open TYPES by FIELD until TYPES [ends FIELD] [where COND]…   what began and has not ended
 * latest TYPES by FIELD where COND…                            things whose last event is so
 * daemon up|down|unknown|crashes
 * reliability least|runs
 * unknown REASON
 * </pre>
 *
 * A type stands without {@code mirror.}, {@code *} is every event, several are separated by commas. A field is one of the payload, or
 * {@code @session}, {@code @subject}, {@code @actor}; {@code each} names an array whose elements are counted in place of the events. A
 * condition is {@code FIELD=VALUE}, {@code FIELD!=VALUE}, with {@code |} between several values. Immutable.
 *
 * @param text the line itself, with one space between words
 */
public record Query(
        Verb verb,
        Set<String> types,
        String field,
        String each,
        String by,
        Set<String> until,
        String ends,
        List<Condition> where,
        String text) {
    /** A line is no longer than this. */
    static final int LONGEST = 300;

    private static final Pattern FIELD = Pattern.compile("@(?:session|subject|actor)|[a-z][a-z0-9-]{0,40}");
    private static final Pattern TYPE = Pattern.compile("\\*|[a-z][a-z-]{0,40}\\.[a-z][a-z-]{0,40}\\.v[0-9]{1,3}");
    private static final Pattern VALUE = Pattern.compile("[A-Za-z0-9._/-]{0,60}");
    private static final int MOST = 10;

    /** What is done with the events. */
    public enum Verb {
        COUNT,
        SUM,
        DISTINCT,
        OPEN,
        LATEST,
        DAEMON,
        RELIABILITY,
        UNKNOWN;

        /** Whether the number never gets smaller as the log grows. */
        public boolean onlyGrows() {
            return this == COUNT || this == SUM || this == DISTINCT;
        }
    }

    /** What must hold of a field's text; of one that is not there it is empty. */
    record Condition(String field, boolean not, Set<String> values) {}

    public Query {
        types = Set.copyOf(types);
        until = Set.copyOf(until);
        where = List.copyOf(where);
    }

    /**
     * Reads one.
     *
     * @throws IllegalArgumentException with a sentence, when it is none
     */
    public static Query parse(String text) {
        if (text.length() > LONGEST || !text.equals(text.strip()) || text.contains("  ")) {
            throw fault(text, "it is longer than " + LONGEST + " characters, or has spaces where none belong");
        }
        List<String> words = Arrays.asList(text.split(" ", -1));
        String verb = words.getFirst();
        return switch (verb) {
            case "count" -> clauses(Verb.COUNT, words, 1, "", text);
            case "sum", "distinct" -> {
                if (words.size() < 4 || !words.get(2).equals("of")) {
                    throw fault(text, "'" + verb + "' is followed by a field, 'of' and types");
                }
                yield clauses(verb.equals("sum") ? Verb.SUM : Verb.DISTINCT, words, 3, field(words.get(1), text), text);
            }
            case "open" -> clauses(Verb.OPEN, words, 1, "", text);
            case "latest" -> clauses(Verb.LATEST, words, 1, "", text);
            case "daemon" -> plain(Verb.DAEMON, words, Set.of("up", "down", "unknown", "crashes"), text);
            case "reliability" -> plain(Verb.RELIABILITY, words, Set.of("least", "runs"), text);
            case "unknown" -> {
                if (words.size() < 2) {
                    throw fault(text, "'unknown' is followed by the reason");
                }
                yield of(Verb.UNKNOWN, Set.of(), text.substring("unknown ".length()), text);
            }
            default ->
                throw fault(text, "it begins with count, sum, distinct, open, latest, daemon, reliability or unknown");
        };
    }

    private static Query of(Verb verb, Set<String> types, String field, String text) {
        return new Query(verb, types, field, "", "", Set.of(), "", List.of(), text);
    }

    private static Query plain(Verb verb, List<String> words, Set<String> known, String text) {
        if (words.size() != 2 || !known.contains(words.get(1))) {
            throw fault(
                    text,
                    "'" + words.getFirst() + "' is followed by one of "
                            + String.join(", ", known.stream().sorted().toList()));
        }
        return of(verb, Set.of(), words.get(1), text);
    }

    private static Query clauses(Verb verb, List<String> words, int at, String field, String text) {
        if (words.size() <= at) {
            throw fault(text, "it names no event types");
        }
        Set<String> types = types(words.get(at), text);
        String each = "";
        String by = "";
        Set<String> until = Set.of();
        String ends = "";
        List<Condition> where = new ArrayList<>();
        for (int i = at + 1; i < words.size(); i += 2) {
            if (i + 1 >= words.size()) {
                throw fault(text, "nothing follows '" + words.get(i) + "'");
            }
            String value = words.get(i + 1);
            switch (words.get(i)) {
                case "each" -> each = field(value, text);
                case "by" -> by = field(value, text);
                case "until" -> until = types(value, text);
                case "ends" -> ends = field(value, text);
                case "where" -> where.add(condition(value, text));
                default -> throw fault(text, "'" + words.get(i) + "' is not a word of it");
            }
        }
        boolean counts = verb == Verb.COUNT || verb == Verb.SUM;
        boolean keyed = verb == Verb.OPEN || verb == Verb.LATEST;
        if ((!each.isEmpty() && !counts)
                || keyed == by.isEmpty()
                || (verb == Verb.OPEN) == until.isEmpty()
                || (!ends.isEmpty() && verb != Verb.OPEN)
                || (verb == Verb.LATEST && where.isEmpty())
                || where.size() > MOST) {
            throw fault(text, "a part is missing, or belongs to another verb");
        }
        return new Query(verb, types, field, each, by, until, ends, where, text);
    }

    private static Set<String> types(String word, String text) {
        String[] names = word.split(",", -1);
        for (String name : names) {
            if (!TYPE.matcher(name).matches() || names.length > MOST) {
                throw fault(text, "'" + word + "' does not name event types such as session.opened.v1");
            }
        }
        return Set.of(Arrays.stream(names).distinct().toArray(String[]::new));
    }

    private static String field(String word, String text) {
        if (!FIELD.matcher(word).matches()) {
            throw fault(text, "'" + word + "' is not the name of a field");
        }
        return word;
    }

    private static Condition condition(String word, String text) {
        int equals = word.indexOf('=');
        if (equals < 1) {
            throw fault(text, "'" + word + "' is not a condition such as verdict=block");
        }
        boolean not = word.charAt(equals - 1) == '!';
        String[] values = word.substring(equals + 1).split("\\|", -1);
        for (String value : values) {
            if (!VALUE.matcher(value).matches() || values.length > MOST) {
                throw fault(text, "'" + word + "' compares with something that is not a plain word");
            }
        }
        return new Condition(
                field(word.substring(0, not ? equals - 1 : equals), text), not, Set.copyOf(Arrays.asList(values)));
    }

    private static IllegalArgumentException fault(String text, String why) {
        return new IllegalArgumentException(
                "the query '" + (text.length() > LONGEST ? text.substring(0, LONGEST) + "\u2026" : text)
                        + "' cannot be read: " + why);
    }

    // ---- reading events

    private static final String PREFIX = "mirror.";

    /** Whether it is about events of this type at all. */
    boolean isAbout(Event event) {
        return isOneOf(types, event);
    }

    static boolean isOneOf(Set<String> types, Event event) {
        return types.contains("*")
                || (event.type().startsWith(PREFIX)
                        && types.contains(event.type().substring(PREFIX.length())));
    }

    /** Whether all conditions hold. */
    boolean holds(Event event, JsonNode node) {
        return where.stream().allMatch(each -> each.values.contains(text(event, node, each.field)) != each.not);
    }

    /** A field's text; empty when it is not there or is not a plain value. */
    static String text(Event event, JsonNode node, String field) {
        return switch (field) {
            case "@session" -> Objects.requireNonNullElse(event.session(), "");
            case "@subject" -> Objects.requireNonNullElse(event.subject(), "");
            case "@actor" -> event.actor();
            default -> node.path(field).asString("");
        };
    }
}
