package mirror.surface.cli;

import java.io.IOException;
import java.util.List;
import mirror.bus.Json;
import mirror.continuity.Completions.Report;
import mirror.continuity.Session;
import mirror.surface.Core;

/** What was shipped, and what ended without a word. */
record ShipCommand() implements Command {
    @Override
    public String name() {
        return "ship";
    }

    @Override
    public String usage() {
        return "ship [--project PATH] [--json]";
    }

    @Override
    public String summary() {
        return "what was reported as done and held against disk, git and log; writes SHIPLOG.md";
    }

    @Override
    public int run(Core core, Call call, Out out) throws IOException {
        Options options = Options.parse(this, call.args(), "project=", "json");
        options.none(this);
        String project = options.value("project")
                .map(path ->
                        core.state().continuity().projects().of(call.path(path)).toString())
                .orElse("");
        List<Report> reports = core.state().continuity().completions().list(project);
        List<Session> silent = core.state().continuity().sessions().list().stream()
                .filter(session -> session.unreported()
                        && (project.isEmpty() || session.project().equals(project)))
                .toList();
        if (options.has("json")) {
            var json = Json.object();
            json.set("reports", Json.array(reports));
            var unreported = json.putArray("unreported");
            silent.forEach(session -> unreported
                    .addObject()
                    .put("session", session.id())
                    .put("client", session.client())
                    .put("project", session.project())
                    .put("intent", session.intent())
                    .put("files", session.files().size()));
            out.line(Json.MAPPER.writeValueAsString(json));
            return Exit.OK;
        }
        for (Report report : reports) {
            out.line("%s  %-14s  %s"
                    .formatted(
                            report.time().toString().substring(0, 16).replace('T', ' '),
                            Style.clip(
                                    Style.plain(report.project()
                                            .substring(report.project().lastIndexOf('/') + 1)),
                                    14),
                            Style.plain(report.summary())));
            out.line("                  " + report.files().size() + " files, "
                    + report.commits().size() + " commits, " + report.checks().size() + " checks, "
                    + report.open().size() + " open, " + report.errors().size() + " errors  [" + report.event() + "]");
        }
        if (reports.isEmpty()) {
            out.line("nothing was reported as done yet; agents do that with session_complete");
        }
        for (Session session : silent) {
            out.line("unreported: session " + Style.clip(Style.plain(session.id()), 8) + " of "
                    + Style.plain(session.client()) + " changed "
                    + session.files().size()
                    + " files and ended without a report: " + Style.clip(Style.plain(session.intent()), 60));
        }
        core.state().continuity().writeFile(core.projector());
        if (!core.state().continuity().completions().list("").isEmpty()) {
            out.line("written: " + core.state().continuity().shipLog());
        }
        return Exit.OK;
    }
}
