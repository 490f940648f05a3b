package mirror.vault.upkeep;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import mirror.trust.yaml.StrictYaml;

/**
 * After how many days a note should be looked at again, by its type; {@link #NEVER} for what tells what once was and cannot become
 * wrong.
 *
 * @param days by type, in lower case
 */
public record Limits(Map<String, Integer> days) {
    static final int NEVER = 0;
    private static final int MAX_BYTES = 64 * 1024;
    private static final int LONGEST = 36_500;
    private static final int OTHER = 365;

    public static final Limits STANDARD = new Limits(Map.ofEntries(
            Map.entry("task", 14),
            Map.entry("project", 30),
            Map.entry("plan", 60),
            Map.entry("how-to", 180),
            Map.entry("decision", 180),
            Map.entry("fact", 180),
            Map.entry("person", 365),
            Map.entry("reference", 365),
            Map.entry("daily", NEVER),
            Map.entry("journal", NEVER),
            Map.entry("meeting", NEVER),
            Map.entry("session", NEVER),
            Map.entry("quote", NEVER)));

    public Limits {
        days = Map.copyOf(days);
    }

    /** A file of limits that cannot be used; the message names every fault. */
    public static final class Faulty extends IOException {
        private static final long serialVersionUID = 1;

        Faulty(String message) {
            super(message);
        }
    }

    /**
     * The standard limits with what the file says instead: {@code review-days:} with a number of days or {@code never} for each type.
     *
     * @param file need not be there
     */
    public static Limits read(Path file) throws IOException {
        if (!Files.exists(file)) {
            return STANDARD;
        }
        Object loaded;
        try {
            loaded = StrictYaml.load(Files.readAllBytes(file), MAX_BYTES);
        } catch (StrictYaml.NotYaml e) {
            throw new Faulty(file + " is not read: " + e.getMessage());
        }
        if (loaded == null) {
            return STANDARD;
        }
        List<String> faults = new ArrayList<>();
        Map<String, Integer> days = new HashMap<>(STANDARD.days);
        if (!(loaded instanceof Map<?, ?> map)) {
            throw new Faulty(file + " is not a list of 'key: value' lines");
        }
        map.forEach((key, value) -> {
            if (!"review-days".equals(key)) {
                faults.add("unknown key '" + key + "'; there is only review-days");
            } else if (value instanceof Map<?, ?> types) {
                types.forEach((type, limit) -> add(days, String.valueOf(type), limit, faults));
            } else {
                faults.add("review-days must be 'type: days' lines");
            }
        });
        if (!faults.isEmpty()) {
            throw new Faulty(file + ": " + String.join("; ", faults));
        }
        return new Limits(days);
    }

    private static void add(Map<String, Integer> days, String type, Object limit, List<String> faults) {
        if ("never".equals(limit)) {
            days.put(type.toLowerCase(Locale.ROOT), NEVER);
        } else if (limit instanceof Integer number && number > 0 && number <= LONGEST) {
            days.put(type.toLowerCase(Locale.ROOT), number);
        } else {
            faults.add("review-days of '" + type + "' must be 1 to " + LONGEST + " days or never");
        }
    }

    /** Days for a type; a type that is not known has a year. */
    public int of(String type) {
        return days.getOrDefault(type, OTHER);
    }
}
