package mirror.surface.cli;

import java.io.IOException;
import java.util.List;
import mirror.bus.Draft;
import mirror.bus.Json;
import mirror.surface.Core;
import mirror.surface.hook.ClaudeConnection;
import mirror.surface.hook.ClaudeConnection.Change;
import mirror.surface.hook.ClaudeConnection.Target;

/** Puts Mirror into a client's settings. */
record ConnectCommand(ClaudeConnection claude) implements Command {
    @Override
    public String name() {
        return "connect";
    }

    @Override
    public String usage() {
        return "connect claude [--project] [--dry-run] [--yes]";
    }

    @Override
    public String summary() {
        return "put Mirror's hooks and MCP server into Claude Code's settings";
    }

    @Override
    public String help() {
        return """
                --project  only for the project in the current folder (.claude/settings.local.json)
                --dry-run  show what would change and change nothing
                --yes      do not ask
                The originals are kept; 'mirror disconnect claude' puts them back byte for byte.
                """;
    }

    @Override
    public int run(Core core, Call call, Out out) throws IOException {
        Options options = Options.parse(this, call.args(), "project", "dry-run", "yes");
        client(this, options);
        try {
            Target target = options.has("project")
                    ? Target.project(call.user(), call.claudeConfig(), call.cwd())
                    : Target.user(call.user(), call.claudeConfig());
            List<Change> changes = claude.plan(target);
            if (changes.isEmpty() && claude.shimIntact()) {
                out.line("Claude Code is connected already");
                return Exit.OK;
            }
            if (!options.has("yes")) {
                changes.forEach(change -> out.print(change.diff()));
                if (!options.has("dry-run")) {
                    out.confirm("Write these changes?");
                }
                return Exit.OK;
            }
            claude.apply(changes);
            changes.forEach(change -> out.line("written: " + change.file()));
            event(core, "mirror.client.connected.v1", changes);
            out.line("Claude Code is connected: new sessions start with Mirror's memory and pass its gate");
            return Exit.OK;
        } catch (ClaudeConnection.Refused e) {
            throw CliException.no(String.valueOf(e.getMessage()));
        }
    }

    static void client(Command command, Options options) {
        String client = options.one(command);
        if (!client.equals("claude")) {
            throw CliException.usage("'" + Style.plain(client) + "' cannot be connected yet; the client is: claude");
        }
    }

    static void event(Core core, String type, List<Change> changes) {
        var data = Json.object().put("client", "claude-code");
        var files = data.putArray("files");
        changes.forEach(change -> files.add(change.file().toString()));
        core.projector().record(Draft.of(type, "owner", data));
    }
}
