package mirror.surface.cli;

import java.io.IOException;
import java.util.List;
import mirror.bus.Json;
import mirror.surface.Core;
import mirror.vault.triage.Step;
import mirror.vault.triage.Triage;
import mirror.vault.triage.TriageRuns.Moved;
import mirror.vault.triage.TriageRuns.Run;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What was dropped, where it went and why; for the owner. */
record TriageCommand() implements Command {
    private static final int SHOWN = 10;

    @Override
    public String name() {
        return "triage";
    }

    @Override
    public String usage() {
        return "triage [run|--dry-run|status|rules|undo RUN|undo --last] [--json]";
    }

    @Override
    public String summary() {
        return "what you dropped: where your rules put it, and why";
    }

    @Override
    public String help() {
        return """
                status       what is looked at, the last runs, and what waits or stays (the same without a word)
                run          look now, and move what is ready; Mirror does that by itself every half hour and after a drop
                --dry-run    what a run would do now; changes nothing
                rules        the rules that count; save them as triage.yaml in Mirror's home and change them there
                undo RUN     put everything that a run moved back to where it lay; undo --last for the newest run

                A thing is taken when it was the same at two looks, some seconds apart, and was not edited in the last two minutes.
                A run ends with 1 when something was refused or could not be looked at.
                """;
    }

    @Override
    public int run(Core core, Call call, Out out) throws IOException {
        Options options = Options.parse(this, call.args(), "dry-run", "last", "json");
        List<String> rest = options.rest();
        boolean json = options.has("json");
        Triage triage = core.triage().triage();
        String word = rest.isEmpty() ? "" : rest.getFirst();
        boolean known = rest.size() == (word.equals("undo") && !options.has("last") ? 2 : rest.isEmpty() ? 0 : 1)
                && (!options.has("last") || word.equals("undo"))
                && (!options.has("dry-run") || word.isEmpty() || word.equals("run"));
        if (!known) {
            throw CliException.usage("usage: mirror " + usage());
        }
        return switch (options.has("dry-run") ? "dry-run" : word) {
            case "", "status" -> status(triage.status(), json, out);
            case "dry-run" -> report(triage.plan(), true, json, out);
            case "run" -> report(triage.runNow(), false, json, out);
            case "rules" -> rules(triage, json, out);
            case "undo" -> undo(triage, options.has("last") ? "" : rest.get(1), json, out);
            default -> throw CliException.usage("usage: mirror " + usage());
        };
    }

    private static int report(Triage.Report report, boolean dry, boolean json, Out out) {
        boolean refused =
                report.count(Step.Action.REFUSE) > 0 || !report.troubles().isEmpty();
        if (json) {
            out.json(json(report));
            return refused ? Exit.NO : Exit.OK;
        }
        report.steps().forEach(step -> out.line(line(step)));
        report.troubles().forEach(trouble -> out.line(Style.plain(trouble)));
        if (report.steps().isEmpty() && report.troubles().isEmpty()) {
            out.line("nothing was dropped");
        }
        if (dry) {
            out.line("nothing was changed; 'mirror triage run' does this");
        } else if (!report.run().isEmpty()) {
            out.line("to put it all back: mirror triage undo " + report.run());
        }
        report.again()
                .ifPresent(
                        time -> out.line("what waits for time alone is looked at again in " + time.toSeconds() + " s"));
        return refused ? Exit.NO : Exit.OK;
    }

    private static String line(Step step) {
        String where = switch (step.action()) {
            case MOVE -> " -> " + step.to();
            case UNPACK -> " -> " + step.to() + ", its files -> " + step.unpacked();
            case STAY -> " stays";
            case WAIT -> " waits";
            case REFUSE -> " is refused";
        };
        String rule = step.rule().isEmpty() ? "" : " [" + step.rule() + "]";
        return Style.plain(step.path() + where + ": " + step.reason() + rule);
    }

    private static ObjectNode json(Triage.Report report) {
        ObjectNode node = Json.object().put("run", report.run());
        ArrayNode steps = node.putArray("steps");
        for (Step step : report.steps()) {
            steps.addObject()
                    .put("action", step.action().text())
                    .put("path", step.path())
                    .put("to", step.to())
                    .put("unpacked", step.unpacked())
                    .put("rule", step.rule())
                    .put("reason", step.reason());
        }
        ArrayNode troubles = node.putArray("troubles");
        report.troubles().forEach(troubles::add);
        report.again().ifPresent(time -> node.put("again-in-seconds", time.toSeconds()));
        return node;
    }

