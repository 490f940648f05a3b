package mirror.surface.cli;

import java.io.IOException;
import java.nio.file.Path;
import mirror.bus.Json;
import mirror.surface.Core;

/** What the next session in this folder starts with. */
record ContinuityCommand() implements Command {
    @Override
    public String name() {
        return "continuity";
    }

    @Override
    public String usage() {
        return "continuity [--project PATH] [--rewrite] [--json]";
    }

    @Override
    public String summary() {
        return "what the next session in this project starts with";
    }

    @Override
    public String help() {
        return """
                --project PATH  of another project than the one around the current folder
                --rewrite       write continuity.md anew from the log
                """;
    }

    @Override
    public int run(Core core, Call call, Out out) throws IOException {
        Options options = Options.parse(this, call.args(), "project=", "rewrite", "json");
        options.none(this);
        if (options.has("rewrite")) {
            core.state().continuity().writeFile(core.projector());
            out.line("written: " + core.state().continuity().file().file());
            return Exit.OK;
        }
        Path project = core.state()
                .continuity()
                .projects()
                .of(options.value("project").map(call.cwd()::resolve).orElse(call.cwd()));
        String text = core.state()
                .continuity()
                .bootContext()
                .render(
                        project.toString(),
                        "",
                        core.config().contextTokens(),
                        core.projector().log().head());
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
}
