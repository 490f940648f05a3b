package mirror.surface.cli;

import java.io.IOException;
import mirror.surface.Core;

/** A command on the stored files alone. The launcher starts it in a process of its own, also while a daemon runs. */
interface FileCommand extends Command {
    @Override
    default boolean offline() {
        return true;
    }

    @Override
    default int run(Core core, Call call, Out out) {
        throw CliException.no(
                "'" + name() + "' works on the stored files and not in the daemon; call it with the launcher");
    }

    /**
     * Runs it.
     *
     * @return the exit code
     */
    int run(Stored stored, Call call, Out out) throws IOException;
}
