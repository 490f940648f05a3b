package mirror.trust;

import java.util.Locale;

/** What the gate says, from least to most restrictive; the most restrictive of several wins. */
public enum Verdict {
    ALLOW,
    ASK,
    BLOCK;

    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }
}
