package mirror.surface.signal;

import mirror.trust.LeaseToken;
import org.jspecify.annotations.Nullable;

/**
 * Who publishes or subscribes.
 *
 * @param actor as the log names it
 * @param lease what says that it may, or null for the owner and Mirror itself
 */
public record Caller(String actor, LeaseToken.@Nullable Verified lease) {
    /** The person, on the socket that only the person can open. */
    public static final Caller OWNER = new Caller("owner", null);

    static final Caller MIRROR = new Caller("daemon", null);
}
