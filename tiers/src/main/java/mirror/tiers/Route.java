package mirror.tiers;

import java.util.List;

/**
 * Who answers calls for a name, in the order in which they are tried.
 *
 * @param localOnly whether nothing sent under this name may leave the owner's machines
 */
public record Route(String name, List<Candidate> candidates, boolean localOnly) {
    public Route {
        candidates = List.copyOf(candidates);
    }
}
