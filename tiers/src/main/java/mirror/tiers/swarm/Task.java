package mirror.tiers.swarm;

import java.util.List;
import mirror.trust.Sensitivity;

/**
 * A task of a graph, with all that was left open decided.
 *
 * @param id lower case, digits, dashes; of a child its parent's, a dot and its own
 * @param parent the task that asked for it, or empty
 * @param depth 0 for those of the graph, one more for each parent
 * @param needs tasks that must have finished; their results are told to it
 * @param model name of a route or a model
 * @param cents most money of it, of all its attempts and of its children together
 * @param tokens most tokens of the same, {@link mirror.trust.LeaseScope#UNLIMITED} for no limit
 * @param output most tokens of one answer
 * @param sensitivity of what it is told; never less restricted than what it needs
 * @param effects what its calls may bring about, as leases write it: hosts to reach, or a model to run here
 * @param retries how often it is tried again after a failure
 * @param seconds how long one attempt may take
 * @param children how many tasks it may ask for
 * @param memory whether it is told what came of the last runs
 */
public record Task(
        String id,
        String parent,
        int depth,
        String prompt,
        List<String> needs,
        String model,
        long cents,
        long tokens,
        int output,
        Sensitivity sensitivity,
        List<String> effects,
        int retries,
        int seconds,
        int children,
        boolean memory,
        Check check) {
    public Task {
        needs = List.copyOf(needs);
        effects = List.copyOf(effects);
    }

    Purse purse() {
        return new Purse(cents, tokens);
    }
}
