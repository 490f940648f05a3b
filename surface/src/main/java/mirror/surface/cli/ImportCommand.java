package mirror.surface.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import mirror.bus.Blobs;
import mirror.bus.Json;
import mirror.bus.VerifyReport.Verdict;
import mirror.continuity.Import;
import mirror.continuity.TranscriptFormat;
import mirror.continuity.TranscriptImporter;
import mirror.continuity.TranscriptImporter.Found;
import mirror.continuity.TranscriptImporter.Outcome;
import mirror.continuity.TranscriptImporter.Survey;
import mirror.surface.Core;
import tools.jackson.databind.node.ObjectNode;

/** Takes in the transcripts that clients wrote without Mirror, and shows and checks what was taken in. */
final class ImportCommand implements Command {
    private static final DateTimeFormatter DAY = DateTimeFormatter.ofPattern("yyyy-MM-dd", Locale.ROOT);

    /** Problems that are named one by one. */
    private static final int NAMED = 20;

    /** Held by the import that runs. */
    private final Lock one = new ReentrantLock();

    @Override
    public String name() {
        return "import";
    }

    @Override
    public String usage() {
        return "import claude|codex [--from DIR] [--dry-run] [--json] | list [WORDS] [--json] | verify [--json]";
    }

    @Override
    public String summary() {
        return "take in the transcripts of Claude Code or Codex as evidence, list and check them";
    }

    @Override
    public String help() {
        return """
                claude   the sessions in ~/.claude/projects (or in $CLAUDE_CONFIG_DIR)
                codex    the sessions in ~/.codex/sessions (or in $CODEX_HOME)
                list     what was taken in; with WORDS, where intent, project or session has them
                verify   whether every stored file is still what it was

                --from DIR   the transcripts lie elsewhere
                --dry-run    only say what would be taken in

                Each file's bytes are kept as they are in Mirror's home, readable by you alone; the files themselves stay
                untouched. What was taken in before is passed over, a session that went on is taken in as a new version.
                """;
    }

    @Override
    public int run(Core core, Call call, Out out) throws IOException {
        Options options = Options.parse(this, call.args(), "from=", "dry-run", "json");
        String what = options.rest().isEmpty() ? "" : options.rest().getFirst();
        if (what.equals("list")) {
            return list(core, call, options, out);
        }
        if (options.rest().size() != 1) {
            throw CliException.usage("usage: mirror " + usage());
        }
        if (what.equals("verify")) {
            return verify(core, call, options, out);
        }
        TranscriptFormat format = TranscriptFormat.of(what)
                .orElseThrow(() -> CliException.usage("'" + Style.plain(what)
                        + "' is no client whose transcripts Mirror can read; use claude or codex"));
        if (!one.tryLock()) {
            throw CliException.no("another import is running; wait for it");
        }
        try {
            return take(core, call, format, options, out);
        } finally {
            one.unlock();
        }
    }

    private static Path folder(Call call, TranscriptFormat format, Options options) {
        Path folder = options.value("from")
                .map(from -> call.path(from).normalize())
                .orElseGet(() -> format.folder(call.user(), call.folders().get(format.text())));
        if (!Files.isDirectory(folder)) {
            throw CliException.no("there is no folder " + Style.plain(folder.toString())
                    + "; name the one with the transcripts with --from DIR");
        }
        return folder;
    }

    // ---- taking in

    private static int take(Core core, Call call, TranscriptFormat format, Options options, Out out)
            throws IOException {
        TranscriptImporter importer =
                new TranscriptImporter(core.projector(), core.state().imports());
        Survey survey = importer.survey(format, folder(call, format, options));
        boolean dry = options.has("dry-run");
        boolean json = options.has("json");
        List<String> problems = new ArrayList<>(survey.passed());
        Map<Outcome, Integer> counts = new EnumMap<>(Outcome.class);
        boolean left = false;
        PrintStream terminal =
                call.color() && !json ? new PrintStream(new OutStream(out), false, StandardCharsets.UTF_8) : null;
        try (Progress progress = new Progress("import", survey.bytes(), terminal, System::nanoTime)) {
            for (Found found : survey.found()) {
                left = call.abandoned() || (terminal != null && terminal.checkError());
                if (left) {
                    break;
                }
                try {
                    Outcome outcome = dry ? importer.tryOut(format, found) : importer.take(format, found, progress);
                    counts.merge(outcome, 1, Integer::sum);
                    if (dry && !json && outcome != Outcome.KNOWN) {
                        out.line("%-9s  %10s  %s"
                                .formatted(
                                        outcome.name().toLowerCase(Locale.ROOT),
                                        size(found.bytes()),
                                        Style.plain(found.file().toString())));
                    }
                } catch (IOException e) {
                    problems.add(found.file() + " was not taken in: " + TranscriptImporter.reason(e));
                }
            }
        }
        if (json) {
            ObjectNode node = Json.object().put("client", format.client()).put("dry-run", dry);
            for (Outcome outcome : Outcome.values()) {
                node.put(outcome.name().toLowerCase(Locale.ROOT), counts.getOrDefault(outcome, 0));
            }
            problems.forEach(node.putArray("passed-over")::add);
            out.line(Json.MAPPER.writeValueAsString(node));
        } else {
            say(format, counts, dry, new Style(call.color()), problems, out);
        }
        if (left) {
            throw CliException.no("the import was ended early; the next one goes on where it was");
        }
        return problems.isEmpty() ? Exit.OK : Exit.NO;
    }

