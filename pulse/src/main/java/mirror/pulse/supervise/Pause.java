package mirror.pulse.supervise;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** Lets time pass, which in tests it does not. */
@FunctionalInterface
public interface Pause {
    Pause REAL = length -> {
        long until = System.nanoTime() + length.toNanos();
        for (long left = length.toNanos(); left > 0; left = until - System.nanoTime()) {
            LockSupport.parkNanos(left);
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
        }
    };

    void rest(Duration length) throws InterruptedException;
}
