package mirror.surface.cli;

import java.io.IOException;
import java.util.List;
import mirror.surface.Core;
import mirror.surface.hook.ClaudeConnection;
import mirror.surface.hook.ClaudeConnection.Change;

/** Takes Mirror out of a client's settings. */
record DisconnectCommand(ClaudeConnection claude) implements Command {
    @Override
    public String name() {
        return "disconnect";
    }

    @Override
    public String usage() {
        return "disconnect claude [--dry-run] [--yes]";
    }

    @Override
    public String summary() {
        return "put Claude Code's settings back byte for byte";
    }

    @Override
    public int run(Core core, Call call, Out out) throws IOException {
        Options options = Options.parse(this, call.args(), "dry-run", "yes");
        ConnectCommand.client(this, options);
        try {
            List<Change> changes = claude.planRemoval();
            if (claude.connected().isEmpty()) {
                throw CliException.no("Claude Code is not connected");
            }
            if (!options.has("yes")) {
                changes.forEach(change -> out.print(change.diff()));
                if (!options.has("dry-run")) {
                    out.confirm("Write these changes?");
                }
                return Exit.OK;
            }
            ConnectCommand.event(core, "mirror.client.disconnected.v1", changes);
            claude.applyRemoval(changes);
            changes.forEach(change -> out.line("restored: " + change.file()));
            return Exit.OK;
        } catch (ClaudeConnection.Refused e) {
            throw CliException.no(String.valueOf(e.getMessage()));
        }
    }
}
