package mirror.surface;

import java.nio.file.Path;
import java.util.Map;
import mirror.bus.NoteKey;
import mirror.continuity.Memory;
import mirror.trust.LeaseScope;
import mirror.trust.LeaseToken;
import mirror.trust.Leases;
import mirror.trust.Sensitivity;
import mirror.trust.TrustException;
import org.jspecify.annotations.Nullable;

/**
 * What one call of a memory tool may see and do: all of the lease token that came with it and nothing else, or, without one, what the
 * policy allows up to what a cloud model may see. A token that does not hold gives nothing; it never falls back to no token.
 *
 * <p>The token is looked at anew for each call, and the use is in the log before the tool works. Thread-safe.
 */
final class MemoryLease {
    private static final String BEARER = "Bearer ";
    private static final Sensitivity WITHOUT = Sensitivity.ceiling(Sensitivity.Tier.CLOUD, Sensitivity.NEVER_SHARE);

    /** One use at a time: looking what is left and counting must not be parted. */
    private static final Object USES = new Object();

    private final Core core;
    private final String token;
    private volatile @Nullable LeaseScope scope;

    private MemoryLease(Core core, String token) {
        this.core = core;
        this.token = token;
    }

    /** The token of a request: in {@code Mirror-Lease}, or as the bearer token. */
    static MemoryLease of(Core core, Map<String, String> headers) {
        String own = headers.getOrDefault("mirror-lease", "").strip();
        return new MemoryLease(core, own.isEmpty() ? bearer(headers.getOrDefault("authorization", "")) : own);
    }

    /** The lease token in an {@code Authorization} header, or nothing. */
    static String bearer(String header) {
        return header.startsWith(BEARER + LeaseToken.PREFIX) ? header.substring(BEARER.length()) : "";
    }

    /** Whether the token gives its bearer anything at all now. */
    static boolean holds(Leases leases, NoteKey device, String token) {
        try {
            leases.present(token, device);
            return true;
        } catch (TrustException e) {
            return false;
        }
    }

    /**
     * Counts this call under the token. Without a token there is nothing to count.
     *
     * @param project whose memory it is about
     * @return why the call may not go on, or empty
     */
    String use(String tool, boolean writes, Path project, String actor, String session) {
        if (token.isEmpty()) {
            return "";
        }
        synchronized (USES) {
            Leases.Presented presented;
            try {
                presented = core.state().leases().present(token, core.key().key("lease"));
            } catch (TrustException e) {
                return String.valueOf(e.getMessage());
            }
            LeaseScope found = presented.scope();
            if (!found.tools().isEmpty() && !found.tools().contains(tool)) {
                return "the lease " + presented.id() + " is not for the tool " + tool;
            }
            if (!found.session().isEmpty() && !found.session().equals(session)) {
                return "the lease " + presented.id() + " is for another session";
            }
            if (!found.allows(writes ? "memory-write" : "memory-read", project.toString())) {
                return "the lease " + presented.id() + " does not cover " + (writes ? "writing" : "reading")
                        + " the memory of " + project;
            }
            core.projector().record(core.state().leases().use(presented, tool, actor, session));
            scope = found;
            return "";
        }
    }

    /** Whether a lease token came with the call, valid or not. */
    boolean isToken() {
        return !token.isEmpty();
    }

    /** The most sensitive thing it shows; nothing beyond public before the call was counted. */
    Sensitivity ceiling() {
        LeaseScope found = scope;
        return token.isEmpty() ? WITHOUT : found == null ? Sensitivity.PUBLIC : found.visible();
    }

    /**
     * Whether the caller may see a note of the vault.
     *
     * @param label what the note itself says of that; words that are none of the known labels mean nobody
     */
    boolean shows(Path vault, String label) {
        LeaseScope found = scope;
        return Sensitivity.ofLabel(label).within(ceiling())
                && (token.isEmpty() || (found != null && found.allows("memory-read", vault.toString())));
    }

    /** Whether the caller may see the entry. */
    boolean shows(Memory.Entry entry) {
        LeaseScope found = scope;
        return entry.sensitivity().within(ceiling())
                && (token.isEmpty() || (found != null && found.allows("memory-read", entry.project())));
    }
}
