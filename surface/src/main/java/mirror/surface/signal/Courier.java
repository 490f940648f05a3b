package mirror.surface.signal;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneId;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import mirror.bus.BusException;
import mirror.bus.Draft;
import mirror.bus.Json;
import mirror.bus.Projector;
import mirror.surface.signal.SignalLedger.Delivery;
import mirror.surface.signal.SignalLedger.Entry;
import mirror.surface.signal.SignalLedger.State;
import mirror.trust.Gate;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * Brings messages to where the routes lead: of each route one after the other, each message until it is there, refused for good or too old.
 *
 * <p>What is under way is in memory, what came of it in the log: a message whose delivery is in the log is never sent on that route again,
 * also after a restart, and one whose delivery is not is sent, so a crash between the sending and its record sends twice. Every attempt
 * passes the gate first. What the gate does not allow waits until it does, or is too old; nobody is asked about it, for a request for
 * approval would be a message again. Thread-safe.
 */
final class Courier {
    static final int ATTEMPTS = 8;
    static final Duration OLDEST = Duration.ofDays(1);
    private static final Duration FIRST = Duration.ofSeconds(1);
    private static final Duration LONGEST = Duration.ofMinutes(5);
    private static final Duration HELD = Duration.ofMinutes(1);

    /** What is known of a delivery beyond the log: why it waits, and until when. */
    private record Hold(Instant until, String reason) {}

    private final SignalLedger ledger;
    private final Projector projector;
    private final Gate gate;
    private final Function<Route, Channel> channels;
    private final Function<Entry, Optional<Message>> contents;
    private final InstantSource clock;
    private final ZoneId zone;
    private final RandomGenerator random;
    private final Executor executor;
    private final Runnable changed;
    private final Map<String, Hold> holds = new HashMap<>();
    private final Set<String> busy = new HashSet<>();
    private boolean closed;

    /**
     * @param contents what a message says, unless that is forgotten
     * @param zone of the quiet hours
     * @param changed told when something came of an attempt
     */
    Courier(
            SignalLedger ledger,
            Projector projector,
            Gate gate,
            Function<Route, Channel> channels,
            Function<Entry, Optional<Message>> contents,
            InstantSource clock,
            ZoneId zone,
            RandomGenerator random,
            Executor executor,
            Runnable changed) {
        this.ledger = ledger;
        this.projector = projector;
        this.gate = gate;
        this.channels = channels;
        this.contents = contents;
        this.clock = clock;
        this.zone = zone;
        this.random = random;
        this.executor = executor;
        this.changed = changed;
    }

    /** Starts what is due, and says when the next is; nothing while nothing waits, or routes cannot be read. */
    Optional<Instant> tick(@Nullable Routes routes) {
        if (routes == null) {
            return Optional.empty();
        }
        Instant now = clock.instant();
        Instant next = null;
        for (Delivery delivery : ledger.waiting()) {
            Instant due = due(delivery, routes, now);
            if (due.isAfter(now)) {
                next = next == null || due.isBefore(next) ? due : next;
            } else {
                begin(delivery, routes);
            }
        }
        return Optional.ofNullable(next);
    }

    /** Why a delivery waits, beyond what the log says, or an empty text. */
    synchronized String waitsFor(Delivery delivery) {
        Hold hold = holds.get(name(delivery));
        return hold == null ? "" : hold.reason;
    }

    synchronized void close() {
        closed = true;
    }

    private static String name(Delivery delivery) {
        return delivery.message() + "/" + delivery.route();
    }

    private Instant due(Delivery delivery, Routes routes, Instant now) {
        Instant due = delivery.again() == null ? Instant.EPOCH : delivery.again();
        Hold hold;
        synchronized (this) {
            hold = holds.get(name(delivery));
        }
        if (hold != null && hold.until.isAfter(due)) {
            due = hold.until;
        }
        // Nobody waits longer than this on purpose: the clock was set back.
        if (due.isAfter(now.plus(TelegramChannel.LONGEST_WAIT))) {
            due = now;
        }
        QuietHours quiet = routes.quiet();
        if (quiet == null || due.isAfter(now)) {
            return due;
        }
        int priority = ledger.get(delivery.message()).map(Entry::priority).orElse(0);
        return quiet.earliest(now, zone, priority == 0 ? Message.DEFAULT_PRIORITY : priority);
    }

    private void begin(Delivery delivery, Routes routes) {
        synchronized (this) {
            if (closed || !busy.add(delivery.route())) {
                return;
            }
        }
        executor.execute(() -> {
            try {
                attempt(delivery, routes);
            } finally {
                synchronized (this) {
                    busy.remove(delivery.route());
                }
                changed.run();
            }
        });
    }

