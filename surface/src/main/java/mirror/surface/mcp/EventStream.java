package mirror.surface.mcp;

import io.modelcontextprotocol.json.TypeRef;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCMessage;
import io.modelcontextprotocol.spec.McpStreamableServerTransport;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * One server-to-client stream of a session: a short journal of messages between those who send and the HTTP response that
 * happens to carry them (MCP 2025-11-25, "Streamable HTTP", resumability and redelivery).
 *
 * <p>Senders append and never touch a socket, so a slow or dead client cannot hold a tool. The thread of an HTTP response reads:
 * it writes what is there, waits, and is the only one that writes to its socket. When the connection breaks, the journal stays;
 * a new GET with {@code Last-Event-ID} reads on from there, also while the call still runs. A new reader ends the one before.
 *
 * <p>Limits: the newest {@value #MAX_EVENTS} messages and {@value #MAX_BYTES} bytes are kept, the newest message always, whether
 * or not anybody read the older ones: the answer to a call is the last message of its stream, so what gets lost to a client that
 * does not keep up is progress and log messages. Event ids are {@code <stream>-<sequence>}, unique within the session.
 * Thread-safe.
 */
final class EventStream implements McpStreamableServerTransport {
    static final int MAX_EVENTS = 256;
    static final int MAX_BYTES = 1 << 20;
    private static final int RETRY_MILLIS = 1000;
    /** How long written bytes wait for more, so that the answer to a quick call is one packet and not three. */
    private static final Duration GRACE = Duration.ofMillis(2);

    private static final class Event {
        private final long seq;
        private final byte[] data;

        Event(long seq, byte[] data) {
            this.seq = seq;
            this.data = data;
        }
    }

    private final long id;
    private final Rpc rpc;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final ArrayDeque<Event> events = new ArrayDeque<>();
    private long last;
    private long delivered;
    private int bytes;
    private int reader;
    private boolean attached;
    private boolean finished;

    EventStream(long id, Rpc rpc) {
        this.id = id;
        this.rpc = rpc;
    }

    long id() {
        return id;
    }

    @Override
    public Mono<Void> sendMessage(JSONRPCMessage message) {
        return Mono.fromRunnable(() -> append(rpc.bytes(message)));
    }

    /** The SDK proposes an id of its own; ours says where to resume, so that one is not used. */
    @Override
    public Mono<Void> sendMessage(JSONRPCMessage message, @Nullable String proposedId) {
        return sendMessage(message);
    }

    /** Adds a message; does nothing once the stream is finished. */
    void append(byte[] message) {
        lock.lock();
        try {
            if (finished) {
                return;
            }
            events.addLast(new Event(++last, message));
            bytes += message.length;
            while (events.size() > 1 && (events.size() > MAX_EVENTS || bytes > MAX_BYTES)) {
                bytes -= events.removeFirst().data.length;
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Writes server-sent events until the stream is finished and read to its end, or another reader takes over.
     *
     * @param after the sequence number to go on after; {@code -1} for whatever no reader was given yet
     * @param primed send an empty event with an id first, from which the client can resume even before the first message
     * @throws IOException when the client is gone; the stream is as before and can be read again
     */
    void copyTo(OutputStream out, long after, boolean primed, Duration heartbeat) throws IOException {
        int me;
        long next;
        lock.lock();
        try {
            me = ++reader;
            attached = true;
            next = (after < 0 ? delivered : Math.min(after, last)) + 1;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        try {
            out.write(primed ? opening(next - 1) : ascii(":\n\n"));
            boolean unflushed = true;
            for (List<Event> batch = await(me, next, GRACE);
                    batch != null;
                    batch = await(me, next, unflushed ? GRACE : heartbeat)) {
                for (Event event : batch) {
                    out.write(ascii("id: " + id + "-" + event.seq + "\nevent: message\ndata: "));
                    out.write(event.data);
                    out.write(ascii("\n\n"));
                    next = event.seq + 1;
                    unflushed = true;
                }
                if (batch.isEmpty()) {
                    if (!unflushed) {
                        out.write(ascii(":\n\n"));
                    }
                    out.flush();
                    unflushed = false;
                    delivered(me, next - 1);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            detach(me);
        }
    }

    /** What to write next: messages, nothing but a heartbeat (empty), or null when this reader is done. */
    private @Nullable List<Event> await(int me, long next, Duration heartbeat) throws InterruptedException {
        lock.lock();
        try {
            long left = heartbeat.toNanos();
            while (reader == me && next > last && !finished && left > 0) {
                left = changed.awaitNanos(left);
            }
            if (reader != me || (finished && next > last)) {
                return null;
            }
            List<Event> batch = new ArrayList<>();
            for (Event event : events) {
                if (event.seq >= next) {
                    batch.add(event);
                }
            }
            return batch;
        } finally {
            lock.unlock();
        }
    }

    private void delivered(int me, long seq) {
        lock.lock();
        try {
            if (reader == me) {
                delivered = Math.max(delivered, seq);
            }
        } finally {
            lock.unlock();
        }
    }

    private void detach(int me) {
        lock.lock();
        try {
            if (reader == me) {
                attached = false;
            }
        } finally {
            lock.unlock();
        }
    }

    /** Ends the present response and keeps the stream: the client is expected back with the id of the last event it saw. */
    void disconnect() {
        lock.lock();
        try {
            reader++;
            attached = false;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    boolean attached() {
        lock.lock();
        try {
            return attached;
        } finally {
            lock.unlock();
        }
    }

    boolean finished() {
        lock.lock();
        try {
            return finished;
        } finally {
            lock.unlock();
        }
    }

    /** Bytes of messages held. */
    int size() {
        lock.lock();
        try {
            return bytes;
        } finally {
            lock.unlock();
        }
    }

    /** No more messages will come; readers get what is there and end. */
    @Override
    public void close() {
        lock.lock();
        try {
            finished = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public Mono<Void> closeGracefully() {
        return Mono.fromRunnable(this::close);
    }

    @Override
    public <T> T unmarshalFrom(Object data, TypeRef<T> type) {
        return rpc.mapper().convertValue(data, type);
    }

    private byte[] opening(long seq) {
        return ascii("id: " + id + "-" + seq + "\nretry: " + RETRY_MILLIS + "\ndata: \n\n");
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
