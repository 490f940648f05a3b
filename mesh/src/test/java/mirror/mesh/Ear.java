package mirror.mesh;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import mirror.bus.Event;
import mirror.bus.EventLog;
import mirror.bus.Follower;

/** Hears and remembers, and lets a test wait for what it heard. */
final class Ear implements Receiver.Listener {
    private static final long PATIENCE_SECONDS = 90;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition more = lock.newCondition();
    private final List<Event> events = new ArrayList<>();
    private final List<String> refusals = new ArrayList<>();
    private Follower.Cursor cursor = Follower.Cursor.START;

    @Override
    public void heard(List<Event> batch, Follower.Cursor next) {
        lock.lock();
        try {
            events.addAll(batch);
            cursor = next;
            more.signalAll();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void refused(String sentence) {
        lock.lock();
        try {
            refusals.add(sentence);
            more.signalAll();
        } finally {
            lock.unlock();
        }
    }

    void awaitEvents(long count) throws InterruptedException {
        await("event " + count, () -> events.size() >= count);
    }

    void awaitRefusal(String part) throws InterruptedException {
        await("a refusal with '" + part + "'", () -> refusals.stream().anyMatch(said -> said.contains(part)));
    }

    private void await(String what, BooleanSupplier there) throws InterruptedException {
        lock.lock();
        try {
            long nanos = TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
            while (!there.getAsBoolean()) {
                if (nanos <= 0) {
                    throw new AssertionError("waited " + PATIENCE_SECONDS + " s for " + what + "; heard "
                            + events.size() + " events, refused " + refusals);
                }
                nanos = more.awaitNanos(nanos);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Each event of the log, once, in order, byte for byte, and nothing else. */
    void heardExactly(EventLog log, String as) {
        List<String> expected = new ArrayList<>();
        log.replay(1, event -> expected.add(event.line()));
        assertThat(lines()).as(as).isEqualTo(expected);
    }

    List<String> lines() {
        lock.lock();
        try {
            return events.stream().map(Event::line).toList();
        } finally {
            lock.unlock();
        }
    }

    List<String> refusals() {
        lock.lock();
        try {
            return List.copyOf(refusals);
        } finally {
            lock.unlock();
        }
    }

    Follower.Cursor cursor() {
        lock.lock();
        try {
            return cursor;
        } finally {
            lock.unlock();
        }
    }
}
