package mirror.continuity;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One version of a client's transcript that was taken in: the bytes are kept as they were, the rest is what they say.
 *
 * @param event id of the event that records it
 * @param client such as {@code claude-code}
 * @param path the file it was read from
 * @param sha256 of all its bytes, and the name of the blob that holds them
 * @param version 1 for the first of its path
 * @param previous id of the event of the version before, or null
 * @param extended whether it begins with all bytes of the version before; one that does not was rewritten
 */
public record Import(
        String event,
        Instant time,
        String client,
        String path,
        String sha256,
        long bytes,
        int version,
        @Nullable String previous,
        boolean extended,
        Transcript transcript) {}