    private static int status(Triage.Status status, boolean json, Out out) {
        int exit = status.fault().isEmpty() ? Exit.OK : Exit.NO;
        if (json) {
            ObjectNode node = Json.object()
                    .put("rules", status.rules())
                    .put("fault", status.fault())
                    .put("inbox", status.inbox())
                    .put("drop", status.drop())
                    .put("every-seconds", status.every().toSeconds())
                    .put("stable-seconds", status.stable().toSeconds());
            ArrayNode pulled = node.putArray("pull");
            status.pulled().forEach(folder -> pulled.add(folder.toString()));
            ArrayNode runs = node.putArray("runs");
            status.runs().forEach(run -> runs.add(json(run)));
            status.last().ifPresent(report -> node.set("last", json(report)));
            out.json(node);
            return exit;
        }
        if (exit == Exit.OK) {
            out.line("rules: " + status.rules() + "; looks every "
                    + status.every().toMinutes() + " min and after a drop");
            out.line(
                    Style.plain("inbox: " + status.inbox() + (status.drop() ? ", and files in the vault's root" : "")));
            status.pulled().forEach(folder -> out.line(Style.plain("takes from: " + folder)));
        } else {
            out.line(Style.plain("nothing is moved, because of " + status.rules() + ": " + status.fault()));
        }
        status.runs().stream().limit(SHOWN).forEach(run -> out.line(line(run)));
        status.last().ifPresent(report -> {
            report.steps().stream().filter(step -> step.to().isEmpty()).forEach(step -> out.line(line(step)));
            report.troubles().forEach(trouble -> out.line(Style.plain(trouble)));
        });
        return exit;
    }

    private static String line(Run run) {
        long standing = run.moves().stream().filter(move -> !move.undone()).count();
        return run.id() + "  " + run.moves().size() + " moved"
                + (standing == run.moves().size()
                        ? ""
                        : standing == 0
                                ? ", taken back"
                                : ", " + (run.moves().size() - standing) + " of them taken back");
    }

    private static ObjectNode json(Run run) {
        ObjectNode node =
                Json.object().put("run", run.id()).put("time", run.time().toString());
        moves(node.putArray("moves"), run.moves());
        return node;
    }

    private static void moves(ArrayNode array, List<Moved> moves) {
        for (Moved move : moves) {
            array.addObject()
                    .put("change", move.change())
                    .put("what", move.what())
                    .put("from", move.from())
                    .put("to", move.to())
                    .put("rule", move.rule())
                    .put("sha256", move.sha256())
                    .put("undone", move.undone());
        }
    }

    private static int rules(Triage triage, boolean json, Out out) throws IOException {
        Triage.Status status = triage.status();
        String text;
        try {
            text = triage.rulesText();
        } catch (IOException e) {
            throw CliException.no(status.rules() + ": " + e.getMessage());
        }
        if (json) {
            out.json(Json.object()
                    .put("source", status.rules())
                    .put("fault", status.fault())
                    .put("yaml", text));
        } else {
            text.lines().forEach(each -> out.line(Style.plain(each)));
            if (!status.fault().isEmpty()) {
                throw CliException.no(
                        Style.plain("nothing is moved, because of " + status.rules() + ": " + status.fault()));
            }
        }
        return status.fault().isEmpty() ? Exit.OK : Exit.NO;
    }

    private static int undo(Triage triage, String run, boolean json, Out out) {
        Triage.Undone undone;
        try {
            undone = triage.undo(run);
        } catch (IOException e) {
            throw CliException.no(String.valueOf(e.getMessage()));
        }
        int exit = undone.trouble().isEmpty() ? Exit.OK : Exit.NO;
        if (json) {
            ObjectNode node = Json.object().put("run", undone.run()).put("trouble", undone.trouble());
            moves(node.putArray("moves"), undone.moves());
            out.json(node);
            return exit;
        }
        undone.moves()
                .forEach(move -> out.line(Style.plain(
                        move.what().equals("unpacked")
                                ? "the files in " + move.to() + " are packed again"
                                : move.to() + " -> " + move.from())));
        if (exit != Exit.OK) {
            throw CliException.no(Style.plain(undone.trouble()));
        }
        return exit;
    }
}
