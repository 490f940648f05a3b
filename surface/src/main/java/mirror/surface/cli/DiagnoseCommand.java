package mirror.surface.cli;

import java.security.SecureRandom;
import java.util.List;
import mirror.bus.Json;
import mirror.pulse.check.Checkups.Checkup;
import mirror.surface.Core;
import mirror.surface.LeasedModel;
import mirror.surface.diagnose.Diagnoses;
import mirror.surface.diagnose.Diagnosis;
import mirror.tiers.gateway.Gateway;
import org.jspecify.annotations.Nullable;

/** Opinions on what may be behind critical failures. */
record DiagnoseCommand(@Nullable Gateway gateway) implements Command {
    @Override
    public String name() {
        return "diagnose";
    }

    @Override
    public String usage() {
        return "diagnose [CHECK] [--json]";
    }

    @Override
    public String summary() {
        return "what may be behind a critical failure; an opinion, of which nothing is done";
    }

    @Override
    public String help() {
        return """
                Once for each change of state, from what was found, the last events about it and the last lines of its log without secrets. The
                route 'diagnose' of tiers.yaml is asked, when there is one and all of its models are on this machine; otherwise a table of known
                causes. Nothing leaves the machine for it, and no word of it is ever run.

                Exit 1 when something critical is failing.
                """;
    }

    @Override
    public boolean offline() {
        return false;
    }

    @Override
    public int run(Core core, Call call, Out out) {
        Options options = Options.parse(this, call.args(), "json");
        Diagnosis diagnosis =
                new Diagnosis(core, gateway == null ? null : new LeasedModel(core, gateway, new SecureRandom()));
        List<Checkup> failing = core.state().checkups().list().stream()
                .filter(Diagnosis::isWanted)
                .toList();
        if (!options.rest().isEmpty()) {
            String id = options.one(this);
            Checkup named = core.state()
                    .checkups()
                    .get(id)
                    .orElseThrow(() -> CliException.no(
                            "the pulse knows no check '" + Style.plain(id) + "'; 'mirror pulse --all' lists them"));
            if (!Diagnosis.isWanted(named)) {
                throw CliException.no(
                        Style.plain(id) + " is " + named.finding().state().text()
                                + (named.critical() ? "" : " and not critical")
                                + "; there are opinions on critical failures alone");
            }
            failing = List.of(named);
        }
        List<Diagnoses.Given> given = failing.stream().map(diagnosis::of).toList();
        if (options.has("json")) {
            var array = Json.array();
            for (Diagnoses.Given each : given) {
                array.addObject()
                        .put("check", each.check())
                        .put("since", each.since().toString())
                        .put("opinion", true)
                        .put("by", each.by())
                        .put("text", each.text())
                        .put("command", each.command());
            }
            out.json(array);
        } else if (given.isEmpty()) {
            out.line("nothing critical is failing");
        } else {
            Style style = new Style(call.color());
            given.forEach(each -> {
                out.line(style.bad("\u25cf") + " " + style.bold(Style.plain(each.check())));
                out.line("  " + line(each, style));
            });
        }
        return given.isEmpty() ? Exit.OK : Exit.NO;
    }

    /** An opinion on one line, marked as one. */
    static String line(Diagnoses.Given given, Style style) {
        return style.dim("opinion of " + Style.plain(given.by()) + ": ")
                + Style.plain(given.text())
                + (given.command().isEmpty() ? "" : style.dim("  look at: " + Style.plain(given.command())));
    }
}
