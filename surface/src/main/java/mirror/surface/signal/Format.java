package mirror.surface.signal;

import mirror.bus.Json;
import org.jspecify.annotations.Nullable;

/** How a subscriber is told, byte for byte as ntfy's server does it. */
enum Format {
    /** One JSON object a line. */
    JSON("application/x-ndjson"),
    /** Server-sent events; those that are no messages have a name, so that a browser's onmessage does not get them. */
    SSE("text/event-stream"),
    /** The text alone, one line a message; signs of life are empty lines. */
    RAW("text/plain");

    private final String type;

    Format(String type) {
        this.type = type;
    }

    static @Nullable Format of(String name) {
        return switch (name) {
            case "json" -> JSON;
            case "sse" -> SSE;
            case "raw" -> RAW;
            default -> null;
        };
    }

    String type() {
        return type;
    }

    String event(String name, String json) {
        return switch (this) {
            case JSON -> json + "\n";
            case SSE -> "event: " + name + "\ndata: " + json + "\n\n";
            case RAW -> "\n";
        };
    }

    String message(Message message, String base) {
        return switch (this) {
            case JSON -> Json.MAPPER.writeValueAsString(message.json(base)) + "\n";
            case SSE -> "data: " + Json.MAPPER.writeValueAsString(message.json(base)) + "\n\n";
            // A terminal at the other end must not be steered by what a message says.
            case RAW -> message.message().replaceAll("[\\p{Cntrl}&&[^\\t]]", " ") + "\n";
        };
    }
}
