package mirror.surface.cli;

import java.io.IOException;
import mirror.bus.Json;
import tools.jackson.databind.JsonNode;

/** Where a command writes. Text is held back until {@link #flush} or the end, so that an error can still change the exit code. */
public interface Out {
    void print(String text);

    default void line(String text) {
        print(text + "\n");
    }

    /** As people and programs read it: indented, each value as it stands. */
    default void json(JsonNode value) {
        line(Json.MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(value));
    }

    /**
     * Sends what was printed so far; for commands that follow something.
     *
     * @throws IOException when the caller is gone
     */
    void flush() throws IOException;

    /** Asks the person on the terminal; on yes the launcher calls again with {@code --yes}. */
    void confirm(String question);
}
