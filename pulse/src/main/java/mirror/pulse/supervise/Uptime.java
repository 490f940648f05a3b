package mirror.pulse.supervise;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import mirror.bus.Event;
import org.jspecify.annotations.Nullable;

/**
 * When each service was up, by the log alone. While no daemon looked, it is not known, also after one that was killed: from its last event
 * on. A service is up from when it is ready and down from when its process ended, it failed, or may not be started. Not thread-safe.
 */
public final class Uptime {
    /** What is known of a service. */
    public enum State {
        UP,
        DOWN,
        /** It begins for the first time, or nobody looked. */
        UNKNOWN,
        /** The owner stopped it. */
        OFF;

        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** A time in one state, from its first instant to before its last. */
    public record Span(Instant from, Instant to, State state) {
        public Duration length() {
            return Duration.between(from, to);
        }
    }

    /** How long a day, as far as it is over, was spent in which state; what is missing was before the service, or it was off. */
    public record Day(LocalDate date, Duration up, Duration down, Duration unknown) {}

    /**
     * One service.
     *
     * @param days oldest first, the last one today
     * @param outages in these days, newest first; one that goes on ends now
     */
    public record Service(String name, State state, Instant since, List<Day> days, List<Span> outages) {
        public Duration up() {
            return days.stream().map(Day::up).reduce(Duration.ZERO, Duration::plus);
        }

        public Duration down() {
            return days.stream().map(Day::down).reduce(Duration.ZERO, Duration::plus);
        }

        /** The share of the known time in which it was up, 0 to 1; NaN when nothing is known. */
        public double share() {
            double up = up().toMillis();
            return up / (up + down().toMillis());
        }
    }

    private static final class Known {
        private final List<Span> spans = new ArrayList<>();
        private State state = State.UNKNOWN;
        private Instant since;

        Known(Instant since) {
            this.since = since;
        }

        void to(State next, Instant at) {
            if (next == state) {
                return;
            }
            if (at.isAfter(since)) {
                spans.add(new Span(since, at, state));
            }
            state = next;
            since = at;
        }
    }

    private final Map<String, Known> services = new TreeMap<>();
    private Instant last = Instant.EPOCH;

    public void accept(Event event) {
        if (event.type().startsWith("mirror.service.")) {
            service(event);
        } else if (event.type().equals("mirror.daemon.stopped.v1")) {
            services.values().forEach(known -> known.to(unlooked(known), event.time()));
        } else if (event.type().equals("mirror.daemon.started.v1")) {
            services.values().forEach(known -> known.to(unlooked(known), last));
        }
        last = event.time().isAfter(last) ? event.time() : last;
    }

    private static State unlooked(Known known) {
        return known.state == State.OFF ? State.OFF : State.UNKNOWN;
    }

    private void service(Event event) {
        State next = next(event);
        String name = event.text("service");
        if (next != null && !name.isEmpty()) {
            services.computeIfAbsent(name, _ -> new Known(event.time())).to(next, event.time());
        } else if (event.type().equals(ServiceLedger.BEGUN) && !name.isEmpty()) {
            Known known = services.computeIfAbsent(name, _ -> new Known(event.time()));
            known.to(known.state == State.OFF ? State.UNKNOWN : known.state, event.time());
        }
    }

    private static @Nullable State next(Event event) {
        return switch (event.type()) {
            case "mirror.service.readied.v1", "mirror.service.settled.v1", ServiceLedger.ADOPTED -> State.UP;
            case "mirror.service.exited.v1" -> event.data().path("expected").asBoolean(false) ? null : State.DOWN;
            case "mirror.service.failed.v1", "mirror.service.quarantined.v1", "mirror.service.withheld.v1" ->
                State.DOWN;
            case "mirror.service.stopped.v1" -> event.text("by").equals("owner") ? State.OFF : State.UNKNOWN;
            default -> null;
        };
    }

    public List<String> names() {
        return List.copyOf(services.keySet());
    }

    /**
     * What is known of a service.
     *
     * @param now not before the last event; with an earlier one that event's time counts
     * @param days how many, with today, at least 1
     * @return empty when the log never spoke of it
     */
    public Optional<Service> service(String name, Instant now, ZoneId zone, int days) {
        Known known = services.get(name);
        if (known == null) {
            return Optional.empty();
        }
        Instant end = now.isAfter(last) ? now : last;
        List<Span> spans = new ArrayList<>(known.spans);
        spans.add(new Span(known.since, end, known.state));
        LocalDate today = end.atZone(zone).toLocalDate();
        LocalDate first = today.minusDays(days - 1L);
        List<Day> all = new ArrayList<>();
        for (LocalDate date = first; !date.isAfter(today); date = date.plusDays(1)) {
            Instant from = date.atStartOfDay(zone).toInstant();
            Instant to = date.plusDays(1).atStartOfDay(zone).toInstant();
            all.add(new Day(
                    date,
                    within(spans, State.UP, from, to),
                    within(spans, State.DOWN, from, to),
                    within(spans, State.UNKNOWN, from, to)));
        }
        Instant begin = first.atStartOfDay(zone).toInstant();
        List<Span> outages = spans.stream()
                .filter(span -> span.state == State.DOWN && span.to.isAfter(begin))
                .toList()
                .reversed();
        return Optional.of(new Service(name, known.state, known.since, all, outages));
    }

    private static Duration within(List<Span> spans, State state, Instant from, Instant to) {
        Duration sum = Duration.ZERO;
        for (Span span : spans) {
            Instant begin = span.from.isAfter(from) ? span.from : from;
            Instant end = span.to.isBefore(to) ? span.to : to;
            if (span.state == state && end.isAfter(begin)) {
                sum = sum.plus(Duration.between(begin, end));
            }
        }
        return sum;
    }
}
