package mirror.vault.change;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/** Which names Mirror gives to files of the vault, and which it refuses. */
final class NoteNames {
    /** Bytes that common file systems take for one name. */
    private static final int LONGEST = 255;

    private static final int LONGEST_PATH = 2_000;
    private static final DateTimeFormatter MINUTE =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HHmm").withZone(ZoneOffset.UTC);

    private NoteNames() {}

    /** Refuses what is no plain name from the vault's root. */
    static String check(String path) throws ChangeRefused {
        if (path.isEmpty() || path.length() > LONGEST_PATH) {
            throw new ChangeRefused("a path in the vault has 1 to " + LONGEST_PATH + " characters, and this one has "
                    + path.length() + "; name it from the vault's root");
        }
        if (!StandardCharsets.UTF_8.newEncoder().canEncode(path) || path.chars().anyMatch(NoteNames::isControl)) {
            throw new ChangeRefused("a path in the vault has a control character at "
                    + path.chars().takeWhile(c -> !isControl(c)).count() + "; leave it out");
        }
        for (String part : path.split("/", -1)) {
            if (part.isEmpty() || part.startsWith(".") || part.isBlank() || part.indexOf('\\') >= 0) {
                throw new ChangeRefused(
                        "'" + path + "' is no path from the vault's root: no part of it may be empty, begin"
                                + " with a dot or hold a backslash; name it as in Folder/Note.md");
            }
            if (part.getBytes(StandardCharsets.UTF_8).length > LONGEST) {
                throw new ChangeRefused("'" + part.substring(0, 40) + "…' is longer than the " + LONGEST
                        + " bytes that a name may have; shorten it");
            }
        }
        return path;
    }

    private static boolean isControl(int c) {
        return Character.isISOControl(c) || c == '\u2028' || c == '\u2029';
    }

    /** Refuses a file whose name is lost when it is written down. */
    static Path checkAbsolute(Path from) throws ChangeRefused {
        if (!from.isAbsolute()) {
            throw new ChangeRefused("'" + from + "' is not absolute; name it from the root of the file system");
        }
        if (!Path.of(from.toString()).equals(from)) {
            throw new ChangeRefused("the name of '" + from + "' is no UTF-8; rename it first");
        }
        return from;
    }

    /** The n-th name to try: the name itself, then with " 2", " 3" … before its ending. */
    static String numbered(String path, int n, boolean isFolder) {
        int ending = isFolder ? path.length() : ending(path);
        return n == 1 ? path : path.substring(0, ending) + " " + n + path.substring(ending);
    }

    /** {@code Name (conflict 2026-11-22 0312).md}; the time is UTC. */
    static String conflict(String path, Instant time) {
        int ending = ending(path);
        return path.substring(0, ending) + " (conflict " + MINUTE.format(time) + ")" + path.substring(ending);
    }

    private static int ending(String path) {
        int dot = path.lastIndexOf('.');
        return dot > path.lastIndexOf('/') + 1 ? dot : path.length();
    }
}
