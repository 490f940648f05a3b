package mirror.surface.cli;

import java.io.Serial;

/** A command says no: one sentence for standard error, and the exit code. */
public final class CliException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1;

    private final int exit;

    public CliException(int exit, String sentence) {
        super(sentence);
        this.exit = exit;
    }

    static CliException usage(String sentence) {
        return new CliException(Exit.USAGE, sentence);
    }

    static CliException no(String sentence) {
        return new CliException(Exit.NO, sentence);
    }

    public int exit() {
        return exit;
    }
}
