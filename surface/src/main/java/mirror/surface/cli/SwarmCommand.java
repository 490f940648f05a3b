package mirror.surface.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import mirror.bus.Json;
import mirror.surface.Core;
import mirror.tiers.Price;
import mirror.tiers.swarm.GraphFault;
import mirror.tiers.swarm.PlanState;
import mirror.tiers.swarm.RunState;
import mirror.tiers.swarm.SwarmRuns;
import mirror.tiers.swarm.Swarms;
import mirror.trust.Sensitivity;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Has a graph of tasks done by models, each under its own lease and ceiling, and shows how far it is.
 *
 * @param swarms null without a daemon
 */
record SwarmCommand(@Nullable Swarms swarms) implements Command {
    private static final long BEAT_MILLIS = 500;
    private static final int LISTED = 20;
    private static final int MOST_BYTES = 1024 * 1024;

    @Override
    public String name() {
        return "swarm";
    }

    @Override
    public String usage() {
        return "swarm run FILE | run --goal TEXT --conductor MODEL [--models A,B] [--cents N] [--tasks N] [--name N]"
                + " [--sensitivity S] [--yes] | run --plan ID | list | show RUN [TASK [--full]] | cancel RUN | retry RUN"
                + " [--detach] [--json]";
    }

    @Override
    public String summary() {
        return "have a graph of tasks done by models, each under its own lease and ceiling";
    }

    @Override
    public String help() {
        return """
                A graph is a YAML file:
                  name: weekly
                  cents: 50                 # all tasks, retries and children together, never more
                  parallel: 4               # tasks at once; free-memory: 256 (MB) must be free before one begins
                  model: fast               # a route or a model of tiers.yaml
                  tasks:
                    - {id: collect, prompt: "List ...", retries: 2}
                    - {id: write, needs: [collect], prompt: "Write ...", check: {contains: ["Summary"]}}

                run FILE        start it and follow it; Ctrl-C stops following, and the run goes on
                --detach        start it and say its id
                --goal          let the model --conductor plan it; the plan is shown, and runs with --yes,
                                or later with 'mirror swarm run --plan ID', exactly as it was shown
                --models        routes that the plan may use (the conductor's own); --tasks N at most (8); --cents N (100)
                show RUN        its tasks, what they cost and what is left; with a task its report and result
                --full          the whole result of a task
                cancel          cut off what is under way; leases are taken back at once
                retry           do again what failed, was stopped, skipped or cancelled; what finished is kept

                A task has: id, prompt, needs, model, cents, tokens, output, sensitivity, effects, retries, seconds, children, memory,
                check (contains, json, matches, longest). docs/swarm.md says what each means.
                exit code 1     not every task finished
                """;
    }

    @Override
    public boolean offline() {
        return true;
    }

    @Override
    public int run(Core core, Call call, Out out) throws IOException, InterruptedException {
        Options options = Options.parse(
                this,
                call.args(),
                "goal=",
                "conductor=",
                "models=",
                "cents=",
                "tasks=",
                "name=",
                "sensitivity=",
                "plan=",
                "yes",
                "full",
                "detach",
                "json");
        List<String> rest = options.rest();
        String what = rest.isEmpty() ? "list" : rest.getFirst();
        boolean json = options.has("json");
        if (!what.equals("run")
                && options.isGiven("goal", "conductor", "models", "cents", "tasks", "name", "sensitivity", "plan")) {
            throw CliException.usage("only 'swarm run' takes a goal or a plan; usage: mirror " + usage());
        }
        return switch (what + " " + rest.size()) {
            case "list 0", "list 1" -> list(core, json, out);
            case "run 1" -> goal(core, call, options, out);
            case "run 2" -> file(core, call, options, out);
            case "show 2" -> show(found(core, rest.get(1)), json, out);
            case "show 3" -> task(core, found(core, rest.get(1)), rest.get(2), options, out);
            case "cancel 2" -> {
                here().cancel(rest.get(1));
                out.line("cancelled");
                yield Exit.OK;
            }
            case "retry 2" -> {
                here().retry(rest.get(1));
                yield follow(core, rest.get(1), call, options, out);
            }
            default -> throw CliException.usage("usage: mirror " + usage());
        };
    }

