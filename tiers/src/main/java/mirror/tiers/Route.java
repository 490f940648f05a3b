package mirror.tiers;

import java.util.List;

/**
 * Who answers calls for a name, in the order in which they are tried.
 *
 * @param localOnly whether nothing sent under this name may leave the owner's machines
 * @param offline whether the owner's notes answer when nobody else does; then there may be no candidates at all
 */
public record Route(String name, List<Candidate> candidates, boolean localOnly, boolean offline) {
    public Route {
        candidates = List.copyOf(candidates);
    }

    /** A route on which nobody but its candidates answers. */
    public Route(String name, List<Candidate> candidates, boolean localOnly) {
        this(name, candidates, localOnly, false);
    }
}
