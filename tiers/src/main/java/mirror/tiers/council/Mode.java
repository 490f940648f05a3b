package mirror.tiers.council;

import java.util.Locale;
import java.util.Optional;

/** How the members work together. */
public enum Mode {
    /** Each answers by itself, then a judge writes the verdict. */
    COUNCIL,
    /** Each improves the answer of the one before. */
    CHAIN,
    /** One answers, the others check each of its claims. */
    VERIFY,
    /** As verified runs on such questions were done best; without any, as {@link #AUTO}. */
    SKILLS,
    /** By the rules of {@link Choice}. */
    AUTO;

    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    public static Optional<Mode> of(String text) {
        for (Mode mode : values()) {
            if (mode.text().equals(text)) {
                return Optional.of(mode);
            }
        }
        return Optional.empty();
    }
}
