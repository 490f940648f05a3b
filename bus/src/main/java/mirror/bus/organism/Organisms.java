package mirror.bus.organism;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import mirror.bus.BusException;
import mirror.bus.Draft;
import mirror.bus.Event;
import mirror.bus.EventLog;
import mirror.bus.Projector;
import org.jspecify.annotations.Nullable;

/**
 * The engine under all organisms. One dispatcher reads each durable event once and offers it to every organism; one that has no room
 * for it reads the log itself later. The writer of the log knows nothing of any of this, so no organism can slow it down.
 *
 * <p>What is promised: an organism hears every event of its filter that becomes durable after its enrolment, while its permit covers
 * it; those of one subject in the order of the log; each at least once, every repetition with the same key; nothing before the
 * projections know it. What is not: an order between subjects, or exactly once.
 *
 * <p>Positions are saved at most a second after they moved ({@link Cursors}); a position that is missing, damaged, or not one of this
 * log makes the organism <em>lost</em>: it hears nothing until the owner says where it is to go on, because the one wrong guess skips
 * events and the other repeats old ones by the thousand.
 *
 * <p>Thread-safe.
 */
public final class Organisms implements AutoCloseable {
    private static final int BATCH = 64;
    private static final Duration BEAT = Duration.ofSeconds(1);
    private static final Duration SAVE_AFTER = Duration.ofSeconds(1);
    private static final Duration GRACE = Duration.ofSeconds(2);

    private final Projector projector;
    private final EventLog log;
    private final OrganismLedger ledger;
    private final Permit.Source permits;
    private final Predicate<Event> changesPermits;
    private final Drive drive;
    private final Cursors cursors;
    private final Causes causes;
    private final Feed feed;
    private final Thread dispatcher;
    private final AtomicBoolean saveIsDue = new AtomicBoolean();

    /** All that ever ran here; those that are defined now are in {@link #defined}. Both are only replaced under this object's lock. */
    private final Map<String, Runner> runners = new HashMap<>();

    private volatile Map<String, Runner> defined = Map.of();
    private long dispatched;
    private volatile boolean closed;
    private final Object saving = new Object();
    private volatile @Nullable String notRead;
    private volatile @Nullable String notSaved;

    /**
     * Reads the saved positions; nothing is heard before {@link #define} and {@link #start}.
     *
     * @param projector must feed {@code ledger}, and whatever {@code permits} answers from
     * @param cursorFile where positions are saved
     * @param changesPermits events after which what waits for a permit or an answer is tried again at once
     */
    public Organisms(
            Projector projector,
            OrganismLedger ledger,
            Path cursorFile,
            Permit.Source permits,
            Predicate<Event> changesPermits,
            Drive drive) {
        this.projector = projector;
        this.log = projector.log();
        this.ledger = ledger;
        this.permits = permits;
        this.changesPermits = changesPermits;
        this.drive = drive;
        this.cursors = new Cursors(cursorFile);
        this.causes = new Causes(log);
        this.feed = new Feed(log);
        this.dispatched = log.durable();
        this.dispatcher = Thread.ofPlatform().name("organisms").daemon(true).unstarted(this::dispatch);
    }

    /**
     * Makes these the organisms there are, now and after a reload: new ones are enrolled, known ones go on where they were, and
     * those that are missing stop and keep their place. A changed definition holds from now on; what the old one had passed over is not
     * looked at again.
     *
     * @throws IllegalArgumentException when two have the same name
     */
    public synchronized void define(List<Organism> organisms) {
        Map<String, Organism> wanted = new LinkedHashMap<>();
        for (Organism organism : organisms) {
            if (wanted.put(organism.name(), organism) != null) {
                throw new IllegalArgumentException("two organisms are called '" + organism.name() + "'");
            }
        }
        runners.forEach((name, runner) -> {
            if (!wanted.containsKey(name)) {
                runner.stop();
            }
        });
        Map<String, Cursors.Position> enrolled = new LinkedHashMap<>();
        Map<String, Runner> now = new LinkedHashMap<>();
        for (Organism organism : wanted.values()) {
            Runner runner = runners.get(organism.name());
            if (runner == null) {
                runner = new Runner(organism, projector, ledger, permits, causes, feed, drive, this::saveSoon);
                place(organism, runner, enrolled);
            }
            now.put(organism.name(), runner);
        }
        enrol(enrolled);
        runners.putAll(now);
        defined = now;
        for (Organism organism : wanted.values()) {
            Objects.requireNonNull(now.get(organism.name())).start(organism, ledger.paused(organism.name()));
        }
    }

