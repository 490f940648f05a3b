package mirror.surface.cli;

import java.io.IOException;
import mirror.surface.Core;

/** One command. Stateless; thread-safe. */
interface Command {
    String name();

    /** Name, arguments and options, as in {@code log [--follow]}. */
    String usage();

    /** One line for the list of commands. */
    String summary();

    /** Details for {@code --help}; may be empty. */
    default String help() {
        return "";
    }

    /** Whether it also works on the files alone, without a daemon. */
    default boolean offline() {
        return false;
    }

    /**
     * Runs it.
     *
     * @return the exit code
     */
    int run(Core core, Call call, Out out) throws IOException, InterruptedException;
}
