package mirror.surface.cli;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayDeque;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import mirror.bus.Event;
import mirror.surface.Core;

/** Events, old and as they happen. */
record LogCommand() implements Command {
    private static final Pattern AGE = Pattern.compile("([0-9]{1,9})([smhd])");
    private static final Duration BEAT = Duration.ofSeconds(5);

    @Override
    public String name() {
        return "log";
    }

    @Override
    public String usage() {
        return "log [--follow] [--type T] [--since S] [--session ID] [--limit N] [--json]";
    }

    @Override
    public String summary() {
        return "events, oldest first; the last 50 unless told otherwise";
    }

    @Override
    public String help() {
        return """
                --follow      keep printing as events happen
                --type T      only types that start with T, such as session or mirror.action.decided
                --since S     from an event number, a time (2026-01-31T08:00:00Z), or an age (90s, 15m, 2h, 3d)
                --session ID  only this session; the start of the id is enough
                --limit N     at most the last N (0: all)
                --json        the stored lines, exactly as they are in the log
                """;
    }

    @Override
    public boolean offline() {
        return true;
    }

    @Override
    public int run(Core core, Call call, Out out) throws IOException, InterruptedException {
        Options options = Options.parse(this, call.args(), "follow", "type=", "since=", "session=", "limit=", "json");
        options.none(this);
        String type = options.value("type")
                .map(t -> t.startsWith("mirror.") ? t : "mirror." + t)
                .orElse("");
        String session = options.value("session").orElse("");
        Since since = since(options.value("since").orElse(""), core);
        int limit = limit(options.value("limit").orElse(options.value("since").isPresent() ? "0" : "50"));
        Predicate<Event> wanted = event -> event.type().startsWith(type)
                && (session.isEmpty() || String.valueOf(event.session()).startsWith(session))
                && !event.time().isBefore(since.time);
        Style style = new Style(call.color());
        Consumer<Event> print =
                event -> out.line(options.has("json") ? event.line() : EventText.line(event, style, call.width()));
        var log = core.projector().log();
        long last = log.durable();
        ArrayDeque<Event> tail = new ArrayDeque<>();
        for (long at = since.seq; at <= last; ) {
            List<Event> events = log.read(at, 512);
            if (events.isEmpty()) {
                break;
            }
            at = events.getLast().seq() + 1;
            for (Event event : events) {
                if (event.seq() <= last && wanted.test(event)) {
                    if (limit == 0) {
                        print.accept(event);
                    } else {
                        tail.add(event);
                        if (tail.size() > limit) {
                            tail.remove();
                        }
                    }
                }
            }
            if (limit == 0) {
                out.flush();
            }
        }
        tail.forEach(print);
        while (options.has("follow") && !call.abandoned()) {
            out.flush();
            if (!log.awaitAfter(last, BEAT)) {
                continue;
            }
            for (Event event : log.read(last + 1, 512)) {
                last = event.seq();
                if (wanted.test(event)) {
                    print.accept(event);
                }
            }
        }
        return Exit.OK;
    }

    private record Since(long seq, Instant time) {}

    private static Since since(String text, Core core) {
        if (text.isEmpty()) {
            return new Since(1, Instant.MIN);
        }
        if (text.matches("[0-9]{1,18}")) {
            return new Since(Math.max(1, Long.parseLong(text)), Instant.MIN);
        }
        Matcher age = AGE.matcher(text);
        if (age.matches()) {
            long n = Long.parseLong(age.group(1));
            Duration duration = switch (age.group(2)) {
                case "s" -> Duration.ofSeconds(n);
                case "m" -> Duration.ofMinutes(n);
                case "h" -> Duration.ofHours(n);
                default -> Duration.ofDays(n);
            };
            return new Since(1, core.clock().instant().minus(duration));
        }
        try {
            return new Since(1, Instant.parse(text));
        } catch (DateTimeParseException e) {
            throw CliException.usage(
                    "--since takes an event number, a time such as 2026-01-31T08:00:00Z, or an age such as 15m");
        }
    }

    private static int limit(String text) {
        if (!text.matches("[0-9]{1,9}")) {
            throw CliException.usage("--limit takes a whole number, 0 for all");
        }
        return Integer.parseInt(text);
    }
}
