package mirror.surface.cli;

import java.util.List;
import mirror.bus.Draft;
import mirror.surface.Core;
import mirror.surface.console.FourWords;
import mirror.trust.Approvals;
import mirror.trust.TrustException;

/** The owner's yes or no to one request. */
record AnswerCommand(String name, boolean allow) implements Command {
    @Override
    public String usage() {
        return name + " <id>" + (allow ? " [--session] [--yes]" : "");
    }

    @Override
    public String summary() {
        return allow ? "allow exactly what a request asks, once or for its session" : "refuse what a request asks";
    }

    @Override
    public int run(Core core, Call call, Out out) {
        Options options =
                allow ? Options.parse(this, call.args(), "yes", "session") : Options.parse(this, call.args(), "yes");
        String id = options.one(this);
        Approvals.Request request = core.state()
                .approvals()
                .get(id)
                .orElseThrow(() -> new TrustException(
                        "there is no approval request '" + Style.plain(id) + "'; 'mirror approvals' lists them"));
        Draft lease = options.has("session") ? core.state().leases().grantForSession(request) : null;
        if (allow && !options.has("yes") && request.status() == Approvals.Status.PENDING) {
            out.line(request.actor() + " asks:");
            out.line("  " + Style.plain(request.summary()));
            out.line("  because " + Style.plain(request.reason()));
            out.line("  sha256 of the action " + request.digest());
            out.line("  as words " + FourWords.of(request.digest()));
            if (lease == null) {
                out.confirm("Allow exactly this, once?");
            } else {
                describe(lease, out);
                out.confirm("Allow this, and for the rest of the session all that the lease covers?");
            }
            return Exit.OK;
        }
        Approvals approvals = core.state().approvals();
        synchronized (core.projector()) {
            Draft answer = approvals.answer(id, allow, "cli");
            core.projector().record(lease == null ? List.of(answer) : List.of(answer, lease));
        }
        if (lease != null) {
            describe(lease, out);
            String leaseId = lease.data().path("lease").asString();
            out.line("allowed, and leased to the session as " + leaseId + "; 'mirror lease revoke " + leaseId
                    + "' takes it back");
            return Exit.OK;
        }
        if (approvals.get(id).orElseThrow().status() == Approvals.Status.PENDING) {
            out.line("one of two; now a phone has to allow it: its page Approvals");
            return Exit.OK;
        }
        if (core.services() != null) {
            core.services().retry();
        }
        out.line(allow ? "allowed, once" : "refused");
        return Exit.OK;
    }

    /** What exactly a lease for the session covers, before and after it is given. */
    private static void describe(Draft lease, Out out) {
        out.line("for this session alone, at most until "
                + lease.data().path("expires").asString() + ", a lease covers, without asking again:");
        lease.data()
                .path("effects")
                .forEach(effect -> out.line("  " + Style.plain(effect.asString("")) + ", by the tool "
                        + Style.plain(lease.data().path("tools").path(0).asString(""))));
    }
}
