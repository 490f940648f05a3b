package mirror.tiers.dialect;

import java.time.Instant;

/**
 * What a reply needs that is not in it.
 *
 * @param id names the reply when its provider does not; letters, digits, {@code -} and {@code _}, unique to the call
 * @param at when the call was made
 * @param usage {@link Prompt#streamUsage()} of the request
 */
public record Exchange(String id, Instant at, boolean usage) {}