    private void place(Organism organism, Runner runner, Map<String, Cursors.Position> enrolled) {
        String name = organism.name();
        Cursors.Position saved = cursors.get(name).orElse(null);
        if (saved == null && (ledger.enrolled(name) || cursors.damaged())) {
            runner.lose("its place in " + cursors.file() + " is missing or damaged; " + choice(name));
            return;
        }
        if (saved == null) {
            long after = organism.fromStart() ? 0 : log.durable();
            saved = new Cursors.Position(after, hash(after), List.of());
        } else if (saved.seq() > log.durable() || !saved.hash().equals(hash(saved.seq()))) {
            runner.lose("its place, event " + saved.seq() + " with the hash "
                    + saved.hash().substring(0, 12)
                    + "\u2026, is not in this log (was one of them restored from a backup?); " + choice(name));
            return;
        }
        if (!ledger.enrolled(name)) {
            enrolled.put(name, saved);
        }
        runner.place(saved, events(saved.open()), recalls(name));
    }

    private static String choice(String name) {
        return "say where it goes on: mirror organisms resume " + name + " --from now|start|<event number>";
    }

    private List<Runner.Recall> recalls(String name) {
        return ledger.letters().stream()
                .filter(letter -> letter.requeued() && letter.organism().equals(name))
                .map(this::recall)
                .toList();
    }

    private Runner.Recall recall(DeadLetter letter) {
        return Runner.Recall.of(log.read(letter.seq(), 1).getFirst());
    }

    private List<Event> events(List<Long> seqs) {
        List<Event> events = new ArrayList<>();
        seqs.forEach(seq -> events.addAll(log.read(seq, 1)));
        return events;
    }

    private String hash(long seq) {
        return seq == 0 ? Cursors.GENESIS : log.read(seq, 1).getFirst().hash();
    }

    /** The place first and the event second: what a crash between them leaves is completed at the next start, and does not look lost. */
    private void enrol(Map<String, Cursors.Position> enrolled) {
        if (enrolled.isEmpty()) {
            return;
        }
        try {
            cursors.save(enrolled);
        } catch (IOException e) {
            throw new BusException(
                    "the places of organisms cannot be saved in " + cursors.file() + ": " + e.getMessage(), e);
        }
        List<Draft> drafts = new ArrayList<>();
        enrolled.forEach((name, position) -> drafts.add(OrganismLedger.enrolled(name, position.seq())));
        projector.record(drafts);
    }

    /** Begins to listen. */
    public void start() {
        dispatcher.start();
    }

    private void dispatch() {
        while (!closed) {
            try {
                if (log.awaitAfter(dispatched, BEAT)) {
                    dispatchOnce();
                }
            } catch (InterruptedException e) {
                return;
            } catch (RuntimeException | Error e) {
                // Nothing is passed over: the same events are tried again, and health shows why it does not go on.
                notRead = "events cannot be read: " + e.getMessage();
                rest();
            }
        }
    }

