package mirror.surface.cli;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.pulse.drift.Detector;
import mirror.pulse.drift.DriftLedger;
import mirror.surface.Core;
import mirror.surface.drift.Capsule;
import mirror.surface.drift.Capsules;
import mirror.surface.drift.DriftLook;
import mirror.vault.canon.Claim;
import mirror.vault.canon.Claims;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * Whether models and skills are still what they were, and which of the owner's facts are in question.
 *
 * @param running what runs capsules, or null without a daemon
 */
record DriftCommand(@Nullable Capsules running) implements Command {
    private static final int SOME = 20;
    private static final int WIDE = 100;

    @Override
    public String name() {
        return "drift";
    }

    @Override
    public String usage() {
        return "drift [--json] | drift run NAME [--json]";
    }

    @Override
    public String summary() {
        return "whether models and skills still do what they did, by small evaluations on a schedule";
    }

    @Override
    public String help() {
        return """
                A capsule is a file ~/.mirror/capsules/NAME.yaml that you signed ('mirror sign'):

                  model: here/qwen                # a name of tiers.yaml; skill: FOLDER gives it a signed skill first
                  prompt: What is the capital of France? One word.
                  checks: [{contains: Paris}, {max-tokens: 20}, {max-ms: 5000}]   # also equals, regex, json with value
                  every: 6h
                  cents: 0                        # most that a run may cost; 0: only models on this machine

                Passes, time and length of the answers are watched for a change. Without one there is at most one alarm in 1,000 runs of each,
                on average; of a fall from 95 to 70 % after 200 runs four in five are found within 80. What did not answer counts for nothing.

                Exit 1 when a change was found within a week, or a file cannot be used; 'run': when the answer did not pass.
                """;
    }

    @Override
    public boolean offline() {
        return true;
    }

    @Override
    public int run(Core core, Call call, Out out) throws IOException {
        Options options = Options.parse(this, call.args(), "json");
        List<String> rest = options.rest();
        if (rest.size() == 2 && rest.getFirst().equals("run")) {
            if (running == null) {
                throw new CliException(
                        Exit.NO_DAEMON, "no daemon runs that could ask a model; start it with 'mirror boot'");
            }
            return ran(running.run(rest.get(1)), options.has("json"), out);
        }
        options.none(this);
        Capsules.Found found = new Capsules(core, call.user(), null, System::nanoTime, Runnable::run).find();
        boolean changed = found.sound().keySet().stream().anyMatch(name -> DriftLook.change(core, name) != null);
        Claims.Known facts = core.knowledge().known();
        if (options.has("json")) {
            json(core, found, facts, out);
        } else {
            tell(core, found, facts, new Style(call.color()), out);
        }
        return changed || !found.faults().isEmpty() ? Exit.NO : Exit.OK;
    }

    private static int ran(Event event, boolean raw, Out out) {
        String outcome = event.text("outcome");
        if (raw) {
            out.json(((ObjectNode) event.data()).deepCopy().put("event", event.seq()));
        } else {
            out.line(Style.plain(event.text("capsule")) + ": " + outcome
                    + (event.text("reason").isEmpty() ? "" : ": " + Style.plain(event.text("reason")))
                    + (event.data().has("ms") ? " in " + event.data().path("ms") + " ms" : ""));
            event.data()
                    .path("checks")
                    .forEach(check -> out.line("  "
                            + (check.path("holds").isNull()
                                    ? "not told"
                                    : check.path("holds").asBoolean() ? "holds" : "does not hold")
                            + "  " + Style.clip(Style.plain(check.path("check").asString("")), WIDE)));
            if (!event.text("answer").isEmpty()) {
                out.line("  the answer: mirror show " + event.seq());
            }
        }
        return outcome.equals("passed") ? Exit.OK : Exit.NO;
    }

    // ---- telling

