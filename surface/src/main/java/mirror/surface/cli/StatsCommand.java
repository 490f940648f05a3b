package mirror.surface.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import mirror.bus.AtomicFiles;
import mirror.bus.EventLog;
import mirror.bus.FileWrite;
import mirror.bus.Json;
import mirror.pulse.stats.Figure;
import mirror.pulse.stats.Filling;
import mirror.pulse.stats.Head;
import mirror.pulse.stats.MarkedText;
import mirror.pulse.stats.Query;
import mirror.pulse.stats.Recount;
import mirror.pulse.stats.Report;
import mirror.pulse.stats.Stats;
import mirror.surface.Core;
import mirror.surface.stats.Metrics;

/** What Mirror has counted, signed; texts that quote it, filled and checked. */
record StatsCommand() implements Command {
    private static final int SHORT = 12;

    @Override
    public String name() {
        return "stats";
    }

    @Override
    public String usage() {
        return "stats [NAME…] [--at EVENT] [--signed|--json|--metrics] | stats --query QUERY [--at EVENT] [--json]"
                + " | stats --check FILE|- [--statement FILE] [--key KEY] [--json] | stats --fill FILE";
    }

    @Override
    public String summary() {
        return "numbers of real use, each with what it means and how anybody can count it again; checks texts that quote them";
    }

    @Override
    public String help() {
        return """
                Each number is computed from the log by its query and by nothing else; 'mirror stats NAME' shows it. What nothing tells is
                unknown, and not 0. --signed prints the DSSE envelope with the device's signature, --metrics what Prometheus reads.

                --at     as of this event; counted anew from the first event on
                --query  counts something else, such as 'count action.decided.v1 where tool=Bash'

                In a text, a comment behind a number says which one it is, and one behind a day that the numbers are of that day:

                  12,345<!-- mirror:stats events --> events, as of 2026-11-22<!-- mirror:stats date -->

                --fill   writes the numbers as they are now, and the signed statement; every version of the file is kept
                --check  holds each number against what was signed, and counts it anew: it holds, is dated (it was so on the day that stands
                         there), stale, wrong, unsigned or of another log. Exit 1 unless all hold or are dated. '-' is standard input.
                         With --key, a verifier key or the path of a key.pub, it needs no home and believes that key alone.
                """;
    }

    @Override
    public boolean offline() {
        return true;
    }

    static Options options(Call call) {
        return Options.parse(
                new StatsCommand(),
                call.args(),
                "json",
                "signed",
                "metrics",
                "at=",
                "query=",
                "check=",
                "fill=",
                "statement=",
                "key=");
    }

    @Override
    public int run(Core core, Call call, Out out) throws IOException {
        Options options = options(call);
        if (options.value("check").isPresent()) {
            return NumberCheck.run(options, call, core, out);
        }
        if (options.isGiven("key", "statement")) {
            throw CliException.usage("--key and --statement belong to --check; usage: mirror " + usage());
        }
        if (options.value("fill").isPresent()) {
            options.none(this);
            return fill(core, call.path(options.value("fill").get()), out);
        }
        if (options.value("query").isPresent()) {
            options.none(this);
            return query(core, options, out);
        }
        if (options.has("metrics")) {
            options.none(this);
            out.print(new String(Metrics.page(core, "").body(), StandardCharsets.UTF_8));
            return Exit.OK;
        }
        Report report = report(core, options);
        for (String name : options.rest()) {
            if (report.figure(name).isEmpty()) {
                throw CliException.no("there is no number '" + Style.plain(name) + "'; 'mirror stats' lists them");
            }
        }
        Report shown = options.rest().isEmpty() ? report : report.only(options.rest());
        if (options.has("signed")) {
            out.print(shown.signed(core.key()));
        } else if (options.has("json")) {
            var json = shown.json();
            json.set("envelope", Json.MAPPER.readTree(shown.signed(core.key())));
            out.json(json);
        } else {
            tell(shown, !options.rest().isEmpty(), new Style(call.color()), out);
        }
        return Exit.OK;
    }

