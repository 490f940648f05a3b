package mirror.surface.cli;

import java.util.Locale;
import mirror.bus.DiskStorage;
import mirror.bus.EventLog;
import mirror.bus.Json;
import mirror.bus.VerifyReport;
import mirror.surface.Core;

/** Proves the log from its first byte. */
record VerifyCommand() implements Command {
    @Override
    public String name() {
        return "verify";
    }

    @Override
    public String usage() {
        return "verify [--json]";
    }

    @Override
    public String summary() {
        return "prove every byte of the log; exit 1 and the place when something does not hold";
    }

    @Override
    public boolean offline() {
        return true;
    }

    @Override
    public int run(Core core, Call call, Out out) {
        Options options = Options.parse(this, call.args(), "json");
        options.none(this);
        VerifyReport report = EventLog.verify(
                core.home(), core.origin(), new DiskStorage(), core.key().key(core.origin()));
        String verdict = report.verdict().name().toLowerCase(Locale.ROOT).replace('_', ' ');
        if (options.has("json")) {
            var json = Json.object()
                    .put("verdict", verdict)
                    .put("origin", report.origin())
                    .put("events", report.events())
                    .put("head", report.head())
                    .put("checkpoints", report.checkpoints());
            var findings = json.putArray("findings");
            for (VerifyReport.Finding finding : report.findings()) {
                findings.addObject()
                        .put(
                                "kind",
                                finding.kind().name().toLowerCase(Locale.ROOT).replace('_', ' '))
                        .put("file", finding.file())
                        .put("line", finding.line())
                        .put("seq", finding.seq())
                        .put("sentence", finding.sentence());
            }
            out.line(Json.MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(json));
        } else {
            Style style = new Style(call.color());
            out.line((report.intact() ? style.good(verdict) : style.bad(verdict)) + ": " + report.events() + " events, "
                    + report.checkpoints() + " signed checkpoints, head " + report.head());
            report.findings().forEach(finding -> out.line("  " + finding.sentence() + "\n    in " + finding.file()));
        }
        return report.intact() ? Exit.OK : Exit.NO;
    }
}
