package mirror.tiers;

import java.math.BigDecimal;

/**
 * What a model's tokens cost, in millionths of a millionth of a US dollar a token: $1 a million tokens is 1,000,000.
 *
 * @param in read anew
 * @param out written, thinking too
 * @param cacheRead read from the provider's cache
 * @param cacheWrite read and put into that cache
 */
public record Price(long in, long out, long cacheRead, long cacheWrite) {
    /** Of what runs on one's own machine. */
    public static final Price FREE = new Price(0, 0, 0, 0);

    /** Millionths of a dollar as one reads them: {@code $0.0045}. */
    public static String dollars(long money) {
        return "$" + BigDecimal.valueOf(money, 6).stripTrailingZeros().toPlainString();
    }

    private static final long MICRO = 1_000_000;

    /**
     * Dollars a million tokens.
     *
     * @throws ArithmeticException for more than six places behind the point
     */
    static long of(BigDecimal dollars) {
        return dollars.movePointRight(6).longValueExact();
    }

    /** Millionths of a US dollar for these tokens, a begun one in full. */
    public long of(Tokens tokens) {
        long pico = Math.addExact(
                Math.addExact(Math.multiplyExact(tokens.in(), in), Math.multiplyExact(tokens.out(), out)),
                Math.addExact(
                        Math.multiplyExact(tokens.cacheRead(), cacheRead),
                        Math.multiplyExact(tokens.cacheWrite(), cacheWrite)));
        return Math.ceilDiv(pico, MICRO);
    }

    /** The most that so many tokens in and out can cost, whichever of them are cached. */
    public long most(long tokensIn, long tokensOut) {
        long dearest = Math.max(in, Math.max(cacheRead, cacheWrite));
        return Math.ceilDiv(
                Math.addExact(Math.multiplyExact(tokensIn, dearest), Math.multiplyExact(tokensOut, out)), MICRO);
    }
}