    private static Report report(Core core, Options options) {
        Stats stats = core.state().stats();
        if (options.value("at").isEmpty()) {
            core.projector().catchUp();
            return stats.report();
        }
        List<Query> queries =
                stats.definitions().stream().map(each -> each.query()).toList();
        Recount count = count(core, options, queries);
        return new Report(
                count.head(),
                stats.definitions().stream()
                        .map(each -> Figure.of(each, count.value(each.query())))
                        .toList());
    }

    private static Recount count(Core core, Options options, List<Query> queries) {
        EventLog log = core.projector().log();
        String at = options.value("at").orElse(String.valueOf(log.durable()));
        if (!at.matches("[1-9][0-9]{0,17}")) {
            throw CliException.usage("--at takes the number of an event");
        }
        long seq = Long.parseLong(at);
        if (seq > log.durable()) {
            throw CliException.no("the log has " + log.durable() + " events; " + seq + " is beyond its end");
        }
        Recount count = Recount.at(log, new TreeSet<>(List.of(seq)), queries).get(seq);
        if (count == null) {
            throw CliException.no("the log could not be read up to event " + seq);
        }
        return count;
    }

    private static int query(Core core, Options options, Out out) {
        Query query;
        try {
            query = Query.parse(options.value("query").orElseThrow());
        } catch (IllegalArgumentException e) {
            throw CliException.usage(Style.plain(String.valueOf(e.getMessage())));
        }
        Recount count = count(core, options, List.of(query));
        Head head = count.head();
        var value = count.value(query);
        if (options.has("json")) {
            var json = Json.object().put("query", query.text());
            if (value.number() == null) {
                json.putNull("value").put("unknown", value.why());
            } else {
                json.put("value", value.number());
            }
            out.json(json.put("origin", head.origin())
                    .put("seq", head.seq())
                    .put("hash", head.hash())
                    .put("time", head.time().toString()));
        } else {
            out.line(value.text()
                    + (value.number() == null ? ": " + Style.plain(value.why()) : "")
                    + "  as of event " + head.seq() + ", " + head.time());
        }
        return Exit.OK;
    }

    private static void tell(Report report, boolean all, Style style, Out out) {
        Head head = report.head();
        out.line(style.dim("as of event " + head.seq() + " of " + Style.plain(head.origin()) + ", " + head.time()
                + ", hash " + Style.clip(head.hash(), SHORT + 1)));
        for (Figure figure : report.figures()) {
            boolean unknown = figure.value().number() == null;
            String value = unknown
                    ? style.dim("%14s".formatted("unknown"))
                    : "%14s".formatted(figure.value().text());
            out.line(value + " " + style.dim("%-12s".formatted(figure.unit())) + " "
                    + style.bold("%-24s".formatted(figure.name())) + " "
                    + (unknown ? Style.plain(figure.value().why()) : figure.says()));
            if (all) {
                out.line("               "
                        + style.dim("mirror stats --at " + head.seq() + " --query '" + figure.query() + "'"));
                out.line("               " + style.dim("sha256 " + figure.digest(head)));
            }
        }
    }

    private static int fill(Core core, Path file, Out out) throws IOException {
        byte[] bytes = NumberCheck.read(file);
        core.projector().catchUp();
        Report report = core.state().stats().report();
        String filled;
        try {
            filled = Filling.of(MarkedText.of(NumberCheck.text(bytes, file)), report, core.key());
        } catch (IllegalArgumentException e) {
            throw CliException.no(
                    Style.plain(file.toString()) + " stays as it is: " + Style.plain(String.valueOf(e.getMessage())));
        }
        core.files()
                .write(FileWrite.kept(file, filled.getBytes(StandardCharsets.UTF_8))
                        .by("owner")
                        .onlyIf(AtomicFiles.digest(bytes)));
        out.line("written: " + Style.plain(file.toString()) + ", as of event "
                + report.head().seq());
        return Exit.OK;
    }
}
