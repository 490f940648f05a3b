package mirror.surface.console;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import mirror.bus.Event;
import mirror.bus.EventLog;
import mirror.bus.Json;
import mirror.bus.Projector;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * One page's stream of server-sent events: a snapshot, then what happens, in the order of the log, each with the number of its event as its
 * id. A page that comes back with that number gets what it missed, or a new snapshot when that is too much. Events of one moment are
 * written together. Used by one thread.
 *
 * @see <a href="https://html.spec.whatwg.org/multipage/server-sent-events.html">Server-sent events</a>
 */
final class ConsoleStream {
    /** More than this is not told one by one to a page that comes back. */
    static final int MISSED = 2_000;

    private static final int BATCH = 256;
    private static final int NEWEST = 200;

    /** A checkpoint follows an event within a second. */
    private static final Duration UNSIGNED = Duration.ofMillis(300);

    private final Projector projector;
    private final EventLog log;
    private final Mesh mesh;
    private final ConsoleEvents events;
    private final Supplier<ArrayNode> approvals;
    private final Supplier<JsonNode> layout;
    private final Duration keepalive;
    private long told;
    private long verified;

    /** @param approvals what waits for the owner */
    ConsoleStream(
            Projector projector,
            Mesh mesh,
            ConsoleEvents events,
            Supplier<ArrayNode> approvals,
            Supplier<JsonNode> layout,
            Duration keepalive) {
        this.projector = projector;
        this.log = projector.log();
        this.mesh = mesh;
        this.events = events;
        this.approvals = approvals;
        this.layout = layout;
        this.keepalive = keepalive;
    }

    /**
     * Writes until the page is gone.
     *
     * @param last number of the last event that the page knows; 0: none
     * @param allowed whether the page may still be told
     */
    void run(OutputStream out, long last, BooleanSupplier allowed) throws IOException, InterruptedException {
        verified = log.checkpointed();
        if (last <= 0 || last > log.durable() || log.durable() - last > MISSED) {
            snapshot(out);
        } else {
            told = last;
            // What the picture said before the page went is not known here, so what changed since is told at once.
            changes(out, last);
            frame(out, "approvals", 0, Json.object().set("approvals", approvals.get()));
            frame(out, "proof", 0, Json.object().put("verified", verified));
        }
        out.flush();
        while (allowed.getAsBoolean()) {
            boolean more = log.awaitAfter(told, verified < told ? UNSIGNED : keepalive);
            if (more) {
                happened(out);
            }
            if (log.checkpointed() != verified) {
                verified = log.checkpointed();
                frame(out, "proof", 0, Json.object().put("verified", verified));
            } else if (!more && verified >= told) {
                out.write(":\n\n".getBytes(StandardCharsets.US_ASCII));
            }
            out.flush();
        }
    }

    private void snapshot(OutputStream out) throws IOException {
        projector.catchUp();
        told = mesh.seq();
        List<Event> newest = log.read(Math.max(1, told - NEWEST + 1), NEWEST);
        ObjectNode json =
                Json.object().put("seq", told).put("origin", log.origin()).put("verified", verified);
        newest.stream()
                .filter(event -> event.seq() <= told)
                .reduce((_, event) -> event)
                .ifPresent(event -> json.put("time", event.time().toString()));
        ObjectNode map = mesh.picture();
        map.set("layout", layout.get());
        json.set("map", map);
        ArrayNode lines = json.putArray("events");
        newest.stream().filter(event -> event.seq() <= told).map(events::line).forEach(lines::add);
        json.set("approvals", approvals.get());
        frame(out, "snapshot", told, json);
    }

    private void happened(OutputStream out) throws IOException {
        boolean asked = false;
        long before = told;
        List<Event> some = log.read(told + 1, BATCH);
        // They are durable before they are in the picture.
        projector.catchUp(some);
        for (Event event : some) {
            frame(out, "event", event.seq(), events.line(event));
            asked |= event.type().startsWith("mirror.approval.");
            told = event.seq();
        }
        changes(out, before);
        if (asked) {
            frame(out, "approvals", 0, Json.object().set("approvals", approvals.get()));
        }
    }

    private void changes(OutputStream out, long before) throws IOException {
        ObjectNode changed = mesh.since(before).orElse(null);
        if (changed != null) {
            frame(out, "nodes", 0, changed);
        }
    }

    /** @param id number of the event that the page then knows; 0: as before */
    private static void frame(OutputStream out, String name, long id, JsonNode data) throws IOException {
        String text = (id == 0 ? "" : "id: " + id + "\n") + "event: " + name + "\ndata: "
                + Json.MAPPER.writeValueAsString(data) + "\n\n";
        out.write(text.getBytes(StandardCharsets.UTF_8));
    }
}