    private void attempt(Delivery delivery, Routes routes) {
        try {
            // Between the look and now it may have been delivered.
            boolean waits = ledger.deliveries(delivery.message()).contains(delivery);
            Entry entry = ledger.get(delivery.message()).orElse(null);
            if (!waits || entry == null) {
                return;
            }
            Route route = routes.get(delivery.route()).orElse(null);
            Message message = contents.apply(entry).orElse(null);
            Instant now = clock.instant();
            if (route == null) {
                drop(delivery, "there is no such route any more");
            } else if (message == null) {
                drop(delivery, "its content is forgotten");
            } else if (Instant.ofEpochSecond(entry.time()).plus(OLDEST).isBefore(now)) {
                drop(delivery, delivery.reason().isEmpty() ? "it is older than a day" : delivery.reason());
            } else if (isRepeated(route, entry, message, now)) {
                drop(delivery, "duplicate");
            } else {
                send(delivery, route, message);
            }
        } catch (BusException e) {
            // The log takes nothing now; what was not recorded is tried again.
            hold(delivery, "the log: " + e.getMessage(), LONGEST);
        }
    }

    private void send(Delivery delivery, Route route, Message message) {
        Channel channel = channels.apply(route);
        String refusal = Access.refusal(gate, channel.action(route, message));
        if (refusal != null) {
            hold(delivery, refusal, HELD);
            if (!refusal.equals(delivery.reason())) {
                record(
                        SignalLedger.DEFERRED,
                        delivery,
                        Json.object().put("attempts", delivery.attempts()).put("reason", refusal));
            }
            return;
        }
        int attempt = delivery.attempts() + 1;
        Channel.Outcome outcome;
        try {
            outcome = channel.send(route, message, attempt);
        } catch (IOException e) {
            outcome = new Channel.Outcome.Again(route.target().described() + " could not be started", null);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return;
        }
        switch (outcome) {
            case Channel.Outcome.Sent _ -> {
                forgive(delivery);
                record(SignalLedger.DELIVERED, delivery, Json.object().put("attempts", attempt));
            }
            case Channel.Outcome.Never(String reason) -> drop(delivery, reason);
            case Channel.Outcome.Again(String reason, Duration after) -> {
                if (attempt >= ATTEMPTS) {
                    drop(delivery, "given up after " + ATTEMPTS + " attempts: " + reason);
                } else {
                    Instant again = clock.instant().plus(after == null ? backoff(attempt) : after);
                    record(
                            SignalLedger.DEFERRED,
                            delivery,
                            Json.object()
                                    .put("attempts", attempt)
                                    .put("reason", reason)
                                    .put("again", again.toString()));
                }
            }
        }
    }

    /** 1 s, doubled with each attempt up to five minutes, a quarter more or less. */
    private Duration backoff(int attempt) {
        long millis = Math.min(LONGEST.toMillis(), FIRST.toMillis() << (attempt - 1));
        return Duration.ofMillis(millis * 3 / 4 + random.nextLong(millis / 2 + 1));
    }

    /** Whether the same was delivered on this route within its window: same topic, title and text. */
    private boolean isRepeated(Route route, Entry entry, Message message, Instant now) {
        if (route.deduplicate().isZero()) {
            return false;
        }
        Instant from = now.minus(route.deduplicate());
        List<Delivery> recent = ledger.deliveries().stream()
                .filter(each -> each.route().equals(route.name())
                        && each.state() == State.DELIVERED
                        && each.since().isAfter(from)
                        && !each.message().equals(entry.id()))
                .sorted(Comparator.comparing(Delivery::since).reversed())
                .toList();
        return recent.stream()
                .flatMap(each -> ledger.get(each.message()).stream())
                .filter(other -> other.topic().equals(entry.topic()))
                .flatMap(other -> contents.apply(other).stream())
                .anyMatch(other ->
                        other.title().equals(message.title()) && other.message().equals(message.message()));
    }

    private void drop(Delivery delivery, String reason) {
        forgive(delivery);
        record(
                SignalLedger.DROPPED,
                delivery,
                Json.object().put("attempts", delivery.attempts()).put("reason", reason));
    }

    private void record(String type, Delivery delivery, ObjectNode data) {
        projector.record(Draft.of(
                        type,
                        Access.TOOL,
                        data.put("message", delivery.message()).put("route", delivery.route()))
                .subject(delivery.message()));
    }

    private synchronized void hold(Delivery delivery, String reason, Duration wait) {
        holds.put(name(delivery), new Hold(clock.instant().plus(wait), reason));
    }

    private synchronized void forgive(Delivery delivery) {
        holds.remove(name(delivery));
    }
}
