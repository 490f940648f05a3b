package mirror.surface.agent;

import java.io.IOException;
import java.util.List;

/** Starts one kind of client headless. Thread-safe. */
public interface AgentRunner {
    /** What the owner calls it, such as {@code claude}. */
    String name();

    /** The actor that it is in events and for leases and budgets, such as {@code claude-code}. */
    String client();

    /** Why the task would run outside the gate, each as a sentence; a task that has any is not started. */
    List<String> faults(Task task);

    /**
     * Starts the client. It waits for its first turn, so that nothing happens before the caller has recorded it.
     *
     * @param mark put into the environment of the client and so of all that it starts; names this run and no other
     * @throws IOException with a sentence when the client cannot be started
     */
    Run start(Task task, String mark) throws IOException;
}
