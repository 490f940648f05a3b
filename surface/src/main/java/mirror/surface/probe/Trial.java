package mirror.surface.probe;

import java.util.Locale;

/** One thing that a hook may do when a client asks it before a tool, and what has to come of it for a gate to hold. */
public enum Trial {
    /** The control: where this does not run, nothing that stays undone proves anything. */
    ALLOW("says allow"),
    DENY("says deny"),
    /** How Mirror's hook client ends at every failure of its own. */
    REFUSE("exits with 2"),
    /** How an action that asks waits for the owner. */
    LATE_DENY("says deny after a while"),
    /** With nobody at the terminal. */
    ASK("says ask"),
    GARBAGE("says what is no answer"),
    CRASH("exits with 1"),
    /** Gone since the prompt, which a missing hook client would have stopped already. */
    MISSING("is gone"),
    /** Beyond the time that the client's settings give a hook. */
    SILENT("never answers");

    private final String text;

    Trial(String text) {
        this.text = text;
    }

    /** What the hook does, as the end of a sentence that begins with it. */
    public String text() {
        return text;
    }

    /** In events, as {@code late-deny}. */
    public String key() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** What the tool has to do then, for a person. */
    public String wanted() {
        return this == ALLOW ? "run" : "not run";
    }

    boolean isHonouredBy(Outcome outcome) {
        return switch (this) {
            case ALLOW -> outcome == Outcome.RAN;
            // A client that has no time-out does right to wait.
            case SILENT -> outcome == Outcome.STOPPED || outcome == Outcome.HUNG;
            default -> outcome == Outcome.STOPPED;
        };
    }
}
