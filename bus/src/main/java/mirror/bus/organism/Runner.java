package mirror.bus.organism;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import mirror.bus.BusException;
import mirror.bus.Event;
import mirror.bus.EventLog;
import mirror.bus.Projector;
import org.jspecify.annotations.Nullable;

/**
 * One organism at work. Events come in by {@link #offer}, from the dispatcher while the organism keeps up, and from its own reading of
 * the log when it had no room: what it holds is bounded, and what it cannot take stays in the log. Each subject is a lane; a lane hands
 * over one event at a time and waits with all later ones while that is being tried again; lanes do not wait for each other.
 *
 * <p>An event is <em>open</em> from the moment it is taken up until it is dealt with: handled, not wanted after all, or a dead letter
 * that is on stable storage. The cursor is the last event looked at together with those still open, so a crash between the handler's
 * effect and the cursor repeats that delivery with the same key, and no crash skips one.
 *
 * <p>Must never: call a handler, the log or a permit source while holding its lock; let an event go that is not dealt with.
 */
final class Runner {
    static final int WINDOW = 256;
    static final long WINDOW_CHARS = 256 * 1024;

    /** A withheld permit is looked at again after this, should no event tell of a new one. */
    static final Duration RECHECK = Duration.ofSeconds(30);

    /** One subject's events in order; {@code wait} is not 0 while the first of them waits for another attempt. */
    private static final class Lane {
        final String subject;
        final Deque<Work> queue = new ArrayDeque<>();
        long wait;
        boolean later;

        Lane(String subject) {
            this.subject = subject;
        }
    }

    /** An event to deliver; that of a dead letter is only read when it is its turn, because there may be many. */
    private static final class Work {
        final long seq;
        final @Nullable Event event;
        int attempts;
        int delays;

        @Nullable
        Instant since;

        /** Set when the handler must not be called again and only the record of it is missing. */
        @Nullable
        Step ending;

        Work(long seq, @Nullable Event event) {
            this.seq = seq;
            this.event = event;
        }

        boolean requeued() {
            return event == null;
        }
    }

    /** A dead letter's event: where it is, and whose turn it takes. */
    record Recall(long seq, String subject) {
        static Recall of(Event event) {
            return new Recall(event.seq(), Runner.subject(event));
        }
    }

    /** What follows from one attempt. */
    private sealed interface Step {
        record Handled() implements Step {}

        record Unwanted(boolean cut, boolean uncovered) implements Step {}

        record Bury(String reason) implements Step {}

        record Again(String reason, boolean later) implements Step {}

        record Withheld(String reason) implements Step {}
    }

    private static final Step PASSED_OVER = new Step.Unwanted(false, false);

    private final String name;
    private final Projector projector;
    private final EventLog log;
    private final OrganismLedger ledger;
    private final Permit.Source permits;
    private final Causes causes;
    private final Feed feed;
    private final Drive drive;
    private final Runnable moved;

    private volatile Organism organism;

    private long next;
    private String lastHash;
    private final NavigableMap<Long, Event> open = new TreeMap<>();
    private long openChars;
    private final Map<String, Lane> lanes = new HashMap<>();
    private final Deque<Lane> ready = new ArrayDeque<>();
    private final Set<Thread> threads = new HashSet<>();
    private int running;
    private boolean behind = true;
    private boolean catchingUp;
    private boolean stopped;
    private boolean paused;
    private @Nullable String withheld;
    private @Nullable String lost;
    private long waits;
    private long recheck;
    private long passedOver;
    private long handled;
    private long cut;
    private long uncovered;
    private String trouble = "";

    /** @param moved told when the position is worth saving; called under the lock, so it must be quick */
    Runner(
            Organism organism,
            Projector projector,
            OrganismLedger ledger,
            Permit.Source permits,
            Causes causes,
            Feed feed,
            Drive drive,
            Runnable moved) {
        this.organism = organism;
        this.name = organism.name();
        this.projector = projector;
        this.log = projector.log();
        this.ledger = ledger;
        this.permits = permits;
        this.causes = causes;
        this.feed = feed;
        this.drive = drive;
        this.moved = moved;
        this.lastHash = Cursors.GENESIS;
        this.stopped = true;
    }

