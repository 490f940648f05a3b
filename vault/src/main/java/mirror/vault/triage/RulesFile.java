package mirror.vault.triage;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import mirror.trust.yaml.StrictYaml;
import mirror.vault.triage.Entry.Place;
import mirror.vault.triage.Rule.Kind;
import mirror.vault.triage.Rule.When;
import org.jspecify.annotations.Nullable;

/**
 * Reads {@code triage.yaml}. Unknown keys and wrong values are faults, all faults of a file are told at once, and a file with a fault
 * moves nothing.
 */
final class RulesFile {
    static final int MAX_BYTES = 256 * 1024;
    private static final int MOST_RULES = 500;
    private static final Pattern DURATION = Pattern.compile("([1-9][0-9]{0,5})(s|m|h)");
    private static final Pattern SIZE = Pattern.compile("([0-9]{1,12}) ?(B|KB|MB|GB)?", Pattern.CASE_INSENSITIVE);
    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]{0,31}");

    private final List<String> faults = new ArrayList<>();
    private final Path user;

    /** What is wrong with the file, all of it in one sentence. */
    static final class Faulty extends Exception {
        private static final long serialVersionUID = 1;

        Faulty(String message) {
            super(message);
        }
    }

    private RulesFile(Path user) {
        this.user = user;
    }

    /** @param user the person's home folder, for paths that start with {@code ~/} */
    static Rules parse(String yaml, Path user) throws Faulty {
        Object loaded;
        try {
            loaded = StrictYaml.load(yaml, MAX_BYTES);
        } catch (StrictYaml.NotYaml e) {
            throw new Faulty(e.getMessage());
        }
        if (!(loaded instanceof Map<?, ?> map)) {
            throw new Faulty("it is not a mapping with rules");
        }
        return new RulesFile(user).rules(map);
    }

    private Rules rules(Map<?, ?> map) throws Faulty {
        keys(map, "", "", "inbox", "drop", "pull", "every", "stable", "types", "rules");
        String inbox = text(map, "inbox", "inbox", "Inbox");
        try {
            Destination.check(inbox);
        } catch (Destination.Unclear e) {
            faults.add("inbox: " + e.getMessage());
        }
        Object drop = map.get("drop");
        if (drop != null && !(drop instanceof Boolean)) {
            faults.add("drop must be true or false");
        }
        Rules rules = new Rules(
                inbox,
                !Boolean.FALSE.equals(drop),
                pull(map),
                duration(map, "every", Duration.ofMinutes(30), Duration.ofMinutes(1), Duration.ofHours(24)),
                duration(map, "stable", Duration.ofSeconds(5), Duration.ofSeconds(1), Duration.ofHours(1)),
                types(map.get("types")),
                list(map.get("rules")));
        loops(rules);
        if (!faults.isEmpty()) {
            throw new Faulty(String.join("; ", faults));
        }
        return rules;
    }

    private List<Path> pull(Map<?, ?> map) {
        List<Path> folders = new ArrayList<>();
        for (String text : texts(map, "pull", "pull")) {
            boolean home = text.startsWith("~/");
            if ((!home && !text.startsWith("/")) || text.codePoints().anyMatch(Names::isHostile)) {
                faults.add("pull: '" + shown(text) + "' must be an absolute path or start with ~/");
                continue;
            }
            Path folder = (home ? user.resolve(text.substring(2)) : Path.of(text)).normalize();
            if (user.startsWith(folder)) {
                faults.add("pull: " + shown(text) + " is your home folder or above it; name a folder of its own");
            } else {
                folders.add(folder);
            }
        }
        for (Path one : folders) {
            if (folders.stream().filter(one::startsWith).count() > 1) {
                faults.add("pull: " + shown(one.toString()) + " lies in another one or is named twice");
            }
        }
        return List.copyOf(folders);
    }

    private Map<String, String> types(@Nullable Object value) {
        Map<String, String> types = new LinkedHashMap<>();
        if (value == null) {
            return types;
        }
        if (!(value instanceof Map<?, ?> map)) {
            faults.add("types must be a mapping such as {meeting: Meetings}");
            return types;
        }
        map.forEach((type, folder) -> {
            String where = "types." + shown(String.valueOf(type));
            if (!(folder instanceof String path)) {
                faults.add(where + " must be a folder of the vault");
                return;
            }
            try {
                Destination.check(path);
            } catch (Destination.Unclear e) {
                faults.add(where + ": " + e.getMessage());
            }
            if (types.put(Destination.key(String.valueOf(type)), path) != null) {
                faults.add(where + " stands there twice");
            }
        });
        return types;
    }

    private List<Rule> list(@Nullable Object value) {
        List<Rule> rules = new ArrayList<>();
        if (!(value instanceof List<?> list) || list.isEmpty() || list.size() > MOST_RULES) {
            faults.add("rules must be a list of 1 to " + MOST_RULES + " rules");
            return rules;
        }
        Set<String> names = new HashSet<>();
        String all = "";
        for (int i = 0; i < list.size(); i++) {
            String where = "rule " + (i + 1);
            if (!(list.get(i) instanceof Map<?, ?> map)) {
                faults.add(where + " is not a mapping with name, when, to and reason");
                continue;
            }
            Rule rule = rule(map, where);
            if (!names.add(rule.name())) {
                faults.add(where + ": there are two rules named '" + shown(rule.name()) + "'");
            }
            if (i < list.size() - 1 && all.isEmpty() && map.get("when") == null) {
                all = rule.name();
                faults.add(where + ": it fits everything, and no rule after it is ever reached; put it last");
            }
            rules.add(rule);
        }
        return List.copyOf(rules);
    }

    private Rule rule(Map<?, ?> map, String number) {
        String name = text(map, "name", number + ": name", "");
        String where = NAME.matcher(name).matches() ? "rule '" + name + "'" : number;
        keys(map, where + ": ", "", "name", "when", "to", "unpack", "reason");
        if (!NAME.matcher(name).matches()) {
            faults.add(where + ": name must be lower case letters, digits and dashes, at most 32");
        }
        String reason = text(map, "reason", where + ": reason", "");
        if (reason.isBlank() || reason.length() > 300 || reason.codePoints().anyMatch(Character::isISOControl)) {
            faults.add(where + ": reason must be one sentence of at most 300 characters");
        }
        When when = map.get("when") == null ? When.ALWAYS : when(map.get("when"), where);
        String to = text(map, "to", where + ": to", "");
        Destination unpack = map.get("unpack") == null
                ? null
                : destination(text(map, "unpack", where + ": unpack", ""), where + ": unpack");
        Destination destination = null;
        if (to.equals("stay")) {
            if (unpack != null) {
                faults.add(where + ": what stays cannot be unpacked");
            }
        } else {
            destination = destination(to, where + ": to");
            if (unpack != null && when.is() != Kind.ZIP) {
                faults.add(where + ": unpack needs 'is: zip'");
            }
        }
        return new Rule(name, when, destination, unpack, reason);
    }

    private When when(@Nullable Object value, String where) {
        if (!(value instanceof Map<?, ?> map) || map.isEmpty()) {
            faults.add(where + ": when must be a mapping with conditions; leave it out to fit everything");
            return When.ALWAYS;
        }
        String at = where + ": when.";
        keys(
                map,
                where + ": ",
                "when.",
                "from",
                "is",
                "name",
                "ending",
                "type",
                "larger",
                "smaller",
                "text",
                "property",
                "tag");
        Set<Place> from = new LinkedHashSet<>();
        for (String text : texts(map, "from", at + "from")) {
            one(Place.values(), text, at + "from").forEach(from::add);
        }
        String is = text(map, "is", at + "is", "");
        Set<String> endings = new LinkedHashSet<>();
        for (String text : texts(map, "ending", at + "ending")) {
            endings.add((text.startsWith(".") ? text.substring(1) : text).toLowerCase(Locale.ROOT));
        }
        Set<String> tags = new LinkedHashSet<>();
        for (String text : texts(map, "tag", at + "tag")) {
            tags.add((text.startsWith("#") ? text.substring(1) : text).toLowerCase(Locale.ROOT));
        }
        Kind kind = is.isEmpty()
                ? null
                : one(Kind.values(), is, at + "is").stream().findFirst().orElse(null);
        return new When(
                Set.copyOf(from),
                kind,
                texts(map, "name", at + "name").stream().map(Glob::new).toList(),
                Set.copyOf(endings),
                texts(map, "type", at + "type").stream().map(Glob::new).toList(),
                size(map, "larger", at, 0),
                size(map, "smaller", at, Long.MAX_VALUE),
                text(map, "text", at + "text", "").toLowerCase(Locale.ROOT),
                properties(map.get("property"), at),
                Set.copyOf(tags));
    }

    private Map<String, Glob> properties(@Nullable Object value, String at) {
        Map<String, Glob> properties = new LinkedHashMap<>();
        if (value == null) {
            return properties;
        }
        if (!(value instanceof Map<?, ?> map)) {
            faults.add(at + "property must be a mapping such as {type: meeting}");
            return properties;
        }
        map.forEach((name, pattern) -> {
            if (pattern == null || pattern instanceof Map || pattern instanceof List) {
                faults.add(at + "property." + shown(String.valueOf(name)) + " must be a text, such as \"http*\"");
            } else {
                properties.put(String.valueOf(name).toLowerCase(Locale.ROOT), new Glob(pattern.toString()));
            }
        });
        return properties;
    }

    private <T extends Enum<T>> List<T> one(T[] values, String text, String where) {
        for (T each : values) {
            if (Rule.text(each).equals(text)) {
                return List.of(each);
            }
        }
        List<String> names = java.util.Arrays.stream(values).map(Rule::text).toList();
        faults.add(where + " must be one of " + String.join(", ", names));
        return List.of();
    }

    private @Nullable Destination destination(String text, String where) {
        try {
            return Destination.parse(text);
        } catch (Destination.Unclear e) {
            faults.add(where + ": " + e.getMessage());
            return null;
        }
    }

    /** What is put into the inbox must lie in a folder that is known before, and is then no entry. */
    private void loops(Rules rules) {
        for (Rule rule : rules.rules()) {
            for (Destination each : Rules.destinations(rule)) {
                String template = each.template();
                boolean inside = template.startsWith(rules.inbox() + "/");
                String first =
                        inside ? template.substring(rules.inbox().length() + 1).split("/", 2)[0] : "";
                if (template.equals(rules.inbox()) || first.contains("{")) {
                    faults.add("rule '" + shown(rule.name())
                            + "': to lies in the inbox, and would be taken again and again");
                }
            }
        }
        for (String folder : rules.types().values()) {
            if (folder.equals(rules.inbox()) || folder.startsWith(rules.inbox() + "/")) {
                faults.add("types: '" + shown(folder) + "' lies in the inbox, and would be taken again and again");
            }
        }
    }

    // ---- values

    private void keys(Map<?, ?> map, String where, String prefix, String... known) {
        for (Object key : map.keySet()) {
            if (!List.of(known).contains(String.valueOf(key))) {
                faults.add(where + "unknown key '" + prefix + shown(String.valueOf(key)) + "'");
            }
        }
    }

    private String text(Map<?, ?> map, String key, String where, String otherwise) {
        Object value = map.get(key);
        if (value == null) {
            return otherwise;
        }
        if (value instanceof Map || value instanceof List) {
            faults.add(where + " must be a text");
            return otherwise;
        }
        return value.toString();
    }

    private List<String> texts(Map<?, ?> map, String key, String where) {
        Object value = map.get(key);
        if (value == null) {
            return List.of();
        }
        List<?> list = value instanceof List<?> many ? many : List.of(value);
        List<String> texts = new ArrayList<>();
        for (Object each : list) {
            if (each == null
                    || each instanceof Map
                    || each instanceof List
                    || each.toString().isBlank()) {
                faults.add(where + " must be a text or a list of texts");
                return List.of();
            }
            texts.add(each.toString());
        }
        if (texts.isEmpty() && !key.equals("pull")) {
            faults.add(where + " must name at least one");
        }
        return texts;
    }

    private long size(Map<?, ?> map, String key, String at, long otherwise) {
        Object value = map.get(key);
        if (value == null) {
            return otherwise;
        }
        Matcher matcher = SIZE.matcher(value.toString());
        if (!matcher.matches()) {
            faults.add(at + key + " must be a size such as 500KB or 10MB");
            return otherwise;
        }
        String unit = matcher.group(2) == null ? "B" : matcher.group(2).toUpperCase(Locale.ROOT);
        int shift = switch (unit) {
            case "KB" -> 10;
            case "MB" -> 20;
            case "GB" -> 30;
            default -> 0;
        };
        long number = Long.parseLong(matcher.group(1));
        if (number > Long.MAX_VALUE >> shift) {
            faults.add(at + key + " is more than there is");
            return otherwise;
        }
        return number << shift;
    }

    private Duration duration(Map<?, ?> map, String key, Duration otherwise, Duration least, Duration most) {
        Object value = map.get(key);
        if (value == null) {
            return otherwise;
        }
        Matcher matcher = DURATION.matcher(value.toString());
        if (matcher.matches()) {
            long n = Long.parseLong(matcher.group(1));
            Duration duration = switch (matcher.group(2)) {
                case "s" -> Duration.ofSeconds(n);
                case "m" -> Duration.ofMinutes(n);
                default -> Duration.ofHours(n);
            };
            if (duration.compareTo(least) >= 0 && duration.compareTo(most) <= 0) {
                return duration;
            }
        }
        faults.add(key + " must be a time such as 30s, 30m or 2h, from " + least.toSeconds() + "s to " + most.toHours()
                + "h");
        return otherwise;
    }

    private static String shown(String text) {
        return text.length() <= 80 ? text : text.substring(0, 80) + "\u2026";
    }
}
