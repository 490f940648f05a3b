package mirror.bus;

import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One entry of a file's backup chain.
 *
 * @param entry number in the chain, from 1
 * @param step how the version came about
 * @param digest SHA-256 of the version, or null when the file was gone
 * @param previous SHA-256 of the version it replaced, or null when there was no file or none was known
 * @param bytes size; 0 when gone
 * @param mode permissions such as {@code rw-------}; those of the version before when gone
 * @param time information only, as in events
 * @param who who made it; {@code unknown} for what was found
 * @param session session it was made for
 * @param outcome what became of it
 * @param current whether it is the newest entry of what stands there now
 */
public record FileVersion(
        long entry,
        Step step,
        @Nullable String digest,
        @Nullable String previous,
        long bytes,
        String mode,
        Instant time,
        String who,
        @Nullable String session,
        Outcome outcome,
        boolean current) {
    public enum Step {
        /** Bytes that stood there and that the chain did not know. */
        KEPT,
        WRITTEN,
        RESTORED,
        REMOVED;

        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public enum Outcome {
        DONE,
        /** It never stood in the file: the write failed. Its bytes are kept all the same. */
        UNDONE,
        /** A crash, and then somebody else's change, before anybody looked: it may have stood in the file. */
        UNCLEAR;

        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    FileVersion judged(Outcome became, boolean isCurrent) {
        return new FileVersion(entry, step, digest, previous, bytes, mode, time, who, session, became, isCurrent);
    }
}
