package mirror.surface.signal;

import java.io.IOException;
import java.time.Duration;
import mirror.trust.Action;
import org.jspecify.annotations.Nullable;

/** Brings messages to one kind of target. Thread-safe. */
interface Channel {
    /** How an attempt ended. */
    sealed interface Outcome {
        /** It is there. */
        record Sent() implements Outcome {}

        /**
         * Not now.
         *
         * @param after how long the other side wants to be left alone, or null
         */
        record Again(String reason, @Nullable Duration after) implements Outcome {}

        /** It would never be taken. */
        record Never(String reason) implements Outcome {}
    }

    /** What the gate is asked; says nothing of what the message says. */
    Action action(Route route, Message message);

    /** Tries once. Called only after the gate allowed {@link #action}. */
    Outcome send(Route route, Message message, int attempt) throws IOException, InterruptedException;
}
