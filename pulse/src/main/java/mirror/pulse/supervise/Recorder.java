package mirror.pulse.supervise;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import mirror.bus.BusException;
import mirror.bus.Draft;

/**
 * Brings what happened to services into the log, in order, on a thread of its own: a service is not kept waiting for a flush. What the
 * log cannot take now is kept and tried again; of more than ten thousand the oldest are given up, and how many is recorded. Thread-safe.
 */
final class Recorder {
    private static final int MOST = 10_000;
    private static final int GROUP = 500;

    private final Consumer<List<Draft>> log;
    private final Pause pause;
    private final BlockingQueue<Object> queue = new LinkedBlockingQueue<>();
    private final AtomicLong lost = new AtomicLong();
    private volatile String trouble = "";
    private volatile boolean closed;

    /** @param log returns when they are durable */
    Recorder(Consumer<List<Draft>> log, Pause pause) {
        this.log = log;
        this.pause = pause;
        Thread.ofPlatform().daemon(true).name("service-events").start(this::run);
    }

    void record(Draft draft) {
        while (queue.size() >= MOST && queue.poll() != null) {
            lost.incrementAndGet();
        }
        queue.add(draft);
    }

    /** What keeps events out of the log, or empty. */
    String trouble() {
        return trouble;
    }

    /** Returns when all that was recorded before is in the log, or does not get there within ten seconds. */
    void flush() throws InterruptedException {
        CountDownLatch done = new CountDownLatch(1);
        queue.add(done);
        boolean _ = done.await(10, TimeUnit.SECONDS);
    }

    private void run() {
        try {
            while (!closed) {
                List<Object> group = new ArrayList<>(List.of(queue.take()));
                queue.drainTo(group, GROUP);
                List<Draft> drafts = new ArrayList<>();
                long gone = lost.getAndSet(0);
                if (gone > 0) {
                    drafts.add(Draft.of(
                            "mirror.service.unrecorded.v1",
                            "daemon",
                            mirror.bus.Json.object().put("events", gone)));
                }
                group.stream()
                        .filter(Draft.class::isInstance)
                        .map(Draft.class::cast)
                        .forEach(drafts::add);
                write(drafts);
                group.stream()
                        .filter(CountDownLatch.class::isInstance)
                        .map(CountDownLatch.class::cast)
                        .forEach(CountDownLatch::countDown);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void write(List<Draft> drafts) throws InterruptedException {
        while (!drafts.isEmpty() && !closed) {
            try {
                log.accept(drafts);
                trouble = "";
                return;
            } catch (BusException e) {
                trouble = String.valueOf(e.getMessage());
                pause.rest(java.time.Duration.ofSeconds(1));
            }
        }
    }

    /** Brings what is left into the log, and ends. */
    void close() throws InterruptedException {
        flush();
        closed = true;
        queue.add(new CountDownLatch(1));
    }
}
