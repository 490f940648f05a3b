package mirror.tiers.dialect;

/**
 * Tokens of one call, as the provider reported them. The three kinds of input do not overlap; {@code reasoning} is a part of {@code output}.
 * What a provider's dialect cannot report is zero; a provider that reported nothing at all has no {@code Usage}.
 *
 * @param input neither read from a cache nor written to one
 */
public record Usage(long input, long cacheRead, long cacheWrite, long output, long reasoning) {
    public Usage {
        if (input < 0 || cacheRead < 0 || cacheWrite < 0 || output < 0 || reasoning < 0) {
            throw new IllegalArgumentException("a count of tokens is below zero");
        }
    }

    /** All input, cached or not. */
    public long allInput() {
        return input + cacheRead + cacheWrite;
    }
}
