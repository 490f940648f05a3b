package mirror.tiers.swarm;

import com.fasterxml.jackson.annotation.JsonAutoDetect;
import com.fasterxml.jackson.annotation.JsonAutoDetect.Visibility;
import java.util.Optional;
import mirror.bus.Json;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** What a conductor was asked and planned, by its events. Guarded by whoever holds it. */
@JsonAutoDetect(
        fieldVisibility = Visibility.ANY,
        getterVisibility = Visibility.NONE,
        isGetterVisibility = Visibility.NONE)
public final class PlanState {
    private String id;
    private String goal;
    private String conductor;

    @Nullable
    Graph graph;

    String reason = "";
    String lease = "";
    /** The run of it, or empty. */
    String run = "";

    Spending spending = new Spending();

    PlanState(String id, String goal, String conductor) {
        this.id = id;
        this.goal = goal;
        this.conductor = conductor;
    }

    /** For the reader of snapshots, which sets all fields. */
    @SuppressWarnings("unused")
    private PlanState() {
        this("", "", "");
    }

    public String id() {
        return id;
    }

    /** Nothing when the plan could not be used, or is not there yet. */
    public Optional<Graph> graph() {
        return Optional.ofNullable(graph);
    }

    /** Why there is no graph. */
    public String reason() {
        return reason;
    }

    public String run() {
        return run;
    }

    public ObjectNode json() {
        ObjectNode json = Json.object()
                .put("plan", id)
                .put("goal", goal)
                .put("conductor", conductor)
                .put("reason", reason)
                .put("run", run)
                .put("money", spending.money());
        Graph planned = graph;
        if (planned != null) {
            json.put("name", planned.name())
                    .put("cents", planned.cents())
                    .put("sensitivity", planned.sensitivity().text());
            var tasks = json.putArray("tasks");
            for (Task task : planned.tasks()) {
                ObjectNode each = tasks.addObject()
                        .put("task", task.id())
                        .put("model", task.model())
                        .put("cents", task.cents())
                        .put("prompt", task.prompt());
                task.needs().forEach(each.putArray("needs")::add);
                task.effects().forEach(each.withArray("effects")::add);
                task.check().parts().forEach(each.withArray("checks")::add);
            }
        }
        return json;
    }
}
