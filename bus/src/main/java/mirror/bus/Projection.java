package mirror.bus;

import java.util.function.Consumer;
import tools.jackson.databind.JsonNode;

/**
 * State that follows from events alone: a pure fold. No clock, no disk, no randomness; the same events give the same state and the
 * same {@link #save}d bytes, in whichever process and however often. That is what makes replay, and going on from a snapshot, exact.
 */
public interface Projection extends Consumer<Event> {
    /** Short and lower case, such as {@code sessions}. */
    String name();

    /** Changes whenever the same events would give another state or another saved form; older snapshots then count for nothing. */
    int version();

    /** Takes in the next event. */
    @Override
    void accept(Event event);

    /** The whole state. Order within it is part of it: two equal states save to equal JSON. */
    JsonNode save();

    /** Replaces the state by one that {@link #save} gave. */
    void restore(JsonNode saved);
}
