package mirror.tiers.swarm;

import com.fasterxml.jackson.annotation.JsonAutoDetect;
import com.fasterxml.jackson.annotation.JsonAutoDetect.Visibility;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import mirror.bus.Json;
import mirror.tiers.ask.Texts;
import mirror.tiers.swarm.TaskState.State;
import mirror.trust.LeaseScope;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** A run and its tasks, by their events. Guarded by whoever holds it. */
@JsonAutoDetect(
        fieldVisibility = Visibility.ANY,
        getterVisibility = Visibility.NONE,
        isGetterVisibility = Visibility.NONE)
public final class RunState {
    private String id;
    private String source;
    private String at;
    private Graph graph;
    private Map<String, TaskState> tasks = new LinkedHashMap<>();
    boolean cancelled;
    /** How it ended, or empty. */
    String end = "";

    String reason = "";
    /** The last lease that it was given. */
    String lease = "";

    RunState(String id, String source, String at, Graph graph) {
        this.id = id;
        this.source = source;
        this.at = at;
        this.graph = graph;
        graph.tasks().forEach(this::add);
    }

    /** For the reader of snapshots, which sets all fields. */
    @SuppressWarnings({"NullAway.Init", "unused"})
    private RunState() {}

    void add(Task task) {
        tasks.put(task.id(), new TaskState(task));
    }

    public String id() {
        return id;
    }

    public Graph graph() {
        return graph;
    }

    public Collection<TaskState> tasks() {
        return tasks.values();
    }

    public Optional<TaskState> task(String name) {
        return Optional.ofNullable(tasks.get(name));
    }

    List<TaskState> childrenOf(String parent) {
        return tasks.values().stream()
                .filter(each -> each.task().parent().equals(parent))
                .toList();
    }

    public boolean isCancelled() {
        return cancelled;
    }

    /** {@code finished}, {@code failed}, {@code cancelled}, or empty while it goes on. */
    public String end() {
        return end;
    }

    public String reason() {
        return reason;
    }

    /** Whether no task can be begun any more and none is under way. */
    boolean isDone() {
        return tasks.values().stream().allMatch(each -> each.state.isEnd());
    }

    public boolean isFinished() {
        return tasks.values().stream().allMatch(each -> each.state == State.FINISHED);
    }

    public long count(State state) {
        return tasks.values().stream().filter(each -> each.state == state).count();
    }

    /** Those that could begin now. */
    List<TaskState> ready() {
        return tasks.values().stream().filter(this::isReady).toList();
    }

    private boolean isReady(TaskState each) {
        return switch (each.state) {
            case WAITING -> each.task().needs().stream().allMatch(need -> state(need) == State.FINISHED);
            case BRANCHED -> childrenOf(each.id()).stream().allMatch(child -> child.state.isEnd());
            default -> false;
        };
    }

    private State state(String task) {
        TaskState of = tasks.get(task);
        return of == null ? State.FAILED : of.state;
    }

    /** Skips what waits for something that did not finish, and what waits for that. */
    void skip() {
        boolean more = true;
        while (more) {
            more = false;
            for (TaskState each : tasks.values()) {
                if (each.state != State.WAITING) {
                    continue;
                }
                for (String need : each.task().needs()) {
                    State of = state(need);
                    if (of.isEnd() && of != State.FINISHED && each.state == State.WAITING) {
                        each.state = State.SKIPPED;
                        each.reason =
                                "it needs '" + need + "', which " + (of == State.SKIPPED ? "was skipped" : of.text());
                        more = true;
                    }
                }
            }
        }
    }

    /** What all of its tasks have spent. */
    Purse spent() {
        return tasks.values().stream().map(TaskState::spent).reduce(Purse.EMPTY, Purse::plus);
    }

    /** What it may still spend. */
    Purse left() {
        return graph.purse().minus(spent());
    }

    /** What a task and its children may still spend together. */
    Purse leftBelow(TaskState task) {
        Purse left = task.left();
        for (TaskState child : childrenOf(task.id())) {
            left = left.plus(leftBelow(child));
        }
        return left;
    }

    /** From the task of the graph down to this one. */
    List<TaskState> lineage(TaskState task) {
        List<TaskState> lineage = new ArrayList<>();
        for (Optional<TaskState> each = Optional.of(task);
                each.isPresent();
                each = task(each.get().task().parent())) {
            lineage.addFirst(each.get());
        }
        return lineage;
    }

    long money() {
        return tasks.values().stream().mapToLong(each -> each.spending.money()).sum();
    }

    // ---- as people and programs see it

    /** Everything but the results' full texts. */
    public ObjectNode json() {
        ObjectNode json = head();
        ArrayNode all = json.putArray("tasks");
        tasks.values().forEach(each -> all.add(json(each)));
        return json;
    }

    /** One line of a list. */
    public ObjectNode head() {
        Purse spent = spent();
        ObjectNode json = Json.object()
                .put("run", id)
                .put("name", graph.name())
                .put("at", at)
                .put("source", source)
                .put("state", end.isEmpty() ? cancelled ? "cancelling" : "running" : end)
                .put("reason", reason)
                .put("finished", count(State.FINISHED))
                .put("of", tasks.size())
                .put("parallel", graph.parallel())
                .put("free-memory", graph.freeMegabytes())
                .put("minutes", graph.minutes())
                .put("sensitivity", graph.sensitivity().text())
                .put("money", money());
        purse(json.putObject("ceiling"), graph.purse());
        purse(json.putObject("spent"), spent);
        purse(json.putObject("left"), left());
        return json;
    }

    private static void purse(ObjectNode json, Purse purse) {
        json.put("cents", purse.cents());
        if (purse.tokens() != LeaseScope.UNLIMITED) {
            json.put("tokens", purse.tokens());
        }
    }

    /** One task, with the report of what it did. */
    ObjectNode json(TaskState each) {
        Task task = each.task();
        ObjectNode json = Json.object()
                .put("task", task.id())
                .put("state", each.state.text())
                .put("reason", each.reason)
                .put("attempts", each.attempts)
                .put("retries", task.retries())
                .put("model", task.model())
                .put("sensitivity", task.sensitivity().text())
                .put("parent", task.parent())
                .put("prompt", task.prompt());
        task.needs().forEach(json.putArray("needs")::add);
        task.effects().forEach(json.withArray("effects")::add);
        purse(json.putObject("ceiling"), task.purse());
        purse(json.putObject("spent"), each.spent());
        purse(json.putObject("left"), each.left());
        json.put("in", each.in).put("out", each.out).put("money", each.spending.money());
        json.put("result", Texts.head(each.head, Briefing.EXCERPT))
                .put("characters", each.length)
                .put("sha256", each.digest);
        task.check().parts().forEach(json.putArray("checks")::add);
        return json;
    }
}