    String name() {
        return name;
    }

    // ---- where it stands

    /**
     * Takes up work at a position that is proven to be one of this log.
     *
     * @param events the open ones
     * @param recalls dead letters that the owner wants delivered again
     */
    synchronized void place(Cursors.Position position, List<Event> events, List<Recall> recalls) {
        lost = null;
        next = position.seq() + 1;
        lastHash = position.hash();
        behind = true;
        open.clear();
        openChars = 0;
        lanes.values().forEach(lane -> lane.wait = 0);
        lanes.clear();
        ready.clear();
        events.forEach(this::admit);
        recalls.forEach(recall -> enqueue(recall.subject, new Work(recall.seq, null)));
    }

    synchronized void lose(String reason) {
        lost = reason;
    }

    synchronized boolean isLost() {
        return lost != null;
    }

    synchronized void start(Organism definition, boolean pause) {
        organism = definition;
        paused = pause;
        stopped = false;
        behind = true;
        pump();
    }

    /** Hands over nothing more. What runs goes on; {@link #drain} waits for it. */
    synchronized void stop() {
        stopped = true;
    }

    synchronized void pause(boolean value) {
        paused = value;
        pump();
    }

    /** Something changed that may let go on what waits: a permit, an approval. */
    synchronized void nudge() {
        withheld = null;
        for (Lane lane : lanes.values()) {
            if (lane.wait != 0 && lane.later) {
                lane.wait = 0;
                ready.add(lane);
            }
        }
        pump();
    }

    /** Nothing when where it stands is unknown: the position of before must not be replaced then. */
    synchronized Cursors.@Nullable Position position() {
        return lost == null ? new Cursors.Position(next - 1, lastHash, List.copyOf(open.keySet())) : null;
    }

    // ---- events coming in

    /** Takes what it has room for. Events it has looked at before are passed over; after a gap it reads the log itself. */
    synchronized void offer(List<Event> events) {
        take(events, false);
        pump();
    }

    private void take(List<Event> events, boolean own) {
        if (lost != null || (catchingUp && !own)) {
            return;
        }
        for (Event event : events) {
            if (event.seq() < next) {
                continue;
            }
            if (event.seq() > next || full()) {
                behind = true;
                return;
            }
            next = event.seq() + 1;
            lastHash = event.hash();
            if (organism.filter().matches(event) && !OrganismLedger.isAbout(event, name)) {
                admit(event);
            } else if (++passedOver % 1_000 == 0) {
                moved.run();
            }
        }
    }

    private boolean full() {
        return open.size() >= WINDOW || (openChars >= WINDOW_CHARS && !open.isEmpty());
    }

    private void admit(Event event) {
        open.put(event.seq(), event);
        openChars += event.line().length();
        enqueue(subject(event), new Work(event.seq(), event));
    }

    private static String subject(Event event) {
        return Objects.requireNonNullElse(event.subject(), "");
    }

    private void enqueue(String subject, Work work) {
        Lane lane = lanes.computeIfAbsent(subject, Lane::new);
        lane.queue.add(work);
        if (lane.queue.size() == 1) {
            ready.add(lane);
        }
    }

    /** Delivers a dead letter's event once more, after what its subject has now. */
    synchronized void requeue(Recall recall) {
        enqueue(recall.subject, new Work(recall.seq, null));
        pump();
    }

    private void catchUp() {
        try {
            while (true) {
                long from;
                synchronized (this) {
                    // What was offered meanwhile was not taken, so whether the log has more is asked under the lock.
                    if (stopped || lost != null || full() || log.durable() < next) {
                        behind = log.durable() >= next;
                        catchingUp = false;
                        return;
                    }
                    from = next;
                }
                List<Event> events = feed.read(from);
                projector.catchUp(events);
                synchronized (this) {
                    take(events, true);
                    pump();
                }
            }
        } catch (RuntimeException | Error e) {
            synchronized (this) {
                trouble = "the log cannot be read: " + e.getMessage();
            }
            drive.timer().after(Duration.ofSeconds(1), () -> drive.executor().execute(this::catchUp));
        }
    }

