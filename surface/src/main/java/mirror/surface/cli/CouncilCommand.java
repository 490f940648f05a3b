package mirror.surface.cli;

import java.math.BigDecimal;
import java.util.List;
import java.util.Optional;
import mirror.bus.Json;
import mirror.surface.Core;
import mirror.tiers.council.Councils;
import mirror.tiers.council.Depth;
import mirror.tiers.council.Mode;
import mirror.tiers.council.SkillMemory;
import mirror.trust.Sensitivity;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Puts a question to several models, and tells what they agree on, what only one of them says, and what there is for it.
 *
 * @param councils null without a daemon
 */
record CouncilCommand(@Nullable Councils councils) implements Command {
    private static final int LISTED = 20;

    @Override
    public String name() {
        return "council";
    }

    @Override
    public String usage() {
        return "council QUESTION [--mode council|chain|verify|skills|auto] [--fast|--deep] [--sensitivity S] [--cents N]"
                + " | list | show ID | confirm ID | refute ID | skills [--json]";
    }

    @Override
    public String summary() {
        return "ask several models: verdict, agreement, dissent, and what only one of them says";
    }

    @Override
    public String help() {
        return """
                The members are named in tiers.yaml, each by the name of a route or a model:
                  council: {members: [fast, private], judge: fast, cents: 100, answer: 2m, output: 2000}

                --mode council  each answers by itself, a judge writes the verdict
                       chain    each improves the answer of the one before
                       verify   one answers, the others check each claim
                       skills   as verified runs on such questions were done ('mirror council skills')
                       auto     chosen by written rules, and the reason is told (default)
                --fast          two members at most, no judge; --deep: they see what was found out and answer once more
                --sensitivity   public, internal, private; secret stays with models on your machines
                --cents N       end after N hundredths of a dollar

                A claim that one member alone makes is looked up in your notes and put to the others. Its mark:
                  supported     your notes say so (with the place)      contradicted  they say otherwise
                  agreed        two said so by themselves               confirmed     one said so, another says yes
                  disputed      a member says no                        unconfirmed   one model's word
                Agreement is the share of members who hold a claim of the verdict, confidence what there is for it; both from 0 to 1 and unknown
                where only one model answered. What models say is told and recorded, and nothing of it is done.

                list            the last councils
                show ID         all of one: claims, marks, who said what, what it cost
                confirm, refute whether the verdict held; what was confirmed, by you or by your notes, is what 'skills' remembers
                exit code 1     nobody answered
                """;
    }

    @Override
    public boolean offline() {
        return true;
    }

    @Override
    public int run(Core core, Call call, Out out) throws InterruptedException {
        Options options = Options.parse(this, call.args(), "mode=", "fast", "deep", "sensitivity=", "cents=", "json");
        List<String> rest = options.rest();
        boolean json = options.has("json");
        String first = rest.isEmpty() ? "" : rest.getFirst();
        return switch (first + " " + rest.size()) {
            case " 0" -> throw CliException.usage("what do you want to know? usage: mirror " + usage());
            case "list 1" -> list(core, json, out);
            case "skills 1" -> skills(core, json, out);
            case "show 2" -> show(found(core, rest.get(1)), json, out);
            case "confirm 2", "refute 2" -> judge(core, rest.get(1), first.equals("confirm"), out);
            default -> ask(String.join(" ", rest), options, out);
        };
    }

    private int ask(String question, Options options, Out out) throws InterruptedException {
        Mode mode = Mode.of(options.value("mode").orElse("auto"))
                .orElseThrow(() -> CliException.usage("--mode is council, chain, verify, skills or auto"));
        if (options.has("fast") && options.has("deep")) {
            throw CliException.usage("--fast and --deep exclude each other");
        }
        String cents = options.value("cents").orElse("");
        if (!cents.isEmpty() && !cents.matches("[1-9][0-9]{0,6}")) {
            throw CliException.usage("--cents takes a whole number from 1");
        }
        Councils here = councils;
        if (here == null) {
            throw new CliException(Exit.NO_DAEMON, "no daemon runs that could ask models; start it with 'mirror boot'");
        }
        ObjectNode run = here.hold(new Councils.Task(
                question,
                mode,
                options.has("fast") ? Depth.FAST : options.has("deep") ? Depth.DEEP : Depth.NORMAL,
                options.sensitivity().orElse(Sensitivity.INTERNAL),
                cents.isEmpty() ? Optional.empty() : Optional.of(Long.parseLong(cents))));
        return show(run, options.has("json"), out);
    }

    private static ObjectNode found(Core core, String run) {
        return core.state()
                .councils()
                .get(run)
                .orElseThrow(() -> CliException.no(
                        "there is no council '" + Style.plain(run) + "'; 'mirror council list' shows them"));
    }

    private static int judge(Core core, String run, boolean holds, Out out) {
        Councils.judge(core.projector(), core.state().councils(), core.state().skills(), run, holds);
        out.line(holds ? "confirmed" : "refuted; nothing is learnt from it");
        return Exit.OK;
    }

