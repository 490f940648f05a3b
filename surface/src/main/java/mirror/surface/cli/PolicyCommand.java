package mirror.surface.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.stream.Collectors;
import mirror.bus.Draft;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.surface.Core;
import mirror.trust.Action;
import mirror.trust.Decision;
import mirror.trust.Effects;
import mirror.trust.Gate;
import mirror.trust.Policy;
import mirror.trust.Verdict;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The owner's rules: what they are, what they would say, and why they said what they said. */
record PolicyCommand() implements Command {
    @Override
    public String name() {
        return "policy";
    }

    @Override
    public String usage() {
        return "policy show | check | sign | try [--tool TOOL] <command or input> [--json] | explain <decision> [--json]";
    }

    @Override
    public String summary() {
        return "the rules: show, check or sign them, ask what they would say, or why they said it";
    }

    @Override
    public String help() {
        return """
                try      what the gate would say now, by the same function, without recording anything; a shell command, or with
                         --tool any tool of a client and its input as JSON
                explain  judge a recorded decision (its number, id or hash) again, by the policy that was in force then,
                         and say whether it comes out as it was recorded

                try and explain exit 0 for allow and for agreement, 1 otherwise.
                """;
    }

    @Override
    public int run(Core core, Call call, Out out) throws IOException {
        Options options = Options.parse(this, call.args(), "tool=", "json");
        List<String> rest = options.rest();
        String what = rest.isEmpty() ? "" : rest.getFirst();
        boolean json = options.has("json");
        return switch (what + " " + rest.size()) {
            case "show 1" -> {
                out.print(Files.readString(core.policies().file()));
                yield Exit.OK;
            }
            case "check 1" -> check(core, out);
            case "sign 1" -> {
                Policy policy = core.policies().sign();
                core.projector().record(signed(policy));
                out.line(policy.size() + " rules signed and in force, policy " + policy.digest());
                yield Exit.OK;
            }
            case "try 2" -> attempt(core, call, out, options.value("tool").orElse("Bash"), rest.getLast(), json);
            case "explain 2" -> explain(core, call, out, EventName.find(core, rest.getLast()), json);
            default -> throw CliException.usage("usage: mirror " + usage());
        };
    }

    private static int check(Core core, Out out) throws IOException {
        Policy policy = Policy.parse(Files.readAllBytes(core.policies().file()));
        String refusal = core.policies().current().refusal();
        out.line(policy.size() + " rules, all sound; " + (refusal == null ? "in force" : "not in force: " + refusal));
        return refusal == null ? Exit.OK : Exit.NO;
    }

    private static int attempt(Core core, Call call, Out out, String tool, String text, boolean json) {
        JsonNode input = tool.equals("Bash") ? Json.object().put("command", text) : input(text);
        Action action = new Action(
                "claude-code",
                "mirror-policy-try",
                null,
                tool,
                input,
                call.cwd(),
                core.state().continuity().projects().of(call.cwd()),
                core.tools().effects(tool, input, call.cwd()));
        Decision decision = core.gate().dryRun(action);
        if (json) {
            ObjectNode answer = Json.object()
                    .put("verdict", decision.verdict().text())
                    .put("rule", decision.rule())
                    .put("reason", decision.reason())
                    .put("risk", action.risk().text())
                    .put("policy", decision.policy());
            answer.set("effects", Effects.json(action.effects()));
            out.line(Json.MAPPER.writeValueAsString(answer));
        } else {
            verdict(call, out, decision.verdict(), decision.rule(), decision.reason());
            out.line("risk     " + action.risk().text());
            for (String effect :
                    action.effects().stream().map(Effects::describe).distinct().toList()) {
                out.line("effect   " + Style.plain(effect));
            }
        }
        return decision.verdict() == Verdict.ALLOW ? Exit.OK : Exit.NO;
    }

    private static JsonNode input(String text) {
        try {
            JsonNode input = Json.MAPPER.readTree(text);
            if (input.isObject()) {
                return input;
            }
        } catch (JacksonException e) {
            // Said below.
        }
        throw CliException.usage("with --tool the input is a JSON object, such as '{\"file_path\": \"a.txt\"}'");
    }

    private static int explain(Core core, Call call, Out out, Event event, boolean json) {
        if (!event.type().equals(Gate.DECIDED)) {
            throw CliException.no("event " + event.seq() + " is no decision of the gate but " + event.type()
                    + "; 'mirror log' shows the decisions as action.decided");
        }
        Policy policy;
        try {
            policy = Policy.parse(core.files().bytes(event.text("policy")));
        } catch (IOException | IllegalArgumentException e) {
            throw CliException.no("the policy " + Style.plain(event.text("policy"))
                    + " that was in force then is not among the kept files: " + e.getMessage());
        }
        Policy.Match again = policy.judge(event, core.zones());
        String verdict = event.text("verdict");
        String rule = event.text("rule");
        boolean agrees = (policy.hasRule(rule) || rule.equals("no-match"))
                ? again.verdict().text().equals(verdict) && again.rule().equals(rule)
                : explained(verdict, again.verdict(), rule);
        if (json) {
            out.line(Json.MAPPER.writeValueAsString(Json.object()
                    .put("event", event.id())
                    .put("verdict", verdict)
                    .put("rule", rule)
                    .put("policyVerdict", again.verdict().text())
                    .put("policyRule", again.rule())
                    .put("agrees", agrees)));
        } else {
            out.line("recorded " + verdict + " by " + Style.plain(rule) + ": " + Style.plain(event.text("reason")));
            out.line("policy   " + again.verdict().text() + " by " + again.rule() + ": " + Style.plain(again.reason()));
            String permit = event.permit();
            if (permit != null) {
                out.line("lease    " + permit);
            }
            if (event.data().has("taint")) {
                out.line("taint    "
                        + event.data()
                                .path("taint")
                                .path("events")
                                .valueStream()
                                .map(id -> Style.plain(id.asString("")))
                                .collect(Collectors.joining(" ")));
            }
            Style style = new Style(call.color());
            out.line(agrees ? style.good("agrees") : style.bad("DOES NOT AGREE with what was recorded"));
        }
        return agrees ? Exit.OK : Exit.NO;
    }

    /** What is not the policy's may be stricter than it, and milder only where the owner allowed it. */
    private static boolean explained(String recorded, Verdict policy, String rule) {
        boolean milder = (recorded.equals(Verdict.ALLOW.text()) && policy != Verdict.ALLOW)
                || (recorded.equals(Verdict.ASK.text()) && policy == Verdict.BLOCK);
        return !milder || (policy == Verdict.ASK && (rule.equals("lease") || rule.equals("approval")));
    }

    private static void verdict(Call call, Out out, Verdict verdict, String rule, String reason) {
        Style style = new Style(call.color());
        out.line((verdict == Verdict.ALLOW ? style.good(verdict.text()) : style.bad(verdict.text())) + " by "
                + Style.plain(rule) + ": " + Style.plain(reason));
    }

    static Draft signed(Policy policy) {
        return Draft.of(
                "mirror.policy.signed.v1",
                "owner",
                Json.object().put("sha256", policy.digest()).put("rules", policy.size()));
    }
}
