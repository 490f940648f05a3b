package mirror.surface.cli;

import java.util.List;
import mirror.bus.Json;
import mirror.surface.Core;
import mirror.trust.Denials;

/** What was refused to whom, and which sessions are stopped because of it. */
record DenialsCommand() implements Command {
    private static final int SHOWN = 20;

    @Override
    public String name() {
        return "denials";
    }

    @Override
    public String usage() {
        return "denials [--session ID] [--agent NAME] [--all] [--json] | reset SESSION";
    }

    @Override
    public String summary() {
        return "what was refused to agents, and which sessions are stopped for it";
    }

    @Override
    public String help() {
        return """
                --session ID   those of one session; the start of its id is enough
                --agent NAME   those of one agent, such as claude-code
                --all          all that are kept, not only the last %d
                reset SESSION  let a stopped session go on

                A session that is refused %d different actions within %d minutes is stopped for %d minutes.
                """.formatted(SHOWN, Denials.LIMIT, Denials.WINDOW.toMinutes(), Denials.PAUSE.toMinutes());
    }

    @Override
    public boolean offline() {
        return true;
    }

    @Override
    public int run(Core core, Call call, Out out) {
        Options options = Options.parse(this, call.args(), "session=", "agent=", "all", "json");
        List<String> rest = options.rest();
        if (rest.size() == 2 && rest.getFirst().equals("reset")) {
            core.projector().record(core.state().denials().reset(rest.getLast()));
            out.line("the session may go on");
            return Exit.OK;
        }
        if (!rest.isEmpty()) {
            throw CliException.usage("usage: mirror " + usage());
        }
        String session = options.value("session").orElse("");
        String agent = options.value("agent").orElse("");
        List<Denials.Denial> denials = core.state().denials().list().stream()
                .filter(denial -> denial.session().startsWith(session)
                        && (agent.isEmpty() || denial.actor().equals(agent)))
                .limit(options.has("all") ? Long.MAX_VALUE : SHOWN)
                .toList();
        if (options.has("json")) {
            var json = Json.object();
            var stopped = json.putObject("stopped");
            core.state().denials().stopped().forEach((id, until) -> stopped.put(id, until.toString()));
            var array = json.putArray("denials");
            denials.forEach(denial -> array.addObject()
                    .put("event", denial.event())
                    .put("time", denial.time().toString())
                    .put("actor", denial.actor())
                    .put("session", denial.session())
                    .put("tool", denial.tool())
                    .put("rule", denial.rule())
                    .put("reason", denial.reason())
                    .put("digest", denial.digest()));
            out.line(Json.MAPPER.writeValueAsString(json));
            return Exit.OK;
        }
        Style style = new Style(call.color());
        core.state()
                .denials()
                .stopped()
                .forEach((id, until) -> out.line(style.bad("stopped") + " until " + until + "  session "
                        + Style.plain(id) + "   mirror denials reset " + Style.plain(id)));
        if (denials.isEmpty()) {
            out.line("nothing was refused");
        }
        for (Denials.Denial denial : denials) {
            out.line(style.bold(denial.event()) + "  " + denial.time() + "  " + denial.actor() + ", session "
                    + Style.clip(Style.plain(denial.session()), 8));
            out.line("  " + Style.plain(denial.tool()) + ": " + Style.plain(denial.reason())
                    + style.dim(" [" + Style.plain(denial.rule()) + "]"));
        }
        return Exit.OK;
    }
}
