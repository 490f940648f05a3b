package mirror.surface.cli;

import mirror.surface.Core;
import org.jspecify.annotations.Nullable;

/** Ends the daemon in order. */
record StopCommand(@Nullable Runnable stop) implements Command {
    @Override
    public String name() {
        return "stop";
    }

    @Override
    public String usage() {
        return "stop";
    }

    @Override
    public String summary() {
        return "stop the daemon; connected agents are blocked until the next boot";
    }

    @Override
    public int run(Core core, Call call, Out out) {
        Options.parse(this, call.args()).none(this);
        if (stop == null) {
            throw new CliException(
                    Exit.NO_DAEMON, "no daemon runs for " + core.home().root());
        }
        out.line("stopping");
        stop.run();
        return Exit.OK;
    }
}
