package mirror.vault.canon;

import java.time.Instant;
import mirror.trust.Sensitivity;

/**
 * Something that was read, byte for byte as it was.
 *
 * @param sha256 of its bytes, under which they are stored
 * @param name that a person knows it by
 * @param source path of the file or address it was taken from
 * @param bytes how many
 * @param sensitivity who may see it and what quotes it
 * @param by who added it
 * @param now digest of what stands at {@code source} as far as it was looked at; empty when nothing stands there any more
 */
public record Evidence(
        String sha256,
        String name,
        String source,
        long bytes,
        Sensitivity sensitivity,
        Instant time,
        String by,
        String now) {
    /** Whether its source says something else by now. */
    public boolean isChanged() {
        return !now.equals(sha256);
    }

    /** The first digits of its digest, by which people and links name it. */
    public String id() {
        return sha256.substring(0, 12);
    }
}