    private Swarms here() {
        Swarms here = swarms;
        if (here == null) {
            throw new CliException(Exit.NO_DAEMON, "no daemon runs that could ask models; start it with 'mirror boot'");
        }
        return here;
    }

    // ---- run

    private int file(Core core, Call call, Options options, Out out) throws IOException, InterruptedException {
        if (options.isGiven("goal", "plan", "conductor", "models", "cents", "tasks", "name", "sensitivity")) {
            throw CliException.usage("a file says all that there is to say; leave the other options out");
        }
        Swarms here = here();
        Path file = call.path(options.rest().get(1)).normalize();
        String shown = Style.plain(file.toString());
        String run;
        try {
            if (Files.size(file) > MOST_BYTES) {
                throw CliException.no(shown + " is larger than a graph may be");
            }
            String name = String.valueOf(file.getFileName()).replaceFirst("\\.ya?ml$", "");
            run = here.start(here.read(Files.readAllBytes(file), name), file.toString());
        } catch (NoSuchFileException e) {
            throw CliException.no("there is no file " + shown);
        } catch (IOException e) {
            throw CliException.no(shown + " cannot be read");
        } catch (GraphFault e) {
            throw CliException.no(shown + ": " + Style.plain(String.valueOf(e.getMessage())));
        }
        return follow(core, run, call, options, out);
    }

    private int goal(Core core, Call call, Options options, Out out) throws IOException, InterruptedException {
        if (options.isGiven("plan") && !options.isGiven("goal")) {
            String plan = options.value("plan").orElse("");
            return follow(core, here().confirm(plan), call, options, out);
        }
        String goal = options.value("goal").orElse("");
        String conductor = options.value("conductor").orElse("");
        if (goal.isBlank() || conductor.isBlank() || options.isGiven("plan")) {
            throw CliException.usage("run what? a file, --plan ID, or --goal TEXT with --conductor MODEL");
        }
        if (goal.length() > 8_000) {
            throw CliException.usage("a goal has at most 8000 characters");
        }
        String name = options.value("name").orElse("goal");
        if (!name.matches("[a-z0-9][a-z0-9-]{0,31}")) {
            throw CliException.usage("--name takes 1 to 32 lower case letters, digits and dashes");
        }
        PlanState plan = here().plan(new Swarms.Goal(
                name,
                goal,
                conductor,
                List.of(options.value("models").orElse(conductor).split(",", -1)),
                number(options, "cents", 100, 1_000_000),
                (int) number(options, "tasks", 8, 20),
                options.sensitivity().orElse(Sensitivity.INTERNAL)));
        if (plan.graph().isEmpty()) {
            throw CliException.no("there is no plan that can be used: " + Style.plain(plan.reason()));
        }
        boolean go = options.has("yes");
        if (options.has("json") && !go) {
            out.json(plan.json());
        } else if (!options.has("json")) {
            plan(plan.json(), out);
        }
        if (go) {
            return follow(core, here().confirm(plan.id()), call, options, out);
        }
        if (!options.has("json")) {
            out.line("nothing was done yet; to run exactly this: mirror swarm run --plan " + plan.id());
        }
        return Exit.OK;
    }

    private static long number(Options options, String name, long otherwise, long most) {
        String text = options.value(name).orElse(String.valueOf(otherwise));
        if (!text.matches("[1-9][0-9]{0,8}") || Long.parseLong(text) > most) {
            throw CliException.usage("--" + name + " takes a whole number from 1 to " + most);
        }
        return Long.parseLong(text);
    }

    private static void plan(JsonNode plan, Out out) {
        out.line("plan " + text(plan, "plan") + " by " + Style.plain(text(plan, "conductor")) + ", "
                + plan.path("cents").asLong(0) + " cents left for it:");
        for (JsonNode task : plan.path("tasks")) {
            out.line("  " + text(task, "task") + "  " + text(task, "model") + ", at most "
                    + task.path("cents").asLong(0) + " cents"
                    + (task.path("needs").isEmpty() ? "" : ", after " + names(task, "needs")) + ", reaches "
                    + names(task, "effects")
                    + (task.path("checks").isEmpty() ? "" : "; its result " + Style.plain(names(task, "checks"))));
            text(task, "prompt").lines().forEach(line -> out.line("      " + Style.plain(line)));
        }
    }

