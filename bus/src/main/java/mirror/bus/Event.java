package mirror.bus;

import java.time.DateTimeException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * One durable event, read from its line.
 *
 * @param seq place in its origin's chain, from 1, without gaps
 * @param lamport logical clock across devices; total order is (lamport, origin, seq)
 * @param time wall time of the append; information, never order
 * @param data the payload; {@code {"blob":…,"bytes":…}} when it is stored outside the line and is not there any more, or not as it was
 * @param hash lower-case hex SHA-256 of the line's bytes before its hash
 * @param line the stored JSON, without the line feed
 */
public record Event(
        String id,
        String actor,
        String type,
        Instant time,
        @Nullable String subject,
        String origin,
        long seq,
        long lamport,
        @Nullable String permit,
        @Nullable String session,
        JsonNode data,
        String prev,
        String hash,
        String line) {
    Event data(JsonNode payload) {
        return new Event(
                id, actor, type, time, subject, origin, seq, lamport, permit, session, payload, prev, hash, line);
    }

    /** A field of {@link #data} as text, or {@code ""} when it is absent. */
    public String text(String field) {
        return data.path(field).asString("");
    }

    /** A field of {@link #data} as a time, or null when it is absent or none. */
    public @Nullable Instant time(String field) {
        try {
            String text = text(field);
            return text.isEmpty() ? null : Instant.parse(text);
        } catch (DateTimeException e) {
            return null;
        }
    }
}
