package mirror.vault.change;

import java.time.Instant;

/** The owner, or a program of theirs, wrote the file a moment ago and may still be at it. */
public final class EditedJustNow extends ChangeRefused {
    private static final long serialVersionUID = 1;

    private final Instant again;

    EditedJustNow(String path, Instant again) {
        super(path + " was edited a moment ago; it may be changed from " + again
                + " on, if it is left alone until then");
        this.again = again;
    }

    /** When it may be tried again; earlier it would be refused for sure. */
    public Instant again() {
        return again;
    }
}