    // ---- deliveries going out

    private void pump() {
        if (stopped || lost != null) {
            return;
        }
        if (behind && !catchingUp && !full()) {
            catchingUp = true;
            drive.executor().execute(this::catchUp);
        }
        while (!paused && withheld == null && running < organism.parallel()) {
            Lane lane = ready.poll();
            if (lane == null) {
                return;
            }
            running++;
            drive.executor().execute(() -> run(lane));
        }
    }

    private void run(Lane lane) {
        Work work;
        synchronized (this) {
            work = lane.queue.getFirst();
            threads.add(Thread.currentThread());
        }
        Step step;
        try {
            step = attempt(work);
        } catch (RuntimeException | Error e) {
            step = new Step.Again("the delivery could not be made: " + e, false);
        }
        synchronized (this) {
            threads.remove(Thread.currentThread());
            running--;
            follow(lane, work, step);
            notifyAll();
            pump();
        }
    }

    private void follow(Lane lane, Work work, Step step) {
        switch (step) {
            case Step.Handled _ -> {
                handled++;
                settle(lane, work);
            }
            case Step.Unwanted(boolean isCut, boolean isUncovered) -> {
                cut += isCut ? 1 : 0;
                uncovered += isUncovered ? 1 : 0;
                settle(lane, work);
            }
            case Step.Bury(String reason) -> {
                trouble = reason;
                settle(lane, work);
            }
            case Step.Again(String reason, boolean later) -> {
                trouble = reason;
                await(lane, organism.retry().delay(++work.delays, drive.random()), later);
            }
            case Step.Withheld(String reason) -> {
                withheld = reason;
                ready.addFirst(lane);
                long mine = ++recheck;
                drive.timer().after(RECHECK, () -> recheck(mine));
            }
        }
    }

    private void settle(Lane lane, Work work) {
        lane.queue.removeFirst();
        if (lane.queue.isEmpty()) {
            lanes.remove(lane.subject);
        } else {
            ready.add(lane);
        }
        if (work.event != null && open.remove(work.seq) != null) {
            openChars -= work.event.line().length();
        }
        moved.run();
    }

    private void await(Lane lane, Duration delay, boolean later) {
        long mine = ++waits;
        lane.wait = mine;
        lane.later = later;
        drive.timer().after(delay, () -> wake(lane, mine));
    }

    private synchronized void wake(Lane lane, long wait) {
        if (lane.wait == wait) {
            lane.wait = 0;
            ready.add(lane);
            pump();
        }
    }

    private synchronized void recheck(long which) {
        if (recheck == which && withheld != null) {
            withheld = null;
            pump();
        }
    }

    // ---- one attempt, without the lock

    private Step attempt(Work work) {
        Event event = work.event != null ? work.event : log.read(work.seq, 1).getFirst();
        Step step = work.ending != null ? work.ending : judge(work, event);
        if (step instanceof Step.Again(String reason, boolean _) && spent(work)) {
            step = new Step.Bury(reason);
        }
        if (step instanceof Step.Unwanted && work.requeued()) {
            step = new Step.Bury("it does not want this event any more: its filter, condition or lease has changed");
        }
        boolean ends = step instanceof Step.Bury || (step instanceof Step.Handled && work.requeued());
        if (!ends) {
            return step;
        }
        try {
            projector.record(
                    step instanceof Step.Bury(String reason)
                            ? OrganismLedger.buried(name, event, work.attempts, reason)
                            : OrganismLedger.delivered(name, event));
            return step;
        } catch (BusException e) {
            work.ending = step;
            return new Step.Again("its end could not be recorded: " + e.getMessage(), false);
        }
    }

    private boolean spent(Work work) {
        Retry retry = organism.retry();
        return work.attempts >= retry.attempts()
                || (work.since != null && !drive.clock().instant().isBefore(work.since.plus(retry.patience())));
    }

