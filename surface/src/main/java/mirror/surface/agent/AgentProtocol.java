package mirror.surface.agent;

import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** How a client speaks over its standard streams: one JSON object a line, both ways. Stateless; thread-safe. */
interface AgentProtocol {
    /** What a line of the client says; nothing when it is of no interest. Any JSON object gives an answer. */
    List<AgentEvent> read(JsonNode line);

    /** The line, without its end, that gives the client a turn of the person; null when it takes no turns after the first. */
    @Nullable
    String turn(String text);
}
