package mirror.surface.agent;

import java.io.IOException;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** How a client speaks over its standard streams, one JSON object a line. Each run has its own; thread-safe. */
interface AgentProtocol {
    /** What the client reads. Thread-safe. */
    interface Input {
        /** @throws IOException when the client reads no more */
        void line(String text) throws IOException;

        /** Nothing more is to come. */
        void end();
    }

    /**
     * What a line of the client says; nothing when it is of no interest. Any JSON object gives an answer.
     *
     * @param input for what the client has to be told in return
     */
    List<AgentEvent> read(JsonNode line, Input input) throws IOException;

    /**
     * Gives the client a turn of the person.
     *
     * @throws IOException when it takes none any more
     */
    void turn(String text, Input input) throws IOException;

    /** There are no more turns: the client is to end when it has answered. */
    void finish(Input input);
}
