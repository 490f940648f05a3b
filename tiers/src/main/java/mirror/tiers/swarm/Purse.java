package mirror.tiers.swarm;

import mirror.trust.LeaseScope;

/**
 * What may be spent.
 *
 * @param cents hundredths of a US dollar, as leases count them: each begun one of a block of calls is a whole one
 * @param tokens {@link LeaseScope#UNLIMITED} where nothing limits them
 */
record Purse(long cents, long tokens) {
    static final Purse EMPTY = new Purse(0, 0);

    /** Never below nothing; no limit stays none. */
    Purse minus(Purse less) {
        return new Purse(
                Math.max(0, cents - less.cents),
                tokens == LeaseScope.UNLIMITED ? tokens : Math.max(0, tokens - less.tokens));
    }

    Purse plus(Purse more) {
        return new Purse(
                cents + more.cents, isUnlimited() || more.isUnlimited() ? LeaseScope.UNLIMITED : tokens + more.tokens);
    }

    /** What a task may give away of it: half, rounded down. */
    Purse half() {
        return new Purse(cents / 2, isUnlimited() ? tokens : tokens / 2);
    }

    boolean isUnlimited() {
        return tokens == LeaseScope.UNLIMITED;
    }

    /** Whether a call could be paid from it at all. */
    boolean isEmpty() {
        return cents < 1 || tokens < 1;
    }
}
