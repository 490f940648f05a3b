package mirror.tiers.offline;

/** The offline tier has no answer of the kind that was asked for; the message is half a sentence that says why. */
public final class CannotAnswer extends Exception {
    private static final long serialVersionUID = 1;

    public CannotAnswer(String why) {
        super(why, null, false, false);
    }
}
