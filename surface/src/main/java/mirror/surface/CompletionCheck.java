package mirror.surface;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.continuity.FileState;
import mirror.continuity.Memory;
import mirror.continuity.Session;
import mirror.continuity.Types;
import mirror.continuity.Words;
import mirror.surface.probe.Git;
import mirror.trust.Redactor;
import mirror.trust.TrustException;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Compares a completion report with the disk, with git and with what the log has of the session. Nothing is taken on trust: a file that
 * is not there, was not touched or is left out, a commit that is not on the branch, a check that did not run, failed, cannot fail or ran
 * before the last change, an open end or an error that is not named. Each difference is one sentence.
 */
public final class CompletionCheck {
    /** What a report must have; an empty list says that there is none. */
    public static final List<String> LISTS = List.of("files", "commits", "checks", "decisions", "open", "errors");

    private static final Pattern OBJECT_NAME = Pattern.compile("[0-9a-f]{7,64}");

    /** An exit status that is not the check's own: of the last command of a pipe, or of whatever follows. */
    private static final Pattern MASKED = Pattern.compile("\\|\\||[;&\\n]\\s*(true|exit|:|echo)\\b|[^|]\\|[^|]|&\\s*$");

    private static final Pattern ENTRY = Pattern.compile("\\[?([a-z0-9-]+-[0-9]+(?:/[0-9]+)?)]?");

    /** @param known whether the client told how it ended */
    private record Run(long seq, String event, boolean passed, boolean known) {}

    private final Core core;
    private final String session;
    private final Path project;
    private final List<String> differences = new ArrayList<>();
    private final Map<String, Run> runs = new LinkedHashMap<>();
    /** Number of the event of the last change of each file. */
    private final Map<Path, Long> changed = new LinkedHashMap<>();

    private final ObjectNode data = Json.object();

    /**
     * @param session id of the session that reports
     * @param project absolute path of the project it worked in
     */
    public CompletionCheck(Core core, String session, Path project) {
        this.core = core;
        this.session = session;
        this.project = project;
    }

    /** What does not hold, each in a sentence; nothing when the report holds. */
    public List<String> differences(JsonNode report) throws IOException {
        for (String name : LISTS) {
            if (!report.path(name).isArray()) {
                differences.add("'" + name + "' is missing; give an empty list when there is none");
            }
        }
        if (report.path("summary").asString("").isBlank()) {
            differences.add("'summary' is empty");
        }
        if (!differences.isEmpty()) {
            return differences;
        }
        Session known = core.state().continuity().sessions().get(session).orElse(null);
        if (known != null && known.completed() != null && known.last() == seq(known.completed())) {
            differences.add("this session reported already, as " + known.completed() + ", and did nothing since");
        }
        if (known != null) {
            collect(known);
        }
        data.put("summary", Redactor.field(report.path("summary").asString(""))).put("project", project.toString());
        Set<Path> listed = files(report, commits(report, known));
        omitted(listed);
        checks(report);
        decisions(report);
        openEnds(report);
        errors(report);
        return differences;
    }

    /** What is recorded of a report that holds. */
    public ObjectNode data() {
        return data;
    }

    private static long seq(String event) {
        return Long.parseLong(event.substring(event.lastIndexOf('-') + 1));
    }

    private void collect(Session known) {
        core.projector().log().replay(known.first(), event -> {
            if (!session.equals(event.session())) {
                return;
            }
            if (event.type().equals(Types.ACTION_COMPLETED)) {
                for (JsonNode file : event.data().path("changed")) {
                    changed.put(Path.of(file.path("path").asString("/")), event.seq());
                }
                ran(event, true);
            } else if (event.type().equals(Types.ACTION_FAILED)) {
                ran(event, false);
            }
        });
    }

    private void ran(Event event, boolean passed) {
        String command = folded(event.text("command"));
        if (!command.isEmpty()) {
            runs.put(
                    command,
                    new Run(
                            event.seq(),
                            event.id(),
                            passed,
                            event.text("outcome").isEmpty()));
        }
    }

    private static String folded(String command) {
        return command.strip().replaceAll("\\s+", " ");
    }

    // ---- files and commits

