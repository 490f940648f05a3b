package mirror.trust;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;
import mirror.bus.Draft;
import org.jspecify.annotations.Nullable;

/**
 * How a device comes to be enrolled without typing a key: the owner's terminal shows a code, the device hands in the code together
 * with its key, and the owner compares the key's fingerprint on both screens and confirms. Held in memory only: an invitation does
 * not survive the daemon. Thread-safe.
 *
 * <p>Must never: enrol by itself, or take a code twice or late.
 */
public final class Invitations {
    public static final Duration LIFETIME = Duration.ofMinutes(10);

    private static final int BYTES = 16;

    /** Wrong codes after which every invitation ends: whoever guesses is not a phone that read the code. */
    private static final int GUESSES = 10;

    private static final int OPEN = 8;

    /** What a device hands in to be enrolled: a key of one kind or another. */
    public interface Candidate {
        /** What both screens show: enough of the key's SHA-256 that nobody finds another key for it in ten minutes. */
        String fingerprint();

        /**
         * The event that enrols it under a name.
         *
         * @throws TrustException when it cannot be
         */
        Draft enrolled(String name);
    }

    /**
     * One invitation.
     *
     * @param candidate what the device handed in, or null while it has not
     */
    public record Invitation(
            String device,
            String code,
            Instant expires,
            @Nullable Candidate candidate) {
        public String fingerprint() {
            return candidate == null ? "" : candidate.fingerprint();
        }
    }

    private final InstantSource clock;
    private final RandomGenerator random;
    private final Map<String, Invitation> open = new LinkedHashMap<>();
    private int wrong;

    public Invitations(InstantSource clock, RandomGenerator random) {
        this.clock = clock;
        this.random = random;
    }

    /**
     * The first 80 bits of a digest, in groups.
     *
     * @param id SHA-256 of a key, in hex
     */
    static String fingerprint(String id) {
        List<String> groups = new ArrayList<>();
        for (int i = 0; i < 20; i += 4) {
            groups.add(id.substring(i, i + 4));
        }
        return String.join(" ", groups);
    }

    /**
     * Opens an invitation; an earlier one for the same name ends.
     *
     * @param devices says whether the name can be given
     * @throws TrustException when it cannot
     */
    public synchronized Invitation invite(String device, Devices devices) {
        devices.free(device);
        prune();
        byte[] code = new byte[BYTES];
        random.nextBytes(code);
        Invitation invitation = new Invitation(
                device, HexFormat.of().formatHex(code), clock.instant().plus(LIFETIME), null);
        open.put(device, invitation);
        if (open.size() > OPEN) {
            open.remove(open.keySet().iterator().next());
        }
        wrong = 0;
        return invitation;
    }

    /**
     * Takes the device's key for an invitation.
     *
     * @throws TrustException when no invitation that is open has this code
     */
    public synchronized Invitation accept(String code, Candidate candidate) {
        Invitation invitation = check(code);
        Invitation accepted = new Invitation(invitation.device, invitation.code, invitation.expires, candidate);
        open.put(invitation.device, accepted);
        return accepted;
    }

    /**
     * The invitation with this code, which no device has answered yet.
     *
     * @throws TrustException when there is none
     */
    public synchronized Invitation check(String code) {
        prune();
        byte[] given = code.getBytes(StandardCharsets.UTF_8);
        for (Invitation invitation : open.values()) {
            if (invitation.candidate == null
                    && MessageDigest.isEqual(invitation.code.getBytes(StandardCharsets.UTF_8), given)) {
                return invitation;
            }
        }
        wrong++;
        if (wrong >= GUESSES) {
            open.clear();
        }
        throw new TrustException("no invitation with this code is open; 'mirror device invite' makes one");
    }

    /** The open invitation for a name. */
    public synchronized Optional<Invitation> get(String device) {
        prune();
        return Optional.ofNullable(open.get(device));
    }

    /**
     * The event that enrols what was invited, which ends the invitation.
     *
     * @throws TrustException when nothing with this name waits for a confirmation
     */
    public synchronized Draft confirm(String device) {
        Invitation invitation = get(device).orElse(null);
        if (invitation == null || invitation.candidate == null) {
            throw new TrustException("no device '" + Redactor.field(device) + "' has answered an invitation");
        }
        Draft draft = invitation.candidate.enrolled(device);
        open.remove(device);
        return draft;
    }

    private void prune() {
        open.values().removeIf(invitation -> !clock.instant().isBefore(invitation.expires));
    }
}
