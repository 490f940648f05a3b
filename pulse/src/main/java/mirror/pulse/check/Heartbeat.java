package mirror.pulse.check;

import java.io.Closeable;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import mirror.bus.BusException;
import mirror.bus.Event;
import mirror.bus.EventLog;
import mirror.pulse.check.Checkups.Checkup;

/**
 * When the pulse is taken: every few minutes by the wall clock, so that a machine that slept is looked at when it wakes; soon after a look that
 * found something wrong for the first time; and soon after whoever knows of a reason said so. Thread-safe.
 */
public final class Heartbeat implements Closeable {
    /** When something that was found wrong is looked at again. */
    static final Duration AGAIN = Duration.ofSeconds(15);

    /** How soon after a reason was told; reasons come in bursts. */
    static final Duration SOON = Duration.ofSeconds(2);

    /** How long nothing is looked at for; a clock that was set, or a sleep, is noticed after so long. */
    private static final Duration TICK = Duration.ofSeconds(30);

    private static final int SOME = 100;

    private final Pulse pulse;
    private final Supplier<Duration> every;
    private final InstantSource clock;
    private final Set<String> wanted = new TreeSet<>();
    private Instant due = Instant.MIN;
    private Instant soon = Instant.MAX;
    private Instant last = Instant.MIN;
    private final List<Thread> threads = new ArrayList<>();

    /** @param every asked at each turn */
    public Heartbeat(Pulse pulse, Supplier<Duration> every, InstantSource clock) {
        this.pulse = pulse;
        this.every = every;
        this.clock = clock;
    }

    /**
     * Begins; the first look is at once.
     *
     * @param log where reasons are heard
     * @param reasons beginnings of event types, and which check each is a reason for
     */
    public synchronized void start(EventLog log, Map<String, String> reasons) {
        threads.add(Thread.ofVirtual().name("pulse").start(this::beat));
        threads.add(Thread.ofVirtual().name("pulse-reasons").start(() -> hear(log, reasons)));
    }

    private void hear(EventLog log, Map<String, String> reasons) {
        long heard = log.durable();
        try {
            while (!Thread.currentThread().isInterrupted()) {
                if (log.awaitAfter(heard, TICK)) {
                    for (Event event : log.read(heard + 1, SOME)) {
                        heard = event.seq();
                        reasons.forEach((type, id) -> {
                            if (event.type().startsWith(type)) {
                                hint(id);
                            }
                        });
                    }
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (BusException e) {
            // The log is closed, or cannot be read, which it says itself; everything is still looked at in its turn.
        }
    }

    private void beat() {
        try {
            while (!Thread.currentThread().isInterrupted()) {
                boolean recorded = true;
                try {
                    turn();
                } catch (BusException e) {
                    // The log takes nothing now. It says so itself, and what was found is found again.
                    recorded = false;
                }
                synchronized (this) {
                    wait(Math.max(1, (recorded ? pause(clock.instant()) : TICK).toMillis()));
                }
            }
        } catch (InterruptedException | InterruptedIOException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Looks at what is due.
     *
     * @return how long there is nothing to do
     */
    Duration turn() throws InterruptedIOException {
        Instant now = clock.instant();
        Set<String> ids;
        synchronized (this) {
            // A clock that went back must not put off what was due.
            boolean all = !now.isBefore(due) || now.isBefore(last);
            last = now;
            if (!all && now.isBefore(soon)) {
                return pause(now);
            }
            ids = all ? Set.of() : Set.copyOf(wanted);
            wanted.clear();
            soon = Instant.MAX;
            if (all) {
                due = now.plus(every.get());
            }
        }
        wantAgain(pulse.take(ids));
        synchronized (this) {
            return pause(clock.instant());
        }
    }

    private synchronized void wantAgain(Set<String> again) {
        if (!again.isEmpty()) {
            wanted.addAll(again);
            soon = earlier(soon, clock.instant().plus(AGAIN));
            notifyAll();
        }
    }

    private Duration pause(Instant now) {
        Duration until = Duration.between(now, earlier(due, soon));
        return until.compareTo(TICK) < 0 ? until : TICK;
    }

    private static Instant earlier(Instant one, Instant other) {
        return one.isBefore(other) ? one : other;
    }

    /** Looks at these checks soon, because something happened that they are about. */
    public synchronized void hint(String... ids) {
        wanted.addAll(Set.of(ids));
        soon = earlier(soon, clock.instant().plus(SOON));
        notifyAll();
    }

    /** Whether this check is to be looked at soon. */
    synchronized boolean expects(String id) {
        return wanted.contains(id);
    }

    /** Looks at everything now, and returns when that is done. */
    public void now() throws InterruptedIOException {
        wantAgain(pulse.take(Set.of()));
    }

    /** Looks at the check of this id, or that this is a part of, and returns when that is done. */
    public void look(String id) throws InterruptedIOException {
        int colon = id.indexOf(':');
        wantAgain(pulse.take(Set.of(colon < 0 ? id : id.substring(0, colon))));
    }

    /** How everything is, as far as it may be believed: what was not looked at in two turns is unknown. */
    public List<Checkup> board() {
        return pulse.board(every.get().multipliedBy(2).plus(TICK));
    }

    @Override
    public synchronized void close() {
        threads.forEach(Thread::interrupt);
    }
}
