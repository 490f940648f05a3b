package mirror.continuity;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.bus.Projection;
import mirror.trust.Sensitivity;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What was decided, learned and left open, as a fold over events. An entry comes from {@code memory_write}, from a completion report,
 * or from a line of a client's last message that says what it is ({@code Decision: …}, {@code Open: …}). An entry that names an
 * earlier one as superseded or resolved takes its place. Thread-safe.
 */
public final class Memory implements Projection {
    /** Kinds of entries, in the order a new session needs them. */
    public static final List<String> KINDS = List.of("constraint", "decision", "open", "fact", "note");

    private static final Pattern SAID = Pattern.compile(
            "(?im)^[\\s>*_#-]*(decision|decided|constraint|open|todo|next|fact)\\**\\s*:\\**\\s*(\\S.{2,})$");

    private static final Map<String, String> SAID_KINDS = Map.of(
            "decision", "decision",
            "decided", "decision",
            "constraint", "constraint",
            "open", "open",
            "todo", "open",
            "next", "open",
            "fact", "fact");

    private static final int LINE = 400;

    /** Fewer words say nothing that can be used later. */
    private static final int JUNK_WORDS = 2;

    /** Share of common words from which two texts say the same. */
    private static final double ECHO = 0.9;

    /** An open end that nobody touched for so long was forgotten. */
    static final Duration OPEN_STALE = Duration.ofDays(14);

    private static final Duration FACT_STALE = Duration.ofDays(180);

    /**
     * One entry.
     *
     * @param id event id, with {@code /n} when one event holds several
     * @param source where it comes from, in words
     * @param sensitivity how far it may travel; what nobody labelled is internal
     * @param replacedBy id of the entry that took its place, or null while it counts
     */
    public record Entry(
            String id,
            String kind,
            String text,
            String project,
            String session,
            String source,
            Instant time,
            long seq,
            Sensitivity sensitivity,
            @Nullable String replacedBy) {
        Entry replaced(String by) {
            return new Entry(id, kind, text, project, session, source, time, seq, sensitivity, by);
        }

        public boolean current() {
            return replacedBy == null;
        }
    }

    private final Map<String, Entry> entries = new LinkedHashMap<>();
    /** The project of each session. */
    private final Map<String, String> projects = new TreeMap<>();

    /** Keys of the entries that count: the same thing said twice is one entry. */
    private final Set<String> counting = new HashSet<>();

    @Override
    public String name() {
        return "memory";
    }

    @Override
    public int version() {
        return 2;
    }

    @Override
    public synchronized JsonNode save() {
        ObjectNode saved = Json.object();
        saved.set("entries", Json.array(entries.values()));
        ObjectNode sessions = saved.putObject("projects");
        projects.forEach(sessions::put);
        return saved;
    }

    @Override
    public synchronized void restore(JsonNode saved) {
        entries.clear();
        projects.clear();
        counting.clear();
        for (Entry entry : Json.list(saved.path("entries"), Entry.class)) {
            entries.put(entry.id, entry);
            if (entry.current()) {
                counting.add(key(entry.kind, entry.project, entry.text));
            }
        }
        saved.path("projects")
                .properties()
                .forEach(project ->
                        projects.put(project.getKey(), project.getValue().asString()));
    }

    @Override
    public synchronized void accept(Event event) {
        String session = event.session() == null ? "" : event.session();
        switch (event.type()) {
            case Types.OPENED -> projects.put(session, event.text("project"));
            case Types.MEMORY_WRITTEN -> {
                String project = event.text("project");
                String replaces = event.text("replaces");
                if (!replaces.isEmpty()) {
                    entries.computeIfPresent(replaces, (_, entry) -> {
                        counting.remove(key(entry.kind, entry.project, entry.text));
                        return entry.replaced(event.id());
                    });
                }
                // Afterwards: it may say what the one says that it takes the place of.
                add(event, event.id(), event.text("kind"), event.text("text"), project, session, event.text("source"));
            }
            case Types.COMPLETED -> {
                int n = 0;
                String project = projects.getOrDefault(session, event.text("project"));
                for (String kind : List.of("decision", "open")) {
                    for (JsonNode text : event.data().path(kind.equals("open") ? "open" : "decisions")) {
                        add(
                                event,
                                event.id() + "/" + ++n,
                                kind,
                                text.asString(""),
                                project,
                                session,
                                "completion report");
                    }
                }
            }
            case Types.TURN_ENDED -> {
                int n = 0;
                for (Said said : said(event.text("message"))) {
                    add(
                            event,
                            event.id() + "/" + ++n,
                            said.kind,
                            said.text,
                            projects.getOrDefault(session, ""),
                            session,
                            "said by " + event.actor());
                }
            }
            default -> {}
        }
    }

    /** A line of a message that says what it is. */
    record Said(String kind, String text) {}

    static List<Said> said(String message) {
        List<Said> found = new ArrayList<>();
        Matcher said = SAID.matcher(message);
        while (said.find()) {
            found.add(new Said(SAID_KINDS.getOrDefault(said.group(1).toLowerCase(Locale.ROOT), "note"), said.group(2)));
        }
        return found;
    }

    private void add(Event event, String id, String kind, String text, String project, String session, String source) {
        String line = Text.line(text, LINE);
        if (!line.isEmpty() && counting.add(key(kind, project, line))) {
            entries.put(
                    id,
                    new Entry(
                            id,
                            kind,
                            line,
                            project,
                            session,
                            source,
                            event.time(),
                            event.seq(),
                            sensitivity(event.text("sensitivity")),
                            null));
        }
    }

    /** A label that is not understood is the strictest one. */
    private static Sensitivity sensitivity(String label) {
        return label.isEmpty() ? Sensitivity.INTERNAL : Sensitivity.of(label).orElse(Sensitivity.NEVER_SHARE);
    }

