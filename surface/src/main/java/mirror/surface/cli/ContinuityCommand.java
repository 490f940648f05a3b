package mirror.surface.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import mirror.bus.Json;
import mirror.continuity.BootContext.Coherence;
import mirror.surface.Core;
import tools.jackson.databind.node.ObjectNode;

/** What the next session in this folder starts with. */
record ContinuityCommand() implements Command {
    /** Below this share a new session would miss too much. */
    private static final double LEAST = 0.98;

    @Override
    public String name() {
        return "continuity";
    }

    @Override
    public String usage() {
        return "continuity [coherence] [--project PATH] [--tokens N] [--rewrite] [--json]";
    }

    @Override
    public String summary() {
        return "what the next session in this project starts with";
    }

    @Override
    public String help() {
        return """
                coherence       how much of what is known of the project (handoffs, constraints, open ends, decisions, facts) a new
                                session would be told, read back from the log, and what is missing; exit 1 below 98 %
                --tokens N      the budget in tokens, 100 to 32000
                --project PATH  of another project than the one around the current folder
                --rewrite       write continuity.md anew from the log
                """;
    }

    @Override
    public int run(Core core, Call call, Out out) throws IOException {
        Options options = Options.parse(this, call.args(), "project=", "tokens=", "rewrite", "json");
        boolean coherence = options.rest().equals(List.of("coherence"));
        if (!coherence) {
            options.none(this);
        }
        if (options.has("rewrite")) {
            core.state().continuity().writeFile(core.projector());
            out.line("written: " + core.state().continuity().file().file());
            return Exit.OK;
        }
        Path project = core.state().continuity().projects().of(options.folder("project", call));
        int tokens = tokens(options, core.config().contextTokens());
        if (coherence) {
            return coherence(core, project, tokens, options.has("json"), out);
        }
        String text = core.state()
                .continuity()
                .bootContext()
                .render(project.toString(), "", tokens, core.projector().log());
        if (options.has("json")) {
            out.line(Json.MAPPER.writeValueAsString(Json.object()
                    .put("project", project.toString())
                    .put("file", core.state().continuity().file().file().toString())
                    .put("context", text)));
        } else {
            out.print(text);
        }
        return Exit.OK;
    }

    private static int tokens(Options options, int otherwise) {
        String text = options.value("tokens").orElse(String.valueOf(otherwise));
        if (!text.matches("[0-9]{3,5}") || Integer.parseInt(text) > 32_000) {
            throw CliException.usage("--tokens is a number from 100 to 32000");
        }
        return Integer.parseInt(text);
    }

    private static int coherence(Core core, Path project, int tokens, boolean json, Out out) {
        Coherence found = core.state()
                .continuity()
                .bootContext()
                .coherence(project.toString(), tokens, core.projector().log());
        boolean holds = found.share() >= LEAST && found.superseded().isEmpty();
        if (json) {
            ObjectNode node = Json.object()
                    .put("project", project.toString())
                    .put("tokens", found.tokens())
                    .put("coherence", found.share())
                    .put("expected", found.expected())
                    .put("present", found.present());
            node.set("superseded", Json.array(found.superseded()));
            node.set("missing", Json.array(found.missing()));
            out.line(Json.MAPPER.writeValueAsString(node));
        } else {
            out.line("%.3f  %d of %d present, current and verified, within %d tokens"
                    .formatted(found.share(), found.present(), found.expected(), found.tokens()));
            found.superseded().forEach(id -> out.line("superseded and still told: " + id));
            found.missing().forEach(line -> out.line("missing: " + Style.plain(line)));
        }
        return holds ? Exit.OK : Exit.NO;
    }
}