    /** @return the files that the listed commits touch, or null when none is listed */
    private @Nullable Set<Path> commits(JsonNode report, @Nullable Session known) throws IOException {
        ArrayNode commits = data.putArray("commits");
        Set<Path> touched = new HashSet<>();
        for (JsonNode entry : report.path("commits")) {
            String name = entry.asString("").strip().toLowerCase(Locale.ROOT);
            if (!OBJECT_NAME.matcher(name).matches()) {
                differences.add("'" + clipped(name) + "' is not the name of a commit; give at least 7 hex digits");
                continue;
            }
            try {
                String full = Git.ask(project, "rev-parse", "--verify", "--quiet", name + "^{commit}")
                        .strip();
                if (!isAncestor(full)) {
                    differences.add("the commit " + name + " is not on the current branch");
                    continue;
                }
                Instant made = Instant.ofEpochSecond(Long.parseLong(
                        Git.ask(project, "show", "-s", "--format=%ct", full).strip()));
                if (known != null && made.plusSeconds(1).isBefore(known.openedAt())) {
                    differences.add("the commit " + name + " is from " + made + ", before this session began");
                }
                Git.parts(Git.ask(project, "diff-tree", "--root", "--no-commit-id", "--name-only", "-r", "-z", full))
                        .forEach(path -> touched.add(project.resolve(path)));
                commits.add(full);
            } catch (TrustException e) {
                differences.add("there is no commit " + name + " in " + project);
            }
        }
        return commits.isEmpty() ? null : touched;
    }

    private boolean isAncestor(String commit) throws IOException {
        try {
            Git.ask(project, "merge-base", "--is-ancestor", commit, "HEAD");
            return true;
        } catch (TrustException e) {
            return false;
        }
    }

