package mirror.surface.cli;

import java.util.List;
import mirror.bus.Json;
import mirror.surface.Core;
import mirror.surface.hook.Connections;

/** One word for scripts, and the faults. */
record HealthCommand(Connections clients) implements Command {
    @Override
    public String name() {
        return "health";
    }

    @Override
    public String usage() {
        return "health [--json]";
    }

    @Override
    public String summary() {
        return "exit 0 when every subsystem is well, 1 and the faults when not";
    }

    @Override
    public int run(Core core, Call call, Out out) {
        Options options = Options.parse(this, call.args(), "json");
        options.none(this);
        List<Health.Part> faults = Health.parts(core, clients).stream()
                .filter(part -> part.state() == Health.State.FAULT)
                .toList();
        if (options.has("json")) {
            var json = Json.object().put("healthy", faults.isEmpty());
            var list = json.putArray("faults");
            faults.forEach(
                    fault -> list.addObject().put("subsystem", fault.name()).put("detail", fault.detail()));
            out.line(Json.MAPPER.writeValueAsString(json));
        } else if (faults.isEmpty()) {
            out.line("healthy");
        } else {
            faults.forEach(fault -> out.line(fault.name() + ": " + Style.plain(fault.detail())));
        }
        return faults.isEmpty() ? Exit.OK : Exit.NO;
    }
}
