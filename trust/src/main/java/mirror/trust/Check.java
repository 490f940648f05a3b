package mirror.trust;

import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/**
 * Something besides the policy that has a say in every decision, such as a budget or what a session has read. It can make a verdict
 * stricter and never milder. Reads its state from memory; called on the gate's path, so it takes microseconds and blocks on nothing.
 * An exception blocks the action. Thread-safe.
 */
@FunctionalInterface
public interface Check {
    /**
     * What this check says of the action, or nothing when it has nothing against it.
     *
     * @param action what is about to happen
     * @param sofar what the policy and the permits said
     */
    Optional<Policy.Match> check(Action action, Policy.Match sofar);

    /** Adds to the record of a decision what this check went by, as a field of its own. */
    default void explain(Action action, ObjectNode record) {}
}
