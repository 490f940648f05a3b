package mirror.continuity;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What a client's transcript says of its session. It is what the file claims, and nobody vouches for it.
 *
 * @param session the client's own id of the session
 * @param project folder that the session was started in; empty when the file does not tell
 * @param intent first prompt, redacted and shortened to a line; empty when there is none
 * @param first earliest time in it
 * @param last latest time in it
 * @param prompts what the person said
 * @param answers messages of the model
 * @param calls tool calls of the model
 * @param unreadable lines that are not one JSON object, or too long to be looked at
 */
public record Transcript(
        String session,
        String project,
        String intent,
        @Nullable Instant first,
        @Nullable Instant last,
        long prompts,
        long answers,
        long calls,
        long unreadable) {}