    private Step judge(Work work, Event event) {
        Organism definition = organism;
        if (!definition.filter().matches(event)) {
            return PASSED_OVER;
        }
        String session = Delivery.session(name, event);
        if (!work.requeued() && ledger.letter(session).isPresent()) {
            return PASSED_OVER;
        }
        Causes.Chain chain = causes.of(event);
        if (chain.organisms().contains(name)) {
            return new Step.Unwanted(true, false);
        }
        if (chain.fault() != null) {
            return new Step.Bury(chain.fault());
        }
        Permit permit = permits.of(name, definition.permit());
        if (permit instanceof Permit.Withheld(String reason)) {
            return new Step.Withheld(reason);
        }
        String lease = ((Permit.Valid) permit).covering().apply(event);
        if (lease == null) {
            return new Step.Unwanted(false, true);
        }
        String key;
        try {
            if (!definition.condition().test(event)) {
                return PASSED_OVER;
            }
            key = definition.key().apply(event);
        } catch (RuntimeException e) {
            return new Step.Bury("its condition or key failed: " + e.getMessage());
        }
        return handle(definition, work, new Delivery(name, event, key, work.attempts + 1, lease));
    }

    private Step handle(Organism definition, Work work, Delivery delivery) {
        Outcome outcome;
        try {
            outcome = definition.handler().handle(delivery);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            outcome = new Outcome.Later("Mirror stopped");
        } catch (Exception | StackOverflowError | LinkageError | AssertionError e) {
            outcome = new Outcome.Failed(e.toString());
        }
        if (outcome instanceof Outcome.Failed && Thread.currentThread().isInterrupted()) {
            // What failed because it was interrupted has not failed on its own: that uses up no attempt.
            outcome = new Outcome.Later("Mirror stopped");
        }
        return switch (outcome) {
            case Outcome.Done _ -> new Step.Handled();
            case Outcome.Dead(String reason) -> new Step.Bury(reason);
            case Outcome.Failed(String reason) -> {
                work.attempts++;
                if (work.since != null) {
                    work.since = null;
                    work.delays = 0;
                }
                yield new Step.Again(reason, false);
            }
            case Outcome.Later(String reason) -> {
                if (work.since == null) {
                    work.since = drive.clock().instant();
                }
                yield new Step.Again(reason, true);
            }
        };
    }

    // ---- ending, and looking

    /**
     * Waits until no delivery runs, or the time is over; then interrupts those that do.
     *
     * @return whether none runs any more
     */
    boolean drain(Duration atMost) throws InterruptedException {
        long end = System.nanoTime() + atMost.toNanos();
        synchronized (this) {
            while (running > 0) {
                long left = (end - System.nanoTime()) / 1_000_000;
                if (left <= 0) {
                    new ArrayList<>(threads).forEach(Thread::interrupt);
                    return false;
                }
                wait(left);
            }
            return true;
        }
    }

    synchronized boolean idle() {
        return running == 0;
    }

    OrganismStatus status() {
        Permit permit = permits.of(name, organism.permit());
        int letters = (int) ledger.letters().stream()
                .filter(letter -> letter.organism().equals(name))
                .count();
        synchronized (this) {
            String reason = "";
            OrganismStatus.State state = OrganismStatus.State.RUNNING;
            if (lost != null) {
                state = OrganismStatus.State.LOST;
                reason = lost;
            } else if (paused) {
                state = OrganismStatus.State.PAUSED;
                reason = "paused by the owner";
            } else if (permit instanceof Permit.Withheld(String why)) {
                state = OrganismStatus.State.WITHHELD;
                reason = why;
            }
            return new OrganismStatus(
                    name,
                    state,
                    reason,
                    organism.filter().types(),
                    next - 1,
                    Math.max(0, log.durable() - next + 1),
                    open.size(),
                    (int) lanes.values().stream().filter(lane -> lane.wait != 0).count(),
                    handled,
                    cut,
                    uncovered,
                    trouble,
                    letters);
        }
    }
}
