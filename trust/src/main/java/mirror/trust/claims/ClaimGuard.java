package mirror.trust.claims;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import mirror.bus.Draft;
import mirror.bus.Json;
import mirror.trust.Action;
import mirror.trust.Check;
import mirror.trust.Effect;
import mirror.trust.Patch;
import mirror.trust.Policy;
import mirror.trust.Redactor;
import mirror.trust.TrustException;
import mirror.trust.Verdict;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;

/**
 * Keeps agents from publishing figures that nobody recorded. It looks at what an action would write into a publishable file of a
 * project that was probed at least once, and blocks when a new or changed claim has no support. A project without a probe of its own
 * is left alone. Why so: {@code docs/decisions/0013-claims.md}.
 *
 * <p>Other than most checks it reads a file, the one that is about to be written, because old claims are no news; that is at most
 * {@value #LONGEST} characters. Content that a shell command does not show is looked at by {@link #after} when it is on disk.
 * Thread-safe.
 */
public final class ClaimGuard implements Check {
    static final String FOUND = "mirror.claim.found.v1";
    static final String RULE = "claims";

    /** A longer text is not looked through, and so it is not published unseen either. */
    public static final int LONGEST = 1024 * 1024;

    private static final int NAMED = 5;
    private static final int REMEMBERED = 64;

    private static final String WAYS =
            "; record it with 'mirror probe' (the owner: 'mirror probe add NAME VALUE UNIT --evidence FILE'), or write ESTIMATE"
                    + " into the sentence";

    private final Facts facts;
    private final Publishable publishable;

    /** The claims that a file had before a shell command wrote it, by call and file. */
    private final Map<String, Map<String, Integer>> before = new LinkedHashMap<>();

    public ClaimGuard(Facts facts, Publishable publishable) {
        this.facts = facts;
        this.publishable = publishable;
    }

    public Facts facts() {
        return facts;
    }

    public Publishable publishable() {
        return publishable;
    }

    @Override
    public Optional<Policy.Match> check(Action action, Policy.Match sofar) {
        if (sofar.verdict() == Verdict.BLOCK) {
            return Optional.empty();
        }
        Set<Path> files = published(action);
        if (files.isEmpty()) {
            return Optional.empty();
        }
        for (Path file : files) {
            try {
                List<ClaimCheck.Finding> findings = findings(action, file);
                if (!findings.isEmpty()) {
                    return Optional.of(new Policy.Match(
                            Verdict.BLOCK,
                            RULE,
                            file + " would state what no probe supports: " + text(findings) + WAYS));
                }
            } catch (IOException | TrustException e) {
                return Optional.of(new Policy.Match(
                        Verdict.BLOCK, RULE, "the claims of " + file + " cannot be checked: " + e.getMessage()));
            }
        }
        return Optional.empty();
    }

    private Set<Path> published(Action action) {
        Set<Path> files = new LinkedHashSet<>();
        for (Effect effect : action.effects()) {
            if (effect instanceof Effect.Write(Path file)) {
                Path project = real(action.project());
                if (publishable.covers(project, file) && facts.any(project.toString())) {
                    files.add(file);
                }
            }
        }
        return files;
    }

    private List<ClaimCheck.Finding> findings(Action action, Path file) throws IOException {
        List<Fact> known = facts.of(real(action.project()).toString());
        boolean html = Publishable.isHtml(file);
        JsonNode input = action.input();
        return switch (action.tool()) {
            case "Write" ->
                ClaimCheck.changed(read(file), bounded(input.path("content").asString("")), html, known);
            case "Edit", "MultiEdit" -> {
                String old = read(file);
                yield ClaimCheck.changed(old, bounded(edited(old, input)), html, known);
            }
            case "apply_patch" -> {
                // Where the lines go does not matter: a claim is new when the file did not make it before.
                String old = read(file);
                StringBuilder text = new StringBuilder(old);
                for (Patch.Section section : Patch.parse(input.path("command").asString(""))) {
                    if (real(action.cwd().resolve(section.path())).equals(real(file))) {
                        text.append("\n\n").append(section.added());
                    }
                }
                yield ClaimCheck.changed(old, bounded(text.toString()), html, known);
            }
            case "Bash" -> {
                String old = read(file);
                remember(action.session() + " " + action.id() + " " + file, ClaimCheck.keys(old, html));
                // A fragment has no sentences to compare: what the file says already may be in it, as in sed's pattern.
                Set<String> said =
                        ClaimFinder.find(old, html).stream().map(Claim::text).collect(Collectors.toSet());
                List<Claim> shown = ClaimFinder.find(
                        bounded(ShellText.of(input.path("command").asString(""))), html);
                yield ClaimCheck.unsupported(
                        shown.stream()
                                .filter(claim -> !said.contains(claim.text()))
                                .toList(),
                        known);
            }
            default -> List.of();
        };
    }

