package mirror.surface.cli;

import java.io.IOException;
import java.util.List;
import mirror.surface.Core;
import mirror.surface.hook.Connection;
import mirror.surface.hook.Connection.Change;
import mirror.surface.hook.Connections;

/** Takes Mirror out of a client's settings. */
record DisconnectCommand(Connections clients) implements Command {
    @Override
    public String name() {
        return "disconnect";
    }

    @Override
    public String usage() {
        return "disconnect " + ConnectCommand.names(clients, "|") + " [--dry-run] [--yes]";
    }

    @Override
    public String summary() {
        return "put a client's settings back byte for byte";
    }

    @Override
    public int run(Core core, Call call, Out out) throws IOException {
        Options options = Options.parse(this, call.args(), "dry-run", "yes");
        Connection client = ConnectCommand.client(this, clients, options);
        try {
            List<Change> changes = client.planRemoval();
            if (client.connected().isEmpty()) {
                throw CliException.no(client.title() + " is not connected");
            }
            if (!options.has("yes")) {
                changes.forEach(change -> out.print(change.diff()));
                if (!options.has("dry-run")) {
                    out.confirm("Write these changes?");
                }
                return Exit.OK;
            }
            ConnectCommand.event(core, client, "mirror.client.disconnected.v1", changes);
            client.applyRemoval(changes);
            changes.forEach(change -> out.line("restored: " + change.file()));
            return Exit.OK;
        } catch (Connection.Refused e) {
            throw CliException.no(String.valueOf(e.getMessage()));
        }
    }
}
