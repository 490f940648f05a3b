package mirror.trust;

import java.time.Instant;
import java.util.List;

/**
 * What its holder may do until when.
 *
 * @param holder who may use it: {@code organism:notify}, {@code session:<id>}, {@code mcp:<client>}, {@code device:<name>}, or a
 *     client by its name, such as {@code claude-code}
 * @param by who gave it: {@code owner}, or {@code daemon} for the parts of Mirror itself
 * @param spent what was used of its budget
 */
public record Lease(
        String id, String holder, LeaseScope scope, Instant granted, String by, boolean revoked, Spent spent) {
    /** What was used under a lease so far: actions, model tokens, and money in hundredths. */
    public record Spent(long actions, long tokens, long cents) {
        static final Spent NOTHING = new Spent(0, 0, 0);

        Spent plus(Spent more) {
            return new Spent(sum(actions, more.actions), sum(tokens, more.tokens), sum(cents, more.cents));
        }

        /** Without what was set aside and not used after all. */
        Spent minus(Spent less) {
            return new Spent(
                    Math.max(0, actions - less.actions),
                    Math.max(0, tokens - less.tokens),
                    Math.max(0, cents - less.cents));
        }

        private static long sum(long a, long b) {
            return b < 0 || a > Long.MAX_VALUE - b ? Long.MAX_VALUE : a + b;
        }

        /** Whether one more action fits: a budget that is used up to its last unit gives nothing more. */
        boolean leaves(LeaseScope scope) {
            return within(actions, scope.actions()) && within(tokens, scope.tokens()) && within(cents, scope.cents());
        }

        private static boolean within(long spent, long limit) {
            return limit == LeaseScope.UNLIMITED || spent < limit;
        }
    }

    /** Prefixes of event types the holder may hear, in full. */
    public List<String> events() {
        return scope.events();
    }

    /** What it may bring about, each {@code kind:target}. */
    public List<String> effects() {
        return scope.effects();
    }

    public Instant expires() {
        return scope.expires();
    }

    public boolean covers(String type) {
        return scope.hears(type);
    }

    /**
     * Whether its holder may do this.
     *
     * @param kind such as {@code run} or {@code egress}
     * @param target the program as written, the host, the path
     */
    public boolean allows(String kind, String target) {
        return scope.allows(new LeaseTerm(kind, target));
    }

    /** The same for an effect as a lease has it, {@code kind:target}. */
    boolean allows(String effect) {
        int colon = effect.indexOf(':');
        return colon > 0 && allows(effect.substring(0, colon), effect.substring(colon + 1));
    }

    /** {@code valid}, {@code revoked}, {@code expired}, {@code not yet} or {@code used up}. */
    public String state(Instant now) {
        if (revoked) {
            return "revoked";
        }
        if (!now.isBefore(scope.expires())) {
            return "expired";
        }
        if (now.isBefore(scope.from())) {
            return "not yet";
        }
        return spent.leaves(scope) ? "valid" : "used up";
    }

    Lease asRevoked() {
        return new Lease(id, holder, scope, granted, by, true, spent);
    }

    Lease with(Spent now) {
        return new Lease(id, holder, scope, granted, by, revoked, now);
    }
}
