package mirror.surface.cli;

import java.io.IOException;
import java.util.List;
import mirror.bus.Json;
import mirror.surface.Core;
import mirror.vault.change.Change;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What Mirror changed in the vault, and how the owner takes one change back: a part of {@link VaultCommand}. */
final class VaultHistory {
    private VaultHistory() {}

    static int changes(Core core, boolean json, Out out) throws IOException {
        List<Change> changes = core.changes().changes();
        if (json) {
            ArrayNode array = Json.array();
            changes.forEach(change -> array.add(json(change)));
            out.json(array);
            return Exit.OK;
        }
        for (Change change : changes) {
            String from = change.from();
            out.line(Style.plain("%-5s %.16s  %-8s  %s%s  by %s%s%s"
                    .formatted(
                            change.id(),
                            change.time().toString().replace('T', ' '),
                            change.kind().text(),
                            change.path(),
                            from == null ? "" : (change.kind() == Change.Kind.CONFLICT ? " for " : " from ") + from,
                            change.by(),
                            change.why().isEmpty() ? "" : ": " + change.why(),
                            change.undone() ? " (taken back)" : "")));
        }
        return Exit.OK;
    }

    static int rollback(Core core, String id, boolean json, Out out) throws IOException {
        Change change = core.changes().rollback(id, "owner");
        if (json) {
            out.json(json(change));
            return Exit.OK;
        }
        String what = change.from() != null
                ? change.from() + " is " + change.path() + " again"
                : change.path() + (change.after() == null ? " is gone again" : " is as it was");
        out.line(Style.plain("taken back: " + what + "; 'mirror vault rollback " + change.id() + "' undoes that"));
        return Exit.OK;
    }

    private static ObjectNode json(Change change) {
        return Json.object()
                .put("id", change.id())
                .put("kind", change.kind().text())
                .put("path", change.path())
                .put("from", change.from())
                .put("before", change.before())
                .put("after", change.after())
                .put("time", change.time().toString())
                .put("by", change.by())
                .put("why", change.why())
                .put("undone", change.undone());
    }
}
