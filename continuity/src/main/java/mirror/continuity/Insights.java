package mirror.continuity;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import mirror.bus.Draft;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.bus.Projection;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What consolidation finds in the events of all sessions, and what the owner made of it, as a fold over events. Found are approaches
 * that failed again and again ({@code never-again}), facts that several sessions came to on their own ({@code claim}), open ends that
 * nobody touched ({@code stale}) and entries that cannot both hold ({@code contradiction}). Each names the events it follows from; the
 * same events give the same findings, and what was found once is not found again. A finding is a proposal until it is applied.
 * Thread-safe.
 */
public final class Insights implements Projection {
    public static final String NEVER_AGAIN = "never-again";

    /** Failures of one command, with no success after them, that make it an approach not to repeat. */
    static final int FAILURES = 3;

    /** Sessions that must have said the same for it to be proposed as a claim. */
    static final int SESSIONS = 3;

    /** Commands and sayings that are watched at a time; the one that was met longest ago makes room. */
    private static final int WATCHED = 2_000;

    private static final int CITED = 10;
    private static final double RESEMBLES = 0.75;
    private static final Pattern NUMBER = Pattern.compile("\\p{N}+");
    private static final Set<String> NEGATIONS =
            Set.of("not", "no", "never", "without", "nicht", "kein", "keine", "nie");