    /**
     * Why a text may not become an entry, as a sentence for the agent; empty when it may. An entry needs a source, says something, and
     * says what no entry says already: memory that is read and written back is no new knowledge.
     *
     * @param replaces id of the entry that it takes the place of, or empty
     */
    public synchronized String fault(String kind, String text, String project, String source, String replaces) {
        Set<String> words = words(text);
        if (words.isEmpty()) {
            return "'text' is empty; write one sentence";
        }
        if (words.size() < JUNK_WORDS) {
            return "'" + Text.line(text, 80) + "' says too little to be of use later; write one sentence";
        }
        if (source.isBlank()) {
            return "'source' is empty; say where this is from: a file, a command, a page, or the owner";
        }
        for (Entry entry : current(project)) {
            if (!entry.id.equals(replaces) && Words.alike(words, words(entry.text)) >= ECHO) {
                return "this is known already as " + entry.kind + " " + entry.id + ": " + entry.text
                        + "; to change it, name it in 'replaces'";
            }
        }
        return "";
    }

    /**
     * What is wrong with an entry, by kind of fault.
     *
     * @param fault {@code junk}, {@code duplicate}, {@code stale} or {@code unsourced}
     */
    public record Finding(String fault, Entry entry, String why) {}

    /** Faults of the entries that count, in the order in which they were made. */
    public synchronized List<Finding> audit(Instant now) {
        List<Finding> found = new ArrayList<>();
        List<Entry> earlier = new ArrayList<>();
        for (Entry entry : current("").reversed()) {
            Set<String> words = words(entry.text);
            if (words.size() < JUNK_WORDS) {
                found.add(new Finding("junk", entry, "says too little"));
            }
            if (entry.source.isBlank()) {
                found.add(new Finding("unsourced", entry, "nobody said where it is from"));
            }
            Duration age = Duration.between(entry.time, now);
            if (age.compareTo(entry.kind.equals("open") ? OPEN_STALE : FACT_STALE) > 0) {
                found.add(new Finding("stale", entry, "is " + age.toDays() + " days old"));
            }
            earlier.stream()
                    .filter(other ->
                            other.project.equals(entry.project) && Words.alike(words, words(other.text)) >= ECHO)
                    .findFirst()
                    .ifPresent(other -> found.add(new Finding("duplicate", entry, "says what " + other.id + " says")));
            earlier.add(entry);
        }
        return found;
    }

    private static String key(String kind, String project, String line) {
        return kind + "\n" + project + "\n" + line;
    }

    public synchronized Optional<Entry> get(String id) {
        return Optional.ofNullable(entries.get(id));
    }

    /** Whether the text was an entry of the project that another one took the place of, and is none that counts. */
    public synchronized boolean superseded(String project, String kind, String text) {
        String line = Text.line(text, LINE);
        return !counting.contains(key(kind, project, line))
                && entries.values().stream()
                        .anyMatch(entry -> !entry.current()
                                && entry.kind.equals(kind)
                                && entry.project.equals(project)
                                && entry.text.equals(line));
    }

    /** Entries of the project that count, newest first; of every project when {@code project} is empty. */
    public synchronized List<Entry> current(String project) {
        List<Entry> found = new ArrayList<>();
        for (Entry entry : entries.values()) {
            if (entry.current() && (project.isEmpty() || entry.project.equals(project))) {
                found.add(entry);
            }
        }
        return found.reversed();
    }

    /** The same, but those that share words with the focus come first. */
    List<Entry> current(String project, String focus) {
        List<Entry> found = current(project);
        Set<String> wanted = words(focus);
        if (wanted.isEmpty()) {
            return found;
        }
        Map<Entry, Integer> shared = new HashMap<>();
        found.forEach(entry -> shared.put(entry, Words.shared(words(entry.text), wanted)));
        return found.stream()
                .sorted(Comparator.comparing((Entry entry) -> shared.getOrDefault(entry, 0))
                        .reversed())
                .toList();
    }

    /**
     * Entries that share words with the query, best first: each shared word counts more the fewer entries have it. Entries that
     * were superseded are left out.
     */
    public List<Entry> search(String query, String project, int limit) {
        return search(query, project, limit, _ -> true);
    }

    /** The same among the entries that the asker may see: the others count for nothing, not even for how rare a word is. */
    public synchronized List<Entry> search(String query, String project, int limit, Predicate<Entry> visible) {
        Set<String> wanted = words(query);
        List<Entry> pool = current(project).stream().filter(visible).toList();
        Map<String, Integer> frequency = new HashMap<>();
        Map<Entry, Set<String>> wordsOf = new LinkedHashMap<>();
        for (Entry entry : pool) {
            Set<String> words = words(entry.text);
            words.retainAll(wanted);
            if (!words.isEmpty()) {
                wordsOf.put(entry, words);
                words.forEach(word -> frequency.merge(word, 1, Integer::sum));
            }
        }
        Map<Entry, Double> scores = new HashMap<>();
        wordsOf.forEach((entry, words) -> scores.put(
                entry,
                words.stream()
                        .mapToDouble(word -> Math.log(1 + (double) pool.size() / frequency.getOrDefault(word, 1)))
                        .sum()));
        return wordsOf.keySet().stream()
                .sorted((a, b) -> Double.compare(scores.getOrDefault(b, 0.0), scores.getOrDefault(a, 0.0)))
                .limit(limit)
                .toList();
    }

    /** Words that a single letter or figure is not. */
    private static Set<String> words(String text) {
        Set<String> words = Words.of(text);
        words.removeIf(word -> word.length() == 1);
        return words;
    }
}
