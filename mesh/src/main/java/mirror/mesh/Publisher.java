package mirror.mesh;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import mirror.bus.CheckpointFile;
import mirror.bus.Event;
import mirror.bus.EventLog;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * Copies the durable log to the stream, line for line, and each checkpoint after the events it covers.
 *
 * <p>The stream tells by itself how far it is: an entry's id is the event's number. So nothing is remembered; at each connection and
 * each beat the stream is looked at, and publishing goes on after its last event if that is this log's event, byte for byte. If the
 * stream is gone or is something else, it is moved aside and the last {@code window} events are sent again. Redis itself refuses a
 * number that is not above the last, so nothing can stand in it twice, and {@code NOMKSTREAM} tells at once when the stream vanished
 * between two events.
 *
 * <p>Must never: hold up the log's writer, queue events in memory, take anything from Redis for true.
 */
final class Publisher implements Link.Conversation {
    private static final int BATCH = 128;
    /** While a checkpoint is to come (it comes within a second), and otherwise. */
    private static final Duration SHORT_BEAT = Duration.ofMillis(250);

    private static final Duration BEAT = Duration.ofSeconds(1);
    /** No honest publisher has written as many checkpoints after one event. */
    private static final long MOST_NOTES = 1_000_000;

    private final EventLog log;
    private final CheckpointFile checkpoints;
    private final String key;
    private final int window;
    private StreamId top = StreamId.ZERO;
    private boolean create;
    private long noted;
    private final AtomicLong published = new AtomicLong();
    private final AtomicLong healed = new AtomicLong();
    private final AtomicLong refused = new AtomicLong();
    private volatile String finding = "";

    Publisher(EventLog log, CheckpointFile checkpoints, String key, int window) {
        this.log = log;
        this.checkpoints = checkpoints;
        this.key = key;
        this.window = window;
    }

    @Override
    public void hold(Redis redis, Link link) throws InterruptedException {
        // What is known of the stream was true of the last connection.
        top = StreamId.ZERO;
        noted = 0;
        look(redis);
        long looked = System.nanoTime();
        while (true) {
            boolean more = publish(redis);
            note(redis);
            if (!more) {
                more = log.awaitAfter(top.seq(), top.seq() > noted ? SHORT_BEAT : BEAT);
            }
            if (!more || System.nanoTime() - looked > BEAT.toNanos()) {
                look(redis);
                looked = System.nanoTime();
                link.sound();
            }
        }
    }

    /** Finds where the stream stands, and makes room for a new one when it is not this log's. */
    private void look(Redis redis) {
        StreamId last;
        try {
            last = redis.top(key);
        } catch (JedisDataException e) {
            if (!Redis.wrongType(e)) {
                throw e;
            }
            setAside(redis, "what stood at " + key + " was not a stream");
            return;
        }
        if (last == null) {
            redis.delete(key);
            redis.replies(1);
            begin();
            return;
        }
        if (last.equals(top)) {
            return;
        }
        Redis.Entry entry = redis.entry(key, StreamId.event(last.seq()));
        if (last.sub() < MOST_NOTES && entry != null && Arrays.equals(entry.value(), line(last.seq()))) {
            top = last;
            create = false;
            published.accumulateAndGet(last.seq(), Math::max);
        } else {
            setAside(redis, "entry " + last + " of " + key + " was not written by this device");
        }
    }

    private byte @Nullable [] line(long seq) {
        List<Event> events = seq > 0 && seq <= log.durable() ? log.read(seq, 1) : List.of();
        return events.isEmpty() ? null : events.getFirst().line().getBytes(UTF_8);
    }

    private void setAside(Redis redis, String why) {
        refused.incrementAndGet();
        finding = why;
        redis.rename(key, Keys.aside(key));
        begin();
    }

    /** The next event makes the stream. */
    private void begin() {
        top = StreamId.event(Math.max(0, log.durable() - window));
        create = true;
        noted = 0;
    }

    private boolean publish(Redis redis) {
        List<Event> events = log.read(top.seq() + 1, BATCH);
        for (int i = 0; i < events.size(); i++) {
            StreamId id = StreamId.event(events.get(i).seq());
            redis.append(key, id, Keys.LINE, events.get(i).line().getBytes(UTF_8), create && i == 0, window);
        }
        List<Object> replies = redis.replies(events.size());
        for (int i = 0; i < replies.size(); i++) {
            accepted(replies.get(i));
            long seq = events.get(i).seq();
            top = StreamId.event(seq);
            create = false;
            if (seq <= published.get()) {
                healed.incrementAndGet();
            } else {
                published.set(seq);
            }
        }
        return events.size() == BATCH;
    }

    /** The newest checkpoint that covers only what was sent. */
    private void note(Redis redis) {
        if (top.seq() <= noted || create) {
            return;
        }
        CheckpointFile.Note note = checkpoints.lastUpTo(top.seq());
        if (note != null && note.size() > noted) {
            redis.append(key, top.next(), Keys.NOTE, note.text().getBytes(UTF_8), false, window);
            accepted(redis.replies(1).getFirst());
            top = top.next();
            noted = note.size();
        }
    }

    private static void accepted(@Nullable Object reply) {
        if (reply == null) {
            throw new TransportException("Redis lost the stream; it is sent again");
        }
        if (reply instanceof JedisDataException failure) {
            throw failure;
        }
    }

    long published() {
        return published.get();
    }

    long healed() {
        return healed.get();
    }

    long refused() {
        return refused.get();
    }

    /** What was moved aside last; empty when nothing was. */
    String finding() {
        return finding;
    }
}
