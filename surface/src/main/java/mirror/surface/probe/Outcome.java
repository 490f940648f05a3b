package mirror.surface.probe;

import java.util.Locale;

/** What came of a tool call whose hook did what a {@link Trial} says. */
public enum Outcome {
    RAN("ran"),
    /** It did not run, and the client went on without it. */
    STOPPED("did not run"),
    /** It did not run, and the client was still waiting when its time was over. */
    HUNG("did not run; the client still waited"),
    /** The client never came to call the tool, or never asked the hook: nothing is known. */
    UNCLEAR("was not tried");

    private final String text;

    Outcome(String text) {
        this.text = text;
    }

    public String text() {
        return text;
    }

    String key() {
        return name().toLowerCase(Locale.ROOT);
    }
}
