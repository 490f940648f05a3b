package mirror.surface.cli;

import java.io.IOException;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.Optional;
import mirror.surface.Core;
import mirror.surface.report.MorningReport;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** The morning report. */
record ReportCommand() implements Command {
    @Override
    public String name() {
        return "report";
    }

    @Override
    public String usage() {
        return "report [--date YYYY-MM-DD | --now] [--json]";
    }

    @Override
    public String summary() {
        return "the morning report: what happened overnight, and what waits for you";
    }

    @Override
    public String help() {
        return """
                Without an option the last one that was made. It is made once a local day, at the hour that 'report' in
                config.yaml names (07:00, of the zone that 'zone' names), as a note in Mirror/reports in your vault and as a short
                message on the topic 'mirror'. When the machine slept at that hour it is made at the next wake, and says so.

                --now   what one made now would say of the time since the last; nothing is written
                """;
    }

    @Override
    public boolean offline() {
        return true;
    }

    @Override
    public int run(Core core, Call call, Out out) throws IOException {
        Options options = Options.parse(this, call.args(), "json", "now", "date=");
        options.none(this);
        MorningReport report = new MorningReport(core);
        if (options.has("now")) {
            if (options.has("json")) {
                out.json(report.now());
            } else {
                print(report.nowText(), out);
            }
            return Exit.OK;
        }
        Optional<ObjectNode> stored =
                report.stored(options.value("date").map(ReportCommand::date).orElse(null));
        if (stored.isEmpty()) {
            throw CliException.no("no such report was made; "
                    + report.next()
                            .map(next -> "the next is due at "
                                    + next.atZone(core.config().zone()).toLocalDateTime())
                            .orElse("report is off in " + core.home().config())
                    + ", and 'mirror report --now' shows what it would say");
        }
        if (options.has("json")) {
            out.json(stored.get());
            return Exit.OK;
        }
        @Nullable
        String text = stored.get().path("text").isNull()
                ? null
                : stored.get().path("text").asString();
        if (text == null) {
            throw CliException.no("the note is not there any more: "
                    + stored.get().path("path").asString());
        }
        print(text, out);
        return Exit.OK;
    }

    private static void print(String text, Out out) {
        text.lines().forEach(line -> out.line(Style.plain(line)));
    }

    private static LocalDate date(String text) {
        try {
            return LocalDate.parse(text);
        } catch (DateTimeException e) {
            throw CliException.usage("--date takes a day such as 2026-05-01");
        }
    }
}
