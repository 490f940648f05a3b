package mirror.pulse.check;

import java.io.InterruptedIOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import mirror.bus.Draft;
import mirror.bus.Json;
import mirror.bus.Projector;
import mirror.pulse.check.Checkups.Checkup;
import mirror.pulse.check.Finding.State;
import tools.jackson.databind.node.ObjectNode;

/**
 * Looks at everything, and records what it finds: one event for each round, and one for each state that changed. Each check has a thread
 * of its own; one that does not answer in time keeps nobody waiting, is unknown, and is not begun again until it came back. What may be
 * wrong for a moment is looked at a second time before it counts, so a round can be followed by a short one. Thread-safe; one round at a
 * time.
 */
public final class Pulse {
    public static final String ACTOR = "mirror-pulse";
    private static final int LONGEST_PART = 300;

    /** One check and what is going on with it. Guarded by the pulse. */
    private static final class Watched {
        private final Check check;
        private boolean running;
        private Instant begun = Instant.EPOCH;
        /** Parts that a first look found to be wrong. */
        private final Set<String> suspects = new HashSet<>();
        /** Ids that the last look that came back told of. */
        private Set<String> parts = Set.of();
        /** What was found last, by id: a state that stays may have another reason than the event of its change. */
        private final Map<String, Finding> last = new ConcurrentHashMap<>();
        /** Whether there was nothing to look at. */
        private volatile boolean empty;

        private Watched(Check check) {
            this.check = check;
        }

        private String id(String part) {
            return part.isEmpty() ? check.id() : check.id() + ":" + part;
        }
    }

    private record Answer(Watched of, Map<String, Finding> found) {}

    private final Map<String, Watched> checks = new LinkedHashMap<>();
    private final Checkups checkups;
    private final Projector projector;
    private final InstantSource clock;
    private final Executor threads;
    private final Duration deadline;
    private final Predicate<String> critical;

    /**
     * @param critical which ids count as critical beyond those of critical checks
     * @param threads one for each look
     * @param deadline how long a look may take
     */
    public Pulse(
            List<Check> checks,
            Checkups checkups,
            Projector projector,
            InstantSource clock,
            Executor threads,
            Duration deadline,
            Predicate<String> critical) {
        checks.forEach(check -> this.checks.put(check.id(), new Watched(check)));
        this.checkups = checkups;
        this.projector = projector;
        this.clock = clock;
        this.threads = threads;
        this.deadline = deadline;
        this.critical = critical;
    }

    /**
     * Looks at everything once, or at these checks.
     *
     * @param ids of checks; empty: all
     * @return checks that want a second look soon, because something was found to be wrong, or could not be told, for the first time
     * @throws InterruptedIOException when the caller is interrupted; then nothing is recorded
     */
    public synchronized Set<String> take(Set<String> ids) throws InterruptedIOException {
        Instant began = clock.instant();
        List<Watched> asked = checks.values().stream()
                .filter(each -> ids.isEmpty() || ids.contains(each.check.id()))
                .toList();
        List<Answer> answers = ask(asked);
        Map<String, Watched> heard = new HashMap<>();
        List<Draft> drafts = new ArrayList<>();
        Set<String> looked = new TreeSet<>();
        Set<String> again = new TreeSet<>();
        for (Answer answer : answers) {
            heard.put(answer.of.check.id(), answer.of);
            settle(answer, drafts, looked, again);
        }
        for (Watched each : asked) {
            if (!heard.containsKey(each.check.id())) {
                lost(each, drafts, looked);
            }
        }
        ObjectNode taken =
                Json.object().put("ms", Duration.between(began, clock.instant()).toMillis());
        looked.forEach(taken.putArray("looked")::add);
        drafts.add(Draft.of(Checkups.TAKEN, ACTOR, taken));
        projector.record(drafts);
        return again;
    }

