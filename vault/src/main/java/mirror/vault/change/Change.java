package mirror.vault.change;

import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One change that Mirror made to the vault.
 *
 * @param id {@code c} and a number, by which it is taken back; empty when nothing had to be changed
 * @param path what was changed, from the root in '/'; of a move its new place, which is absolute when it lies outside the vault again
 * @param from of a move the place before, absolute when outside the vault; of a conflict the note that the text was meant for
 * @param before SHA-256 of what stood there, or null when nothing did; of a moved folder null
 * @param after SHA-256 of what stands there since, or null when nothing does; of a moved folder null
 * @param time information only, as in events
 * @param by who asked for it
 * @param why in the words of who asked
 * @param undone whether a later change took it back
 */
public record Change(
        String id,
        Kind kind,
        String path,
        @Nullable String from,
        @Nullable String before,
        @Nullable String after,
        Instant time,
        String by,
        String why,
        boolean undone) {
    public enum Kind {
        WRITTEN,
        /** The text went to a note beside, because somebody else had changed the one it was meant for. */
        CONFLICT,
        MOVED,
        /** An earlier change was taken back. */
        RESTORED;

        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Whether anything had to be changed. */
    public boolean isChange() {
        return !id.isEmpty();
    }

    Change undone(boolean isUndone) {
        return new Change(id, kind, path, from, before, after, time, by, why, isUndone);
    }
}
