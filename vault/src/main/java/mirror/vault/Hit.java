package mirror.vault;

import java.util.List;

/**
 * A place in a note that answers.
 *
 * @param path from the vault's root
 * @param heading that it stands under, or empty
 * @param first line, from 1
 * @param last line
 * @param sha256 of the note's bytes that were read for this hit, hex
 * @param sensitivity what the front matter says of who may see it, or empty
 * @param score higher is better; comparable within one answer only
 * @param text of the lines, shortened
 * @param marks of what was found in {@code text}, in order
 */
public record Hit(
        String path,
        String heading,
        int first,
        int last,
        String sha256,
        String sensitivity,
        double score,
        String text,
        List<Mark> marks) {
    /** A range of characters, the end not included. */
    public record Mark(int start, int end) {}
}