    private List<Answer> ask(List<Watched> asked) throws InterruptedIOException {
        List<Answer> answers = new ArrayList<>();
        boolean[] over = new boolean[1];
        List<Watched> idle = asked.stream().filter(each -> !isRunning(each)).toList();
        CountDownLatch open = new CountDownLatch(idle.size());
        for (Watched each : idle) {
            begin(each);
            threads.execute(() -> {
                Map<String, Finding> found;
                try {
                    found = Map.copyOf(each.check.look().look());
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    found = Map.of("", Finding.unknown("the look was stopped"));
                } catch (Exception | StackOverflowError e) {
                    found = Map.of("", Finding.unknown("it could not be looked at: " + told(e)));
                }
                synchronized (answers) {
                    if (!over[0]) {
                        answers.add(new Answer(each, found));
                    }
                }
                ended(each);
                open.countDown();
            });
        }
        try {
            // Whoever has not answered by then is told as unknown, so there is nothing to be done with the outcome.
            boolean _ = open.await(deadline.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while checks were looked at");
        }
        synchronized (answers) {
            over[0] = true;
            return List.copyOf(answers);
        }
    }

    private static String told(Throwable e) {
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }

    private boolean isRunning(Watched each) {
        synchronized (each) {
            return each.running;
        }
    }

    private void begin(Watched each) {
        synchronized (each) {
            each.running = true;
            each.begun = clock.instant();
        }
    }

    private static void ended(Watched each) {
        synchronized (each) {
            each.running = false;
        }
    }

    private void settle(Answer answer, List<Draft> drafts, Set<String> looked, Set<String> again) {
        Watched watched = answer.of;
        boolean failed = answer.found.containsKey("")
                && answer.found.get("").state() == State.UNKNOWN
                && answer.found.size() == 1
                && !watched.parts.isEmpty();
        Set<String> parts = new HashSet<>();
        for (Map.Entry<String, Finding> each : answer.found.entrySet()) {
            String id = watched.id(clip(each.getKey()));
            parts.add(id);
            looked.add(id);
            Finding known = checkups.get(id).map(Checkup::finding).orElse(null);
            boolean suspect =
                    each.getValue().isWrong() && watched.check.confirmed() && (known == null || !known.isWrong());
            if (suspect && watched.suspects.add(id)) {
                again.add(watched.check.id());
                if (known == null) {
                    change(
                            drafts,
                            watched,
                            id,
                            Finding.unknown("found wrong once, and looked at again: "
                                    + each.getValue().reason()));
                }
                continue;
            }
            watched.suspects.remove(id);
            if (known == null && each.getValue().state() == State.UNKNOWN) {
                // Some things are known only in comparison with a look before.
                again.add(watched.check.id());
            }
            change(drafts, watched, id, each.getValue());
        }
        for (String gone : ids(watched)) {
            if (failed && !parts.contains(gone)) {
                change(drafts, watched, gone, answer.found.getOrDefault("", Finding.unknown("")));
                looked.add(gone);
                parts.add(gone);
            } else if (!parts.contains(gone)) {
                drafts.add(
                        Draft.of(Checkups.CHANGED, ACTOR, change(watched, gone, "gone", "it is not looked at any more"))
                                .subject(gone));
            }
        }
        watched.last.keySet().retainAll(parts);
        watched.parts = parts;
        watched.empty = answer.found.isEmpty();
    }

    /** Did not answer, now or since an earlier round. */
    private void lost(Watched watched, List<Draft> drafts, Set<String> looked) {
        Instant begun;
        synchronized (watched) {
            begun = watched.begun;
        }
        Finding unknown = Finding.unknown("a look that began at " + begun + " has not come back");
        Set<String> ids = ids(watched);
        for (String id : ids.isEmpty() ? Set.of(watched.check.id()) : ids) {
            change(drafts, watched, id, unknown);
            looked.add(id);
        }
    }

    private Set<String> ids(Watched watched) {
        Set<String> ids = new TreeSet<>();
        for (Checkup each : checkups.list()) {
            if (each.id().equals(watched.check.id()) || each.id().startsWith(watched.check.id() + ":")) {
                ids.add(each.id());
            }
        }
        return ids;
    }

    private static String clip(String part) {
        return part.length() <= LONGEST_PART ? part : part.substring(part.length() - LONGEST_PART);
    }

    private void change(List<Draft> drafts, Watched watched, String id, Finding found) {
        watched.last.put(id, found);
        State known = checkups.get(id).map(each -> each.finding().state()).orElse(null);
        if (known != found.state()) {
            ObjectNode data = change(watched, id, found.state().text(), found.reason())
                    .put("from", known == null ? "" : known.text());
            drafts.add(Draft.of(Checkups.CHANGED, ACTOR, data).subject(id));
        }
    }

    private ObjectNode change(Watched watched, String id, String to, String reason) {
        return Json.object()
                .put("check", id)
                .put("critical", watched.check.critical() || critical.test(id))
                .put("to", to)
                .put("reason", reason);
    }

    /** All that there is to look at, as it is known now: what was never looked at, or not for so long, is unknown. */
    public List<Checkup> board(Duration fresh) {
        Instant now = clock.instant();
        List<Checkup> board = new ArrayList<>();
        for (Watched each : checks.values()) {
            Set<String> ids = ids(each);
            if (ids.isEmpty() && !each.empty) {
                board.add(new Checkup(
                        each.check.id(),
                        each.check.critical() || critical.test(each.check.id()),
                        Finding.unknown("it has not been looked at yet"),
                        Instant.EPOCH,
                        Instant.EPOCH));
            }
            for (String id : ids) {
                checkups.get(id)
                        .map(known -> known.told(each.last.getOrDefault(id, known.finding())))
                        .ifPresent(known -> board.add(known.at(now, fresh)));
            }
        }
        return board;
    }
}
