package mirror.trust.shell;

/** The text is not a command line we can read; the message is one clause for the owner. Never leaves this package. */
final class ShellSyntaxException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ShellSyntaxException(String why) {
        super(why, null, false, false);
    }
}
