package mirror.tiers.dialect;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What a reply needs that is not in it.
 *
 * @param id names the reply when its provider does not; letters, digits, {@code -} and {@code _}, unique to the call
 * @param at when the call was made
 * @param usage {@link Prompt#streamUsage()} of the request
 * @param asked what is answered, for dialects whose replies repeat it; null where that is not known
 */
public record Exchange(
        String id, Instant at, boolean usage, @Nullable Prompt asked) {
    public Exchange(String id, Instant at, boolean usage) {
        this(id, at, usage, null);
    }

    public static Exchange of(String id, Instant at, Prompt asked) {
        return new Exchange(id, at, asked.streamUsage(), asked);
    }
}
