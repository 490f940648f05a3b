package mirror.surface.cli;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import mirror.bus.Draft;
import mirror.bus.Json;
import mirror.surface.Core;
import mirror.surface.hook.Connection;
import mirror.surface.hook.Connection.Change;
import mirror.surface.hook.Connections;

/** Puts Mirror into a client's settings. */
record ConnectCommand(Connections clients) implements Command {
    @Override
    public String name() {
        return "connect";
    }

    @Override
    public String usage() {
        return "connect " + names(clients, "|") + " [--project] [--dry-run] [--yes] | --probe [--json]";
    }

    @Override
    public String summary() {
        return "put Mirror's hooks and MCP server into a client's settings";
    }

    @Override
    public String help() {
        return """
                --project  only for the project in the current folder (claude: .claude/settings.local.json)
                --dry-run  show what would change and change nothing
                --yes      do not ask
                --probe    find out what the installed version honours of a hook, and change nothing: it is started in a
                           throw-away folder against a model of Mirror's own, once for each thing that a hook may say.
                           Takes about a minute; exit code 1 when a no does not stop it, or nothing can be proven.
                The originals are kept; 'mirror disconnect CLIENT' puts them back byte for byte.
                """;
    }

    @Override
    public int run(Core core, Call call, Out out) throws IOException, InterruptedException {
        Options options = Options.parse(this, call.args(), "project", "dry-run", "yes", "probe", "json");
        Connection client = client(this, clients, options);
        ClientProbes probes = new ClientProbes(core);
        if (options.has("probe")) {
            if (options.has("project") || options.has("dry-run") || options.has("yes")) {
                throw CliException.usage("--probe changes nothing and goes alone; usage: mirror " + usage());
            }
            return probes.probe(client, call, out, options.has("json"));
        }
        try {
            Connection.Scope scope =
                    new Connection.Scope(call.user(), call.folders(), options.has("project") ? call.cwd() : null);
            Optional<ClientProbes.Standing> standing = probes.standing(client);
            if (standing.isPresent() && standing.get().refused()) {
                throw CliException.no(Style.plain(standing.get().text()) + "; after an update, 'mirror connect "
                        + client.name() + " --probe' tries again");
            }
            List<Change> changes = client.plan(scope);
            if (changes.isEmpty() && client.shimIntact()) {
                out.line(client.title() + " is connected already");
                return Exit.OK;
            }
            if (!options.has("yes")) {
                changes.forEach(change -> out.print(change.diff()));
                if (!options.has("dry-run")) {
                    out.confirm("Write these changes?");
                }
                return Exit.OK;
            }
            client.apply(changes);
            changes.forEach(change -> out.line("written: " + change.file()));
            event(core, client, "mirror.client.connected.v1", changes);
            out.line(client.title() + " is connected: new sessions start with Mirror's memory and pass its gate");
            client.caveats().forEach(caveat -> out.line("note: " + caveat));
            standing.filter(ClientProbes.Standing::noted)
                    .ifPresent(known -> out.line("note: " + Style.plain(known.text())));
            client.ask(scope).forEach(note -> out.line("note: " + note));
            return Exit.OK;
        } catch (Connection.Refused e) {
            throw CliException.no(String.valueOf(e.getMessage()));
        }
    }

    static String names(Connections clients, String between) {
        return clients.all().stream().map(Connection::name).collect(Collectors.joining(between));
    }

    static Connection client(Command command, Connections clients, Options options) {
        String name = options.one(command);
        return clients.named(name)
                .orElseThrow(() -> CliException.usage(
                        "'" + Style.plain(name) + "' cannot be connected; the clients are: " + names(clients, ", ")));
    }

    static void event(Core core, Connection client, String type, List<Change> changes) {
        var data = Json.object().put("client", client.actor());
        var files = data.putArray("files");
        changes.forEach(change -> files.add(change.file().toString()));
        core.projector().record(Draft.of(type, "owner", data));
    }
}
