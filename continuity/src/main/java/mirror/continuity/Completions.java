package mirror.continuity;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.bus.Projection;
import tools.jackson.databind.JsonNode;

/** The ship register: every completion report that was accepted, as a fold over events. Thread-safe. */
public final class Completions implements Projection {
    /** A check and how it ended, as the log has it. */
    public record Check(String command, boolean passed, String event) {}

    /**
     * One accepted report. What it lists was compared with disk, git and log when it was made.
     *
     * @param event id of the event that records it
     * @param files with their SHA-256 at that time, or without one when they were deleted
     * @param commits full object names
     */
    public record Report(
            String event,
            String session,
            String client,
            String project,
            Instant time,
            String summary,
            List<FileState> files,
            List<String> commits,
            List<Check> checks,
            List<String> decisions,
            List<String> open,
            List<String> errors) {}

    private final List<Report> reports = new ArrayList<>();

    @Override
    public String name() {
        return "completions";
    }

    @Override
    public int version() {
        return 1;
    }

    @Override
    public synchronized JsonNode save() {
        return Json.array(reports);
    }

    @Override
    public synchronized void restore(JsonNode saved) {
        reports.clear();
        reports.addAll(Json.list(saved, Report.class));
    }

    @Override
    public synchronized void accept(Event event) {
        if (!event.type().equals(Types.COMPLETED)) {
            return;
        }
        JsonNode data = event.data();
        List<Check> checks = new ArrayList<>();
        for (JsonNode check : data.path("checks")) {
            checks.add(new Check(
                    check.path("command").asString(""),
                    check.path("passed").asBoolean(false),
                    check.path("event").asString("")));
        }
        reports.add(new Report(
                event.id(),
                String.valueOf(event.session()),
                event.actor(),
                event.text("project"),
                event.time(),
                event.text("summary"),
                FileState.list(data.path("files")),
                texts(data, "commits"),
                List.copyOf(checks),
                texts(data, "decisions"),
                texts(data, "open"),
                texts(data, "errors")));
    }

    private static List<String> texts(JsonNode data, String name) {
        return data.path(name).valueStream().map(text -> text.asString("")).toList();
    }

    /** Newest first; of every project when {@code project} is empty. */
    public synchronized List<Report> list(String project) {
        return reports.reversed().stream()
                .filter(report -> project.isEmpty() || report.project.equals(project))
                .toList();
    }

    /** The register for a person, each line with its event; the same reports give the same bytes. */
    public String shipLog() {
        StringBuilder text = new StringBuilder(
                "# Shipped\n\nEvery completion report that Mirror accepted. Files, commits and"
                        + " checks were compared with disk, git and the event log at the time: `mirror show <event>`.\n");
        String day = "";
        for (Report report : list("")) {
            String date = report.time.toString().substring(0, 10);
            if (!date.equals(day)) {
                text.append("\n## ").append(date).append("\n\n");
                day = date;
            }
            text.append("- **")
                    .append(Text.line(Projects.name(report.project), 80))
                    .append("**: ")
                    .append(Text.line(report.summary, 300))
                    .append(" (")
                    .append(report.client)
                    .append(") `")
                    .append(report.event)
                    .append("`\n");
            text.append("  - ").append(counted(report.files.size(), "file"));
            report.commits.forEach(commit -> text.append(", commit ").append(Text.code(Text.start(commit), 80)));
            report.checks.forEach(check -> text.append(", ")
                    .append(Text.code(check.command, 80))
                    .append(check.passed ? " passed" : " failed"));
            text.append('\n');
            report.open.forEach(open ->
                    text.append("  - open: ").append(Text.line(open, 200)).append('\n'));
            report.errors.forEach(error ->
                    text.append("  - error: ").append(Text.line(error, 200)).append('\n'));
        }
        return text.toString();
    }

    private static String counted(int number, String what) {
        return number + " " + what + (number == 1 ? "" : "s");
    }
}
