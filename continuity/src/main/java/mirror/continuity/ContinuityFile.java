package mirror.continuity;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import mirror.bus.AtomicFiles;
import mirror.bus.FileStore;
import mirror.bus.FileWrite;

/**
 * {@code continuity/continuity.md}: the state of all projects for a person to read, each line with its event. It is written whole
 * after each session and never read back as a source: the events are the source, and a copy that somebody edited is noticed by its
 * digest and named. Thread-safe: a file half written is never taken for one that was edited.
 */
public final class ContinuityFile {
    private final Path file;
    private final Sessions sessions;
    private final Memory memory;
    private final Handoffs handoffs;
    private final FileStore files;

    public ContinuityFile(Path folder, Sessions sessions, Memory memory, Handoffs handoffs, FileStore files) {
        this.file = folder.resolve("continuity.md");
        this.sessions = sessions;
        this.memory = memory;
        this.handoffs = handoffs;
        this.files = files;
    }

    public Path file() {
        return file;
    }

    /** Whether the file on disk is the one that was written. */
    public synchronized boolean intact() throws IOException {
        return AtomicFiles.matchesDigest(file);
    }

    public synchronized void write(String head, Instant now) throws IOException {
        files.write(FileWrite.derived(file, render(head, now)));
    }

    String render(String head, Instant now) {
        StringBuilder text = new StringBuilder("# Continuity\n\n");
        text.append("As of ").append(now).append(", log head `").append(head).append("`. ");
        text.append("Made from the log; edits here are not read. Each line names its event: `mirror show <event>`.\n");
        Set<String> projects = new LinkedHashSet<>();
        sessions.list().forEach(session -> projects.add(session.project()));
        memory.current("").forEach(entry -> projects.add(entry.project()));
        for (String project : projects) {
            text.append("\n## ")
                    .append(Text.line(Projects.name(project), 80))
                    .append("\n\n`")
                    .append(Text.line(project, 300))
                    .append("`\n");
            section(
                    text,
                    "Handoffs",
                    handoffs.open(project).stream()
                            .map(handoff -> entry(handoff.task(), handoff.id()))
                            .toList());
            for (String kind : Memory.KINDS) {
                section(
                        text,
                        heading(kind),
                        memory.current(project).stream()
                                .filter(entry -> entry.kind().equals(kind))
                                .map(entry -> entry(entry.text(), entry.id()))
                                .toList());
            }
            List<String> last = new ArrayList<>();
            for (Session session : sessions.list()) {
                if (session.project().equals(project) && last.size() < 10) {
                    last.add(entry(
                            session.client() + ", " + session.state() + ": "
                                    + (session.intent().isEmpty() ? "no prompt" : session.intent())
                                    + (session.answer().isEmpty() ? "" : " => " + session.answer()),
                            session.opened()));
                }
            }
            section(text, "Sessions", last);
        }
        return text.toString();
    }

    private static String heading(String kind) {
        return switch (kind) {
            case "constraint" -> "Constraints";
            case "decision" -> "Decisions";
            case "open" -> "Open";
            case "fact" -> "Facts";
            default -> "Notes";
        };
    }

    private static void section(StringBuilder text, String title, List<String> lines) {
        if (!lines.isEmpty()) {
            text.append("\n### ").append(title).append("\n\n");
            lines.forEach(text::append);
        }
    }

    private static String entry(String text, String event) {
        return "- " + Text.line(text, 400) + " `" + event + "`\n";
    }
}
