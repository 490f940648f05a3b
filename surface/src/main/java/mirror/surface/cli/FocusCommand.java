package mirror.surface.cli;

import java.util.List;
import mirror.bus.Draft;
import mirror.bus.Json;
import mirror.continuity.Types;
import mirror.surface.Core;

/** What the owner works on now. */
record FocusCommand() implements Command {
    @Override
    public String name() {
        return "focus";
    }

    @Override
    public String usage() {
        return "focus [TEXT|--clear] [--project PATH] [--json]";
    }

    @Override
    public String summary() {
        return "what you work on now: a new session is told of that first";
    }

    @Override
    public int run(Core core, Call call, Out out) {
        Options options = Options.parse(this, call.args(), "clear", "project=", "json");
        List<String> rest = options.rest();
        String project = core.state()
                .continuity()
                .projects()
                .of(options.folder("project", call))
                .toString();
        if (rest.size() > 1 || (options.has("clear") && !rest.isEmpty())) {
            throw CliException.usage("usage: mirror " + usage());
        }
        if (!rest.isEmpty() || options.has("clear")) {
            String text = rest.isEmpty() ? "" : rest.getFirst().strip();
            core.projector()
                    .record(Draft.of(
                            Types.FOCUS_SET,
                            "owner",
                            Json.object().put("project", project).put("text", text)));
        }
        String text = core.state()
                .continuity()
                .focus()
                .of(project)
                .map(set -> set.text())
                .orElse("");
        if (options.has("json")) {
            out.line(Json.MAPPER.writeValueAsString(
                    Json.object().put("project", project).put("focus", text)));
        } else {
            out.line(text.isEmpty() ? "no focus is set for " + project : Style.plain(text));
        }
        return Exit.OK;
    }
}
