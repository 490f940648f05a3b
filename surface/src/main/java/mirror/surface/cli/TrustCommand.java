package mirror.surface.cli;

import java.io.IOException;
import java.util.List;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.kernel.OrganismRegistry;
import mirror.surface.Core;
import mirror.trust.Contracts;
import mirror.trust.KnownTools;
import mirror.trust.Signers;
import tools.jackson.databind.node.ArrayNode;

/** Whose signatures count, and which tool servers are the ones they say; for the owner. */
record TrustCommand() implements Command {
    @Override
    public String name() {
        return "trust";
    }

    @Override
    public String usage() {
        return "trust add NAME KEY --kinds KIND[,KIND] [--yes] | list [--json] | revoke NAME|KEY-ID"
                + " | tool SERVER|SERVER/TOOL [--yes]";
    }

    @Override
    public String summary() {
        return "whose signatures count, and which changed tool servers are all right";
    }

    @Override
    public String help() {
        return """
                add     KEY is a verifier key (name+id+base64) or the path of a key.pub, from a source that you trust;
                        KIND is one of policy, organism, skill, module
                list    the signers; this device's own key is good for every kind
                revoke  what the key signed counts for nothing any more, and never will again
                tool    confirm how an MCP server is defined now for the project of the current folder, or how a tool that
                        'mcp guard' withholds describes itself now
                """;
    }

    @Override
    public int run(Core core, Call call, Out out) throws IOException {
        Options options = Options.parse(this, call.args(), "kinds=", "json", "yes");
        List<String> rest = options.rest();
        String what = rest.isEmpty() ? "list" : rest.getFirst();
        return switch (what + " " + rest.size()) {
            case "list 0", "list 1" -> list(core, options, out);
            case "add 3" -> add(core, call, options, out);
            case "revoke 2" -> {
                core.projector().record(core.contracts().signers().revoke(rest.getLast()));
                out.line("revoked; nothing that this key signed is loaded any more");
                yield reload(core);
            }
            case "tool 2" -> tool(core, call, options, out);
            default -> throw CliException.usage("usage: mirror " + usage());
        };
    }

    private static int reload(Core core) {
        OrganismRegistry organisms = core.organisms();
        if (organisms != null) {
            organisms.reload();
        }
        return Exit.OK;
    }

    private static int add(Core core, Call call, Options options, Out out) {
        List<String> kinds = List.of(options.value("kinds").orElse("").split(",")).stream()
                .map(String::strip)
                .filter(kind -> !kind.isEmpty())
                .toList();
        var draft = core.contracts()
                .signers()
                .trust(options.rest().get(1), ProofCheck.key(options.rest().get(2), call), kinds);
        if (!options.has("yes")) {
            out.line("key id " + draft.data().path("id").asString(""));
            out.confirm("Load what this key signs as " + String.join(", ", kinds) + "?");
            return Exit.OK;
        }
        Event event = core.projector().record(draft);
        out.line("trusted: " + event.text("signer") + ", key id " + event.text("id"));
        return reload(core);
    }

    private static int list(Core core, Options options, Out out) {
        Contracts contracts = core.contracts();
        List<Signers.Signer> signers = contracts.signers().list();
        if (options.has("json")) {
            ArrayNode array = Json.array();
            var own = array.addObject()
                    .put("name", "this device")
                    .put("id", contracts.ownId())
                    .put("key", contracts.own().verifierKey())
                    .put("state", "trusted");
            Contracts.KINDS.forEach(own.putArray("kinds")::add);
            for (Signers.Signer signer : signers) {
                var node = array.addObject()
                        .put("name", signer.name())
                        .put("id", signer.id())
                        .put("key", signer.key())
                        .put("state", signer.revoked() == null ? "trusted" : "revoked");
                signer.kinds().forEach(node.putArray("kinds")::add);
            }
            out.line(Json.MAPPER.writeValueAsString(array));
            return Exit.OK;
        }
        out.line("%-20s %s  %s".formatted("this device", contracts.ownId().substring(0, 16), "everything"));
        out.line("  " + contracts.own().verifierKey());
        for (Signers.Signer signer : signers) {
            out.line("%-20s %s  %s"
                    .formatted(
                            signer.name(),
                            signer.id().substring(0, 16),
                            signer.revoked() == null
                                    ? String.join(", ", signer.kinds())
                                    : "revoked at " + signer.revoked()));
        }
        return Exit.OK;
    }

    private static int tool(Core core, Call call, Options options, Out out) throws IOException {
        String name = options.rest().getLast();
        if (name.equals("mirror") || name.startsWith("mcp__mirror__")) {
            throw CliException.no("the name 'mirror' is Mirror's own; give the other server another name");
        }
        var project = core.state().continuity().projects().of(call.cwd());
        List<KnownTools.Definition> definitions = name.contains("/")
                ? core.servers().relayed().waiting(name).stream().toList()
                : core.servers().definitions(name, call.cwd(), project);
        if (definitions.isEmpty() && name.contains("/")) {
            throw CliException.no(
                    "no tool '" + Style.plain(name) + "' is withheld now; list the server's tools once more");
        }
        if (definitions.isEmpty()) {
            throw CliException.no("no file that Mirror knows of defines the server '" + Style.plain(name) + "' for "
                    + Style.plain(project.toString()));
        }
        if (!options.has("yes")) {
            for (KnownTools.Definition definition : definitions) {
                out.line(Style.plain(definition.server() + " in " + definition.source()));
                out.line("  " + Style.clip(Style.plain(definition.shown().toString()), 2_000));
            }
            out.confirm(name.contains("/") ? "May models read and use this?" : "Is this the server that you want?");
            return Exit.OK;
        }
        core.projector()
                .record(definitions.stream()
                        .map(definition -> core.servers().trusted(definition))
                        .toList());
        out.line("confirmed: " + Style.plain(definitions.getFirst().server()) + ", as it is defined now");
        return Exit.OK;
    }
}
