package mirror.surface.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import mirror.bus.Json;
import mirror.surface.Core;
import mirror.surface.NoteJson;
import mirror.vault.Hit;
import mirror.vault.Links.Resolved;
import mirror.vault.LiveVault;
import mirror.vault.Vault;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** How the owner's notes are, who links to whom, and what Mirror changed in them. */
record VaultCommand() implements Command {
    private static final int MENTIONS = 100;

    @Override
    public String name() {
        return "vault";
    }

    @Override
    public String usage() {
        return "vault [status|links NOTE|backlinks NOTE|mentions NOTE|broken|orphans|faults|reconcile"
                + "|changes|rollback ID|review|verified NOTE|duplicates|distill NOTE…|--group N|audit] [--json]";
    }

    @Override
    public String summary() {
        return "how your notes are: what is linked, what leads nowhere, what cannot be read";
    }

    @Override
    public String help() {
        return """
                status          how many notes can be found, and how up to date that is
                links NOTE      what a note links to; NOTE is a path or a name, as in a link
                backlinks NOTE  who links to it
                mentions NOTE   who names it, or one of its aliases, without a link
                broken          links that lead nowhere
                orphans         notes without a link to or from another
                faults          notes whose front matter is no YAML, or that cannot be read; they are found all the same
                reconcile       look through all notes now
                changes         what Mirror changed in the vault, newest first, each with its ID
                rollback ID     take one change back, byte for byte; that is a change too
                review          notes due for another look, those that waited longest for their type first
                verified NOTE   say that a note holds: sets 'verified' in its front matter, and changes nothing else
                duplicates      notes that are versions of each other or nearly the same, in groups
                distill NOTE…   make one new note of several, or of --group N of them; the sources stay as they are
                audit           all of this in one report; exit 1 when something needs you

                Links mean what Obsidian takes them to mean. A note's age counts from 'verified' in its front matter, else from
                'created' or 'date', else from its file. After how many days a type is due is set in maintenance.yaml in Mirror's home:
                  review-days: {project: 30, recipe: never}
                """;
    }

    @Override
    public int run(Core core, Call call, Out out) throws IOException {
        Options options = Options.parse(this, call.args(), "json", "group=");
        List<String> rest = options.rest();
        boolean json = options.has("json");
        if (rest.equals(List.of("changes"))) {
            return VaultHistory.changes(core, json, out);
        }
        if (rest.size() == 2 && rest.getFirst().equals("rollback")) {
            return VaultHistory.rollback(core, rest.get(1), json, out);
        }
        Vault vault = open(core);
        VaultUpkeep upkeep = new VaultUpkeep(core, vault, json, out);
        if (!rest.isEmpty() && rest.getFirst().equals("distill")) {
            List<String> notes =
                    rest.stream().skip(1).map(each -> note(vault, each)).toList();
            if (!notes.isEmpty() && options.value("group").isPresent()) {
                throw CliException.usage("distill takes notes or --group, not both");
            }
            return upkeep.distill(notes, options.value("group"));
        }
        return switch (rest.isEmpty() ? "status" : rest.getFirst() + (rest.size() == 2 ? " 2" : "")) {
            case "status" -> status(vault, json, out);
            case "links 2" -> links(vault.links().of(note(vault, rest.get(1))), false, json, out);
            case "backlinks 2" -> links(vault.links().to(note(vault, rest.get(1))), true, json, out);
            case "mentions 2" -> mentions(vault.mentions(note(vault, rest.get(1)), MENTIONS), json, out);
            case "broken" -> links(vault.links().broken(), true, json, out);
            case "orphans" -> list(vault.links().orphans(), json, out);
            case "faults" -> faults(vault.faults(), json, out);
            case "reconcile" -> reconcile(vault, json, out);
            case "review" -> upkeep.review();
            case "verified 2" -> upkeep.verified(note(vault, rest.get(1)));
            case "duplicates" -> upkeep.duplicates();
            case "audit" -> upkeep.audit();
            default -> throw CliException.usage("usage: mirror " + usage());
        };
    }

