package mirror.surface.cli;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import mirror.bus.Json;
import mirror.pulse.check.Checkups.Checkup;
import mirror.pulse.check.Finding.State;
import mirror.pulse.check.Heartbeat;
import mirror.surface.Core;
import mirror.surface.diagnose.Diagnosis;
import org.jspecify.annotations.Nullable;

/** How Mirror, the machine and what the owner named were found. */
record PulseCommand(@Nullable Heartbeat heartbeat) implements Command {
    @Override
    public String name() {
        return "pulse";
    }

    @Override
    public String usage() {
        return "pulse [--now] [--all] [--json]";
    }

    @Override
    public String summary() {
        return "how Mirror and the machine were found, and when";
    }

    @Override
    public String help() {
        return """
                --now  look at everything now, and then tell
                --all  what is well, too, each by itself

                Everything is looked at each five minutes. What was not looked at, or not lately, is unknown, and unknown is not well.
                Exit 1 when something is failing, or something critical is not known to be well.

                ~/.mirror/pulse.yaml names what else there is to look at:

                  every: 5m
                  disks: [/data]
                  logs: [~/app/app.log]                           # bursts of errors, growth
                  repositories: [~/src/mine]                      # not committed or not pushed for a day
                  expiring: [/etc/ssl/mine.pem]                   # certificates, and tokens that say when they end
                  files: [{path: /backup/last, max-age: 26h, min-bytes: 1}]
                  processes: [ollama]
                  critical: [process, 'disk:/data']               # the others are optional
                """;
    }

    @Override
    public int run(Core core, Call call, Out out) throws IOException {
        Options options = Options.parse(this, call.args(), "now", "all", "json");
        options.none(this);
        if (heartbeat == null) {
            throw new CliException(Exit.NO_DAEMON, "no daemon runs that could look; start it with 'mirror boot'");
        }
        if (options.has("now")) {
            heartbeat.now();
        }
        List<Checkup> board = heartbeat.board();
        boolean well = board.stream()
                .noneMatch(each -> each.finding().state() == State.FAILING
                        || (each.critical() && each.finding().state() == State.UNKNOWN));
        if (options.has("json")) {
            json(board, well, out);
        } else {
            tell(core, board, options.has("all"), new Style(call.color()), out);
        }
        return well ? Exit.OK : Exit.NO;
    }

    private static void json(List<Checkup> board, boolean well, Out out) {
        var json = Json.object().put("well", well);
        var checks = json.putArray("checks");
        for (Checkup each : board) {
            var check = checks.addObject()
                    .put("id", each.id())
                    .put("critical", each.critical())
                    .put("state", each.finding().state().text())
                    .put("reason", each.finding().reason());
            if (each.looked().isAfter(Instant.EPOCH)) {
                check.put("since", each.since().toString())
                        .put("looked", each.looked().toString());
            }
        }
        out.json(json);
    }

    private static void tell(Core core, List<Checkup> board, boolean all, Style style, Out out) {
        Instant now = core.clock().instant();
        long well = 0;
        for (Checkup each : board) {
            State state = each.finding().state();
            if (state == State.OK && !all) {
                well++;
                continue;
            }
            String mark = switch (state) {
                case OK -> style.good("\u25cf");
                case WARNING -> style.wait("\u25cf");
                case UNKNOWN -> style.dim("?");
                case FAILING -> style.bad("\u25cf");
            };
            out.line(mark + " " + style.bold(Style.plain(each.id())) + (each.critical() ? "" : style.dim(" (optional)"))
                    + "  " + Style.plain(each.finding().reason())
                    + (each.looked().isAfter(Instant.EPOCH)
                            ? style.dim("  " + state.text() + " for "
                                    + StatusCommand.age(Duration.between(each.since(), now)) + ", looked at "
                                    + StatusCommand.age(Duration.between(each.looked(), now)) + " ago")
                            : ""));
            if (Diagnosis.isWanted(each)) {
                core.state()
                        .diagnoses()
                        .get(each.id())
                        .ifPresent(given -> out.line("    " + DiagnoseCommand.line(given, style)));
            }
        }
        if (!all) {
            out.line(
                    well == board.size()
                            ? style.good("\u25cf") + " all " + well + " are well"
                            : style.dim(well + " of " + board.size() + " are well; '--all' shows them"));
        }
    }
}
