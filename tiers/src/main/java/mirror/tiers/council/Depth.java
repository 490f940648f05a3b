package mirror.tiers.council;

import java.util.Locale;

/** How much work a question is worth. */
public enum Depth {
    /** Two members at most, and no judge. */
    FAST,
    NORMAL,
    /** Members see what the others said and what was found out about it, and answer once more. */
    DEEP;

    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }
}