    private static int list(Core core, boolean json, Out out) {
        List<ObjectNode> runs =
                core.state().councils().list().stream().limit(LISTED).toList();
        if (json) {
            var array = Json.array();
            runs.forEach(array::add);
            out.json(array);
            return Exit.OK;
        }
        for (JsonNode run : runs) {
            out.line("%s  %s  %s  confidence %s  %s"
                    .formatted(
                            text(run, "run"),
                            text(run, "at"),
                            text(run, "mode"),
                            run.has("verdict") ? number(run, "confidence") : "none: it was cut short",
                            Style.plain(clip(text(run, "question")))));
        }
        if (runs.isEmpty()) {
            out.line("no council was held");
        }
        return Exit.OK;
    }

    private static int skills(Core core, boolean json, Out out) {
        var now = core.clock().instant();
        var array = Json.array();
        for (SkillMemory.Lesson lesson : core.state().skills().list(now)) {
            ObjectNode node = array.addObject()
                    .put("kind", lesson.kind().text())
                    .put("mode", lesson.mode().text())
                    .put("weight", Math.round(lesson.weight(now) * 100) / 100.0)
                    .put("run", lesson.run())
                    .put("at", lesson.at().toString());
            lesson.winners().forEach(node.putArray("winners")::add);
            lesson.evidence().forEach(node.putArray("evidence")::add);
        }
        if (json) {
            out.json(array);
            return Exit.OK;
        }
        for (JsonNode each : array) {
            out.line(Style.plain("%s  %s by %s  weight %s  %s, by %s"
                    .formatted(
                            text(each, "kind"),
                            text(each, "mode"),
                            names(each, "winners"),
                            each.path("weight").asString(""),
                            text(each, "run"),
                            names(each, "evidence"))));
        }
        if (array.isEmpty()) {
            out.line("nothing yet: only verified runs are remembered");
        }
        return Exit.OK;
    }

    // ---- one run

    private static int show(ObjectNode run, boolean json, Out out) {
        if (json) {
            out.json(run);
        } else {
            print(run, out);
        }
        return text(run, "verdict").isEmpty() ? Exit.NO : Exit.OK;
    }

    private static void print(JsonNode run, Out out) {
        out.line(text(run, "run") + "  " + Style.plain(clip(text(run, "question"))));
        out.line("mode " + text(run, "mode") + ", " + text(run, "depth") + ": " + Style.plain(text(run, "reason")));
        if (!run.has("verdict")) {
            out.line("no verdict: Mirror ended while it was held");
            return;
        }
        if (text(run, "verdict").isEmpty()) {
            out.line("no verdict: nobody answered");
        } else {
            out.line("");
            text(run, "verdict").lines().forEach(line -> out.line("  " + Style.plain(line)));
            out.line("");
            out.line("by " + text(run, "by")
                    + (run.path("one-models-word").asBoolean(false)
                            ? "; one model's word: no other answered"
                            : ", of " + run.path("present").size() + " who answered"));
            out.line("agreement " + number(run, "agreement") + ", confidence " + number(run, "confidence")
                    + (run.has("held")
                            ? run.path("held").asBoolean(false) ? "; you confirmed it" : "; you refuted it"
                            : ""));
        }
        claims("claims of the verdict", run.path("claims"), out);
        claims("dissent", run.path("dissent"), out);
        claims("said, and not in the verdict", run.path("others"), out);
        for (JsonNode answer : run.path("answers")) {
            out.line(text(answer, "member") + " said");
            text(answer, "text").lines().forEach(line -> out.line("  " + Style.plain(line)));
        }
        for (JsonNode each : run.path("absent")) {
            out.line("absent: " + text(each, "member") + ": " + Style.plain(text(each, "why")));
        }
        int unchecked = run.path("unchecked").asInt(0);
        if (unchecked > 0) {
            out.line(unchecked + " more sentences were not looked into");
        }
        out.line("%d calls, %d tokens in, %d out, $%s"
                .formatted(
                        run.path("calls").asInt(0),
                        run.path("in").asLong(0),
                        run.path("out").asLong(0),
                        BigDecimal.valueOf(run.path("money").asLong(0), 6)
                                .stripTrailingZeros()
                                .toPlainString()));
    }

    private static void claims(String title, JsonNode claims, Out out) {
        if (claims.isEmpty()) {
            return;
        }
        out.line(title);
        for (JsonNode claim : claims) {
            StringBuilder who = new StringBuilder("said by ").append(names(claim, "by"));
            if (!claim.path("yes").isEmpty()) {
                who.append("; yes: ").append(names(claim, "yes"));
            }
            if (!claim.path("no").isEmpty()) {
                who.append("; no: ").append(names(claim, "no"));
            }
            if (!text(claim, "place").isEmpty()) {
                who.append("; ").append(text(claim, "place"));
            }
            out.line("  %-12s %s (%s)"
                    .formatted(text(claim, "mark"), Style.plain(text(claim, "text")), Style.plain(who.toString())));
        }
    }

    private static String text(JsonNode node, String name) {
        return node.path(name).asString("");
    }

    private static String number(JsonNode run, String name) {
        JsonNode value = run.path(name);
        return value.isNumber() ? value.asString() : "unknown";
    }

    private static String names(JsonNode node, String name) {
        StringBuilder names = new StringBuilder();
        for (JsonNode each : node.path(name)) {
            names.append(names.isEmpty() ? "" : ", ").append(each.asString(""));
        }
        return names.toString();
    }

    private static String clip(String question) {
        String line = question.replaceAll("\\s+", " ");
        return line.length() <= 100 ? line : line.substring(0, 100) + "\u2026";
    }
}
