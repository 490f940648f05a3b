package mirror.mesh;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import mirror.bus.CheckpointFile;
import mirror.bus.Event;
import mirror.bus.EventLog;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * Heals what receivers miss, from the log. A request is a value {@code <from> <to> <receiver>} in the list of wanted events; the
 * answer is a stream of the receiver's own in the form of the events' stream, with a last entry {@code end}, that expires. A request
 * that is lost is asked again, so nothing here is remembered.
 *
 * <p>Anybody who may write to Redis may ask; what an answer costs is bounded, and its key's name is not theirs to choose.
 */
final class Answerer implements Link.Conversation {
    private static final Pattern REQUEST = Pattern.compile("([1-9][0-9]{0,17}) ([1-9][0-9]{0,17}) ([0-9a-f]{16})");
    private static final int MOST_REQUESTS = 64;
    private static final int MOST_WAITING = 1_000;
    private static final int MOST_EVENTS = 1_000;
    private static final int MOST_BYTES = 4 * 1024 * 1024;
    private static final int BATCH = 64;
    private static final long KEEP_MILLIS = 60_000;

    private final EventLog log;
    private final CheckpointFile checkpoints;
    private final Keys keys;
    private final AtomicLong healed = new AtomicLong();
    private final AtomicLong refused = new AtomicLong();

    private record Range(long from, long to) {}

    Answerer(EventLog log, CheckpointFile checkpoints, Keys keys) {
        this.log = log;
        this.checkpoints = checkpoints;
        this.keys = keys;
    }

    @Override
    public void hold(Redis redis, Link link) {
        while (true) {
            requests(redis).forEach((receiver, range) -> answer(redis, receiver, range));
            link.sound();
        }
    }

    /** The last request of each receiver. */
    private Map<String, Range> requests(Redis redis) {
        Map<String, Range> requests = new LinkedHashMap<>();
        try {
            for (String request : redis.take(keys.wanted(), MOST_REQUESTS)) {
                Matcher parts = REQUEST.matcher(request);
                if (parts.matches()) {
                    requests.put(
                            parts.group(3), new Range(Long.parseLong(parts.group(1)), Long.parseLong(parts.group(2))));
                } else {
                    refused.incrementAndGet();
                }
            }
            redis.trim(keys.wanted(), MOST_WAITING);
        } catch (JedisDataException e) {
            if (Redis.wrongType(e)) {
                refused.incrementAndGet();
                redis.rename(keys.wanted(), Keys.aside(keys.wanted()));
            }
            throw e;
        }
        return requests;
    }

    private void answer(Redis redis, String receiver, Range range) {
        String key = keys.answers(receiver);
        long to = Math.min(range.to, Math.min(log.durable(), range.from + MOST_EVENTS - 1));
        long at = range.from;
        long bytes = 0;
        int sent = 1;
        redis.delete(key);
        while (at <= to && bytes < MOST_BYTES) {
            for (Event event : log.read(at, (int) Math.min(BATCH, to - at + 1))) {
                byte[] line = event.line().getBytes(UTF_8);
                redis.append(key, StreamId.event(at), Keys.LINE, line, true, MOST_EVENTS * 2);
                bytes += line.length;
                at++;
                sent++;
                healed.incrementAndGet();
            }
        }
        StreamId id = StreamId.event(at - 1).next();
        CheckpointFile.Note note = checkpoints.lastUpTo(at - 1);
        if (note != null && note.size() >= range.from) {
            redis.append(key, id, Keys.NOTE, note.text().getBytes(UTF_8), true, MOST_EVENTS * 2);
            id = id.next();
            sent++;
        }
        redis.append(key, id, Keys.END, new byte[0], true, MOST_EVENTS * 2);
        redis.expire(key, KEEP_MILLIS);
        for (Object reply : redis.replies(sent + 2)) {
            if (reply instanceof JedisDataException failure) {
                throw failure;
            }
        }
    }

    long healed() {
        return healed.get();
    }

    long refused() {
        return refused.get();
    }
}