    private static String note(Vault vault, String name) {
        String path = vault.links().find(name);
        if (path == null) {
            throw CliException.no("there is no note '" + Style.plain(name) + "' in " + vault.root()
                    + "; give its path from there, or its name");
        }
        return path;
    }

    private static int status(Vault vault, boolean json, Out out) {
        ObjectNode status = NoteJson.of(vault.freshness())
                .put("root", vault.root().toString())
                .put("faults", vault.faults().size());
        if (json) {
            out.json(status);
        } else {
            out.line(vault.root() + ": " + NoteJson.freshness(vault.freshness()) + ", "
                    + vault.faults().size() + " with faults");
        }
        return Exit.OK;
    }

    private static int links(List<Resolved> links, boolean sources, boolean json, Out out) {
        if (json) {
            ArrayNode array = Json.array();
            for (Resolved each : links) {
                array.addObject()
                        .put("source", each.source())
                        .put("line", each.link().line())
                        .put("kind", each.link().kind().name().toLowerCase(java.util.Locale.ROOT))
                        .put("link", each.link().target())
                        .put("subpath", each.link().subpath())
                        .put("target", each.target());
            }
            out.json(array);
            return Exit.OK;
        }
        for (Resolved each : links) {
            String link = each.link().target()
                    + (each.link().subpath().isEmpty() ? "" : "#" + each.link().subpath());
            String where = each.target() == null ? "leads nowhere" : each.target();
            out.line(Style.plain(
                    sources
                            ? each.source() + ":" + each.link().line() + "  " + link
                            : each.link().line() + "  " + link + "  " + where));
        }
        return Exit.OK;
    }

    private static int mentions(List<Hit> hits, boolean json, Out out) {
        if (json) {
            ArrayNode array = Json.array();
            hits.forEach(hit -> array.add(NoteJson.of(hit)));
            out.json(array);
        } else {
            hits.forEach(hit -> out.line(Style.plain(hit.path() + ":" + hit.first() + "  "
                    + hit.text().replaceAll("\\s+", " ").strip())));
        }
        return Exit.OK;
    }

    private static int list(List<String> paths, boolean json, Out out) {
        if (json) {
            ArrayNode array = Json.array();
            paths.forEach(array::add);
            out.json(array);
        } else {
            paths.forEach(path -> out.line(Style.plain(path)));
        }
        return Exit.OK;
    }

    private static int faults(Map<String, String> faults, boolean json, Out out) {
        if (json) {
            ArrayNode array = Json.array();
            faults.forEach((path, fault) -> array.addObject().put("path", path).put("fault", fault));
            out.json(array);
        } else {
            faults.forEach((path, fault) -> out.line(Style.plain(path + ": " + fault)));
        }
        return Exit.OK;
    }

    private static int reconcile(Vault vault, boolean json, Out out) throws IOException {
        Vault.Report report = vault.reconcile();
        if (json) {
            ObjectNode unreadable = Json.object();
            report.unreadable().forEach(unreadable::put);
            out.json(Json.object()
                    .put("notes", report.notes())
                    .put("added", report.added())
                    .put("changed", report.changed())
                    .put("removed", report.removed())
                    .set("unreadable", unreadable));
            return Exit.OK;
        }
        out.line(report.notes() + " notes: " + report.added() + " new, " + report.changed() + " changed, "
                + report.removed() + " gone");
        List<String> paths = new ArrayList<>(report.unreadable().keySet());
        paths.sort(null);
        paths.forEach(path -> out.line(
                Style.plain(path + " cannot be read: " + report.unreadable().get(path))));
        return Exit.OK;
    }

    /** The vault, or a no that says why there is none. */
    static Vault open(Core core) {
        try {
            return core.notes().vault();
        } catch (LiveVault.Unavailable e) {
            throw CliException.no(String.valueOf(e.getMessage()));
        }
    }
}
