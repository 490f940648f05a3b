package mirror.bus.organism;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.random.RandomGenerator;

/** Threads and time that a test moves by hand: tasks run one at a time in an order that the seed chooses, timers when time is moved. */
final class HandDrive {
    private record Timed(Instant due, Runnable task) {}

    private final RandomGenerator random;
    private final List<Runnable> tasks = new ArrayList<>();
    private final List<Timed> timers = new ArrayList<>();
    private Instant now = Instant.parse("2026-03-01T10:00:00Z");

    HandDrive(RandomGenerator random) {
        this.random = random;
    }

    Drive drive() {
        return new Drive(tasks::add, (delay, task) -> timers.add(new Timed(now.plus(delay), task)), () -> now, random);
    }

    Instant now() {
        return now;
    }

    /** Runs one waiting task; false when none waits. */
    boolean step() {
        if (tasks.isEmpty()) {
            return false;
        }
        tasks.remove(random.nextInt(tasks.size())).run();
        return true;
    }

    /** Runs everything that can run without time passing. */
    void settle(Organisms organisms) {
        boolean busy = true;
        while (busy) {
            busy = organisms.dispatchOnce();
            while (step()) {
                busy = true;
            }
        }
    }

    /** Lets time pass, timer by timer, with everything that follows from each. */
    void advance(Duration duration, Organisms organisms) {
        Instant end = now.plus(duration);
        settle(organisms);
        while (true) {
            Timed next = timers.stream()
                    .filter(timed -> !timed.due.isAfter(end))
                    .min(Comparator.comparing(Timed::due))
                    .orElse(null);
            if (next == null) {
                break;
            }
            timers.remove(next);
            now = next.due;
            next.task.run();
            settle(organisms);
        }
        now = end;
    }

    /** The process is gone: what waited never happens. */
    void crash() {
        tasks.clear();
        timers.clear();
    }
}
