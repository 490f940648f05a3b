package mirror.vault.triage;

import java.nio.file.Path;
import java.util.function.Predicate;

/** Names of files that others chose. Stateless. */
final class Names {
    /** Bytes of one name that every usual file system takes. */
    static final int LONGEST = 255;

    private Names() {}

    /** A character by which a name would be something else on a terminal, or a path on another system. */
    static boolean isHostile(int c) {
        return Character.isISOControl(c)
                || c == '\\'
                || c == 0x2028
                || c == 0x2029
                || c == 0x200e
                || c == 0x200f
                || (c >= 0x202a && c <= 0x202e)
                || (c >= 0x2066 && c <= 0x2069);
    }

    /** Whether a program that is still writing gives its files such names, or a person hides them. */
    static boolean isUnfinished(String name) {
        String lower = name.toLowerCase(java.util.Locale.ROOT);
        return lower.endsWith(".part")
                || lower.endsWith(".partial")
                || lower.endsWith(".crdownload")
                || lower.endsWith(".download")
                || lower.endsWith(".tmp")
                || name.startsWith("~$")
                || name.startsWith(".");
    }

    /** Without the last ending; a name that starts with its only dot has none. */
    static String stem(String name) {
        int dot = name.lastIndexOf('.');
        return dot <= 0 ? name : name.substring(0, dot);
    }

    /** The last ending in lower case, without the dot, or empty. */
    static String ending(String name) {
        int dot = name.lastIndexOf('.');
        return dot <= 0 ? "" : name.substring(dot + 1).toLowerCase(java.util.Locale.ROOT);
    }

    /** The path itself, or with {@code " 2"}, {@code " 3"} … before the ending while it is taken. */
    static Path free(Path wanted, boolean folder, Predicate<Path> taken) {
        String name = String.valueOf(wanted.getFileName());
        String stem = folder ? name : stem(name);
        Path free = wanted;
        for (int n = 2; taken.test(free); n++) {
            free = wanted.resolveSibling(stem + " " + n + name.substring(stem.length()));
        }
        return free;
    }
}
