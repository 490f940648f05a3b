package mirror.surface.cli;

import java.time.Duration;
import java.util.List;
import mirror.bus.Json;
import mirror.surface.Core;
import mirror.surface.console.FourWords;
import mirror.trust.Approvals;

/** Requests that wait for the owner. */
record ApprovalsCommand() implements Command {
    @Override
    public String name() {
        return "approvals";
    }

    @Override
    public String usage() {
        return "approvals [--all] [--json]";
    }

    @Override
    public String summary() {
        return "what agents ask you to allow";
    }

    @Override
    public int run(Core core, Call call, Out out) {
        Options options = Options.parse(this, call.args(), "all", "json");
        options.none(this);
        List<Approvals.Request> requests = core.state().approvals().list().stream()
                .filter(request -> options.has("all") || request.status() == Approvals.Status.PENDING)
                .toList();
        if (options.has("json")) {
            var array = Json.array();
            for (Approvals.Request request : requests) {
                request.writeTo(array.addObject());
            }
            out.line(Json.MAPPER.writeValueAsString(array));
            return Exit.OK;
        }
        if (requests.isEmpty()) {
            out.line("nothing waits for you");
        }
        Style style = new Style(call.color());
        for (Approvals.Request request : requests) {
            Duration left = Duration.between(core.clock().instant(), request.expires());
            out.line(style.bold(request.id()) + "  " + request.status().text() + "  " + request.actor() + ", session "
                    + Style.clip(Style.plain(request.session()), 8)
                    + (request.status() == Approvals.Status.PENDING ? ", " + StatusCommand.age(left) + " left" : "")
                    + (request.needed() > 1
                            ? ", allowed by " + request.signed().size() + " of " + request.needed() + " devices"
                            : ""));
            out.line("  " + Style.plain(request.summary()));
            out.line(style.dim("  words " + FourWords.of(request.digest())));
            out.line(style.dim("  asked because " + Style.plain(request.reason())));
            if (request.status() == Approvals.Status.PENDING) {
                out.line(style.dim("  mirror approve " + request.id() + "   mirror deny " + request.id()));
            }
        }
        return Exit.OK;
    }
}
