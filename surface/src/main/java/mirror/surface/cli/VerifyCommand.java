package mirror.surface.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import mirror.bus.BusException;
import mirror.bus.EventLog;
import mirror.bus.Json;
import mirror.bus.NoteKey;
import mirror.bus.VerifyReport;
import mirror.bus.Witness;

/** Proves the log from its first byte. */
record VerifyCommand() implements FileCommand {
    @Override
    public String name() {
        return "verify";
    }

    @Override
    public String usage() {
        return "verify [--anchor FILE] [--json]";
    }

    @Override
    public String summary() {
        return "prove every byte of the log; exit 1 and the place when something does not hold";
    }

    @Override
    public String help() {
        return """
                The answer is one of: intact, torn tail, unverifiable, reordered, missing, rolled back, truncated, forked,
                altered. --anchor takes a checkpoint of this log that was kept elsewhere (three lines, an empty one, a
                signature, as in the file 'checkpoints'): the log must continue what it saw.
                """;
    }

    @Override
    public int run(Stored stored, Call call, Out out) throws IOException {
        Options options = Options.parse(this, call.args(), "json", "anchor=");
        options.none(this);
        NoteKey key = stored.signer().key(stored.origin());
        List<Witness> witnesses = new ArrayList<>();
        if (options.value("anchor").isPresent()) {
            Path file = call.path(options.value("anchor").get());
            if (!Files.isRegularFile(file)) {
                throw CliException.no(file + " is not a file; --anchor takes a checkpoint that was kept elsewhere");
            }
            witnesses.add(Witness.of(Files.readString(file), stored.origin(), key, file.toString()));
        }
        VerifyReport report = verify(stored, key, witnesses);
        if (options.has("json")) {
            out.json(json(report));
        } else {
            Style style = new Style(call.color());
            String verdict = report.verdict().text();
            out.line((report.intact() ? style.good(verdict) : style.bad(verdict)) + ": " + report.events() + " events, "
                    + report.checkpoints() + " signed checkpoints, head " + report.head());
            report.findings().forEach(finding -> out.line("  " + finding.sentence() + "\n    in " + finding.file()));
            if (!report.intact()) {
                out.line(
                        switch (report.verdict()) {
                            case TORN_TAIL -> "  'mirror boot' moves the torn end aside and goes on.";
                            case UNVERIFIABLE ->
                                "  Restore keys/device.key; without it nobody can say who wrote this log.";
                            default -> "  Nothing was changed. 'mirror repair' says what can be saved.";
                        });
            }
        }
        return report.intact() ? Exit.OK : Exit.NO;
    }

    /** Verifies; what a running daemon is just writing at the end is not called torn. */
    static VerifyReport verify(Stored stored, NoteKey key, List<Witness> witnesses) throws IOException {
        boolean live = isLive(stored.home().pid());
        long total = bytes(stored.home().chain(stored.origin()));
        try (Progress progress = new Progress("verify", total, stored.terminal(), System::nanoTime)) {
            VerifyReport report = EventLog.verify(
                    stored.home(),
                    stored.origin(),
                    stored.storage(),
                    key,
                    witnesses,
                    Runtime.getRuntime().availableProcessors(),
                    progress);
            return live ? report.withoutTornTail() : report;
        }
    }

    private static boolean isLive(Path pid) {
        try {
            String text = Files.exists(pid) ? Files.readString(pid).strip() : "";
            return text.matches("[0-9]{1,9}")
                    && ProcessHandle.of(Long.parseLong(text))
                            .filter(ProcessHandle::isAlive)
                            .isPresent();
        } catch (IOException e) {
            throw new BusException(pid + " cannot be read: " + e.getMessage(), e);
        }
    }

    private static long bytes(Path chain) throws IOException {
        if (!Files.isDirectory(chain)) {
            return 0;
        }
        try (var files = Files.list(chain)) {
            return files.filter(file -> file.getFileName().toString().contains(".jsonl"))
                    .mapToLong(file -> file.toFile().length())
                    .sum();
        }
    }

    private static tools.jackson.databind.node.ObjectNode json(VerifyReport report) {
        var json = Json.object()
                .put("verdict", report.verdict().text())
                .put("origin", report.origin())
                .put("events", report.events())
                .put("head", report.head())
                .put("checkpoints", report.checkpoints());
        var findings = json.putArray("findings");
        for (VerifyReport.Finding finding : report.findings()) {
            findings.addObject()
                    .put("kind", finding.kind().text())
                    .put("file", finding.file())
                    .put("line", finding.line())
                    .put("seq", finding.seq())
                    .put("sentence", finding.sentence());
        }
        return json;
    }
}