    private Set<Path> files(JsonNode report, @Nullable Set<Path> committed) throws IOException {
        ArrayNode files = data.putArray("files");
        Set<Path> listed = new HashSet<>();
        Set<Path> dirty = dirty();
        for (JsonNode entry : report.path("files")) {
            Path file = inProject(entry.asString(""));
            if (file == null) {
                continue;
            }
            listed.add(file);
            if (Files.isDirectory(file)) {
                differences.add(name(file) + " is a folder; name the files");
            } else if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
                differences.add(name(file) + " is not there");
            } else if (!isTouched(file, dirty, committed)) {
                differences.add(name(file) + " was not changed: neither the log nor git knows of it");
            } else if (committed != null && dirty.contains(file)) {
                differences.add(name(file) + " has changes that are not committed");
            } else {
                files.addObject()
                        .put("path", file.toString())
                        .put("sha256", FileState.now(file).sha256());
            }
        }
        for (JsonNode entry : report.path("deleted")) {
            Path file = inProject(entry.asString(""));
            if (file == null) {
                continue;
            }
            listed.add(file);
            if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
                differences.add(name(file) + " is still there and not deleted");
            } else if (!isTouched(file, dirty, committed)) {
                differences.add(name(file) + " was not deleted: neither the log nor git knows of it");
            } else {
                files.addObject().put("path", file.toString());
            }
        }
        return listed;
    }

    /** Whether the log, git's status or a listed commit knows of a change of the file. */
    private boolean isTouched(Path file, Set<Path> dirty, @Nullable Set<Path> committed) {
        return changed.containsKey(file) || dirty.contains(file) || (committed != null && committed.contains(file));
    }

    private @Nullable Path inProject(String text) {
        try {
            Path file = project.resolve(text).normalize();
            if (!text.isBlank() && file.startsWith(project) && !file.equals(project)) {
                return file;
            }
            differences.add("'" + clipped(text) + "' is not a file of the project " + project);
        } catch (InvalidPathException e) {
            differences.add("'" + clipped(text) + "' is not a path");
        }
        return null;
    }

    /** What differs from the last commit, or is not in git yet; nothing when the project is not in git. */
    private Set<Path> dirty() throws IOException {
        Set<Path> dirty = new HashSet<>();
        try {
            Path tree = Path.of(Git.ask(project, "rev-parse", "--show-toplevel").strip());
            for (String line :
                    Git.parts(Git.status(project, "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames"))) {
                dirty.add(tree.resolve(line.substring(Math.min(3, line.length()))));
            }
        } catch (TrustException e) {
            return Set.of();
        }
        return dirty;
    }

    private void omitted(Set<Path> listed) {
        List<String> left = changed.keySet().stream()
                .filter(file -> file.startsWith(project) && !listed.contains(file))
                .map(file -> name(file) + (Files.exists(file) ? "" : " (gone: list it in 'deleted')"))
                .toList();
        if (!left.isEmpty()) {
            differences.add("the session also changed " + String.join(", ", left) + "; list every file");
        }
    }

    // ---- checks

    private void checks(JsonNode report) {
        ArrayNode checks = data.putArray("checks");
        long lastChange =
                changed.values().stream().mapToLong(Long::longValue).max().orElse(0);
        for (JsonNode check : report.path("checks")) {
            String command = folded(check.path("command").asString(""));
            String result = check.path("result").asString("");
            Run run = runs.get(folded(Redactor.field(command)));
            if (command.isEmpty() || !Set.of("passed", "failed").contains(result)) {
                differences.add("a check needs 'command', as it was run, and 'result': passed or failed");
            } else if (run == null) {
                differences.add("`" + clipped(command) + "` did not run in this session" + nearest(command));
            } else if (!run.known) {
                differences.add("`" + clipped(command)
                        + "` ran, but this client does not tell how a command ended; leave it out of 'checks'");
            } else if (run.passed != result.equals("passed")) {
                differences.add("`" + clipped(command) + "` " + (run.passed ? "passed" : "failed") + " and not "
                        + result + " (" + run.event + ")");
            } else if (run.passed && MASKED.matcher(command).find()) {
                differences.add("`" + clipped(command)
                        + "` hides the exit status of the check behind a pipe or a fallback; run the check alone");
            } else if (run.passed && run.seq < lastChange) {
                differences.add("`" + clipped(command) + "` ran before the last change; run it again");
            } else {
                checks.addObject()
                        .put("command", Redactor.field(command))
                        .put("passed", run.passed)
                        .put("event", run.event);
            }
        }
    }

    private String nearest(String command) {
        Set<String> wanted = Words.of(command);
        String best = "";
        int most = 0;
        for (String ran : runs.keySet()) {
            int shared = Words.shared(Words.of(ran), wanted);
            if (shared > most) {
                most = shared;
                best = ran;
            }
        }
        return best.isEmpty() ? "" : "; nearest is `" + clipped(best) + "`";
    }

    // ---- what was said

    private void decisions(JsonNode report) {
        ArrayNode decisions = data.putArray("decisions");
        Memory memory = core.state().continuity().memory();
        for (JsonNode decision : report.path("decisions")) {
            String text = decision.asString("").strip();
            var id = ENTRY.matcher(text);
            if (id.matches()) {
                Memory.Entry entry = memory.get(id.group(1)).orElse(null);
                if (entry == null || !entry.kind().equals("decision")) {
                    differences.add("there is no decision " + id.group(1));
                    continue;
                }
                if (!entry.current()) {
                    differences.add("the decision " + entry.id() + " was replaced by " + entry.replacedBy());
                    continue;
                }
                text = entry.text();
            }
            if (memory.superseded(project.toString(), "decision", text)) {
                differences.add("the decision \u201c" + clipped(text) + "\u201d was replaced by a later one");
            } else if (!text.isEmpty()) {
                decisions.add(Redactor.field(text));
            }
        }
    }

    private void openEnds(JsonNode report) {
        List<String> listed = texts(report, "open");
        for (Memory.Entry entry : core.state().continuity().memory().current(project.toString())) {
            if (entry.kind().equals("open")
                    && entry.session().equals(session)
                    && listed.stream().noneMatch(text -> text.contains(entry.id()) || sameWords(text, entry.text()))) {
                differences.add("still open and not listed: " + entry.text() + " [" + entry.id()
                        + "]; list it, or resolve it with memory_write and 'replaces'");
            }
        }
        listed.forEach(text -> data.withArray("open").add(Redactor.field(text)));
        data.withArray("open");
    }

    private void errors(JsonNode report) {
        List<String> listed = texts(report, "errors");
        Set<String> failing = new HashSet<>();
        report.path("checks")
                .forEach(check -> failing.add(folded(check.path("command").asString(""))));
        runs.forEach((command, run) -> {
            if (!run.passed
                    && !failing.contains(command)
                    && listed.stream().noneMatch(text -> text.contains(command) || text.contains(run.event))) {
                differences.add("`" + clipped(command) + "` failed and is not named in 'errors' (" + run.event + ")");
            }
        });
        listed.forEach(text -> data.withArray("errors").add(Redactor.field(text)));
        data.withArray("errors");
    }

    private static List<String> texts(JsonNode report, String name) {
        return report.path(name)
                .valueStream()
                .map(text -> text.asString("").strip())
                .filter(text -> !text.isEmpty())
                .toList();
    }

    private static boolean sameWords(String a, String b) {
        return Words.of(a).containsAll(Words.of(b)) || Words.of(b).equals(Words.of(a));
    }

    private String name(Path file) {
        return project.relativize(file).toString();
    }

    private static String clipped(String text) {
        return Redactor.redact(text.length() <= 120 ? text : text.substring(0, 119) + "\u2026");
    }
}