    private static void tell(Core core, Capsules.Found found, Claims.Known facts, Style style, Out out) {
        Instant now = core.clock().instant();
        if (found.sound().isEmpty() && found.faults().isEmpty()) {
            out.line("there is no capsule; 'mirror drift --help' shows how one is written");
        }
        found.faults()
                .forEach((name, why) ->
                        out.line(style.bad("\u25cf") + " " + style.bold(Style.plain(name)) + "  " + Style.plain(why)));
        for (Capsule capsule : found.sound().values()) {
            DriftLedger.Known known = core.state().drift().get(capsule.name()).orElse(null);
            ObjectNode change = DriftLook.change(core, capsule.name());
            String mark = known == null || known.answered() == 0
                    ? style.dim("?")
                    : change != null ? style.wait("\u25cf") : style.good("\u25cf");
            out.line(mark + " " + style.bold(capsule.name()) + "  " + Style.plain(capsule.model()) + "  "
                    + (known == null ? "it has not run yet" : told(known, now)));
            if (change != null) {
                out.line("    " + Style.plain(DriftLook.told(change))
                        + style.dim("  event " + change.path("event").asString("")));
            }
        }
        List<Claim> open = inQuestion(facts);
        if (!open.isEmpty()) {
            out.line(style.dim("facts of yours in question:"));
        }
        open.stream()
                .limit(SOME)
                .forEach(claim -> out.line("  " + claim.id() + "  "
                        + Style.plain(claim.about() + ": " + Style.clip(claim.says(), WIDE)) + "  "
                        + style.dim(Style.plain(why(facts, claim)))));
        if (open.size() > SOME) {
            out.line(style.dim("  and " + (open.size() - SOME) + " more: 'mirror canon'"));
        }
    }

    private static String told(DriftLedger.Known known, Instant now) {
        String rate = known.answered() == 0
                ? "no answer in " + known.runs() + (known.runs() == 1 ? " run" : " runs")
                : String.format(
                        Locale.ROOT,
                        "%d of %d answers passed (%.0f %%)",
                        known.passed(),
                        known.answered(),
                        100.0 * known.passed() / known.answered());
        DriftLedger.Row row = known.rows().get("ms");
        return rate
                + (row == null || row.runs() == 0 ? "" : String.format(Locale.ROOT, ", %.0f ms on average", row.mean()))
                + "; last " + StatusCommand.age(Duration.between(known.last(), now)) + " ago: " + known.outcome();
    }

    /** Claims whose source says something else by now, or that another claim speaks against. */
    private static List<Claim> inQuestion(Claims.Known facts) {
        return facts.claims().values().stream()
                .filter(claim -> facts.of(claim).isChanged()
                        || !facts.against(claim.id()).isEmpty())
                .toList();
    }

    private static String why(Claims.Known facts, Claim claim) {
        List<String> why = new ArrayList<>();
        if (facts.of(claim).isChanged()) {
            why.add("its source says something else now");
        }
        facts.against(claim.id()).forEach((other, reason) -> why.add("against " + other + ": " + reason));
        return String.join("; ", why);
    }

    private static void json(Core core, Capsules.Found found, Claims.Known facts, Out out) {
        ObjectNode json = Json.object().put("false-alarm-each", Detector.RUNS_PER_FALSE_ALARM);
        var capsules = json.putArray("capsules");
        for (Capsule capsule : found.sound().values()) {
            ObjectNode one = capsules.addObject()
                    .put("name", capsule.name())
                    .put("model", capsule.model())
                    .put("every", capsule.every().toString())
                    .put("cents", capsule.cents());
            core.state().drift().get(capsule.name()).ifPresent(known -> {
                one.put("runs", known.runs())
                        .put("answered", known.answered())
                        .put("passed", known.passed())
                        .put("last", known.last().toString())
                        .put("outcome", known.outcome())
                        .put("reported", known.model());
                ObjectNode rows = one.putObject("rows");
                for (Map.Entry<String, DriftLedger.Row> row : known.rows().entrySet()) {
                    rows.putObject(row.getKey())
                            .put("runs", row.getValue().runs())
                            .put("mean", row.getValue().mean())
                            .put("evidence", row.getValue().evidence());
                }
            });
        }
        ObjectNode faults = json.putObject("faults");
        found.faults().forEach(faults::put);
        var changes = json.putArray("changes");
        core.state().drift().alarms().forEach(changes::add);
        var open = json.putArray("facts");
        for (Claim claim : inQuestion(facts)) {
            open.addObject()
                    .put("claim", claim.id())
                    .put("about", claim.about())
                    .put("says", claim.says())
                    .put("why", why(facts, claim));
        }
        out.json(json);
    }
}
