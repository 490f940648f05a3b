package mirror.mesh;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Duration;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;
import mirror.bus.AtomicFiles;
import mirror.bus.Event;
import mirror.bus.Follower;
import mirror.bus.Follower.Outcome;
import mirror.bus.NoteKey;

/**
 * Hears the bus of one origin over Redis: reads its stream, proves every line with {@link Follower}, asks the origin for what is
 * missing, and hands on what a signed checkpoint covers, each event once and in order.
 *
 * <p>Whatever stands in Redis may be forged, so it only ever decides how soon an event is heard. After a gap, or when lines turned
 * out to be forged, the events are asked for (see {@link Answerer}) and the stream is read again from the last proven event. What
 * does not help is read again at most each second, and asked again after growing waits.
 *
 * <p>Must never: hand on what is not proven; wait for Redis while holding what is proven.
 *
 * <p>Public methods are thread-safe.
 */
public final class Receiver implements AutoCloseable {
    private static final int COUNT = 256;
    private static final long CALM_MILLIS = 1_000;
    private static final long WANTING_MILLIS = 200;
    /** A checkpoint comes within a second; one that does not was lost on the way. */
    private static final Duration PATIENCE = Duration.ofSeconds(3);

    private static final Duration ANSWER = Duration.ofMillis(500);
    private static final int REMEMBERED = 1_024;

    /** Who hears. Called by the receiver's thread, one call at a time; while a call lasts nothing more is read. */
    public interface Listener {
        /**
         * Proven events, in order.
         *
         * @param cursor where to start a receiver that goes on after these; store it after them. If this method throws, the same
         *     events come again
         */
        void heard(List<Event> events, Follower.Cursor cursor) throws InterruptedException;

        /** Something in Redis was not what the origin wrote; each thing is told once, as far as the last thousand are remembered. */
        default void refused(String sentence) throws InterruptedException {}
    }

    private final RedisAddress address;
    private final Keys keys;
    private final String receiver;
    private final Listener listener;
    private final Backoff backoff;
    private final Follower follower;
    private final Link link;
    private final AtomicLong refused = new AtomicLong();
    private final AtomicLong healed = new AtomicLong();
    private volatile long heard;
    private volatile long signed;
    private volatile String refusal = "";

