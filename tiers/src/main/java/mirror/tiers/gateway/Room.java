package mirror.tiers.gateway;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * How much memory calls may take together. Each takes its part before its body is read, and waits in turn where there is too little:
 * as many clients as want may call at once, and the process that holds the owner's log does not die of them. Thread-safe.
 */
final class Room {
    private static final int UNIT = 1024;

    /** Stacks, sockets' buffers and receipts of a call, generously. */
    private static final long CALL = 32 * 1024;

    /** A body is there as it came, as it is sent on, and between dialects once more as its parts. */
    private static final int COPIES = 3;

    private final int all;
    private final Semaphore free;
    private final Duration patience;

    /**
     * @param bytes for all calls together
     * @param patience how long a call waits for others to end
     */
    Room(long bytes, Duration patience) {
        this.all = units(bytes);
        this.free = new Semaphore(all, true);
        this.patience = patience;
    }

    private static int units(long bytes) {
        return Math.clamp(bytes / UNIT, 1, Integer.MAX_VALUE);
    }

    /** A call's part, given back once by whoever closes it. */
    final class Place implements AutoCloseable {
        private final AtomicInteger taken;

        private Place(int taken) {
            this.taken = new AtomicInteger(taken);
        }

        @Override
        public void close() {
            free.release(taken.getAndSet(0));
        }
    }

    /**
     * Waits for a part. A call that is larger than everything goes alone.
     *
     * @param body bytes of its body
     * @throws Refusal when others do not end in time
     */
    Place take(long body) throws Refusal {
        int wanted = Math.min(all, units(CALL + COPIES * body));
        try {
            if (free.tryAcquire(wanted, patience.toNanos(), TimeUnit.NANOSECONDS)) {
                return new Place(wanted);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        throw new Refusal(503, "busy", "more calls are under way than there is memory for; try again", 5);
    }
}
