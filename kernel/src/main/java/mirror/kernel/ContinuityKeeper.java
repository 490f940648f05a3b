package mirror.kernel;

import java.io.IOException;
import java.util.List;
import mirror.bus.Projector;
import mirror.bus.organism.Delivery;
import mirror.bus.organism.EventFilter;
import mirror.bus.organism.Organism;
import mirror.bus.organism.Outcome;
import mirror.continuity.Continuity;

/**
 * Writes {@code continuity.md} anew after each event that changes what stands in it; at the end of a turn
 * the crystal's writer does that itself. One write covers all events that are durable
 * when it begins, so a burst costs one or two writes and not one for each.
 */
final class ContinuityKeeper implements Organism.Handler {
    static final String NAME = "continuity";

    private final Continuity continuity;
    private final Projector projector;
    private long covered;

    private ContinuityKeeper(Continuity continuity, Projector projector) {
        this.continuity = continuity;
        this.projector = projector;
    }

    static Organism organism(Continuity continuity, Projector projector) {
        return Organism.of(
                        NAME,
                        new EventFilter(List.of("memory.written", "handoff", "session.completed"), "", ""),
                        new ContinuityKeeper(continuity, projector))
                .parallel(1);
    }

    @Override
    public synchronized Outcome handle(Delivery delivery) throws IOException {
        if (delivery.event().seq() > covered) {
            projector.catchUp();
            long upto = projector.log().durable();
            continuity.writeFile(projector);
            covered = upto;
        }
        return Outcome.done();
    }
}
