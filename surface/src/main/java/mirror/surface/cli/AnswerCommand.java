package mirror.surface.cli;

import mirror.surface.Core;
import mirror.trust.Approvals;
import mirror.trust.TrustException;

/** The owner's yes or no to one request. */
record AnswerCommand(String name, boolean allow) implements Command {
    @Override
    public String usage() {
        return name + " <id>" + (allow ? " [--yes]" : "");
    }

    @Override
    public String summary() {
        return allow ? "allow exactly what a request asks, once" : "refuse what a request asks";
    }

    @Override
    public int run(Core core, Call call, Out out) {
        Options options = Options.parse(this, call.args(), "yes");
        String id = options.one(this);
        Approvals.Request request = core.approvals()
                .get(id)
                .orElseThrow(() -> new TrustException(
                        "there is no approval request '" + Style.plain(id) + "'; 'mirror approvals' lists them"));
        if (allow && !options.has("yes") && request.status() == Approvals.Status.PENDING) {
            out.line(request.actor() + " asks:");
            out.line("  " + Style.plain(request.summary()));
            out.line("  because " + Style.plain(request.reason()));
            out.line("  sha256 of the action " + request.digest());
            out.confirm("Allow exactly this, once?");
            return Exit.OK;
        }
        core.projector().record(core.approvals().answer(id, allow, "cli"));
        out.line(allow ? "allowed, once" : "refused");
        return Exit.OK;
    }
}
