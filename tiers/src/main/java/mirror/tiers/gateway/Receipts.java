package mirror.tiers.gateway;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import mirror.bus.BusException;
import mirror.bus.Draft;
import mirror.bus.Json;
import mirror.bus.Projector;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes down what happened, behind the client's back: a call that has ended waits for nobody. Calls that end within
 * {@value #LINGER_MILLIS} ms share an event. What a killed process did not write yet is lost as a receipt and not as money: the
 * block that it was drawn from stays spent.
 *
 * <p>When the log takes nothing, what waits is tried again, and {@link #trouble} stops new calls. Thread-safe.
 */
public final class Receipts implements AutoCloseable {
    static final String COMPLETED = "mirror.calls.completed.v1";

    private static final long LINGER_MILLIS = 50;
    private static final long AGAIN_MILLIS = 1_000;
    private static final int TOGETHER = 64;
    private static final int WAITING = 50_000;

    private enum Last {
        ITEM
    }

    /** Everything before it is written when it is down. */
    private record Fence(CountDownLatch written) {}

    private final Projector projector;
    private final BlockingQueue<Object> queue = new LinkedBlockingQueue<>(WAITING);
    private final Thread writer;
    private volatile @Nullable String trouble;
    private volatile boolean closed;

    public Receipts(Projector projector) {
        this.projector = projector;
        this.writer = Thread.ofVirtual().name("receipts").start(this::run);
    }

    /** An event of its own; order is kept. */
    void record(Draft draft) {
        put(draft);
    }

    /** A call that has ended. */
    void call(ObjectNode call) {
        put(call);
    }

    /**
     * Waits until everything that was given before is in the log.
     *
     * @return false when it is not after so long
     */
    boolean await(Duration most) throws InterruptedException {
        CountDownLatch written = new CountDownLatch(1);
        put(new Fence(written));
        return written.await(most.toNanos(), TimeUnit.NANOSECONDS);
    }

    private void put(Object item) {
        boolean interrupted = false;
        while (true) {
            try {
                queue.put(item);
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Why nothing can be written down now, or null. */
    @Nullable
    String trouble() {
        return trouble;
    }

    private void run() {
        List<Object> batch = new ArrayList<>();
        boolean more = true;
        while (more) {
            try {
                Object first = queue.take();
                long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(LINGER_MILLIS);
                Object item = first;
                while (item != null && !(item instanceof Last) && !(item instanceof Fence)) {
                    batch.add(item);
                    item = batch.size() == TOGETHER
                            ? null
                            : closed ? queue.poll() : queue.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
                }
                more = !(item instanceof Last);
                write(batch);
                batch.clear();
                if (item instanceof Fence(CountDownLatch written)) {
                    written.countDown();
                }
            } catch (InterruptedException e) {
                // Nobody ends this thread that way.
            }
        }
    }

    private void write(List<Object> batch) throws InterruptedException {
        List<Draft> drafts = drafts(batch);
        while (!drafts.isEmpty()) {
            try {
                projector.record(drafts);
                trouble = null;
                return;
            } catch (BusException e) {
                trouble = "the log takes nothing: " + e.getMessage();
                if (closed) {
                    return;
                }
                synchronized (this) {
                    wait(AGAIN_MILLIS);
                }
            }
        }
    }

    private static List<Draft> drafts(List<Object> batch) {
        List<Draft> drafts = new ArrayList<>();
        ArrayNode calls = null;
        for (Object item : batch) {
            if (item instanceof ObjectNode call) {
                if (calls == null) {
                    ObjectNode data = Json.object();
                    calls = data.putArray("calls");
                    drafts.add(Draft.of(COMPLETED, "daemon", data));
                }
                calls.add(call);
            } else if (item instanceof Draft draft) {
                drafts.add(draft);
            }
        }
        return drafts;
    }

    /** Returns when everything that was given before is written, or cannot be. */
    @Override
    public void close() {
        closed = true;
        put(Last.ITEM);
        synchronized (this) {
            notifyAll();
        }
        boolean interrupted = false;
        while (true) {
            try {
                writer.join();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