    /** The file as it will be; an edit that does not fit its text stands for itself. */
    private static String edited(String old, JsonNode input) {
        List<JsonNode> edits = new ArrayList<>();
        if (input.path("edits").isArray()) {
            input.path("edits").forEach(edits::add);
        } else {
            edits.add(input);
        }
        String text = old;
        for (JsonNode edit : edits) {
            String from = edit.path("old_string").asString("");
            String to = edit.path("new_string").asString("");
            int at = text.indexOf(from);
            if (from.isEmpty() || at < 0) {
                text = text + "\n\n" + to;
            } else if (edit.path("replace_all").asBoolean(false)) {
                text = text.replace(from, to);
            } else {
                text = text.substring(0, at) + to + text.substring(at + from.length());
            }
            bounded(text);
        }
        return text;
    }

    /**
     * What a shell command left in publishable files that no fact supports: the event of it, or nothing. Its {@code text} is for the
     * agent.
     */
    public Optional<Draft> after(Action action) {
        if (!action.tool().equals("Bash")) {
            return Optional.empty();
        }
        ArrayNode found = Json.array();
        List<String> texts = new ArrayList<>();
        for (Path file : published(action)) {
            Map<String, Integer> old = recall(action.session() + " " + action.id() + " " + file);
            boolean html = Publishable.isHtml(file);
            List<ClaimCheck.Finding> findings = List.of();
            try {
                findings = ClaimCheck.unsupported(
                        ClaimCheck.fresh(old, ClaimFinder.find(read(file), html)),
                        facts.of(real(action.project()).toString()));
            } catch (IOException | TrustException e) {
                texts.add(file + " could not be read again: " + e.getMessage());
            }
            if (!findings.isEmpty()) {
                texts.add(file + ": " + text(findings));
                findings.stream().limit(20).forEach(finding -> found.add(json(file, finding)));
            }
        }
        if (texts.isEmpty()) {
            return Optional.empty();
        }
        var data = Json.object()
                .put(
                        "text",
                        Redactor.field(
                                "what you wrote states what no probe supports: " + String.join("; ", texts) + WAYS));
        data.set("claims", found);
        return Optional.of(
                Draft.of(FOUND, action.actor(), data).subject(action.id()).session(action.session()));
    }

    /** A finding as events and {@code --json} show it. */
    public static JsonNode json(Path file, ClaimCheck.Finding finding) {
        Fact nearest = finding.nearest();
        return Json.object()
                .put("path", file.toString())
                .put("line", finding.claim().line())
                .put("column", finding.claim().column())
                .put("text", Redactor.field(finding.claim().text()))
                .put("nearest", nearest == null ? "" : nearest.text());
    }

    private static String text(List<ClaimCheck.Finding> findings) {
        String first =
                findings.stream().limit(NAMED).map(ClaimCheck.Finding::text).collect(Collectors.joining(", "));
        return findings.size() <= NAMED ? first : first + " and " + (findings.size() - NAMED) + " more";
    }

    private void remember(String call, Map<String, Integer> keys) {
        synchronized (before) {
            before.put(call, keys);
            if (before.size() > REMEMBERED) {
                before.remove(before.keySet().iterator().next());
            }
        }
    }

    private Map<String, Integer> recall(String call) {
        synchronized (before) {
            Map<String, Integer> keys = before.remove(call);
            return keys == null ? Map.of() : keys;
        }
    }

    /** The text of a file, {@code ""} where there is none. */
    public static String read(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            return "";
        }
        if (Files.size(file) > LONGEST) {
            throw new TrustException(tooLong());
        }
        return new String(Files.readAllBytes(file), java.nio.charset.StandardCharsets.UTF_8);
    }

    private static String bounded(String text) {
        if (text.length() > LONGEST) {
            throw new TrustException(tooLong());
        }
        return text;
    }

    private static String tooLong() {
        return "a published text may have " + LONGEST + " characters; split it";
    }

    private static Path real(Path path) {
        try {
            return path.toRealPath();
        } catch (IOException e) {
            return path.toAbsolutePath().normalize();
        }
    }
}
