package mirror.vault;

import java.util.List;
import mirror.vault.Vault.Freshness;

/**
 * What the notes say to a question, in their own words.
 *
 * @param sentences best first; empty when the notes do not say
 */
public record Reply(List<Cited> sentences, Freshness freshness) {
    /**
     * A sentence of a note.
     *
     * @param quote as it stands in the note, line ends included
     * @param path from the vault's root
     * @param heading that it stands under, or empty
     * @param first line, from 1
     * @param last line
     * @param sha256 of the note's bytes that were read, hex
     * @param sensitivity what the front matter says of who may see it, or empty
     * @param score from 0 to 1
     */
    public record Cited(
            String quote,
            String path,
            String heading,
            int first,
            int last,
            String sha256,
            String sensitivity,
            double score) {
        /** Hex digits of a digest: enough to tell versions of a note apart. */
        private static final int DIGEST = 12;

        /** Where it stands, for people: path, lines, and the start of the note's digest. */
        public String place() {
            return path + ":" + first + (last > first ? "-" + last : "") + " sha256:" + sha256.substring(0, DIGEST);
        }
    }
}
