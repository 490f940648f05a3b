package mirror.tiers.gateway;

import java.io.IOException;

/**
 * What a question means: a vector of which the direction counts.
 *
 * @see mirror.vault.LiveVault#meaning
 */
public interface Meaning {
    /** @throws IOException when there is no model for it */
    byte[] of(String question) throws IOException;
}
