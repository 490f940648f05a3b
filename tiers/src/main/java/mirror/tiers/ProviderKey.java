package mirror.tiers;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A provider's key, and where it was found. It is never shown: its text form and every fault name only the place.
 *
 * @param place {@code env:NAME}, {@code file:PATH}, {@code keychain:SERVICE/ACCOUNT} or {@code none}
 * @param fault why there is no key, or null
 */
public record ProviderKey(
        String place, @Nullable String secret, @Nullable String fault) {
    /** For providers that want none. */
    public static final ProviderKey NONE = new ProviderKey("none", null, null);

    static final int LONGEST = 4_096;
    private static final Set<PosixFilePermission> OWNERS =
            EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);

    /**
     * Looks at a place, with the keychain of this machine: what is no place that a key can have is a fault, too. May start a program and
     * wait for the owner.
     */
    public static ProviderKey find(String place, Map<String, String> environment, String user) {
        boolean known = place.matches("env:[A-Za-z_][A-Za-z0-9_]{0,127}|file:/[^\\p{Cntrl}]{1,1000}")
                || Keychain.isPlace(place);
        return known
                ? at(place, environment, user, Keychain.ofThisMachine(environment))
                : faulty(place, "it is not env:NAME, file:/PATH or keychain:SERVICE/ACCOUNT");
    }

    /** Looks at the place. A file must be its owner's alone, mode 0600 or less, and {@code user}'s. */
    static ProviderKey at(String place, Map<String, String> environment, String user, Keychain keychain) {
        if (Keychain.isPlace(place)) {
            return keychain.key(place);
        }
        if (place.startsWith("env:")) {
            String name = place.substring(4);
            String value = environment.get(name);
            return value == null || value.isBlank()
                    ? faulty(place, "the variable " + name + " is not set where Mirror was started")
                    : checked(place, value.strip());
        }
        Path file = Path.of(place.substring("file:".length()));
        try {
            if (!OWNERS.containsAll(Files.getPosixFilePermissions(file))) {
                return faulty(place, "others may reach the file; run: chmod 600 " + file);
            }
            if (!Files.getOwner(file).getName().equals(user)) {
                return faulty(place, "the file does not belong to " + user);
            }
            if (Files.size(file) > LONGEST) {
                return faulty(place, "the file is longer than a key");
            }
            return checked(
                    place, Files.readString(file, StandardCharsets.US_ASCII).strip());
        } catch (IOException e) {
            return faulty(place, "the file " + file + " cannot be read");
        }
    }

    /** The file that it lies in, if it does. */
    Optional<Path> file() {
        return place.startsWith("file:") ? Optional.of(Path.of(place.substring("file:".length()))) : Optional.empty();
    }

    static ProviderKey checked(String place, String secret) {
        boolean sound = !secret.isEmpty()
                && secret.length() <= LONGEST
                && secret.chars().allMatch(c -> c > ' ' && c < 0x7F);
        return sound
                ? new ProviderKey(place, secret, null)
                : faulty(place, "what is there is not a key: one line of plain characters");
    }

    static ProviderKey faulty(String place, String fault) {
        return new ProviderKey(place, null, fault);
    }

    @Override
    public String toString() {
        return place;
    }
}
