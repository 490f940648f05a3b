package mirror.pulse.reap;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import mirror.trust.yaml.Fields;
import mirror.trust.yaml.StrictYaml;

/**
 * What the owner said may be ended; docs/healing.md is the contract. A process falls under a rule when everything that the rule says is true
 * of it, and besides nobody is left for it. Immutable.
 *
 * @param act whether they are ended without being asked for; otherwise they are only told of
 * @param every how often is looked
 * @param again between the two looks that have to find the same process
 * @param grace between asking a process to end and ending it
 */
public record Rules(boolean act, Duration every, Duration again, Duration grace, List<Rule> rules) {
    static final int MAX_BYTES = 64 * 1024;
    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]{0,31}");
    private static final Pattern PROGRAM = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._+-]{0,63}");
    private static final Pattern WORD = Pattern.compile("[^\\x00-\\x1f]{1,500}");
    private static final int MOST = 100;
    private static final int NONE = -1;

    /** The first process of a user's own systemd, which takes over what has no parent. */
    private static final String MANAGER = "systemd";

    /** Nothing is looked for. */
    public static final Rules NOTHING =
            new Rules(false, Duration.ofMinutes(10), Duration.ofMinutes(2), Duration.ofSeconds(10), List.of());

    /**
     * One rule; what is not given says nothing.
     *
     * @param program name of the program, exactly
     * @param words each of which must stand in one of its arguments
     * @param older at least so old
     * @param below percent of a core that it used less than between the two looks, or -1
     * @param above percent that it used more than, or -1
     */
    public record Rule(String name, String program, List<String> words, Duration older, int below, int above) {
        boolean matches(OsProcess process) {
            return (process.program().equals(program) || process.name().equals(program))
                    && process.age().compareTo(older) >= 0
                    && words.stream()
                            .allMatch(word -> process.argv().stream().anyMatch(argument -> argument.contains(word)));
        }

        boolean allows(double percent) {
            return (below == NONE || percent < below) && (above == NONE || percent > above);
        }
    }

    /**
     * What of these processes falls under a rule, each under the first that it does.
     *
     * @param self number of the daemon, which together with all above and below it is left alone
     */
    Map<OsProcess, Rule> classify(List<OsProcess> all, long self) {
        Map<Long, OsProcess> byPid = new HashMap<>();
        all.forEach(process -> byPid.put(process.pid(), process));
        Set<Long> family = family(all, byPid, self);
        Set<Long> attended = new HashSet<>();
        for (OsProcess process : all) {
            if (process.terminal()) {
                attended.add(process.session());
            }
        }
        Map<OsProcess, Rule> found = new HashMap<>();
        // Without the daemon in it, the table is not what it should be.
        if (!byPid.containsKey(self)) {
            return found;
        }
        for (OsProcess process : all) {
            boolean left = process.mine()
                    && !process.key().isEmpty()
                    && !process.marked()
                    && !process.unit()
                    && !process.terminal()
                    && !attended.contains(process.session())
                    && !family.contains(process.pid())
                    && isOrphan(process, byPid);
            if (left) {
                Optional<Rule> rule =
                        rules.stream().filter(each -> each.matches(process)).findFirst();
                rule.ifPresent(each -> found.put(process, each));
            }
        }
        return found;
    }

    private static boolean isOrphan(OsProcess process, Map<Long, OsProcess> byPid) {
        if (process.pid() <= 1) {
            return false;
        }
        OsProcess parent = byPid.get(process.parent());
        return process.parent() == 1
                || (parent != null && parent.mine() && parent.name().equals(MANAGER) && parent.parent() == 1);
    }

    private static Set<Long> family(List<OsProcess> all, Map<Long, OsProcess> byPid, long self) {
        Set<Long> family = new HashSet<>(Set.of(self));
        boolean more = true;
        while (more) {
            more = false;
            for (OsProcess process : all) {
                more |= family.contains(process.parent()) && family.add(process.pid());
            }
        }
        OsProcess at = byPid.get(self);
        while (at != null && at.parent() > 0 && family.add(at.parent())) {
            at = byPid.get(at.parent());
        }
        return family;
    }

    // ---- the file

    /** @throws Faulty with all that is wrong */
    static Rules parse(byte[] yaml) throws Faulty {
        List<String> faults = new ArrayList<>();
        Object loaded;
        try {
            loaded = StrictYaml.load(yaml, MAX_BYTES);
        } catch (StrictYaml.NotYaml e) {
            throw new Faulty(String.valueOf(e.getMessage()));
        }
        Fields top = new Fields(
                loaded == null ? Map.of() : loaded, "", faults, List.of("act", "every", "again", "grace", "rules"));
        Rules rules = new Rules(
                top.flag("act"),
                top.duration("every", Duration.ofSeconds(10), Duration.ofDays(1), NOTHING.every),
                top.duration("again", Duration.ofSeconds(1), Duration.ofDays(1), NOTHING.again),
                top.duration("grace", Duration.ofSeconds(1), Duration.ofMinutes(10), NOTHING.grace),
                rules(top.get("rules"), faults));
        if (!faults.isEmpty()) {
            throw new Faulty(String.join("; ", faults));
        }
        return rules;
    }

    private static List<Rule> rules(@org.jspecify.annotations.Nullable Object value, List<String> faults) {
        List<Rule> rules = new ArrayList<>();
        if (value == null) {
            return rules;
        }
        if (!(value instanceof List<?> list) || list.size() > MOST) {
            faults.add("rules must be a list of at most " + MOST + " mappings");
            return rules;
        }
        Set<String> names = new HashSet<>();
        for (int i = 0; i < list.size(); i++) {
            Fields each = new Fields(
                    list.get(i),
                    "rules[" + (i + 1) + "].",
                    faults,
                    List.of("name", "program", "command", "older", "cpu-below", "cpu-above"));
            String name = each.name("name", NAME, "", "lower case letters, digits and dashes, at most 32");
            if (!names.add(name)) {
                each.fault("name", "is there twice");
            }
            if (!each.has("older")) {
                each.fault("older", "must be there: how old a process has to be");
            }
            rules.add(new Rule(
                    name,
                    each.name("program", PROGRAM, "", "the name of a program, such as node"),
                    List.copyOf(each.texts("command", WORD, "texts that stand in its arguments")),
                    each.duration("older", Duration.ofSeconds(1), Duration.ofDays(365), Duration.ofDays(365)),
                    (int) each.number("cpu-below", 1, 10_000, NONE),
                    (int) each.number("cpu-above", 0, 10_000, NONE)));
        }
        return rules;
    }

    /** What is wrong with a file, in one sentence. */
    static final class Faulty extends Exception {
        private static final long serialVersionUID = 1;

        Faulty(String message) {
            super(message);
        }
    }
}
