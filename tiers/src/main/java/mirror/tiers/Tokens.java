package mirror.tiers;

/**
 * What a call used, as its provider reports it, in one form for all dialects.
 *
 * @param in without what was read from or put into the cache
 * @param out with what a model only thought
 */
public record Tokens(long in, long out, long cacheRead, long cacheWrite) {
    public static final Tokens NONE = new Tokens(0, 0, 0, 0);

    public long sum() {
        return in + out + cacheRead + cacheWrite;
    }
}
