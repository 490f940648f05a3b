package mirror.surface.cli;

import java.util.function.Consumer;
import mirror.surface.Core;
import org.jspecify.annotations.Nullable;

/** Ends the daemon in order. */
record StopCommand(@Nullable Consumer<Boolean> stop) implements Command {
    @Override
    public String name() {
        return "stop";
    }

    @Override
    public String usage() {
        return "stop [--keep]";
    }

    @Override
    public String summary() {
        return "stop the daemon; connected agents are blocked until the next boot";
    }

    @Override
    public String help() {
        return """
                Services that Mirror keeps running end with it, those that need others first.
                --keep    leave them running; the next boot finds them and goes on with them
                """;
    }

    @Override
    public int run(Core core, Call call, Out out) {
        Options options = Options.parse(this, call.args(), "keep");
        options.none(this);
        if (stop == null) {
            throw new CliException(
                    Exit.NO_DAEMON, "no daemon runs for " + core.home().root());
        }
        out.line("stopping");
        stop.accept(options.has("keep"));
        return Exit.OK;
    }
}
