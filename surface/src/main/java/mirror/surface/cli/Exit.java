package mirror.surface.cli;

/** Exit codes of all commands. */
public final class Exit {
    public static final int OK = 0;
    /** The answer is no: not healthy, not intact, not found, refused. */
    public static final int NO = 1;
    /** The call was wrong. */
    public static final int USAGE = 2;
    /** The daemon does not run. */
    public static final int NO_DAEMON = 3;

    private Exit() {}
}