    /** Until the run has ended or nobody looks any more, which does not end it. */
    private int follow(Core core, String run, Call call, Options options, Out out)
            throws IOException, InterruptedException {
        boolean json = options.has("json");
        if (options.has("detach")) {
            RunState state = found(core, run);
            if (json) {
                out.json(state.head());
            } else {
                out.line("run " + run + " goes on by itself; see 'mirror swarm show " + run + "'");
            }
            return Exit.OK;
        }
        if (!json) {
            out.line("run " + run + "; Ctrl-C leaves it running, 'mirror swarm cancel " + run + "' ends it");
        }
        SwarmRuns runs = core.state().swarms();
        Map<String, String> told = new HashMap<>();
        String waited = "";
        while (true) {
            long seen = runs.changes();
            RunState state = found(core, run);
            if (!json) {
                tell(state.json(), told, out);
                String waiting = here().waiting(run);
                if (!waiting.equals(waited) && !waiting.isEmpty()) {
                    out.line("  waits " + waiting);
                }
                waited = waiting;
                out.flush();
            }
            if (!state.end().isEmpty()) {
                return end(state, json, out);
            }
            if (call.abandoned()) {
                return Exit.OK;
            }
            runs.await(seen, BEAT_MILLIS);
        }
    }

    private static void tell(JsonNode run, Map<String, String> told, Out out) {
        for (JsonNode task : run.path("tasks")) {
            String line = line(task);
            if (!text(task, "state").equals("waiting") || task.path("attempts").asInt(0) > 0) {
                if (!line.equals(told.put(text(task, "task"), line))) {
                    out.line(line);
                }
            }
        }
    }

    private static int end(RunState state, boolean json, Out out) {
        if (json) {
            out.json(state.json());
        } else {
            ObjectNode run = state.json();
            List<String> needed = new ArrayList<>();
            run.path("tasks").forEach(task -> {
                task.path("needs").forEach(need -> needed.add(need.asString("")));
                needed.add(text(task, "parent"));
            });
            for (JsonNode task : run.path("tasks")) {
                boolean last = !needed.contains(text(task, "task"))
                        && text(task, "parent").isEmpty();
                if (last && text(task, "state").equals("finished")) {
                    out.line("");
                    out.line(text(task, "task") + ":");
                    result(task, state.id(), out);
                }
            }
            out.line("");
            total(run, out);
        }
        return state.isFinished() ? Exit.OK : Exit.NO;
    }

    // ---- show

    private static RunState found(Core core, String run) {
        return core.state()
                .swarms()
                .get(run)
                .orElseThrow(() ->
                        CliException.no("there is no run '" + Style.plain(run) + "'; 'mirror swarm list' shows them"));
    }

    private int list(Core core, boolean json, Out out) {
        List<ObjectNode> runs = core.state().swarms().list().stream()
                .limit(LISTED)
                .map(RunState::head)
                .toList();
        if (json) {
            var array = Json.array();
            runs.forEach(array::add);
            out.json(array);
            return Exit.OK;
        }
        for (JsonNode run : runs) {
            out.line("%s  %-10s  %s  %s  %d of %d tasks  %s"
                    .formatted(
                            text(run, "run"),
                            text(run, "state"),
                            text(run, "at"),
                            text(run, "name"),
                            run.path("finished").asInt(0),
                            run.path("of").asInt(0),
                            Price.dollars(run.path("money").asLong(0))));
        }
        if (runs.isEmpty()) {
            out.line("no run yet: 'mirror swarm run FILE'");
        }
        return Exit.OK;
    }

