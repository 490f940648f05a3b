package mirror.surface.mcp;

import io.modelcontextprotocol.json.TypeRef;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCMessage;
import io.modelcontextprotocol.spec.McpStreamableServerTransport;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * What a stdio client reads: whole lines from any thread, and the news that it is over. Must never write anything but whole
 * lines, nor anything after it was closed. Thread-safe.
 */
final class LineWire {
    private static final Logger LOG = System.getLogger(LineWire.class.getName());

    private final OutputStream out;
    private final Rpc rpc;
    private final CountDownLatch ended = new CountDownLatch(1);
    private final ReentrantLock lock = new ReentrantLock();
    private boolean closed;
    private boolean broken;

    LineWire(OutputStream out, Rpc rpc) {
        this.out = out;
        this.rpc = rpc;
    }

    /** Writes one message; silently nothing when the client is gone. */
    void send(byte[] message) {
        lock.lock();
        try {
            if (!closed) {
                out.write(message);
                out.write('\n');
                out.flush();
            }
        } catch (IOException | UncheckedIOException e) {
            LOG.log(Level.DEBUG, "MCP stdio client does not read any more", e);
            closed = true;
            broken = true;
            end();
        } finally {
            lock.unlock();
        }
    }

    /** Whoever waits for the end need not wait any longer. */
    void end() {
        ended.countDown();
    }

    void awaitEnd() throws InterruptedException {
        ended.await();
    }

    boolean broken() {
        lock.lock();
        try {
            return broken;
        } finally {
            lock.unlock();
        }
    }

    void close() {
        lock.lock();
        try {
            closed = true;
        } finally {
            lock.unlock();
        }
    }

    /** A carrier for one answer. The SDK closes it after that answer, which leaves the wire open for others. */
    McpStreamableServerTransport carrier(Runnable whenClosed) {
        return new Carrier(whenClosed);
    }

    private final class Carrier implements McpStreamableServerTransport {
        private final Runnable whenClosed;
        private final AtomicBoolean done = new AtomicBoolean();

        Carrier(Runnable whenClosed) {
            this.whenClosed = whenClosed;
        }

        @Override
        public Mono<Void> sendMessage(JSONRPCMessage message) {
            return Mono.fromRunnable(() -> {
                if (!done.get()) {
                    send(rpc.bytes(message));
                }
            });
        }

        @Override
        public Mono<Void> sendMessage(JSONRPCMessage message, @Nullable String messageId) {
            return sendMessage(message);
        }

        @Override
        public <T> T unmarshalFrom(Object data, TypeRef<T> type) {
            return rpc.mapper().convertValue(data, type);
        }

        @Override
        public Mono<Void> closeGracefully() {
            return Mono.fromRunnable(this::close);
        }

        @Override
        public void close() {
            if (done.compareAndSet(false, true)) {
                whenClosed.run();
            }
        }
    }
}
