package mirror.kernel;

import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import mirror.bus.Event;
import mirror.bus.organism.EventFilter;
import mirror.bus.organism.Organism;
import mirror.bus.organism.Retry;
import mirror.trust.yaml.StrictYaml;
import org.jspecify.annotations.Nullable;

/**
 * One organism as the owner wrote it; docs/organisms.md is the contract. Unknown keys and wrong values are faults, all faults of a file
 * are told at once, and a file with a fault is no organism at all. Immutable.
 *
 * @param permit id of the only lease it acts under, or null for any that it holds
 * @param timeout how long one reaction may take
 */
record OrganismFile(
        String name,
        EventFilter filter,
        Predicate<Event> condition,
        @Nullable String permit,
        Function<Event, String> key,
        Retry retry,
        Duration timeout,
        int parallel,
        boolean fromStart,
        Reaction reaction) {
    static final int MAX_BYTES = 64 * 1024;
    private static final Duration LONGEST_TIMEOUT = Duration.ofMinutes(10);
    private static final Duration LONGEST_DELAY = Duration.ofDays(1);
    private static final Pattern DURATION = Pattern.compile("([1-9][0-9]{0,6})(ms|s|m|h|d)");
    private static final Pattern KEY = Pattern.compile("[\\x20-\\x7e]{1,256}");

    /** What is wrong with a file, in one sentence. */
    static final class Faulty extends Exception {
        private static final long serialVersionUID = 1;

        Faulty(String message) {
            super(message);
        }
    }

    Organism organism(Organism.Handler handler) {
        return new Organism(name, filter, condition, permit, key, retry, parallel, fromStart, handler);
    }

    static OrganismFile parse(byte[] yaml) throws Faulty {
        Object loaded;
        try {
            loaded = StrictYaml.load(yaml, MAX_BYTES);
        } catch (StrictYaml.NotYaml e) {
            throw new Faulty(e.getMessage());
        }
        if (!(loaded instanceof Map<?, ?> map)) {
            throw new Faulty("it is not a mapping with name, on, and run or http");
        }
        return new Reader().file(map);
    }

    /** Reads the parts and collects what is wrong with them. */
    private static final class Reader {
        private final List<String> faults = new ArrayList<>();

        OrganismFile file(Map<?, ?> map) throws Faulty {
            keys(map, "", "name", "on", "when", "permit", "key", "retry", "timeout", "parallel", "from", "run", "http");
            String name = text(map, "name", "");
            if (!name.matches("[a-z][a-z0-9-]{0,31}")) {
                faults.add("name must be lower case letters, digits and dashes, at most 32");
            }
            String permit = text(map, "permit", "");
            String from = text(map, "from", "now");
            if (!Set.of("now", "start").contains(from)) {
                faults.add("from must be now or start");
            }
            OrganismFile file = new OrganismFile(
                    name,
                    filter(map.get("on")),
                    condition(map),
                    permit.isEmpty() ? null : permit,
                    key(map, name),
                    retry(map.get("retry")),
                    duration(map, "timeout", Duration.ofSeconds(30), LONGEST_TIMEOUT),
                    number(map, "parallel", 4, 64),
                    from.equals("start"),
                    reaction(map));
            if (!faults.isEmpty()) {
                throw new Faulty(String.join("; ", faults));
            }
            return file;
        }

        private EventFilter filter(@Nullable Object on) {
            EventFilter none = EventFilter.types("mirror");
            if (!(on instanceof Map<?, ?> map)) {
                faults.add("on must be a mapping with types");
                return none;
            }
            keys(map, "on.", "types", "actor", "subject");
            List<String> types = texts(map, "types", "on.types");
            try {
                return types.isEmpty()
                        ? none
                        : new EventFilter(types, text(map, "actor", ""), text(map, "subject", ""));
            } catch (IllegalArgumentException e) {
                faults.add("on.types: " + e.getMessage());
                return none;
            }
        }

        private Predicate<Event> condition(Map<?, ?> map) {
            try {
                String when = text(map, "when", "");
                return when.isEmpty() ? _ -> true : EventExpression.condition(when);
            } catch (IllegalArgumentException e) {
                faults.add("when: " + e.getMessage());
                return _ -> false;
            }
        }

        private Function<Event, String> key(Map<?, ?> map, String name) {
            String key = text(map, "key", "");
            if (key.isEmpty()) {
                return event -> name + "/" + event.id();
            }
            try {
                Function<Event, String> expression = EventExpression.text(key);
                return event -> {
                    String made = name + "/" + expression.apply(event);
                    if (!KEY.matcher(made).matches()) {
                        throw new IllegalStateException("the key is not 1 to 256 printable ASCII characters");
                    }
                    return made;
                };
            } catch (IllegalArgumentException e) {
                faults.add("key: " + e.getMessage());
                return Event::id;
            }
        }

        private Retry retry(@Nullable Object node) {
            if (node == null) {
                return Retry.DEFAULT;
            }
            if (!(node instanceof Map<?, ?> map)) {
                faults.add("retry must be a mapping with attempts, first and max");
                return Retry.DEFAULT;
            }
            keys(map, "retry.", "attempts", "first", "max");
            int attempts = number(map, "attempts", Retry.DEFAULT.attempts(), 100);
            Duration first = duration(map, "first", Retry.DEFAULT.first(), LONGEST_DELAY);
            Duration max = duration(map, "max", Retry.DEFAULT.max(), LONGEST_DELAY);
            if (max.compareTo(first) < 0) {
                faults.add("retry.max must not be shorter than retry.first");
                return Retry.DEFAULT;
            }
            return new Retry(attempts, first, max, Retry.DEFAULT.patience());
        }

        private Reaction reaction(Map<?, ?> map) {
            Reaction none = new Reaction.Run(List.of("false"));
            if (map.containsKey("run") == map.containsKey("http")) {
                faults.add("it must have either run or http");
                return none;
            }
            if (map.containsKey("run")) {
                List<String> argv = texts(map, "run", "run");
                if (argv.stream().anyMatch(arg -> arg.indexOf('\0') >= 0)
                        || (!argv.isEmpty() && argv.getFirst().isBlank())) {
                    faults.add("run must start with a program and hold no zero characters");
                }
                return argv.isEmpty() ? none : new Reaction.Run(argv);
            }
            if (!(map.get("http") instanceof Map<?, ?> http)) {
                faults.add("http must be a mapping with url");
                return none;
            }
            keys(http, "http.", "url", "method");
            String method = text(http, "method", "POST");
            if (!Set.of("POST", "PUT").contains(method)) {
                faults.add("http.method must be POST or PUT");
            }
            try {
                URI url = new URI(text(http, "url", ""));
                boolean web = "http".equals(url.getScheme()) || "https".equals(url.getScheme());
                if (!web || url.getHost() == null || url.getUserInfo() != null || url.getFragment() != null) {
                    faults.add("http.url must be an http or https address with a host, without user or fragment");
                    return none;
                }
                return new Reaction.Http(url, method);
            } catch (URISyntaxException e) {
                faults.add("http.url is not an address: " + e.getReason());
                return none;
            }
        }

        private void keys(Map<?, ?> map, String where, String... known) {
            for (Object key : map.keySet()) {
                if (!(key instanceof String name) || !Set.of(known).contains(name)) {
                    faults.add("unknown key '" + where + key + "'");
                }
            }
        }

        private String text(Map<?, ?> map, String key, String otherwise) {
            Object value = map.get(key);
            if (value == null && !map.containsKey(key)) {
                return otherwise;
            }
            if (value instanceof String text && !text.isBlank()) {
                return text;
            }
            faults.add(key + " must be a text that is not empty");
            return otherwise;
        }

        private List<String> texts(Map<?, ?> map, String key, String where) {
            if (map.get(key) instanceof List<?> list
                    && !list.isEmpty()
                    && list.stream().allMatch(item -> item instanceof String)) {
                return list.stream().map(String::valueOf).toList();
            }
            faults.add(where + " must be a list of texts");
            return List.of();
        }

        private int number(Map<?, ?> map, String key, int otherwise, int most) {
            Object value = map.get(key);
            if (value == null && !map.containsKey(key)) {
                return otherwise;
            }
            if (value instanceof Integer number && number >= 1 && number <= most) {
                return number;
            }
            faults.add(key + " must be a whole number from 1 to " + most);
            return otherwise;
        }

        private Duration duration(Map<?, ?> map, String key, Duration otherwise, Duration most) {
            Object value = map.get(key);
            if (value == null && !map.containsKey(key)) {
                return otherwise;
            }
            Matcher matcher = DURATION.matcher(String.valueOf(value));
            if (matcher.matches()) {
                long n = Long.parseLong(matcher.group(1));
                Duration duration = switch (matcher.group(2)) {
                    case "ms" -> Duration.ofMillis(n);
                    case "s" -> Duration.ofSeconds(n);
                    case "m" -> Duration.ofMinutes(n);
                    case "h" -> Duration.ofHours(n);
                    default -> Duration.ofDays(n);
                };
                if (duration.compareTo(most) <= 0) {
                    return duration;
                }
            }
            faults.add(key + " must be a time such as 500ms, 30s or 5m, at most " + most.toMinutes() + "m");
            return otherwise;
        }
    }
}
