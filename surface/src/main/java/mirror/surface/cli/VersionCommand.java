package mirror.surface.cli;

import mirror.bus.Json;
import mirror.surface.Core;

/** Versions that a bug report needs. */
record VersionCommand() implements Command {
    @Override
    public String name() {
        return "version";
    }

    @Override
    public String usage() {
        return "version [--json]";
    }

    @Override
    public String summary() {
        return "the version of Mirror and of its Java";
    }

    @Override
    public boolean offline() {
        return true;
    }

    @Override
    public int run(Core core, Call call, Out out) {
        Options options = Options.parse(this, call.args(), "json");
        options.none(this);
        if (options.has("json")) {
            out.line(Json.MAPPER.writeValueAsString(Json.object()
                    .put("mirror", Core.VERSION)
                    .put("java", Runtime.version().toString())
                    .put("format", 1)));
        } else {
            out.line("mirror " + Core.VERSION + " (log format 1, Java " + Runtime.version() + ")");
        }
        return Exit.OK;
    }
}
