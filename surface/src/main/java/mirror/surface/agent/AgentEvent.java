package mirror.surface.agent;

import java.util.Locale;

/** What a running agent lets be seen, in the order in which it happens. Texts are the agent's own and not made safe for a terminal. */
public sealed interface AgentEvent {
    /** Why a run ended. */
    enum Reason {
        /** The agent had answered and nobody asked for more. */
        DONE,
        /** The agent gave up, or its process failed. */
        FAILED,
        /** Its owner wanted no more of it. */
        CANCELLED,
        /** Its time was over. */
        TIME,
        /** It used more tokens than were reserved for it. */
        BUDGET,
        /** A tool ran that the gate was not asked about. */
        UNGATED,
        /** The daemon stopped. */
        STOPPED,
        /** The daemon ended without warning, and the run with it. */
        LOST;

        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** The client has its session. */
    record Opened(String session, String model) implements AgentEvent {}

    /** The agent says something. */
    record Text(String text) implements AgentEvent {}

    /**
     * The agent wants to use a tool.
     *
     * @param input the tool's input as JSON, shortened
     */
    record Call(String id, String tool, String input) implements AgentEvent {}

    /**
     * What came of a call; the start of it.
     *
     * @param ran whether the tool certainly ran: a client refuses some calls itself, before any hook, and those have failed
     */
    record Result(String id, boolean error, boolean ran, String text) implements AgentEvent {}

    /** What one message of the model has used so far; a later one with the same id replaces it. */
    record Used(String message, Usage usage) implements AgentEvent {}

    /** Something beside the conversation that a person may want to know. */
    record Notice(String text) implements AgentEvent {}

    /**
     * The agent has answered and waits for the next turn.
     *
     * @param error whether it gave up
     * @param usage what the run has used so far, subagents and all; {@link Usage#NONE} when the client did not say
     */
    record TurnEnded(boolean error, String text, Usage usage) implements AgentEvent {}

    /**
     * The last event: nothing of the run is left.
     *
     * @param exit exit code of the client's process
     * @param left processes that it left behind and that were ended
     * @param words the end of what it wrote to standard error
     */
    record Ended(Reason reason, int exit, Usage usage, int left, String words) implements AgentEvent {}
}
