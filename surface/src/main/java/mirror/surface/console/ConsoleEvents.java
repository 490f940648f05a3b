package mirror.surface.console;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Predicate;
import mirror.bus.Event;
import mirror.bus.EventLog;
import mirror.bus.Json;
import mirror.surface.cli.EventText;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Events as the pages get them: in one line, or one of them whole. Thread-safe. */
final class ConsoleEvents {
    /** Events that one question looks at, at most; who wants older ones asks again. */
    private static final int LOOKED_AT = 50_000;

    private static final int BATCH = 512;
    private static final int LONGEST = 400;
    private static final int AROUND = 3;

    private final EventLog log;
    private final Mesh mesh;

    ConsoleEvents(EventLog log, Mesh mesh) {
        this.log = log;
        this.mesh = mesh;
    }

    /**
     * What of events is wanted; empty texts and nulls are no limit.
     *
     * @param before only those with a smaller number
     * @param text anywhere in the stored line, in whatever case
     */
    record Wanted(
            long before,
            int limit,
            String type,
            String subject,
            String session,
            String text,
            @Nullable Instant from,
            @Nullable Instant to) {
        private Predicate<Event> test() {
            String lower = text.toLowerCase(Locale.ROOT);
            return event -> event.type()
                            .startsWith(type.isEmpty() || type.startsWith("mirror.") ? type : "mirror." + type)
                    && (subject.isEmpty() || subject.equals(event.subject()))
                    && (session.isEmpty() || session.equals(event.session()))
                    && (to == null || !event.time().isAfter(to))
                    && (lower.isEmpty() || event.line().toLowerCase(Locale.ROOT).contains(lower));
        }
    }

    /** The newest that are wanted, newest first, and where to go on. */
    ObjectNode list(Wanted wanted) {
        Predicate<Event> test = wanted.test();
        long at = Math.min(wanted.before, log.durable() + 1);
        long last = Math.max(1, at - LOOKED_AT);
        List<Event> found = new ArrayList<>();
        boolean early = false;
        while (at > last && found.size() < wanted.limit && !early) {
            long first = Math.max(last, at - BATCH);
            List<Event> some = log.read(first, (int) (at - first));
            for (Event event : some.reversed()) {
                early |= wanted.from != null && event.time().isBefore(wanted.from);
                if (!early && found.size() < wanted.limit && test.test(event)) {
                    found.add(event);
                }
            }
            at = found.size() < wanted.limit ? first : found.getLast().seq();
        }
        ObjectNode json = Json.object().put("more", at > 1 && !early).put("next", at);
        ArrayNode events = json.putArray("events");
        found.forEach(event -> events.add(line(event)));
        return json;
    }

    /** How far it is proven: its bytes are, as it was read; a signed checkpoint covers it, or will within a second. */
    private String proof(Event event) {
        return event.seq() <= log.checkpointed() ? "verified" : log.trouble() == null ? "pending" : "unsigned";
    }

    ObjectNode line(Event event) {
        ObjectNode json = Json.object()
                .put("seq", event.seq())
                .put("id", event.id())
                .put("type", event.type())
                .put("time", event.time().toString())
                .put("subject", Objects.requireNonNullElse(event.subject(), ""))
                .put("actor", event.actor())
                .put("session", Objects.requireNonNullElse(event.session(), ""))
                .put("permit", Objects.requireNonNullElse(event.permit(), ""))
                .put("proof", proof(event));
        mesh.way(event).forEach(json.putArray("nodes")::add);
        String text = EventText.words(event);
        return json.put("text", text.length() <= LONGEST ? text : text.substring(0, LONGEST - 1) + "\u2026");
    }

    /** One event whole, with what proves it and its neighbours in the chain; null when there is none with this number. */
    @Nullable
    ObjectNode whole(long seq) {
        List<Event> around = log.read(Math.max(1, seq - AROUND), 2 * AROUND + 1);
        Event event =
                around.stream().filter(each -> each.seq() == seq).findFirst().orElse(null);
        if (event == null) {
            return null;
        }
        ObjectNode json = Json.object().put("line", event.line());
        json.set("event", Json.MAPPER.readTree(event.line()));
        String state = proof(event);
        long signed = log.checkpointed();
        ObjectNode proof = json.putObject("proof")
                .put("state", state)
                .put("position", event.seq())
                .put(
                        "words",
                        "the bytes have the hash that stands in them, and the next event names it; "
                                + (state.equals("verified")
                                        ? "the signed checkpoint of " + signed + " events covers it; 'mirror prove "
                                                + event.seq() + "' shows that to others"
                                        : "no signed checkpoint covers it yet"));
        proof.putObject("checkpoint").put("size", signed);
        ArrayNode causes = json.putArray("causes");
        for (String field : List.of("event", "evidence", "opened", "source")) {
            String cause = event.text(field);
            if (cause.matches("[a-z0-9-]{1,80}-[0-9]{1,18}")) {
                causes.add(cause);
            }
        }
        ArrayNode chain = json.putArray("chain");
        around.forEach(each -> chain.addObject()
                .put("seq", each.seq())
                .put("id", each.id())
                .put("type", each.type())
                .put("hash", each.hash()));
        return json;
    }
}
