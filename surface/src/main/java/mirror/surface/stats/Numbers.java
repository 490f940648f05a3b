package mirror.surface.stats;

import java.util.List;
import mirror.pulse.stats.Definition;

/**
 * The one list of numbers: what each is called, means, and is computed by. Only what the log alone decides is in it; how many notes lie in a
 * folder is not. A name never changes its meaning; one whose query changes gets a new name.
 */
public final class Numbers {
    public static final List<Definition> ALL = List.of(
            number("events", "event", "count *", "Events in this log."),
            number(
                    "uptime.up",
                    "s",
                    "daemon up",
                    "Seconds in which the daemon was up, by its events: silences of more than 15 minutes are not counted."),
            number(
                    "uptime.down",
                    "s",
                    "daemon down",
                    "Seconds between an orderly end of the daemon and its next start."),
            number(
                    "uptime.unknown",
                    "s",
                    "daemon unknown",
                    "Seconds of which nothing tells: long silences, and around crashes."),
            number("daemon.starts", "start", "count daemon.started.v1", "Starts of the daemon."),
            number(
                    "daemon.crashes",
                    "crash",
                    "daemon crashes",
                    "Starts of the daemon without an orderly end before them."),
            // ---- agents
            number("sessions", "session", "distinct @session of session.opened.v1", "Sessions of agents."),
            number(
                    "sessions.open",
                    "session",
                    "open session.opened.v1 by @session until session.ended.v1",
                    "Sessions that have not ended."),
            number("prompts", "prompt", "count session.prompted.v1", "Prompts of people in sessions."),
            number("actions", "action", "count action.decided.v1", "Actions that the gate decided on."),
            number("actions.allowed", "action", "count action.decided.v1 where verdict=allow", "Actions it allowed."),
            number(
                    "actions.asked",
                    "action",
                    "count action.decided.v1 where verdict=ask",
                    "Actions it put to the owner."),
            number("actions.blocked", "action", "count action.decided.v1 where verdict=block", "Actions it blocked."),
            number("actions.failed", "action", "count action.failed.v1", "Tool calls that failed."),
            number("approvals", "request", "count approval.requested.v1", "Requests put to the owner."),
            number(
                    "approvals.allowed",
                    "request",
                    "count approval.answered.v1 where answer=allow",
                    "Requests that were answered with yes."),
            number(
                    "approvals.denied",
                    "request",
                    "count approval.answered.v1 where answer=deny",
                    "Requests that were answered with no."),
            number(
                    "approvals.waiting",
                    "request",
                    "open approval.requested.v1 by approval until approval.answered.v1 ends expires",
                    "Requests that wait for the owner and have not expired."),
            number("leases.granted", "lease", "count lease.granted.v1", "Leases that were granted."),
            number(
                    "leases.held",
                    "lease",
                    "open lease.granted.v1 by lease until lease.revoked.v1 ends expires",
                    "Leases that hold: neither revoked nor expired."),
            number(
                    "taints",
                    "event",
                    "count session.tainted.v1",
                    "Times that a session took in what others wrote, or a secret."),
            number(
                    "attempts",
                    "attempt",
                    "count guard.flagged.v1",
                    "Attempts to instruct an agent that the guard found."),
            // ---- memory
            number("memory.written", "entry", "count memory.written.v1", "Entries that were written to memory."),
            number("reports.shipped", "report", "count session.completed.v1", "Completion reports that held."),
            number("crystals", "crystal", "count session.crystallized.v1", "Times that a session's note was written."),
            number("handoffs", "handoff", "count handoff.created.v1", "Work that was left for the next agent."),
            number("notes.changed", "change", "count note.changed.v1", "Changes of Mirror's in the vault."),
            number("evidence", "file", "distinct sha256 of evidence.added.v1", "Files kept as evidence."),
            number("claims", "claim", "distinct claim of claim.admitted.v1", "Claims with a quote in their evidence."),
            number(
                    "claims.disputed",
                    "dispute",
                    "count claim.disputed.v1",
                    "Pairs of claims that speak against each other."),
            // ---- calls of models
            number("calls", "call", "count calls.completed.v1 each calls", "Calls of models through the gateway."),
            number(
                    "calls.answered",
                    "call",
                    "count calls.completed.v1 each calls where outcome=answered",
                    "Calls that a model answered whole."),
            number(
                    "calls.cached",
                    "call",
                    "count calls.completed.v1 each calls where outcome=cached",
                    "Calls that were answered with what was answered before."),
            number(
                    "calls.unanswered",
                    "call",
                    "count calls.completed.v1 each calls where outcome!=answered|cached",
                    "Calls without a whole answer."),
            number(
                    "tokens.in",
                    "token",
                    "sum in of calls.completed.v1 each calls",
                    "Tokens read, as far as providers report them."),
            number(
                    "tokens.out",
                    "token",
                    "sum out of calls.completed.v1 each calls",
                    "Tokens written, as far as providers report them."),
            number(
                    "tokens.cache-read",
                    "token",
                    "sum cache-read of calls.completed.v1 each calls",
                    "Tokens that providers read from their caches."),
            number(
                    "tokens.unreported",
                    "token",
                    "sum unreported of calls.completed.v1 each calls where unreported!=",
                    "Tokens reserved for calls of which nobody said what they used; they count as spent."),
            number(
                    "cost",
                    "USD/1000000",
                    "sum money of calls.completed.v1 each calls",
                    "Cost of calls at the prices of tiers.yaml, in millionths of a US dollar."),
            number("failovers", "call", "count call.switched.v1", "Times that a call went to the next provider."),
            number(
                    "breakers.opened",
                    "event",
                    "count breaker.changed.v1 where state=open",
                    "Times that a model was left alone for its failures."),
            number(
                    "breakers.open",
                    "model",
                    "latest breaker.changed.v1 by model where state=open",
                    "Models whose breaker was last opened and not closed again."),
            number("councils", "council", "count council.concluded.v1", "Councils that came to an end."),
            number("swarms", "run", "count swarm.closed.v1", "Runs of swarms that are over."),
            // ---- services and checks
            number("services", "service", "distinct service of service.begun.v1", "Services that ever were to run."),
            number(
                    "services.wanted",
                    "service",
                    "open service.begun.v1 by service until service.stopped.v1",
                    "Services that are to run."),
            number(
                    "services.failures",
                    "failure",
                    "count service.exited.v1,service.failed.v1 where expected!=true",
                    "Ends that nobody asked for, and other failures of services."),
            number(
                    "services.restarts",
                    "restart",
                    "count service.started.v1 where cause=restart|canary",
                    "Starts of services after a failure."),
            number(
                    "services.restarts.false",
                    "restart",
                    "unknown no event says whether a service would have gone on without its restart",
                    "Restarts of services that were well."),
            number("heals", "fix", "count heal.begun.v1", "Fixes that were tried."),
            number(
                    "heals.worked",
                    "fix",
                    "count heal.ended.v1 where result=fixed",
                    "Fixes after which the check was well."),
            number(
                    "heals.failed",
                    "fix",
                    "count heal.ended.v1 where result=failed",
                    "Fixes that did not change what was found."),
            number(
                    "services.quarantined",
                    "event",
                    "count service.quarantined.v1 where newly=true",
                    "Times that a service failed too often and was left alone."),
            number(
                    "services.adopted",
                    "process",
                    "count service.adopted.v1",
                    "Processes that a new daemon found running."),
            number(
                    "services.settled",
                    "event",
                    "count service.settled.v1",
                    "Times that a service was well for its stable time after a start."),
            number("incidents", "incident", "count incident.correlated.v1", "Failures of several services at once."),
            number(
                    "reliability.least",
                    "1",
                    "reliability least",
                    "What the least reliable mechanism that was ever needed works with at least, with 95 %."),
            number("reliability.runs", "run", "reliability runs", "Times that a mechanism was needed."),
            number("pulses", "round", "count pulse.taken.v1", "Rounds of the pulse."),
            number(
                    "checks.failing",
                    "check",
                    "latest check.changed.v1 by check where to=failing",
                    "Checks that were last found failing."),
            number(
                    "checks.unknown",
                    "check",
                    "latest check.changed.v1 by check where to=unknown",
                    "Checks of which it is not known how they are."),
            number(
                    "checks.ok",
                    "check",
                    "latest check.changed.v1 by check where to=ok",
                    "Checks that were last found well."),
            // ---- the rest
            number(
                    "organisms",
                    "organism",
                    "distinct organism of organism.enrolled.v1",
                    "Organisms that were ever seen."),
            number("letters.buried", "event", "count letter.buried.v1", "Events that an organism could not deal with."),
            number("signals", "message", "count signal.published.v1", "Messages that were published."),
            number("signals.delivered", "delivery", "count signal.delivered.v1", "Deliveries of messages by a route."),
            number("signals.dropped", "delivery", "count signal.dropped.v1", "Deliveries that were given up."),
            number("reports.made", "report", "count report.made.v1", "Morning reports."),
            number(
                    "devices",
                    "device",
                    "open device.enrolled.v1 by device until device.revoked.v1",
                    "Devices that may answer for the owner."),
            number("payloads.erased", "event", "count blob.erased.v1", "Payloads that the owner erased."));

    private Numbers() {}

    private static Definition number(String name, String unit, String query, String says) {
        return Definition.of(name, unit, query, says);
    }
}