    /** Where a finding stands. */
    public enum Status {
        PROPOSED,
        APPLIED,
        DISMISSED;

        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * One finding.
     *
     * @param id id of the event that recorded it
     * @param key what makes it the same finding when it is made again
     * @param about the command, for {@link #NEVER_AGAIN}; otherwise empty
     * @param events ids of the events it follows from
     */
    public record Insight(
            String id,
            String key,
            String kind,
            String project,
            String text,
            String about,
            List<String> events,
            Instant time,
            Status status) {
        Insight with(Status now) {
            return new Insight(id, key, kind, project, text, about, events, time, now);
        }
    }

    /** Something that happened repeatedly: in which sessions, by which events. */
    private record Repeated(String project, String text, List<String> events, List<String> sessions, String last) {
        Repeated and(Event event, String what) {
            List<String> more = new ArrayList<>(events);
            List<String> where = new ArrayList<>(sessions);
            more.add(event.id());
            where.add(String.valueOf(event.session()));
            boolean full = more.size() > CITED;
            return new Repeated(
                    project,
                    text,
                    full ? more.subList(more.size() - CITED, more.size()) : more,
                    full ? where.subList(where.size() - CITED, where.size()) : where,
                    what);
        }
    }

    private final Map<String, Insight> insights = new LinkedHashMap<>();
    private final Map<String, String> projects = new TreeMap<>();
    private final Map<String, Repeated> failed = new LinkedHashMap<>();
    private final Map<String, Repeated> said = new LinkedHashMap<>();

    @Override
    public String name() {
        return "insights";
    }

    @Override
    public int version() {
        return 1;
    }

    @Override
    public synchronized JsonNode save() {
        ObjectNode saved = Json.object();
        saved.set("insights", Json.array(insights.values()));
        projects.forEach(saved.putObject("projects")::put);
        save(saved.putObject("failed"), failed);
        save(saved.putObject("said"), said);
        return saved;
    }

    private static void save(ObjectNode into, Map<String, Repeated> repeated) {
        repeated.forEach((key, value) -> into.set(key, Json.MAPPER.<JsonNode>valueToTree(value)));
    }

    @Override
    public synchronized void restore(JsonNode saved) {
        insights.clear();
        projects.clear();
        failed.clear();
        said.clear();
        Json.list(saved.path("insights"), Insight.class).forEach(insight -> insights.put(insight.key, insight));
        saved.path("projects")
                .properties()
                .forEach(entry -> projects.put(entry.getKey(), entry.getValue().asString("")));
        restore(saved.path("failed"), failed);
        restore(saved.path("said"), said);
    }

    private static void restore(JsonNode saved, Map<String, Repeated> into) {
        saved.properties()
                .forEach(entry -> into.put(entry.getKey(), Json.MAPPER.treeToValue(entry.getValue(), Repeated.class)));
    }

    @Override
    public synchronized void accept(Event event) {
        String project = projects.getOrDefault(String.valueOf(event.session()), "");
        switch (event.type()) {
            case Types.OPENED -> projects.put(String.valueOf(event.session()), event.text("project"));
            case Types.ACTION_FAILED -> {
                String command = Text.line(event.text("command"), 300);
                if (!command.isEmpty()) {
                    note(failed, project, command, event, Text.line(event.text("error"), 160));
                }
            }
            case Types.ACTION_COMPLETED -> {
                // A client that does not tell how commands end gives no reason to forget failures.
                if (event.text("outcome").isEmpty()) {
                    failed.remove(project + "\n" + Text.line(event.text("command"), 300));
                }
            }
            case Types.MEMORY_WRITTEN -> {
                if (event.text("kind").equals("fact")) {
                    said(event.text("project"), event.text("text"), event);
                }
            }
            case Types.TURN_ENDED ->
                Memory.said(event.text("message")).forEach(line -> {
                    if (line.kind().equals("fact")) {
                        said(project, line.text(), event);
                    }
                });
            case Types.INSIGHT_FOUND -> {
                Insight insight = new Insight(
                        event.id(),
                        event.text("key"),
                        event.text("kind"),
                        event.text("project"),
                        event.text("text"),
                        event.text("about"),
                        event.data()
                                .path("events")
                                .valueStream()
                                .map(id -> id.asString(""))
                                .toList(),
                        event.time(),
                        Status.PROPOSED);
                insights.putIfAbsent(insight.key, insight);
            }
            case Types.INSIGHT_ANSWERED -> {
                Status now = event.text("answer").equals("apply") ? Status.APPLIED : Status.DISMISSED;
                insights.replaceAll(
                        (_, insight) -> insight.id.equals(event.text("insight")) ? insight.with(now) : insight);
            }
            default -> {}
        }
    }

    private void said(String project, String text, Event event) {
        String line = Text.line(text, 300);
        note(said, project, String.join(" ", Words.of(line)), event, line);
    }

    private static void note(Map<String, Repeated> where, String project, String text, Event event, String what) {
        String key = project + "\n" + text;
        Repeated known = where.remove(key);
        where.put(
                key, (known == null ? new Repeated(project, text, List.of(), List.of(), "") : known).and(event, what));
        if (where.size() > WATCHED) {
            where.remove(where.keySet().iterator().next());
        }
    }

    /** A finding that was not made before, ready to be recorded. */
    private Optional<Draft> draft(String kind, String project, String key, String text, String about, List<String> on) {
        String whole = kind + "\n" + project + "\n" + key;
        if (insights.containsKey(whole)) {
            return Optional.empty();
        }
        ObjectNode data = Json.object()
                .put("kind", kind)
                .put("project", project)
                .put("key", whole)
                .put("text", text)
                .put("about", about);
        on.stream().distinct().forEach(data.putArray("events")::add);
        return Optional.of(Draft.of(Types.INSIGHT_FOUND, "daemon", data));
    }

    /** What the events tell that was not found before, in a fixed order. */
    public synchronized List<Draft> dream(Memory memory, Instant now) {
        List<Optional<Draft>> found = new ArrayList<>();
        failed.values().forEach(each -> {
            if (each.events.size() >= FAILURES) {
                found.add(draft(
                        NEVER_AGAIN,
                        each.project,
                        each.text,
                        Text.code(each.text, 300) + " failed " + each.events.size() + " times and never worked after: "
                                + each.last,
                        each.text,
                        each.events));
            }
        });
        said.values().forEach(each -> {
            if (Set.copyOf(each.sessions).size() >= SESSIONS) {
                found.add(draft(
                        "claim",
                        each.project,
                        each.text,
                        Set.copyOf(each.sessions).size() + " sessions came to the same: " + each.last,
                        "",
                        each.events));
            }
        });
        Map<String, List<Memory.Entry>> alike = new LinkedHashMap<>();
        for (Memory.Entry entry : memory.current("").reversed()) {
            if (entry.kind().equals("open")
                    && entry.time().plus(Memory.OPEN_STALE).isBefore(now)) {
                found.add(draft(
                        "stale",
                        entry.project(),
                        entry.id(),
                        "open since " + entry.time().toString().substring(0, 10) + ": " + entry.text(),
                        "",
                        List.of(entry.id())));
            }
            if (entry.kind().equals("fact")
                    || entry.kind().equals("decision")
                    || entry.kind().equals("constraint")) {
                alike.computeIfAbsent(entry.project() + "\n" + subject(entry.text()), _ -> new ArrayList<>())
                        .add(entry);
            }
        }
        for (List<Memory.Entry> entries : alike.values()) {
            Memory.Entry first = entries.getFirst();
            Memory.Entry last = entries.getLast();
            if (!claimed(first.text()).equals(claimed(last.text()))) {
                found.add(draft(
                        "contradiction",
                        first.project(),
                        first.id() + " " + last.id(),
                        "these cannot both hold: \u201c" + first.text() + "\u201d and \u201c" + last.text() + "\u201d",
                        "",
                        List.of(first.id(), last.id())));
            }
        }
        return found.stream().flatMap(Optional::stream).toList();
    }

    /** What a sentence speaks of: its words without figures and negations. */
    private static String subject(String text) {
        Set<String> words = Words.of(text);
        words.removeIf(word -> NEGATIONS.contains(word) || NUMBER.matcher(word).find());
        return words.size() < 2 ? text : String.join(" ", words);
    }

    /** What a sentence says of it: its figures and negations. */
    private static Set<String> claimed(String text) {
        Set<String> words = Words.of(text);
        words.removeIf(
                word -> !NEGATIONS.contains(word) && !NUMBER.matcher(word).find());
        return words;
    }

    /** Newest first; of every project when {@code project} is empty. */
    public synchronized List<Insight> list(String project) {
        return new ArrayList<>(insights.values())
                .reversed().stream()
                        .filter(insight -> project.isEmpty() || insight.project.equals(project))
                        .toList();
    }

    /** Approaches of the project that are not to be repeated, newest first. */
    public List<Insight> neverAgain(String project) {
        return list(project).stream()
                .filter(insight -> insight.kind.equals(NEVER_AGAIN) && insight.status == Status.APPLIED)
                .toList();
    }

    /** The approach that a command of the project repeats or comes close to, or nothing. */
    public Optional<Insight> resembling(String project, String command) {
        Set<String> words = Words.of(command);
        if (words.isEmpty()) {
            return Optional.empty();
        }
        Map<Insight, Double> alike = new HashMap<>();
        neverAgain(project).forEach(insight -> alike.put(insight, Words.alike(words, Words.of(insight.about))));
        return alike.entrySet().stream()
                .filter(entry -> entry.getValue() >= RESEMBLES)
                .max(Map.Entry.<Insight, Double>comparingByValue().thenComparing(entry -> entry.getKey().id))
                .map(Map.Entry::getKey);
    }

    /**
     * The event that applies or dismisses a finding.
     *
     * @throws IllegalArgumentException when there is none of this id, or it was answered already
     */
    public synchronized Draft answer(String id, boolean apply, String by) {
        Insight insight = insights.values().stream()
                .filter(each -> each.id.equals(id))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "there is no finding '" + id + "'; 'mirror dream list' shows them"));
        if (insight.status != Status.PROPOSED) {
            throw new IllegalArgumentException("the finding " + id + " is already " + insight.status.text());
        }
        return Draft.of(
                        Types.INSIGHT_ANSWERED,
                        by,
                        Json.object().put("insight", id).put("answer", apply ? "apply" : "dismiss"))
                .subject(id);
    }
}