    private final Map<String, Boolean> told = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
            return size() > REMEMBERED;
        }
    };

    // What this thread has seen of the two streams, and what it asked for.
    private StreamId streamAt = StreamId.ZERO;
    private StreamId answersAt = StreamId.ZERO;
    private long seenAhead;
    private boolean asked;
    private long askedAtPosition;
    private long askedAtProven;
    private int asks;
    private int drops;
    private long askAgainNanos;
    private long progressNanos;

    /**
     * Prepares it; nothing runs before {@link #start}.
     *
     * @param key the origin's key, from its {@code key.pub}, which came another way than over Redis
     * @param from where to go on
     * @param random for the name of this receiver's answers
     */
    public Receiver(
            RedisAddress address,
            NoteKey key,
            Follower.Cursor from,
            Listener listener,
            Backoff backoff,
            RandomGenerator random,
            InstantSource clock) {
        this.address = address;
        this.keys = Keys.of(key.name());
        this.receiver = HexFormat.of().toHexDigits(random.nextLong());
        this.listener = listener;
        this.backoff = backoff;
        this.follower = new Follower(key, from);
        this.heard = from.seq();
        this.signed = from.seq();
        this.link = new Link("redis-receiver", address, backoff, clock, this::hold);
    }

    public Receiver start() {
        link.start();
        return this;
    }

    public TransportStatus status() {
        Link.State state = link.state();
        return new TransportStatus(
                address.toString(),
                state.connected(),
                heard,
                Math.max(0, signed - heard),
                refused.get(),
                healed.get(),
                state.trouble().isEmpty() ? refusal : state.trouble(),
                state.since());
    }

    /** Waits until the first attempt to connect has succeeded or failed; {@link #status} then tells which. */
    public void awaitFirstAttempt() throws InterruptedException {
        link.awaitFirstAttempt();
    }

    /** Ends it; returns when no call to the listener runs any more. */
    @Override
    public void close() {
        link.close();
    }

    private void hold(Redis redis, Link self) throws InterruptedException {
        asked = false;
        progressNanos = System.nanoTime();
        again();
        while (true) {
            deliver();
            boolean wanting = ask(redis);
            List<List<Redis.Entry>> read = redis.read(
                    wanting ? WANTING_MILLIS : CALM_MILLIS,
                    COUNT,
                    List.of(
                            new Redis.From(keys.answers(receiver), answersAt),
                            new Redis.From(keys.events(), streamAt)));
            // The answers first: they come from the log, and what the stream holds beside them is then known.
            boolean fits = answers(read.getFirst()) && stream(read.getLast());
            deliver();
            if (!fits) {
                again();
                asked = false;
                ask(redis);
                drops++;
                self.pause(backoff.after(drops));
            } else if (read.stream().allMatch(List::isEmpty)) {
                again();
                self.sound();
            }
        }
    }

    /** Reads both streams again from the last proven event: what was skipped, or is held, may stand there otherwise now. */
    private void again() {
        streamAt = StreamId.event(follower.cursor().seq());
        answersAt = streamAt;
    }

    /** Asks the origin for what is missing, unless the last request may still be answered. Returns whether anything is missing. */
    private boolean ask(Redis redis) {
        long now = System.nanoTime();
        long position = follower.position();
        long proven = follower.cursor().seq();
        long upTo = Math.max(seenAhead - 1, follower.signedUpTo());
        boolean gap = upTo > position;
        boolean unsigned = position > proven && now - progressNanos > PATIENCE.toNanos();
        if (!gap && !unsigned) {
            return false;
        }
        if (!asked || now - askAgainNanos > 0) {
            asks++;
            asked = true;
            askedAtPosition = position;
            askedAtProven = proven;
            askAgainNanos = now + ANSWER.plus(backoff.after(asks)).toNanos();
            long from = (gap ? position : proven) + 1;
            answersAt = StreamId.event(from - 1);
            redis.push(keys.wanted(), from + " " + Math.max(upTo, position) + " " + receiver);
        }
        return true;
    }

    /** Returns false when what was held had to be given up. */
    private boolean answers(List<Redis.Entry> entries) throws InterruptedException {
        for (Redis.Entry entry : entries) {
            answersAt = entry.id();
            long before = follower.position();
            if (entry.field().equals(Keys.END)) {
                answered();
            } else if (!take(entry)) {
                return false;
            }
            healed.addAndGet(Math.max(0, follower.position() - before));
        }
        return true;
    }

    /** The whole answer is here. One that brought nothing is no reason to ask again at once. */
    private void answered() {
        if (follower.position() > askedAtPosition || follower.cursor().seq() > askedAtProven) {
            asked = false;
            streamAt = StreamId.event(follower.position());
        } else {
            seenAhead = 0;
        }
    }

    private boolean stream(List<Redis.Entry> entries) throws InterruptedException {
        for (Redis.Entry entry : entries) {
            streamAt = entry.id();
            if (!take(entry)) {
                return false;
            }
        }
        return true;
    }

    private boolean take(Redis.Entry entry) throws InterruptedException {
        long before = follower.position();
        Outcome outcome = switch (entry.field()) {
            case Keys.LINE -> follower.line(entry.value());
            case Keys.NOTE -> follower.note(entry.value());
            default -> new Outcome.Refused("an entry is neither a line nor a checkpoint");
        };
        signed = follower.signedUpTo();
        boolean line = entry.field().equals(Keys.LINE);
        switch (outcome) {
            case Outcome.Held _ -> {}
            case Outcome.Known known -> {
                if (line && !entry.id().equals(StreamId.event(known.seq()))) {
                    refuse(entry, "event " + known.seq() + " stands a second time in the stream");
                }
            }
            case Outcome.Ahead ahead -> {
                if (entry.id().equals(StreamId.event(ahead.seq()))) {
                    seenAhead = Math.max(seenAhead, ahead.seq());
                } else {
                    refuse(entry, "event " + ahead.seq() + " stands where another belongs");
                }
            }
            case Outcome.Refused(String why) -> refuse(entry, why);
            case Outcome.Dropped(String why) -> {
                refuse(entry, why);
                seenAhead = Math.max(seenAhead, before + 1);
                return false;
            }
        }
        return true;
    }

    private void refuse(Redis.Entry entry, String why) throws InterruptedException {
        String name = entry.id() + " " + entry.field() + " " + AtomicFiles.digest(entry.value());
        if (told.put(AtomicFiles.digest(name.getBytes(UTF_8)), true) == null) {
            String sentence = why + " (entry " + entry.id() + ")";
            refusal = sentence;
            refused.incrementAndGet();
            listener.refused(sentence);
        }
    }

    private void deliver() throws InterruptedException {
        List<Event> events = follower.proven();
        if (!events.isEmpty()) {
            listener.heard(events, follower.cursor());
            follower.taken();
            heard = follower.cursor().seq();
            asks = 0;
            drops = 0;
            progressNanos = System.nanoTime();
        }
        if (follower.position() == follower.cursor().seq()) {
            progressNanos = System.nanoTime();
        }
    }
}