    private static void say(
            TranscriptFormat format,
            Map<Outcome, Integer> counts,
            boolean dry,
            Style style,
            List<String> problems,
            Out out) {
        int fresh = counts.getOrDefault(Outcome.NEW, 0);
        int grew = counts.getOrDefault(Outcome.GREW, 0);
        int rewritten = counts.getOrDefault(Outcome.REWRITTEN, 0);
        out.line((dry ? "would take in " : "taken in: ") + fresh + " new of " + format.client() + ", " + grew
                + " that went on, " + rewritten + " that were rewritten; known already: "
                + counts.getOrDefault(Outcome.KNOWN, 0));
        problems.stream().limit(NAMED).forEach(problem -> out.line(style.wait("  " + Style.plain(problem))));
        if (problems.size() > NAMED) {
            out.line("  and " + (problems.size() - NAMED) + " more; --json names all");
        }
    }

    // ---- looking

    private static int list(Core core, Call call, Options options, Out out) {
        String words = String.join(" ", options.rest().subList(1, options.rest().size()))
                .toLowerCase(Locale.ROOT);
        List<Import> imports = core.state().imports().current().stream()
                .filter(each -> text(each).contains(words))
                .toList();
        if (options.has("json")) {
            var array = Json.array();
            imports.forEach(each -> array.add(json(each)));
            out.line(Json.MAPPER.writeValueAsString(array));
            return Exit.OK;
        }
        if (imports.isEmpty()) {
            out.line(
                    words.isEmpty()
                            ? "nothing was taken in yet: 'mirror import claude' or 'mirror import codex'"
                            : "nothing that was taken in has these words");
        }
        Style style = new Style(call.color());
        for (Import each : imports) {
            var transcript = each.transcript();
            Instant last = transcript.last();
            String head = "%-10s  %-11s  %-8s  "
                    .formatted(
                            last == null ? "" : DAY.format(last.atZone(ZoneId.systemDefault())),
                            each.client(),
                            Style.clip(transcript.session(), 8).replace("\u2026", ""));
            String counts = "  %d prompts, %d calls, %s%s%s"
                    .formatted(
                            transcript.prompts(),
                            transcript.calls(),
                            size(each.bytes()),
                            each.version() > 1 ? ", version " + each.version() : "",
                            transcript.unreadable() > 0 ? ", " + transcript.unreadable() + " lines unreadable" : "");
            String intent = transcript.intent().isEmpty() ? transcript.project() : transcript.intent();
            out.line(style.dim(head)
                    + Style.clip(Style.plain(intent), Math.max(20, call.width() - head.length() - counts.length()))
                    + style.dim(counts));
        }
        return Exit.OK;
    }

    private static String text(Import each) {
        var transcript = each.transcript();
        return (transcript.intent() + "\n" + transcript.project() + "\n" + transcript.session() + "\n" + each.client())
                .toLowerCase(Locale.ROOT);
    }

    private static ObjectNode json(Import each) {
        return Json.MAPPER.valueToTree(each);
    }

    private static int verify(Core core, Call call, Options options, Out out) throws IOException {
        List<Import> imports = core.state().imports().list();
        Blobs blobs = core.projector().log().blobs();
        List<String> damaged = new ArrayList<>();
        boolean json = options.has("json");
        PrintStream terminal =
                call.color() && !json ? new PrintStream(new OutStream(out), false, StandardCharsets.UTF_8) : null;
        long total = imports.stream().mapToLong(Import::bytes).sum();
        try (Progress progress = new Progress("import verify", total, terminal, System::nanoTime)) {
            for (Import each : imports) {
                Verdict verdict = blobs.check(each.sha256(), progress);
                if (verdict != Verdict.INTACT) {
                    damaged.add(blobs.file(each.sha256()) + " of event " + each.event() + " is " + verdict.text()
                            + " (it was " + each.path() + "); restore it from a backup");
                }
            }
        }
        if (json) {
            ObjectNode node = Json.object().put("intact", imports.size() - damaged.size());
            damaged.forEach(node.putArray("damaged")::add);
            out.line(Json.MAPPER.writeValueAsString(node));
        } else {
            Style style = new Style(call.color());
            out.line((damaged.isEmpty() ? style.good("intact") : style.bad("damaged")) + ": "
                    + (imports.size() - damaged.size()) + " of " + imports.size() + " stored transcripts, "
                    + size(total));
            damaged.forEach(each -> out.line("  " + Style.plain(each)));
        }
        return damaged.isEmpty() ? Exit.OK : Exit.NO;
    }

    private static String size(long bytes) {
        return bytes < 10_000 ? bytes + " B" : bytes < 10_000_000 ? bytes / 1_000 + " kB" : bytes / 1_000_000 + " MB";
    }
}
