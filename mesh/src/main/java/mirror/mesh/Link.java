package mirror.mesh;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Keeps one conversation with Redis going on a thread of its own: connects, talks, and after any failure waits and connects anew,
 * for ever. The waits grow until the conversation says that all is well. Thread-safe.
 */
final class Link implements AutoCloseable {
    /** What is said over the connection. Returns only by throwing; all it needs to go on later it keeps itself. */
    interface Conversation {
        void hold(Redis redis, Link link) throws InterruptedException;
    }

    /** @param trouble why it is not connected; empty while it is, and before the first attempt */
    record State(boolean connected, String trouble, Instant since) {}

    private final RedisAddress address;
    private final Backoff backoff;
    private final InstantSource clock;
    private final Conversation conversation;
    private final CountDownLatch attempted = new CountDownLatch(1);
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread thread;
    private volatile State state;
    private volatile @Nullable Redis current;
    private int failures;

    Link(String name, RedisAddress address, Backoff backoff, InstantSource clock, Conversation conversation) {
        this.address = address;
        this.backoff = backoff;
        this.clock = clock;
        this.conversation = conversation;
        this.state = new State(false, "", clock.instant());
        this.thread = Thread.ofVirtual().name(name).unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    State state() {
        return state;
    }

    void awaitFirstAttempt() throws InterruptedException {
        attempted.await();
    }

    /** The conversation found everything as it should be, so the next failure is a first one. */
    void sound() {
        failures = 0;
    }

    /** Waits, but not beyond the end of the link. */
    void pause(Duration time) throws InterruptedException {
        if (closing.await(time.toNanos(), TimeUnit.NANOSECONDS)) {
            throw new InterruptedException("closed");
        }
    }

    private void run() {
        while (closing.getCount() > 0) {
            try {
                talk();
                failures++;
                pause(backoff.after(failures));
            } catch (InterruptedException e) {
                // Only close() interrupts, and then the loop ends.
            }
        }
        become(false, "closed");
    }

    private void talk() throws InterruptedException {
        try (Redis redis = Redis.connect(address)) {
            current = redis;
            become(true, "");
            conversation.hold(redis, this);
        } catch (RuntimeException e) {
            become(false, Redis.sentence(e));
        } finally {
            current = null;
        }
    }

    private void become(boolean connected, String trouble) {
        State last = state;
        state = new State(connected, trouble, last.connected == connected ? last.since : clock.instant());
        attempted.countDown();
    }

    @Override
    public void close() {
        closing.countDown();
        boolean interrupted = false;
        while (thread.isAlive()) {
            thread.interrupt();
            Redis open = current;
            if (open != null) {
                open.abort();
            }
            try {
                thread.join(Duration.ofMillis(50));
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
