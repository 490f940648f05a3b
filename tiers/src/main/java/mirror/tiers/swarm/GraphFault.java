package mirror.tiers.swarm;

import java.util.List;

/** All that is wrong with a graph, each with where it is and what is expected there. */
public final class GraphFault extends Exception {
    private static final long serialVersionUID = 1;

    GraphFault(List<String> faults) {
        super(String.join("; ", faults));
    }
}
