package mirror.surface.cli;

import mirror.bus.Json;
import mirror.bus.NoteKey;
import mirror.surface.Core;
import mirror.trust.Provenance;
import mirror.trust.TrustException;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code mirror provenance --check}: checks a record with nothing but a public key. Like {@link ProofCheck} it needs no home, and
 * repeats nothing of a file that turned out to be something else.
 */
public final class ProvenanceCheck {
    private ProvenanceCheck() {}

    /** Whether this call can be answered without a home. */
    public static boolean standsAlone(String command, Call call, boolean home) {
        return command.equals("provenance")
                && !home
                && !call.args().contains("--help")
                && ProvenanceCommand.options(call).value("check").isPresent();
    }

    /** Checks without a home. */
    public static int run(Call call, Out out) {
        return run(ProvenanceCommand.options(call), call, null, out);
    }

    static int run(Options options, Call call, @Nullable Core core, Out out) {
        options.none(new ProvenanceCommand());
        String name = options.value("check").orElseThrow();
        NoteKey own = core == null ? null : core.key().key(core.origin());
        String given = options.value("key").orElse(null);
        if (given == null && own == null) {
            throw CliException.usage("there is no home whose key could be trusted, so say whose record it must be:"
                    + " --key <verifier key, or path of the log's key.pub>, from a source that you trust");
        }
        NoteKey key = given == null ? java.util.Objects.requireNonNull(own) : ProofCheck.key(given, call);
        Provenance.Checked checked;
        boolean inLog = false;
        try {
            checked = Provenance.check(ProofCheck.read(call.path(name), Provenance.MAX_BYTES + 1), key);
            if (core != null && key.equals(own)) {
                Provenance.inLog(checked, core.projector().log());
                inLog = true;
            }
        } catch (TrustException e) {
            String reason = Style.plain(String.valueOf(e.getMessage()));
            if (options.has("json")) {
                out.line(Json.MAPPER.writeValueAsString(
                        Json.object().put("good", false).put("reason", reason)));
            }
            throw CliException.no(Style.plain(name) + " vouches for nothing: " + reason);
        }
        if (options.has("json")) {
            out.json(json(checked, inLog));
        } else {
            print(checked, inLog, call, out);
        }
        return Exit.OK;
    }

    private static ObjectNode json(Provenance.Checked checked, boolean inLog) {
        ObjectNode json = Json.object()
                .put("good", true)
                .put("key", checked.key().verifierKey())
                .put("proven", checked.proven())
                .put("in-this-log", inLog);
        var outputs = json.putArray("outputs");
        checked.outputs()
                .forEach(
                        output -> outputs.addObject().put("name", output.name()).put("sha256", output.sha256()));
        json.set("predicate", checked.predicate());
        return json;
    }

    private static void print(Provenance.Checked checked, boolean inLog, Call call, Out out) {
        Style style = new Style(call.color());
        JsonNode predicate = checked.predicate();
        JsonNode decision = predicate.path("decision");
        out.line(style.good("good") + ": signed by " + Style.plain(checked.key().name()));
        row(
                out,
                style,
                "who",
                predicate.path("actor").path("id").asString("") + ", session "
                        + predicate.path("actor").path("session").asString("-"));
        row(
                out,
                style,
                "did",
                predicate.path("action").path("tool").asString("") + ", "
                        + predicate.path("outcome").asString(""));
        row(
                out,
                style,
                "decided",
                decision.path("verdict").asString("") + " by rule "
                        + decision.path("rule").asString("") + " of policy "
                        + Style.clip(decision.path("policy").asString(""), 13));
        for (Provenance.Output output : checked.outputs()) {
            row(out, style, "made", output.sha256() + "  " + output.name());
        }
        for (Provenance.Named event : checked.events()) {
            row(
                    out,
                    style,
                    event.role(),
                    event.id() + ", hash " + Style.clip(event.hash(), 17) + (inLog ? ", in this log" : ""));
        }
        if (checked.proven()) {
            out.line("  the decision is proven to be in the signed log");
        }
    }

    private static void row(Out out, Style style, String name, String value) {
        out.line("  " + style.dim(Style.plain("%-9s".formatted(name))) + Style.plain(value));
    }
}
