package mirror.surface.cli;

import java.util.List;
import mirror.surface.Core;
import mirror.trust.Presence;

/** Whether the owner is there to be asked. */
record AwayCommand() implements Command {
    @Override
    public String name() {
        return "away";
    }

    @Override
    public String usage() {
        return "away [on|off]";
    }

    @Override
    public String summary() {
        return "say that you are away: routine work goes on, what would be asked is queued";
    }

    @Override
    public String help() {
        return """
                While you are away agents are told at once that a request is queued, and do without it; a request stays open for
                %d days. What the policy allows goes on, what it blocks stays blocked. 'mirror approvals' shows the queue.
                """.formatted(Presence.QUEUED.toDays());
    }

    @Override
    public int run(Core core, Call call, Out out) {
        Options options = Options.parse(this, call.args());
        List<String> rest = options.rest();
        boolean away = core.state().presence().isAway();
        if (rest.isEmpty()) {
            out.line(away ? "away: what would be asked is queued" : "here: you are asked");
            return Exit.OK;
        }
        if (rest.size() != 1 || !rest.getFirst().matches("on|off")) {
            throw CliException.usage("usage: mirror " + usage());
        }
        boolean leaves = rest.getFirst().equals("on");
        if (leaves != away) {
            core.projector().record(core.state().presence().say(leaves));
        }
        out.line(leaves ? "away: what would be asked is queued" : "here: you are asked");
        return Exit.OK;
    }
}
