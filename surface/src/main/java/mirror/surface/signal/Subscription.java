package mirror.surface.signal;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import mirror.surface.signal.SignalLedger.Entry;
import tools.jackson.databind.node.ObjectNode;

/**
 * One who hears topics: what was there before, as far as it is wanted, then each message as it comes, and a sign of life in between. It
 * goes by the order of messages alone, so nothing between the two parts is lost or told twice. Whether the lease still holds is looked at
 * before each message and each sign of life.
 */
final class Subscription {
    private static final int BATCH = 100;

    /** Where it is told. */
    interface Sink {
        /** {@code open} and {@code keepalive}. */
        void event(String event, ObjectNode json) throws IOException;

        void message(Message message) throws IOException;

        /** Whether it is known that nobody listens any more. */
        boolean isGone();
    }

    private final Signals signals;
    private final Caller caller;
    private final Wanted wanted;
    private final Duration keepalive;

    Subscription(Signals signals, Caller caller, Wanted wanted, Duration keepalive) {
        this.signals = signals;
        this.caller = caller;
        this.wanted = wanted;
        this.keepalive = keepalive;
    }

    /**
     * Tells all that is wanted; returns when that is all, the lease does not hold any more, or nobody listens.
     *
     * @throws IOException when the listener is gone
     */
    void run(Sink sink) throws IOException, InterruptedException {
        long seen = signals.changes();
        long cursor = signals.ledger().head();
        if (!wanted.poll()) {
            sink.event("open", event("open"));
        }
        for (Entry entry : before(cursor)) {
            if (!tell(sink, entry)) {
                return;
            }
        }
        while (!wanted.poll() && !sink.isGone() && !signals.isClosed()) {
            List<Entry> news = signals.ledger().after(cursor, wanted.topics(), BATCH);
            for (Entry entry : news) {
                if (!tell(sink, entry)) {
                    return;
                }
                cursor = entry.order();
            }
            if (!news.isEmpty()) {
                continue;
            }
            long before = seen;
            signals.await(before, keepalive, () -> sink.isGone() || signals.isClosed());
            seen = signals.changes();
            if (!signals.access().stillHears(caller, wanted.topics())) {
                return;
            }
            if (seen == before && !sink.isGone() && !signals.isClosed()) {
                sink.event("keepalive", event("keepalive"));
            }
        }
    }

    private ObjectNode event(String name) {
        return Message.event(signals.newId(), signals.clock().instant().getEpochSecond(), name, wanted.names());
    }

    /** @return false when the caller may not hear it any more */
    private boolean tell(Sink sink, Entry entry) throws IOException {
        Optional<Message> message = signals.read(entry).filter(wanted.filter()::passes);
        if (message.isEmpty()) {
            return true;
        }
        if (!signals.access().stillHears(caller, wanted.topics())) {
            return false;
        }
        sink.message(message.get());
        return true;
    }

    /** What is wanted of what can be seen already, and of what is not due yet, oldest first. */
    private List<Entry> before(long head) {
        SignalLedger ledger = signals.ledger();
        List<String> topics = wanted.topics();
        List<Entry> found = new ArrayList<>();
        for (Entry entry : ledger.after(0, topics, Integer.MAX_VALUE)) {
            if (entry.order() <= head && entry.cached() && isSince(entry)) {
                found.add(entry);
            }
        }
        if (wanted.since() instanceof Since.Latest) {
            List<Entry> latest = new ArrayList<>();
            for (String topic : topics) {
                found.reversed().stream()
                        .filter(entry -> entry.topic().equals(topic))
                        .findFirst()
                        .ifPresent(latest::add);
            }
            latest.sort(Comparator.comparingLong(Entry::order));
            return latest;
        }
        if (wanted.scheduled() && !(wanted.since() instanceof Since.None)) {
            ledger.all().stream()
                    .filter(entry -> !entry.isVisible() && topics.contains(entry.topic()))
                    .sorted(Comparator.comparingLong(Entry::time))
                    .forEach(found::add);
        }
        return found;
    }

    private boolean isSince(Entry entry) {
        return switch (wanted.since()) {
            case Since.All _, Since.Latest _ -> true;
            case Since.None _ -> false;
            case Since.From(var time) -> entry.time() >= time.getEpochSecond();
            // Of a message that is not known nothing can be told of what came after it: all is too much, and nothing is
            // lost.
            case Since.After(var id) ->
                signals.ledger()
                                .get(id)
                                .filter(Entry::isVisible)
                                .map(Entry::order)
                                .orElse(0L)
                        < entry.order();
        };
    }
}
