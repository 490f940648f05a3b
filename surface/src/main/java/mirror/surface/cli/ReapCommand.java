package mirror.surface.cli;

import java.util.Locale;
import mirror.bus.Json;
import mirror.pulse.reap.Reaper;
import mirror.surface.Core;
import mirror.surface.Healing;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** Processes that nobody is left for. */
record ReapCommand(@Nullable Healing healing) implements Command {
    @Override
    public String name() {
        return "reap";
    }

    @Override
    public String usage() {
        return "reap [--dry-run | --now] [--json]";
    }

    @Override
    public String summary() {
        return "processes that nobody is left for, and that your rules say may be ended";
    }

    @Override
    public String help() {
        return """
                --dry-run   only tell; that is what happens without an option, too
                --now       end those that were found twice

                What may be ended is in ~/.mirror/reaper.yaml, which you sign; without it nothing is:

                  again: 2m                # two looks so far apart have to find the same process
                  rules:
                    - {name: old-claude, program: claude, older: 6h, cpu-below: 1}

                and under a lease: mirror lease grant --to reaper --effects 'machine:end claude'
                Never yours to lose: other users' processes, those with a parent, of a session with a terminal, of a systemd unit, of
                Mirror or its services. Exit 1 when something was found and was not ended. docs/healing.md says more.
                """;
    }

    @Override
    public int run(Core core, Call call, Out out) throws InterruptedException {
        Options options = Options.parse(this, call.args(), "json", "dry-run", "now");
        options.none(this);
        if (options.has("now") && options.has("dry-run")) {
            throw CliException.usage("--now and --dry-run are each other's opposite");
        }
        if (healing == null) {
            throw new CliException(
                    Exit.NO_DAEMON, "no daemon runs for " + core.home().root());
        }
        Reaper reaper = healing.reaper();
        Reaper.Report report = options.has("now") ? reaper.reap() : reaper.look();
        boolean left = report.orphans().stream().anyMatch(each -> each.standing() != Reaper.Standing.ENDED);
        if (options.has("json")) {
            ObjectNode json = Json.object()
                    .put("acts", report.acts())
                    .put("rules", report.rules())
                    .put("fault", report.fault());
            var array = json.putArray("orphans");
            report.orphans()
                    .forEach(each -> array.addObject()
                            .put("pid", each.process().pid())
                            .put("program", program(each))
                            .put("rule", each.rule())
                            .put("state", each.standing().name().toLowerCase(Locale.ROOT))
                            .put("reason", each.why()));
            out.line(Json.MAPPER.writeValueAsString(json));
        } else {
            tell(report, new Style(call.color()), out);
        }
        return report.fault().isEmpty() && !left ? Exit.OK : Exit.NO;
    }

    private static String program(Reaper.Orphan orphan) {
        return orphan.process().program();
    }

    private static void tell(Reaper.Report report, Style style, Out out) {
        if (!report.fault().isEmpty()) {
            out.line(style.bad("\u25cf ") + Style.plain(report.fault()));
            return;
        }
        if (report.orphans().isEmpty()) {
            out.line(
                    report.rules() == 0
                            ? "there are no rules; ~/.mirror/reaper.yaml says what may be ended ('mirror reap --help')"
                            : "nothing falls under the " + report.rules() + (report.rules() == 1 ? " rule" : " rules"));
        }
        for (Reaper.Orphan each : report.orphans()) {
            String mark = switch (each.standing()) {
                case ENDED -> style.good("\u25cf");
                case ONCE -> style.dim("\u25cb");
                case TWICE, WITHHELD -> style.wait("\u25cf");
                case SURVIVED -> style.bad("\u25cf");
            };
            out.line(mark + " " + each.process().pid() + " " + style.bold(Style.plain(program(each))) + "  "
                    + each.rule() + ", " + each.standing().name().toLowerCase(Locale.ROOT) + ": "
                    + Style.plain(each.why()));
        }
    }
}
