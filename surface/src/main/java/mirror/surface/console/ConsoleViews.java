package mirror.surface.console;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import mirror.bus.Json;
import mirror.surface.Core;
import mirror.surface.cli.Call;
import mirror.surface.cli.CliException;
import mirror.surface.cli.Commands;
import mirror.surface.cli.Exit;
import mirror.surface.cli.Out;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What pages are told is what commands say with {@code --json}: one answer for the terminal and the browser. Commands and words that
 * only look are in the list; all others are refused. Thread-safe.
 */
final class ConsoleViews {
    private static final int MOST_ARGUMENTS = 12;
    private static final int LONGEST = 4_000;
    private static final int MOST_OUTPUT = 16 * 1024 * 1024;
    private static final int WIDTH = 200;

    private static final String ANYTHING = "*";

    /** The first words that each may be called with; {@code *}: whatever, as it only looks in any case. Without a word all may be called. */
    private static final Map<String, Set<String>> LOOKING = Map.ofEntries(
            Map.entry("status", Set.of()),
            Map.entry("health", Set.of()),
            Map.entry("pulse", Set.of()),
            Map.entry("reliability", Set.of()),
            Map.entry("log", Set.of()),
            Map.entry("kernel", Set.of()),
            Map.entry("stats", Set.of()),
            Map.entry("diagnose", Set.of(ANYTHING)),
            Map.entry("drift", Set.of("list", "show")),
            Map.entry("heal", Set.of("list", "show")),
            Map.entry("session", Set.of("list", "show")),
            Map.entry("approvals", Set.of()),
            Map.entry("lease", Set.of("list", "show")),
            Map.entry("policy", Set.of("show", "check", "try", "explain")),
            Map.entry("denials", Set.of()),
            Map.entry("budget", Set.of()),
            Map.entry("cost", Set.of()),
            Map.entry("tiers", Set.of()),
            Map.entry("service", Set.of("list", "show", "logs")),
            Map.entry("organisms", Set.of("list", "show", "dead")),
            Map.entry("search", Set.of(ANYTHING)),
            Map.entry("ask", Set.of(ANYTHING)),
            Map.entry(
                    "vault",
                    Set.of(
                            "status",
                            "links",
                            "backlinks",
                            "mentions",
                            "broken",
                            "orphans",
                            "faults",
                            "review",
                            "duplicates",
                            "changes")),
            Map.entry("canon", Set.of("evidence", "claims", "check")),
            Map.entry("memory", Set.of("list", "search", "audit")),
            Map.entry("report", Set.of()),
            Map.entry("agent", Set.of("list")),
            Map.entry("device", Set.of("list")),
            Map.entry("continuity", Set.of("coherence")),
            Map.entry("handoff", Set.of("list", "show")),
            Map.entry("provenance", Set.of(ANYTHING)),
            Map.entry("taint", Set.of("list")),
            Map.entry("identity", Set.of("show", "history")),
            Map.entry("signal", Set.of("list", "show", "topics", "deliveries", "routes")));

    /** Those whose answer is of the folds and the time alone, and so can be given for any moment of the log. */
    private static final Set<String> OF_THEN = Set.of(
            "session",
            "approvals",
            "lease",
            "denials",
            "budget",
            "cost",
            "reliability",
            "stats",
            "heal",
            "taint",
            "device",
            "agent",
            "handoff");

    private static final Set<String> VALUED =
            Set.of("--by", "--days", "--limit", "--type", "--since", "--session", "--date", "--tool", "--project");

    private static final Set<String> FLAGS = Set.of("--all", "--everywhere");

    private final Commands commands;
    private final Path user;

    ConsoleViews(Commands commands, Path user) {
        this.commands = commands;
        this.user = user;
    }

    /** Whether a command with these words only looks. */
    static boolean mayLook(String command, List<String> args) {
        Set<String> first = LOOKING.get(command);
        if (first == null || args.size() > MOST_ARGUMENTS) {
            return false;
        }
        if (args.stream().anyMatch(arg -> arg.length() > LONGEST || (arg.startsWith("-") && !isOption(command, arg)))) {
            return false;
        }
        if (args.isEmpty() || first.contains(ANYTHING)) {
            return true;
        }
        if (!args.getFirst().startsWith("-")) {
            return first.contains(args.getFirst());
        }
        // Options alone: a word that is the value of none could be one that does something.
        for (int i = 0; i < args.size(); i++) {
            if (!args.get(i).startsWith("-") && (i == 0 || !VALUED.contains(args.get(i - 1)))) {
                return false;
            }
        }
        return true;
    }

    /** What a report would say now is not recorded; a look of the pulse is. */
    private static boolean isOption(String command, String arg) {
        return VALUED.contains(arg) || FLAGS.contains(arg) || (command.equals("report") && arg.equals("--now"));
    }

    static boolean isOfThen(String command) {
        return OF_THEN.contains(command);
    }

    /**
     * Its exit code, its one sentence when it says no, and its data.
     *
     * @param core what is looked at
     */
    ObjectNode look(Core core, String command, List<String> args) throws InterruptedException {
        List<String> all = new ArrayList<>(args);
        all.add("--json");
        ObjectNode json = Json.object();
        Text text = new Text();
        try {
            json.put("exit", commands.run(core, command, new Call(all, user, user, Map.of(), false, WIDTH, null), text))
                    .put("error", "");
        } catch (CliException e) {
            json.put("exit", e.exit()).put("error", e.getMessage());
        } catch (IOException | RuntimeException e) {
            json.put("exit", Exit.NO).put("error", "the command failed: " + e.getMessage());
        }
        return data(json, text.text.toString());
    }

    /** One JSON value, several in lines, or text where a command has nothing else. */
    private static ObjectNode data(ObjectNode json, String text) {
        try {
            json.set("data", text.isBlank() ? null : Json.MAPPER.readTree(text));
            return json;
        } catch (JacksonException e) {
            // Not one value.
        }
        try {
            ArrayNode lines = Json.array();
            text.lines().filter(line -> !line.isBlank()).forEach(line -> lines.add(Json.MAPPER.readTree(line)));
            json.set("data", lines);
        } catch (JacksonException e) {
            json.put("data", text);
        }
        return json;
    }

    private static final class Text implements Out {
        private final StringBuilder text = new StringBuilder();

        @Override
        public void print(String more) {
            if (text.length() + more.length() > MOST_OUTPUT) {
                throw new CliException(Exit.NO, "the answer is longer than a page can take; ask for less");
            }
            text.append(more);
        }

        @Override
        public void flush() {
            // It is taken whole, at the end.
        }

        @Override
        public void confirm(String question) {
            throw new CliException(Exit.NO, "this asks for a yes, which is given in the terminal");
        }
    }
}
