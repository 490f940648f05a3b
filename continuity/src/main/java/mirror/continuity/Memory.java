package mirror.continuity;

import java.time.Instant;
import java.util.ArrayList;
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

    private static final Pattern NOT_WORD = Pattern.compile("[^\\p{L}\\p{N}]+");

    private static final int LINE = 400;

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
                add(event, event.id(), event.text("kind"), event.text("text"), project, session, event.text("source"));
                String replaces = event.text("replaces");
                if (!replaces.isEmpty()) {
                    entries.computeIfPresent(replaces, (_, entry) -> {
                        counting.remove(key(entry.kind, entry.project, entry.text));
                        return entry.replaced(event.id());
                    });
                }
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
                Matcher said = SAID.matcher(event.text("message"));
                while (said.find()) {
                    String kind = SAID_KINDS.getOrDefault(said.group(1).toLowerCase(Locale.ROOT), "note");
                    add(
                            event,
                            event.id() + "/" + ++n,
                            kind,
                            said.group(2),
                            projects.getOrDefault(session, ""),
                            session,
                            "said by " + event.actor());
                }
            }
            default -> {}
        }
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

    private static String key(String kind, String project, String line) {
        return kind + "\n" + project + "\n" + line;
    }

    public synchronized Optional<Entry> get(String id) {
        return Optional.ofNullable(entries.get(id));
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

    private static Set<String> words(String text) {
        Set<String> words = new HashSet<>();
        NOT_WORD.splitAsStream(text.toLowerCase(Locale.ROOT))
                .filter(word -> word.length() > 1)
                .forEach(words::add);
        return words;
    }
}
