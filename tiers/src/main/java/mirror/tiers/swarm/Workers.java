package mirror.tiers.swarm;

import java.time.Instant;
import mirror.tiers.ask.Models.Said;
import mirror.trust.TrustException;

/** Who does the tasks of a run. Thread-safe. */
interface Workers {
    /**
     * Takes on a run, or the rest of one.
     *
     * @param run for the log
     * @param graph whose effects it may have
     * @param purse what is left of its ceilings
     * @param end when everything of it ends
     * @throws TrustException when it may not
     */
    Worker open(String run, Graph graph, Purse purse, Instant end);

    /** Takes back an authority that a process before this one left; what has ended already stays as it is. */
    void revoke(String lease);

    /** The authority of one run; closing it ends that, and nothing can be done any more. */
    interface Worker extends AutoCloseable {
        /** One attempt, with an authority of its own below the run's. Ends soon after its thread is interrupted; never fails. */
        Done ask(Order order);

        @Override
        void close();
    }

    /**
     * What came of an attempt.
     *
     * @param accounted whether the log has all that it used; if not, what was set aside for it stays spent
     */
    record Done(Said said, boolean accounted) {}
}
