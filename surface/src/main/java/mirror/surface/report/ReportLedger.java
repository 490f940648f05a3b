package mirror.surface.report;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Collections;
import java.util.Optional;
import java.util.TreeMap;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.bus.Projection;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Which morning reports were made: a fold of {@code mirror.report.made.v1}. Thread-safe. */
public final class ReportLedger implements Projection {
    static final String MADE = "mirror.report.made.v1";

    private static final int KEPT = 400;

    /**
     * A report that was made.
     *
     * @param date the local day that it opened
     * @param upto number of the last event that it tells of
     * @param path of the note in the vault
     * @param late whether it was made after its hour
     */
    public record Made(String date, long upto, String path, boolean late, Instant at) {}

    private final TreeMap<LocalDate, Made> reports = new TreeMap<>();
    private long upto;
    private @Nullable Instant first;

    /** The report of that day. */
    public synchronized Optional<Made> get(LocalDate date) {
        return Optional.ofNullable(reports.get(date));
    }

    /** That of the latest day. */
    public synchronized Optional<Made> last() {
        return reports.isEmpty()
                ? Optional.empty()
                : Optional.of(reports.lastEntry().getValue());
    }

    /** Number of the last event that any report told of; 0 when there was none. */
    synchronized long upto() {
        return upto;
    }

    /** Time of the log's first event; nothing of an empty log. */
    synchronized Optional<Instant> first() {
        return Optional.ofNullable(first);
    }

    @Override
    public String name() {
        return "reports";
    }

    @Override
    public int version() {
        return 1;
    }

    @Override
    public synchronized void accept(Event event) {
        if (first == null) {
            first = event.time();
        }
        if (!event.type().equals(MADE)) {
            return;
        }
        try {
            LocalDate date = LocalDate.parse(event.text("date"));
            long to = event.data().path("upto").asLong(0);
            reports.put(
                    date,
                    new Made(
                            date.toString(),
                            to,
                            event.text("path"),
                            event.data().path("late").asBoolean(false),
                            event.time()));
            upto = Math.max(upto, to);
            while (reports.size() > KEPT) {
                // By when it was made, not by its date: a day far away that a wrong clock made is not kept for ever.
                reports.remove(LocalDate.parse(Collections.min(reports.values(), (a, b) -> a.at().compareTo(b.at()))
                        .date()));
            }
        } catch (DateTimeException e) {
            // A report of no day is none.
        }
    }

    @Override
    public synchronized JsonNode save() {
        ObjectNode saved = Json.object().put("upto", upto);
        if (first != null) {
            saved.put("first", first.toString());
        }
        ArrayNode made = saved.putArray("made");
        reports.values().forEach(report -> made.add(Json.MAPPER.<JsonNode>valueToTree(report)));
        return saved;
    }

    @Override
    public synchronized void restore(JsonNode saved) {
        reports.clear();
        upto = saved.path("upto").asLong(0);
        String text = saved.path("first").asString("");
        first = text.isEmpty() ? null : Instant.parse(text);
        for (JsonNode node : saved.path("made")) {
            Made made = Json.MAPPER.treeToValue(node, Made.class);
            reports.put(LocalDate.parse(made.date), made);
        }
    }
}
