package mirror.surface.cli;

import java.io.IOException;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import mirror.bus.AtomicFiles;
import mirror.bus.Event;
import mirror.bus.EventLog;
import mirror.bus.Json;
import mirror.bus.Projection;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** Rebuilds what was known at some moment, from the events alone. */
record ReplayCommand() implements FileCommand {
    private static final int BATCH = 512;

    @Override
    public String name() {
        return "replay";
    }

    @Override
    public String usage() {
        return "replay [PROJECTION] [--at TIME|EVENT] [--json]";
    }

    @Override
    public String summary() {
        return "rebuild sessions, memory, approvals … as they were at a time or an event";
    }

    @Override
    public String help() {
        return """
                --at takes an event number, or a time such as 2026-01-31T08:00:00Z: events up to the last before the first one
                that is later. Without it, up to now. The state is folded from the first event, without any snapshot, so the
                same log and the same moment give the same bytes on every machine; the digest says so.
                """;
    }

    @Override
    public int run(Stored stored, Call call, Out out) throws IOException {
        Options options = Options.parse(this, call.args(), "json", "at=");
        List<Projection> projections = stored.projections().get();
        List<String> names = projections.stream().map(Projection::name).toList();
        String wanted = options.rest().isEmpty() ? "" : options.rest().getFirst();
        if (options.rest().size() > 1 || (!wanted.isEmpty() && !names.contains(wanted))) {
            throw CliException.usage("replay takes one of " + String.join(", ", names));
        }
        Moment moment = moment(options.value("at").orElse(""));
        try (EventLog log = EventLog.openForReading(
                stored.home(), stored.origin(), stored.storage(), stored.clock(), stored.signer())) {
            if (moment.seq > log.durable() && moment.seq != Long.MAX_VALUE) {
                throw CliException.no("the log has " + log.durable() + " events; " + moment.seq + " is beyond its end");
            }
            Event last = fold(log, moment, projections);
            ObjectNode json = Json.object()
                    .put("seq", last == null ? 0 : last.seq())
                    .put("time", last == null ? "" : last.time().toString())
                    .put("hash", last == null ? "" : last.hash());
            ObjectNode states = json.putObject("projections");
            for (Projection projection : projections) {
                if (wanted.isEmpty() || wanted.equals(projection.name())) {
                    states.putObject(projection.name())
                            .put("version", projection.version())
                            .put("sha256", AtomicFiles.digest(Json.MAPPER.writeValueAsBytes(projection.save())))
                            .set("state", projection.save());
                }
            }
            print(json, options.has("json"), new Style(call.color()), out);
        }
        return Exit.OK;
    }

    private static void print(ObjectNode json, boolean raw, Style style, Out out) {
        if (raw) {
            out.json(json);
            return;
        }
        out.line("as of event " + json.path("seq").asLong() + ", "
                + json.path("time").asString());
        json.path("projections").properties().forEach(projection -> {
            var state = projection.getValue().path("state");
            out.line("\n" + style.bold(projection.getKey()) + "  "
                    + style.dim("sha256 " + projection.getValue().path("sha256").asString()));
            Json.MAPPER
                    .writerWithDefaultPrettyPrinter()
                    .writeValueAsString(state)
                    .lines()
                    .map(Style::plain)
                    .forEach(out::line);
        });
    }

    private static @Nullable Event fold(EventLog log, Moment moment, List<Projection> projections) {
        Event last = null;
        for (long at = 1; at <= moment.seq; ) {
            List<Event> events = log.read(at, (int) Math.min(BATCH, moment.seq - at + 1));
            if (events.isEmpty()) {
                break;
            }
            for (Event event : events) {
                if (event.time().isAfter(moment.time)) {
                    return last;
                }
                projections.forEach(projection -> projection.accept(event));
                last = event;
            }
            at = events.getLast().seq() + 1;
        }
        return last;
    }

    /** Up to this event and no later than this time. */
    private record Moment(long seq, Instant time) {}

    private static Moment moment(String at) {
        if (at.isEmpty()) {
            return new Moment(Long.MAX_VALUE, Instant.MAX);
        }
        if (at.matches("[0-9]{1,18}")) {
            return new Moment(Long.parseLong(at), Instant.MAX);
        }
        try {
            return new Moment(Long.MAX_VALUE, Instant.parse(at));
        } catch (DateTimeParseException e) {
            throw CliException.usage("--at takes an event number or a time such as 2026-01-31T08:00:00Z");
        }
    }
}
