package mirror.tiers.swarm;

import java.util.List;
import java.util.stream.Stream;
import mirror.trust.Sensitivity;

/**
 * Tasks and what they need of each other, without circles, with the ceilings of all of them together. What the tasks may spend comes to no more
 * than what the graph may.
 *
 * @param name runs of the same name remember each other
 * @param parallel how many tasks are under way at once
 * @param freeMegabytes memory that must be free before a task begins
 * @param minutes how long a run may take
 * @param sensitivity the least restricted that any task is
 * @param tasks each after those that it needs
 */
public record Graph(
        String name,
        long cents,
        long tokens,
        int parallel,
        int freeMegabytes,
        int minutes,
        Sensitivity sensitivity,
        List<Task> tasks) {
    public Graph {
        tasks = List.copyOf(tasks);
    }

    Purse purse() {
        return new Purse(cents, tokens);
    }

    /** All that any of its tasks may bring about. */
    List<String> effects() {
        return tasks.stream()
                .map(Task::effects)
                .flatMap(List::stream)
                .distinct()
                .toList();
    }

    /** Whether nothing of it may leave the owner's machines. */
    boolean stays() {
        return stays(sensitivity);
    }

    static boolean stays(Sensitivity sensitivity) {
        return !sensitivity.within(Sensitivity.ceiling(Sensitivity.Tier.CLOUD, Sensitivity.NEVER_SHARE));
    }

    /** Ids of the tasks in order. */
    Stream<String> ids() {
        return tasks.stream().map(Task::id);
    }
}
