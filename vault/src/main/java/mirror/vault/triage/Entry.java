package mirror.vault.triage;

import java.nio.file.Path;
import java.time.Instant;
import java.util.Locale;

/**
 * One file or folder that lies directly in a place that is looked at, as it was seen there. A folder is one thing, with all below it.
 *
 * @param place where it was dropped
 * @param path absolute
 * @param bytes of the file, or of all files in the folder
 * @param files 1, or how many are in the folder
 * @param modified when it, or the newest thing in it, was last modified
 * @param stamp digest of names, sizes and modification times of all that belongs to it; differs when any of that does
 * @param obstacle why it is not taken as it is now
 */
record Entry(
        Place place,
        Path path,
        boolean folder,
        long bytes,
        long files,
        Instant modified,
        String stamp,
        Obstacle obstacle) {

    /** Where things are dropped. */
    enum Place {
        INBOX,
        /** The vault's own folder, but not the folders in it. */
        ROOT,
        PULL;

        String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** What keeps an entry where it is, whatever the rules say. */
    sealed interface Obstacle {
        /** Nothing does. */
        record None() implements Obstacle {}

        /** It is not finished; the sentence's end says what is waited for. */
        record Unfinished(String why) implements Obstacle {}

        /** It is nothing that can be taken; the sentence's end says why. */
        record Unfit(String why) implements Obstacle {}
    }

    String name() {
        return String.valueOf(path.getFileName());
    }

    /** Whether the owner's own notes are of this kind: a file that belongs where it lies in the vault's root. */
    boolean isNoteByName() {
        return !folder && java.util.Set.of("md", "canvas", "base").contains(Names.ending(name()));
    }
}
