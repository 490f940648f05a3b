package mirror.continuity;

import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import mirror.bus.Event;
import tools.jackson.databind.JsonNode;

/**
 * What remains of a session: Markdown with front matter, made from the session's events alone and in their order, so that the same
 * events give the same bytes. No clock, no disk, no model takes part.
 */
final class Crystal {
    private static final DateTimeFormatter DAY =
            DateTimeFormatter.ofPattern("uuuu-MM-dd", Locale.ROOT).withZone(ZoneOffset.UTC);
    private static final int LINE = 300;
    private static final int LIST = 200;

    private Crystal() {}

    /** Name of the note: day, project and the start of the session's id. */
    static String name(Session session) {
        String id = session.id().replaceAll("[^A-Za-z0-9]", "");
        String project = session.projectName().replaceAll("[^\\p{L}\\p{N}._-]+", "-");
        return DAY.format(session.openedAt()) + " " + project + " " + id.substring(0, Math.min(8, id.length()));
    }

    /**
     * Renders the session.
     *
     * @param events the session's events in order
     * @param memory entries that the session left
     */
    static String render(Session session, List<Event> events, List<Memory.Entry> memory) {
        List<String> prompts = new ArrayList<>();
        List<String> commands = new ArrayList<>();
        List<String> denied = new ArrayList<>();
        List<String> errors = new ArrayList<>();
        List<String> answers = new ArrayList<>();
        List<String> reports = new ArrayList<>();
        List<String> left = new ArrayList<>();
        List<String> summary = new ArrayList<>();
        Map<String, Changed> changed = new LinkedHashMap<>();
        for (Event event : events) {
            switch (event.type()) {
                case Types.PROMPTED -> prompts.add(entry(event.text("prompt"), event));
                case Types.TURN_ENDED -> {
                    if (!event.text("message").isEmpty()) {
                        answers.add(entry(event.text("message"), event));
                    }
                }
                case Types.ACTION_COMPLETED -> {
                    String command = event.text("command");
                    if (!command.isEmpty()) {
                        String output = Text.line(event.text("output"), 100).replace('`', '\'');
                        String ended = event.text("outcome").isEmpty() ? " ok" : " ran";
                        commands.add(entry(
                                Text.code(command, 160) + ended + (output.isEmpty() ? "" : ": " + output), event));
                    }
                    for (JsonNode file : event.data().path("changed")) {
                        changed.computeIfAbsent(file.path("path").asString(""), Changed::new)
                                .now(file, event);
                    }
                }
                case Types.ACTION_FAILED -> {
                    String command = event.text("command");
                    if (!command.isEmpty()) {
                        commands.add(entry(Text.code(command, 160) + " failed", event));
                    }
                    errors.add(entry(event.text("tool") + ": " + event.text("error"), event));
                }
                case Types.SUMMARIZED -> {
                    summary.clear();
                    summary.add(summary(event));
                }
                case Types.COMPLETED -> reports.add(entry(event.text("summary"), event));
                case Types.HANDOFF_CREATED -> left.add(entry(event.text("task"), event));
                case Types.DECIDED -> {
                    if (event.text("verdict").equals("block")) {
                        denied.add(entry(
                                event.text("tool") + ": " + event.text("reason") + " (rule " + event.text("rule") + ")",
                                event));
                    }
                }
                default -> {}
            }
        }
        StringBuilder text = new StringBuilder("---\n");
        front(text, "type", "session");
        front(text, "session", session.id());
        front(text, "client", session.client());
        front(text, "project", "[[" + session.projectName() + "]]");
        front(text, "opened", session.openedAt().toString());
        front(
                text,
                "last",
                events.isEmpty()
                        ? session.openedAt().toString()
                        : events.getLast().time().toString());
        front(text, "state", session.state());
        text.append("prompts: ").append(prompts.size()).append('\n');
        text.append("denied: ").append(denied.size()).append('\n');
        front(text, "first-event", session.opened());
        front(
                text,
                "last-event",
                events.isEmpty() ? session.opened() : events.getLast().id());
        front(text, "report", session.completed() == null ? "none" : session.completed());
        front(text, "last-hash", events.isEmpty() ? "" : events.getLast().hash());
        text.append("---\n\n# ")
                .append(session.intent().isEmpty() ? "Session without a prompt" : Text.line(session.intent(), 120))
                .append("\n\nProject [[")
                .append(session.projectName())
                .append("]], ")
                .append(session.client())
                .append(".\n");
        // By its own words a model could look like what Mirror knows; so the last one's stand in a block that says
        // whose they are.
        summary.forEach(text::append);
        section(text, "Prompts", prompts);
        section(text, "Reported as done, and checked", reports);
        section(text, "Left for the next agent", left);
        for (String kind : Memory.KINDS) {
            section(
                    text,
                    title(kind),
                    memory.stream()
                            .filter(entry -> entry.kind().equals(kind))
                            .map(entry -> "- " + linked(entry) + " `" + entry.id() + "`\n")
                            .toList());
        }
        section(
                text,
                "Files",
                changed.values().stream().map(file -> file.line(session)).toList());
        section(text, "Commands", commands);
        section(text, "Denied", denied);
        section(text, "Errors", errors);
        section(text, "Answers", answers);
        return text.toString();
    }