    private void rest() {
        try {
            log.awaitAfter(Long.MAX_VALUE - 1, BEAT);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Offers the next durable events to all organisms. Only the dispatcher, or a test in its place, calls this. */
    boolean dispatchOnce() {
        List<Event> events = log.read(dispatched + 1, BATCH);
        if (events.isEmpty()) {
            return false;
        }
        long last = events.getLast().seq();
        projector.catchUp(events);
        defined.values().forEach(runner -> runner.offer(events));
        dispatched = last;
        notRead = null;
        if (events.stream().anyMatch(changesPermits)) {
            defined.values().forEach(Runner::nudge);
        }
        return true;
    }

    // ---- places

    private void saveSoon() {
        if (saveIsDue.compareAndSet(false, true)) {
            drive.timer().after(SAVE_AFTER, () -> drive.executor().execute(this::save));
        }
    }

    /** One after the other, so that an older place never replaces a newer one. */
    private void save() {
        saveIsDue.set(false);
        synchronized (saving) {
            Map<String, Cursors.Position> positions = new HashMap<>();
            all().forEach(runner -> {
                Cursors.Position position = runner.position();
                if (position != null) {
                    positions.put(runner.name(), position);
                }
            });
            try {
                cursors.save(positions);
                notSaved = null;
            } catch (IOException e) {
                notSaved = "places cannot be saved in " + cursors.file() + ": " + e.getMessage();
                if (!closed) {
                    saveSoon();
                }
            }
        }
    }

    private synchronized List<Runner> all() {
        return List.copyOf(runners.values());
    }

    // ---- what the owner does

    /** Hands nothing over to the organism until {@link #resume}, also after a restart. */
    public void pause(String name) {
        Runner runner = runner(name);
        if (!ledger.paused(name)) {
            projector.record(OrganismLedger.paused(name, true));
        }
        runner.pause(true);
    }

    /** Lets a paused organism go on where it was. */
    public void resume(String name) {
        Runner runner = runner(name);
        if (runner.isLost()) {
            throw new BusException(name + " is lost: " + runner.status().reason());
        }
        if (ledger.paused(name)) {
            projector.record(OrganismLedger.paused(name, false));
        }
        runner.pause(false);
    }

    /**
     * Lets a lost or paused organism go on after another event than the one it was at, and resumes it. Events between the two are
     * skipped, or delivered again with the keys they had.
     *
     * @param after number of the event after which it goes on: 0 for the start of the log
     */
    public synchronized void resume(String name, long after) {
        Runner runner = runner(name);
        if (!runner.isLost() && !(ledger.paused(name) && runner.idle())) {
            throw new BusException(name + " is at work; 'mirror organisms pause " + name
                    + "' first, and wait until nothing of it runs");
        }
        if (after < 0 || after > log.durable()) {
            throw new BusException("the log has the events 1 to " + log.durable() + ", and no " + after);
        }
        List<Draft> drafts = new ArrayList<>(List.of(OrganismLedger.moved(name, after)));
        if (!ledger.enrolled(name)) {
            drafts.add(OrganismLedger.enrolled(name, after));
        }
        projector.record(drafts);
        Cursors.Position position = new Cursors.Position(after, hash(after), List.of());
        synchronized (saving) {
            try {
                cursors.save(Map.of(name, position));
            } catch (IOException e) {
                throw new BusException("the place cannot be saved in " + cursors.file() + ": " + e.getMessage(), e);
            }
            runner.place(position, List.of(), recalls(name));
        }
        resume(name);
    }

    /**
     * Delivers dead letters once more.
     *
     * @param what the id of a letter, or the name of an organism for all of its letters
     * @return the letters that are on their way now
     */
    public synchronized List<DeadLetter> requeue(String what) {
        List<DeadLetter> letters = ledger.letters().stream()
                .filter(letter -> (letter.id().equals(what) || letter.organism().equals(what)) && !letter.requeued())
                .toList();
        if (letters.isEmpty()) {
            throw new BusException(
                    "no dead letter waits under '" + what + "'; 'mirror organisms dead' lists those that do");
        }
        for (DeadLetter letter : letters) {
            projector.record(OrganismLedger.requeued(letter));
            Runner runner = runners.get(letter.organism());
            if (runner != null) {
                runner.requeue(recall(letter));
            }
        }
        return letters;
    }

    private Runner runner(String name) {
        Runner runner = defined.get(name);
        if (runner == null) {
            throw new BusException("there is no organism '" + name + "'; 'mirror organisms list' shows them");
        }
        return runner;
    }

    // ---- looking

    public List<OrganismStatus> list() {
        return defined.values().stream().map(Runner::status).toList();
    }

    public List<DeadLetter> letters() {
        return ledger.letters();
    }

    /** What keeps the whole engine from its work, or null. */
    public @Nullable String trouble() {
        return notRead == null ? notSaved : notRead;
    }

    /** Waits a moment for deliveries that run, interrupts those that go on, and saves all places. The log must still be open. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        dispatcher.interrupt();
        List<Runner> all = all();
        all.forEach(Runner::stop);
        boolean interrupted = Thread.interrupted();
        try {
            long end = System.nanoTime() + GRACE.toNanos();
            for (Runner runner : all) {
                if (!runner.drain(Duration.ofNanos(Math.max(0, end - System.nanoTime())))) {
                    runner.drain(GRACE);
                }
            }
        } catch (InterruptedException e) {
            interrupted = true;
        }
        save();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
