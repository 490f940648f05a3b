package mirror.tiers;

import java.util.List;

/**
 * Who answers calls for a name, in the order in which they are tried.
 *
 * @param localOnly whether nothing sent under this name may leave the owner's machines
 * @param offline whether the owner's notes answer when nobody else does; then there may be no candidates at all
 * @param choosing what else decides who is tried, and when
 */
public record Route(String name, List<Candidate> candidates, boolean localOnly, boolean offline, Choosing choosing) {
    public Route {
        candidates = List.copyOf(candidates);
    }

    /** A route whose order alone decides. */
    public Route(String name, List<Candidate> candidates, boolean localOnly, boolean offline) {
        this(name, candidates, localOnly, offline, Choosing.NONE);
    }

    /** A route on which nobody but its candidates answers. */
    public Route(String name, List<Candidate> candidates, boolean localOnly) {
        this(name, candidates, localOnly, false);
    }
}