    /** A file over the session: as it was before its first change, as far as that is known, and after its last. */
    private static final class Changed {
        private final String path;
        private String before = "";
        private String after = "gone";
        private String event = "";
        private int times;

        Changed(String path) {
            this.path = path;
        }

        void now(JsonNode file, Event last) {
            if (times++ == 0) {
                before = file.path("before").asString("");
            }
            after = file.path("sha256").asString("gone");
            event = last.id();
        }

        /** Named with its project: files of two projects are two nodes of the vault's graph. */
        String line(Session session) {
            String within = Projects.within(path, session.project());
            return "- [["
                    + (within.equals(path) ? "" : bare(session.projectName()) + "/")
                    + bare(within) + "]] "
                    + (before.isEmpty() ? "" : before + " to ")
                    + after
                    + (times > 1 ? ", changed " + times + " times" : "")
                    + " `" + event + "`\n";
        }
    }

    /** A decision is a node of the vault's graph, by the event that made it. */
    private static String linked(Memory.Entry entry) {
        String text = Text.line(entry.text(), LINE);
        return entry.kind().equals("decision")
                ? "[[Decision " + entry.id().replace('/', ' ') + "|" + bare(text) + "]]"
                : text;
    }

    /** Text inside a wiki-link: what would end it is left out. */
    private static String bare(String text) {
        return Text.line(text.replaceAll("[\\[\\]|#^]", " "), LINE);
    }

    private static String title(String kind) {
        return switch (kind) {
            case "constraint" -> "Constraints";
            case "decision" -> "Decisions";
            case "open" -> "Open ends";
            case "fact" -> "Facts";
            default -> "Notes";
        };
    }

    /** A JSON string is a YAML string: no client text can break out of the front matter. */
    private static void front(StringBuilder text, String key, String value) {
        text.append(key)
                .append(": ")
                .append(mirror.bus.Json.MAPPER.writeValueAsString(value))
                .append('\n');
    }

    private static void section(StringBuilder text, String title, List<String> lines) {
        if (lines.isEmpty()) {
            return;
        }
        text.append("\n## ").append(title).append("\n\n");
        lines.stream().limit(LIST).forEach(text::append);
        if (lines.size() > LIST) {
            text.append("- and ").append(lines.size() - LIST).append(" more in the log\n");
        }
    }

    private static String summary(Event event) {
        String model = event.text("model");
        StringBuilder text = new StringBuilder("\n> [!quote] Summary by a model, not checked: " + event.actor()
                + (model.isEmpty() ? "" : " " + Text.line(model, 60)) + " `" + event.id() + "`\n");
        event.text("text")
                .lines()
                .limit(LIST)
                .forEach(line -> text.append("> ").append(Text.line(line, LINE)).append('\n'));
        return text.toString();
    }

    private static String entry(String text, Event event) {
        return "- " + Text.line(text, LINE) + " `" + event.id() + "`\n";
    }
}
