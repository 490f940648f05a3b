package mirror.trust;

import java.util.Optional;

/**
 * Standing permissions of the owner: what the policy would ask about may go ahead under one that covers every effect it asks about.
 * What the policy blocks stays blocked. Thread-safe.
 */
@FunctionalInterface
public interface Permits {
    /** Nobody holds any. */
    Permits NONE = _ -> Optional.empty();

    /**
     * The id of a permission that covers all of the action, or nothing.
     *
     * @param action with the effects that the policy asks about, and no others
     */
    Optional<String> covering(Action action);
}
