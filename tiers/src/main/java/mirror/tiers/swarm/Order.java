package mirror.tiers.swarm;

import java.util.List;

/**
 * One attempt of a task.
 *
 * @param run that it is of
 * @param prompt all that the model is told
 * @param purse the most that it may use
 * @param calls how many calls of providers it may make
 * @param lineage from the task of the graph down to this one, each with what it and its children may still use
 */
record Order(String run, Task task, String prompt, Purse purse, int calls, List<Rank> lineage) {
    Order {
        lineage = List.copyOf(lineage);
    }

    /** What a task may pass on to its children. */
    record Rank(String task, List<String> effects, Purse purse) {
        Rank {
            effects = List.copyOf(effects);
        }
    }

    String session() {
        return SwarmRuns.session(run, task.id());
    }
}
