package mirror.surface.cli;

import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import mirror.bus.Event;

/** One event in one line for a person. */
public final class EventText {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("MM-dd HH:mm:ss", Locale.ROOT);

    private EventText() {}

    static String line(Event event, Style style, int width) {
        String type = event.type().substring("mirror.".length(), event.type().lastIndexOf('.'));
        String what = Style.clip(words(event), Math.max(20, width - 52));
        return style.dim("%7d  ".formatted(event.seq())
                        + TIME.format(event.time().atZone(ZoneId.systemDefault()))) + "  " + "%-22s".formatted(type)
                + "  " + color(event, what, style);
    }

    private static String color(Event event, String text, Style style) {
        return switch (event.text("verdict") + event.text("answer")) {
            case "block", "deny" -> style.bad(text);
            case "ask" -> style.wait(text);
            default -> text;
        };
    }

    /** What it says, without control characters, in one line of any length. */
    public static String words(Event event) {
        String text = switch (event.type()) {
            case "mirror.action.decided.v1" ->
                event.text("verdict") + " " + event.text("tool") + input(event) + " \u2190 " + event.text("rule");
            case "mirror.action.completed.v1" -> event.text("tool") + " " + event.text("command");
            case "mirror.action.failed.v1" -> event.text("tool") + " " + event.text("error");
            case "mirror.session.opened.v1" -> event.actor() + " in " + event.text("project");
            case "mirror.session.prompted.v1" -> event.text("prompt");
            case "mirror.turn.ended.v1" -> event.text("message") + event.text("error");
            case "mirror.session.ended.v1" -> event.actor() + " " + event.text("reason");
            case "mirror.session.crystallized.v1" -> event.text("path");
            case "mirror.memory.written.v1" -> event.text("kind") + ": " + event.text("text");
            case "mirror.approval.requested.v1" -> event.text("approval") + " " + event.text("summary");
            case "mirror.approval.signed.v1" -> event.text("approval") + " allowed by one of two devices";
            case "mirror.approval.answered.v1" -> event.text("approval") + " " + event.text("answer");
            case "mirror.alarm.raised.v1" -> event.text("alarm") + ": " + event.text("text");
            case "mirror.capsule.ran.v1" ->
                event.text("capsule") + " " + event.text("outcome") + " " + event.text("reason");
            case "mirror.drift.detected.v1" -> event.text("capsule") + ": " + event.text("series") + " changed";
            case "mirror.diagnosis.given.v1" ->
                event.text("check") + ", opinion of " + event.text("by") + ": " + event.text("text");
            case "mirror.letter.buried.v1" ->
                event.text("organism") + " could not take " + event.text("event") + ": " + event.text("reason");
            case "mirror.letter.requeued.v1", "mirror.letter.delivered.v1" ->
                event.text("organism") + " " + event.text("event");
            case "mirror.lease.granted.v1" ->
                event.text("lease") + " to " + event.text("holder") + " until " + event.text("expires");
            case "mirror.probe.recorded.v1" ->
                event.text("subject") + " = " + event.text("value") + " " + event.text("unit");
            case "mirror.client.probed.v1" ->
                event.text("client") + " " + event.text("version") + " " + event.text("text");
            case "mirror.claim.found.v1" -> event.text("text");
            case "mirror.lease.revoked.v1" -> event.text("lease") + " of " + event.text("holder");
            case "mirror.signer.trusted.v1", "mirror.signer.revoked.v1" -> event.text("signer");
            case "mirror.contract.signed.v1" -> event.text("kind") + " " + event.text("path");
            case "mirror.tool.seen.v1", "mirror.tool.trusted.v1" ->
                event.text("server") + " in " + event.text("source");
            case "mirror.agent.started.v1" -> event.text("client") + ": " + event.text("prompt");
            case "mirror.agent.ended.v1" -> event.text("client") + " " + event.text("reason");
            case "mirror.transcript.imported.v1" -> event.text("client") + " " + event.text("intent");
            case "mirror.handoff.created.v1" -> event.text("task");
            case "mirror.file.written.v1", "mirror.file.removed.v1", "mirror.file.kept.v1", "mirror.file.restored.v1" ->
                event.text("path");
            case "mirror.write.rejected.v1" -> event.text("reason") + " " + event.text("path");
            case "mirror.session.tainted.v1" -> event.text("why");
            case "mirror.pulse.taken.v1" ->
                event.data().path("looked").size() + " looked at in " + event.text("ms") + " ms";
            case "mirror.check.changed.v1" ->
                event.text("check") + " is " + event.text("to") + ": " + event.text("reason");
            case "mirror.signal.published.v1" -> "a message for " + event.text("topic");
            case "mirror.console.paired.v1" -> event.text("name") + " is let in";
            case "mirror.console.left.v1" -> event.text("console") + " is let in no more";
            case "mirror.capture.taken.v1" -> event.text("text");
            case "mirror.passkey.enrolled.v1", "mirror.passkey.revoked.v1" -> event.text("device");
            case "mirror.client.connected.v1", "mirror.client.disconnected.v1" -> event.text("client");
            case "mirror.service.failed.v1", "mirror.service.withheld.v1", "mirror.service.quarantined.v1" ->
                event.text("service") + ": " + event.text("reason");
            case "mirror.service.started.v1", "mirror.service.adopted.v1" ->
                event.text("service") + ", process " + event.text("pid");
            case "mirror.service.readied.v1",
                    "mirror.service.settled.v1",
                    "mirror.service.begun.v1",
                    "mirror.service.stopped.v1" -> event.text("service");
            case "mirror.breaker.changed.v1" ->
                event.text("model") + " is " + event.text("state") + " " + event.text("reason");
            case "mirror.calls.completed.v1" -> event.data().path("calls").size() + " calls of models";
            default -> event.data().toString();
        };
        return Style.plain(text.strip());
    }

    private static String input(Event event) {
        var input = event.data().path("input");
        String text = input.path("command").asString(input.path("file_path").asString(""));
        return text.isEmpty() ? "" : ": " + text;
    }
}
