package mirror.tiers.swarm;

import com.fasterxml.jackson.annotation.JsonAutoDetect;
import com.fasterxml.jackson.annotation.JsonAutoDetect.Visibility;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.bus.Projection;
import mirror.tiers.ask.Texts;
import mirror.tiers.swarm.TaskState.State;
import mirror.trust.Sensitivity;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The last runs and plans, each with what the log says of it; a fold, and all that a run goes on from after a crash. Thread-safe. */
public final class SwarmRuns implements Projection {
    static final String OPENED = "mirror.swarm.opened.v1";
    static final String BEGUN = "mirror.swarm.begun.v1";
    static final String BRANCHED = "mirror.swarm.branched.v1";
    static final String ENDED = "mirror.swarm.ended.v1";
    static final String RESUMED = "mirror.swarm.resumed.v1";
    static final String CANCELLED = "mirror.swarm.cancelled.v1";
    static final String RETRIED = "mirror.swarm.retried.v1";
    static final String CLOSED = "mirror.swarm.closed.v1";
    static final String ASKED = "mirror.swarm.asked.v1";
    static final String PLANNED = "mirror.swarm.planned.v1";
    private static final String BLOCK_RESERVED = "mirror.block.reserved.v1";
    private static final String BLOCK_SETTLED = "mirror.block.settled.v1";
    private static final String GRANTED = "mirror.lease.granted.v1";
    private static final String CALLS = "mirror.calls.completed.v1";

    /** The conductor's name in the session of its call. */
    static final String CONDUCTOR = "conductor";

    /** What is told of one run to the next ones. */
    static final int REMEMBERED = 3;

    private static final int OUTCOME = 1_500;
    private static final int KEPT = 50;

    private Saved all = new Saved();
    private long changes;

    @JsonAutoDetect(
            fieldVisibility = Visibility.ANY,
            getterVisibility = Visibility.NONE,
            isGetterVisibility = Visibility.NONE)
    private static final class Saved {
        Map<String, RunState> runs = new LinkedHashMap<>();
        Map<String, PlanState> plans = new LinkedHashMap<>();

        /** Whose blocks these are: run and task, by the block's id. */
        Map<String, String> owners = new LinkedHashMap<>();
    }

    // ---- questions

    /** A copy of a run as it is now. */
    public synchronized Optional<RunState> get(String run) {
        return Optional.ofNullable(all.runs.get(run)).map(each -> copy(each, RunState.class));
    }

    public synchronized Optional<PlanState> plan(String plan) {
        return Optional.ofNullable(all.plans.get(plan)).map(each -> copy(each, PlanState.class));
    }

    /** Newest first. */
    public synchronized List<RunState> list() {
        return all.runs.values().stream()
                .map(each -> copy(each, RunState.class))
                .toList()
                .reversed();
    }

    /** Those that have not ended, oldest first. */
    synchronized List<String> open() {
        return all.runs.values().stream()
                .filter(each -> each.end.isEmpty())
                .map(RunState::id)
                .toList();
    }

    /** Leases of runs and plans that have not ended, by run or plan. */
    synchronized Map<String, String> leases() {
        Map<String, String> leases = new LinkedHashMap<>();
        all.runs.values().stream()
                .filter(each -> each.end.isEmpty() && !each.lease.isEmpty())
                .forEach(each -> leases.put(each.id(), each.lease));
        all.plans.values().stream()
                .filter(each -> each.graph == null && each.reason.isEmpty() && !each.lease.isEmpty())
                .forEach(each -> leases.put(each.id(), each.lease));
        return leases;
    }

    private static <T> T copy(T value, Class<T> type) {
        return Json.MAPPER.treeToValue(Json.MAPPER.<JsonNode>valueToTree(value), type);
    }

    /**
     * What came of the last runs of that name, for a task of this one; of results only what is no more restricted than the reader.
     *
     * @param run that it is for
     */
    synchronized String outcomes(String name, String run, Sensitivity reader) {
        List<String> told = new ArrayList<>();
        for (RunState each : List.copyOf(all.runs.values()).reversed()) {
            if (each.graph().name().equals(name)
                    && !each.id().equals(run)
                    && !each.end.isEmpty()
                    && told.size() < REMEMBERED) {
                told.add(outcome(each, reader));
            }
        }
        return String.join("\n", told);
    }