    private int show(RunState state, boolean json, Out out) {
        ObjectNode run = state.json();
        Swarms here = swarms;
        String waiting = here == null ? "" : here.waiting(state.id());
        run.put("waiting", waiting);
        if (json) {
            out.json(run);
        } else {
            out.line("%s  %s  %s  from %s"
                    .formatted(text(run, "run"), text(run, "name"), text(run, "at"), Style.plain(text(run, "source"))));
            out.line("at most %d at once, each with %d MB free, for %d minutes"
                    .formatted(
                            run.path("parallel").asInt(0),
                            run.path("free-memory").asInt(0),
                            run.path("minutes").asInt(0)));
            run.path("tasks").forEach(task -> out.line(line(task)));
            if (!waiting.isEmpty()) {
                out.line("waits " + waiting);
            }
            total(run, out);
        }
        return state.end().isEmpty() || state.isFinished() ? Exit.OK : Exit.NO;
    }

    private static int task(Core core, RunState state, String name, Options options, Out out) {
        JsonNode task = null;
        for (JsonNode each : state.json().path("tasks")) {
            task = text(each, "task").equals(name) ? each : task;
        }
        if (task == null) {
            throw CliException.no("the run " + state.id() + " has no task '" + Style.plain(name) + "'");
        }
        if (options.has("full")) {
            String result = Swarms.result(core.projector(), state, name);
            if (options.has("json")) {
                out.json(Json.object()
                        .put("task", name)
                        .put("sha256", text(task, "sha256"))
                        .put("result", result));
            } else {
                result.lines().forEach(line -> out.line(Style.plain(line)));
            }
            return Exit.OK;
        }
        if (options.has("json")) {
            out.json(task);
            return Exit.OK;
        }
        out.line(line(task).strip());
        out.line("asked of " + text(task, "model") + " (" + text(task, "sensitivity") + ", reaches "
                + names(task, "effects") + ", at most "
                + task.path("ceiling").path("cents").asLong(0) + " cents, "
                + task.path("left").path("cents").asLong(0) + " left):");
        text(task, "prompt").lines().forEach(line -> out.line("  " + Style.plain(line)));
        for (JsonNode check : task.path("checks")) {
            out.line("checked: " + Style.plain(check.asString("")));
        }
        if (!text(task, "sha256").isEmpty()) {
            out.line("result, sha256:" + text(task, "sha256"));
            result(task, state.id(), out);
        }
        return Exit.OK;
    }

    private static void result(JsonNode task, String run, Out out) {
        text(task, "result").lines().forEach(line -> out.line("  " + Style.plain(line)));
        int all = task.path("characters").asInt(0);
        if (all > text(task, "result").codePointCount(0, text(task, "result").length())) {
            out.line("  (all " + all + " characters: mirror swarm show " + run + " " + text(task, "task") + " --full)");
        }
    }

    private static String line(JsonNode task) {
        String state = text(task, "state");
        int attempts = task.path("attempts").asInt(0);
        StringBuilder line = new StringBuilder("  %-10s %s".formatted(state, text(task, "task")));
        if (state.equals("running") || (state.equals("waiting") && attempts > 0)) {
            line.append("  attempt ")
                    .append(state.equals("running") ? attempts : attempts + 1)
                    .append(" of ")
                    .append(task.path("retries").asInt(0) + 1);
        }
        if (state.equals("finished")) {
            line.append("  %d characters, %d tokens in, %d out, %s"
                    .formatted(
                            task.path("characters").asInt(0),
                            task.path("in").asLong(0),
                            task.path("out").asLong(0),
                            Price.dollars(task.path("money").asLong(0))));
        }
        if (!text(task, "reason").isEmpty()) {
            line.append(": ").append(Style.plain(text(task, "reason")));
        }
        return line.toString();
    }

    private static void total(JsonNode run, Out out) {
        out.line("%s: %d of %d tasks finished, %s spent, %d of %d cents left%s"
                .formatted(
                        text(run, "state"),
                        run.path("finished").asInt(0),
                        run.path("of").asInt(0),
                        Price.dollars(run.path("money").asLong(0)),
                        run.path("left").path("cents").asLong(0),
                        run.path("ceiling").path("cents").asLong(0),
                        text(run, "reason").isEmpty() ? "" : "; " + Style.plain(text(run, "reason"))));
    }

    private static String text(JsonNode node, String name) {
        return node.path(name).asString("");
    }

    private static String names(JsonNode node, String name) {
        List<String> names = new ArrayList<>();
        node.path(name).forEach(each -> names.add(each.asString("")));
        return String.join(", ", names);
    }
}
