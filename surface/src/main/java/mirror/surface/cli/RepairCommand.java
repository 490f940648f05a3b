package mirror.surface.cli;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import mirror.bus.Json;
import mirror.bus.NoteKey;
import mirror.bus.Repair;
import mirror.bus.VerifyReport;

/** Makes a damaged log writable again without losing a byte. */
record RepairCommand() implements FileCommand {
    @Override
    public String name() {
        return "repair";
    }

    @Override
    public String usage() {
        return "repair [--from FOLDER] [--yes] [--json]";
    }

    @Override
    public String summary() {
        return "move what is damaged aside and put back every event that still proves its place";
    }

    @Override
    public String help() {
        return """
                Without --yes it only says what it would find. --from names a folder with another copy of this chain (a backup
                of bus/<origin>, an earlier quarantine): events are taken from it when they are exactly those that the chain
                names. Damaged files go to quarantine/ whole. Mirror must be stopped.
                """;
    }

    @Override
    public int run(Stored stored, Call call, Out out) throws IOException {
        Options options = Options.parse(this, call.args(), "json", "yes", "from=");
        options.none(this);
        NoteKey key = stored.signer().key(stored.origin());
        List<Path> copies =
                options.value("from").map(from -> List.of(call.path(from))).orElse(List.of());
        for (Path copy : copies) {
            if (!Files.isDirectory(copy)) {
                throw CliException.no(copy + " is not a folder; --from takes one with the .jsonl files of this chain");
            }
        }
        if (!options.has("yes")) {
            VerifyReport report = VerifyCommand.verify(stored, key, List.of());
            if (report.intact()) {
                out.line("intact: there is nothing to repair");
                return Exit.OK;
            }
            out.line(report.verdict().text() + ": the first " + report.events() + " events hold");
            report.findings().forEach(finding -> out.line("  " + finding.sentence() + "\n    in " + finding.file()));
            out.line("Nothing was changed. 'mirror repair --yes' moves the damaged files to "
                    + stored.home().quarantine() + " and keeps every event that proves its place"
                    + (copies.isEmpty() ? "; with --from it also takes them from a backup." : "."));
            return Exit.NO;
        }
        Repair.Outcome outcome;
        try (Closeable _ = stored.lock().take()) {
            outcome = new Repair(stored.home(), stored.origin(), stored.storage(), stored.signer(), copies)
                    .run(stored.clock());
        }
        if (options.has("json")) {
            out.line(Json.MAPPER.writeValueAsString(Json.object()
                    .put("found", outcome.before().verdict().text())
                    .put("events", outcome.events())
                    .put("lost", outcome.lost())
                    .put("recovered", outcome.recovered())
                    .put("moved-to", String.valueOf(outcome.moved()))));
        } else {
            out.line("It was " + outcome.before().verdict().text() + ". The chain now holds and has " + outcome.events()
                    + " events; " + outcome.recovered() + " came from copies.");
            if (outcome.lost() > 0) {
                out.line(outcome.lost() + " events that were acknowledged are not in it; what is left of them is in "
                        + outcome.moved() + ".");
            } else if (outcome.moved() != null) {
                out.line("Nothing was lost. The damaged files are in " + outcome.moved() + ".");
            }
        }
        return outcome.lost() == 0 ? Exit.OK : Exit.NO;
    }
}