    private static String outcome(RunState run, Sensitivity reader) {
        StringBuilder text =
                new StringBuilder("The run of " + run.head().path("at").asString("") + " " + run.end + ", "
                        + run.count(State.FINISHED) + " of " + run.tasks().size() + " tasks finished.");
        for (TaskState task : run.tasks()) {
            boolean shown = task.task().sensitivity().within(reader);
            String words = task.state == State.FINISHED ? task.head : task.reason;
            text.append("\n- ")
                    .append(task.id())
                    .append(' ')
                    .append(task.state.text())
                    .append(shown && !words.isEmpty() ? ": " + Texts.line(words, 160) : "");
        }
        return Texts.clip(text.toString(), OUTCOME) + "\n";
    }

    /** How much has changed so far; see {@link #await}. */
    public synchronized long changes() {
        return changes;
    }

    /**
     * Waits until something is not as it was, or the time is over.
     *
     * @param seen what {@link #changes} said before
     */
    public synchronized void await(long seen, long millis) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        while (changes == seen) {
            long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
            if (left <= 0) {
                return;
            }
            wait(left);
        }
    }

    // ---- the fold

    @Override
    public String name() {
        return "swarms";
    }

    @Override
    public int version() {
        return 1;
    }

    @Override
    public synchronized void accept(Event event) {
        switch (event.type()) {
            case OPENED -> opened(event);
            case BEGUN, BRANCHED, ENDED -> task(event);
            case RESUMED, CANCELLED, RETRIED, CLOSED -> run(event);
            case ASKED ->
                all.plans.put(
                        event.text("plan"),
                        new PlanState(event.text("plan"), event.text("goal"), event.text("conductor")));
            case PLANNED -> planned(event);
            case GRANTED -> granted(event);
            case BLOCK_RESERVED -> reserved(event);
            case BLOCK_SETTLED -> {
                String owner = all.owners.remove(event.text("block"));
                Spending of = owner == null ? null : spending(owner);
                if (of != null) {
                    of.settled(event.text("block"), number(event.data(), "money"), number(event.data(), "tokens"));
                }
            }
            case CALLS -> {
                for (JsonNode call : event.data().path("calls")) {
                    Spending of = spending(call.path("session").asString(""));
                    if (of != null) {
                        of.used(
                                call.path("block").asString(""),
                                number(call, "money"),
                                number(call, "in")
                                        + number(call, "out")
                                        + number(call, "cache-read")
                                        + number(call, "cache-write")
                                        + number(call, "unreported"));
                    }
                }
            }
            default -> {
                return;
            }
        }
        changes++;
        notifyAll();
    }

    private static long number(JsonNode data, String name) {
        return Math.max(0, data.path(name).asLong(0));
    }

    private static @Nullable Graph graph(Event event) {
        JsonNode graph = event.data().path("graph");
        // A payload that was erased leaves nothing to run.
        return graph.isObject() ? Json.MAPPER.treeToValue(graph, Graph.class) : null;
    }

    private void opened(Event event) {
        Graph graph = graph(event);
        String id = event.text("run");
        if (graph == null || all.runs.containsKey(id)) {
            return;
        }
        all.runs.put(id, new RunState(id, event.text("source"), event.time().toString(), graph));
        PlanState plan = all.plans.get(event.text("plan"));
        if (plan != null) {
            plan.run = id;
        }
        forget();
    }

    /** The oldest of those that have ended. */
    private void forget() {
        List<RunState> ended =
                all.runs.values().stream().filter(each -> !each.end.isEmpty()).toList();
        for (int i = 0; i < ended.size() && all.runs.size() > KEPT; i++) {
            RunState gone = ended.get(i);
            gone.tasks().forEach(task -> task.spending.open().forEach(all.owners::remove));
            all.runs.remove(gone.id());
        }
        while (all.plans.size() > KEPT) {
            all.plans.remove(all.plans.keySet().iterator().next());
        }
    }

    private void planned(Event event) {
        PlanState plan = all.plans.get(event.text("plan"));
        if (plan != null) {
            plan.graph = graph(event);
            plan.reason = event.text("reason");
            if (!event.data().path("accounted").asBoolean(true)) {
                plan.spending.unknown();
            }
        }
    }

    private void task(Event event) {
        RunState run = all.runs.get(event.text("run"));
        TaskState task = run == null ? null : run.task(event.text("task")).orElse(null);
        if (run == null || task == null) {
            return;
        }
        if (event.type().equals(BEGUN)) {
            if (task.state == State.WAITING || task.state == State.BRANCHED) {
                task.round = task.state == State.BRANCHED ? 2 : task.round;
                task.state = State.RUNNING;
                task.attempts++;
                task.reason = "";
            }
            return;
        }
        if (!event.data().path("accounted").asBoolean(true)) {
            task.spending.unknown();
        }
        if (task.state != State.RUNNING && task.state != State.WAITING && task.state != State.BRANCHED) {
            // It was cancelled meanwhile; what it cost counts all the same.
            return;
        }
        task.in += number(event.data(), "in");
        task.out += number(event.data(), "out");
        String text = event.text("text");
        if (event.type().equals(BRANCHED)) {
            task.state = State.BRANCHED;
            task.attempts = 0;
            task.round = 2;
            task.first = Texts.head(text, Briefing.EXCERPT);
            for (Task child : Json.list(event.data().path("children"), Task.class)) {
                run.add(child);
                task.given = task.given.plus(
                        task.task().purse().isUnlimited() ? new Purse(child.cents(), 0) : child.purse());
            }
        } else {
            ended(event, run, task, text);
        }
    }

    private static void ended(Event event, RunState run, TaskState task, String text) {
        task.reason = event.text("reason");
        task.state = switch (event.text("state")) {
            case "finished" -> State.FINISHED;
            case "again" -> task.round == 2 ? State.BRANCHED : State.WAITING;
            case "stopped" -> State.STOPPED;
            default -> State.FAILED;
        };
        if (!text.isEmpty()) {
            task.head = Texts.head(text, Briefing.EXCERPT);
            task.length = text.codePointCount(0, text.length());
            task.digest = event.text("sha256");
            task.event = event.seq();
        }
        run.skip();
    }

    private void run(Event event) {
        RunState run = all.runs.get(event.text("run"));
        if (run == null) {
            return;
        }
        switch (event.type()) {
            case RESUMED -> run.tasks().forEach(SwarmRuns::resumed);
            case CANCELLED -> {
                run.cancelled = true;
                for (TaskState task : run.tasks()) {
                    if (!task.state.isEnd()) {
                        task.state = State.CANCELLED;
                        task.reason = "the run was cancelled";
                    }
                }
            }
            case RETRIED -> {
                run.cancelled = false;
                run.end = "";
                run.reason = "";
                run.tasks().forEach(SwarmRuns::again);
            }
            default -> {
                run.end = event.text("state");
                run.reason = event.text("reason");
            }
        }
        run.skip();
    }

    /** A process that was under way is gone: what it had set aside stays spent, and its attempt counts. */
    private static void resumed(TaskState task) {
        task.spending.unknown();
        if (task.state == State.RUNNING) {
            boolean more = task.attempts <= task.task().retries();
            task.state = !more ? State.FAILED : task.round == 2 ? State.BRANCHED : State.WAITING;
            task.reason = "it was cut off by the end of the daemon" + (more ? "" : ", and has no attempt left");
        }
    }

    private static void again(TaskState task) {
        if (task.state.isEnd() && task.state != State.FINISHED) {
            task.state = task.round == 2 ? State.BRANCHED : State.WAITING;
            task.attempts = 0;
            task.reason = "";
        }
    }

    private void granted(Event event) {
        String session = event.session();
        RunState run = session == null ? null : all.runs.get(session);
        PlanState plan = session == null ? null : all.plans.get(session);
        if (run != null) {
            run.lease = event.text("lease");
        } else if (plan != null) {
            plan.lease = event.text("lease");
        }
    }

    // ---- money

    private void reserved(Event event) {
        String session = event.session();
        Spending of = session == null ? null : spending(session);
        if (session != null && of != null) {
            of.reserved(event.text("block"), number(event.data(), "money"), number(event.data(), "tokens"));
            all.owners.put(event.text("block"), session);
        }
    }

    /** Of the task whose session that is; null when it is none of a swarm. */
    private @Nullable Spending spending(String session) {
        int dot = session.indexOf('.');
        if (dot < 0) {
            return null;
        }
        String of = session.substring(0, dot);
        String task = session.substring(dot + 1);
        RunState run = all.runs.get(of);
        PlanState plan = all.plans.get(of);
        return run != null
                ? run.task(task).map(each -> each.spending).orElse(null)
                : plan != null && task.equals(CONDUCTOR) ? plan.spending : null;
    }

    static String session(String run, String task) {
        return run + "." + task;
    }

    @Override
    public synchronized JsonNode save() {
        return Json.MAPPER.valueToTree(all);
    }

    @Override
    public synchronized void restore(JsonNode saved) {
        all = saved instanceof ObjectNode node ? Json.MAPPER.treeToValue(node, Saved.class) : new Saved();
        changes++;
        notifyAll();
    }
}
