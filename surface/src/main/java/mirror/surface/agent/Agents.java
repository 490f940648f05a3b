package mirror.surface.agent;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.random.RandomGenerator;
import mirror.bus.BusException;
import mirror.bus.Draft;
import mirror.bus.Home;
import mirror.bus.Json;
import mirror.bus.Projector;
import mirror.continuity.Continuity;
import mirror.continuity.Session;
import mirror.continuity.Types;
import mirror.surface.agent.AgentEvent.Ended;
import mirror.surface.agent.AgentEvent.Reason;
import mirror.trust.Budgets;
import mirror.trust.Budgets.Unit;
import mirror.trust.Switch;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * The runs of agents that Mirror starts and sees to the end: each is checked for its gate, reserves its tokens, is recorded before it gets
 * its first word and when nothing of it is left, and settles what it used. Thread-safe.
 */
public final class Agents implements AutoCloseable {
    /** What a run may use when nobody says: as much, or what is left of the day. */
    public static final long TOKENS = 1_000_000;

    /** A system's start times are exact to a clock tick, and move when its clock is set. */
    private static final Duration SAME_START = Duration.ofSeconds(2);

    private static final Duration GRACE = Duration.ofSeconds(5);
    private static final Duration CLOSING = Duration.ofSeconds(20);

    private final Home home;
    private final Projector projector;
    private final AgentRuns runs;
    private final Continuity continuity;
    private final Budgets budgets;
    private final InstantSource clock;
    private final RandomGenerator random;
    private final List<AgentRunner> runners;
    private final Map<String, Run> running = new ConcurrentHashMap<>();

    public Agents(
            Home home,
            Projector projector,
            AgentRuns runs,
            Continuity continuity,
            Budgets budgets,
            InstantSource clock,
            RandomGenerator random,
            List<AgentRunner> runners) {
        this.home = home;
        this.projector = projector;
        this.runs = runs;
        this.continuity = continuity;
        this.budgets = budgets;
        this.clock = clock;
        this.random = random;
        this.runners = List.copyOf(runners);
    }

    /** A run was not started; the message says why and what to do. */
    public static final class Refused extends Exception {
        private static final long serialVersionUID = 1;

        Refused(String message) {
            super(message);
        }
    }

    /** A run and the id that it goes by. */
    public record Started(String id, Run run) {}

    public List<AgentRunner> runners() {
        return runners;
    }

    /** Those that work now, by id. */
    public Map<String, Run> running() {
        return Map.copyOf(running);
    }

    /**
     * Starts a run.
     *
     * @param tokens how many it may use, or 0 for {@link #TOKENS} or what is left of the day's budget
     */
    public Started start(AgentRunner runner, Task task, long tokens) throws Refused {
        if (new Switch(home.kill()).isOn()) {
            throw new Refused("the kill switch is on (" + home.kill() + "); no agent is started");
        }
        List<String> faults = runner.faults(task);
        if (!faults.isEmpty()) {
            throw new Refused("no agent is started without its gate: " + String.join("; ", faults));
        }
        long amount = tokens > 0 ? tokens : Math.min(TOKENS, left(runner.client()));
        String id = id();
        try (Budgets.Hold _ = budgets.hold(runner.client(), Unit.TOKENS, amount)
                .filter(_ -> amount > 0)
                .orElseThrow(() -> new Refused("the budget of " + runner.client() + " has no "
                        + (amount > 0 ? amount + " " : "") + "tokens left today; 'mirror budget grant "
                        + runner.client() + " tokens N' gives more, --tokens asks for less"))) {
            Run run = begin(runner, task, amount, id);
            return new Started(id, run);
        } catch (IOException e) {
            throw new Refused(String.valueOf(e.getMessage()));
        }
    }

    private Run begin(AgentRunner runner, Task task, long amount, String id) throws IOException {
        // The client waits for its first turn while the log takes the run down: nothing that works is ever unrecorded.
        Run run = runner.start(task, mark(id));
        try {
            long before = projector.log().durable();
            Instant started = projector
                    .record(List.of(
                            budgets.reserve(id, runner.client(), Unit.TOKENS, amount),
                            AgentRuns.started(id, runner.client(), task, run.handle(), amount)))
                    .getLast()
                    .time();
            running.put(id, run);
            run.begin(task, amount, new GateWatch(projector.log(), before), ended -> ended(id, run, started, ended));
            return run;
        } catch (RuntimeException e) {
            run.cancel();
            throw e;
        }
    }

    private long left(String agent) {
        return budgets.list().stream()
                .filter(line -> line.agent().equals(agent) && line.unit() == Unit.TOKENS && line.limit() >= 0)
                .mapToLong(line -> Math.max(0, line.limit() + line.extra() - line.spent()))
                .findFirst()
                .orElse(TOKENS);
    }

    private String id() {
        byte[] bytes = new byte[4];
        String id;
        do {
            random.nextBytes(bytes);
            id = "r" + HexFormat.of().formatHex(bytes);
        } while (runs.get(id).isPresent());
        return id;
    }

    /** Unlike the id no other Mirror on this machine has it. */
    private String mark(String id) {
        return projector.log().origin() + "/" + id;
    }

    private void ended(String id, Run run, Instant started, Ended ended) {
        try {
            AgentRuns.Row row = runs.get(id).orElseThrow();
            closeSession(row.client(), run.session(), ended);
            projector.record(List.of(
                    AgentRuns.ended(row, run.session(), ended, Duration.between(started, clock.instant())),
                    budgets.settle(id, ended.usage().total())));
        } catch (BusException e) {
            // A log that takes nothing more leaves the run open; the next start calls it lost.
        } finally {
            running.remove(id);
        }
    }

    /**
     * A client that was killed tells no end of its session, and Codex's server never does; nothing of the run is left, so it is over.
     * That it ran out of tokens only Mirror knows, and what it left undone becomes a handoff.
     */
    private void closeSession(String client, String session, Ended ended) {
        Session known = continuity.sessions().get(session).orElse(null);
        if (known == null || !known.client().equals(client)) {
            return;
        }
        String reason = ended.reason().text();
        if (ended.reason() == Reason.BUDGET) {
            record(Types.TURN_ENDED, session, Json.object().put("error", reason));
        }
        if (known.ended() == null) {
            record(Types.ENDED, session, Json.object().put("reason", "run " + reason));
        }
        try {
            continuity.crystallize(projector, session);
        } catch (IOException e) {
            // The end is in the log; the next start writes the crystal that is missing.
        }
    }

    private void record(String type, String session, ObjectNode data) {
        projector.record(Draft.of(type, "daemon", data).subject(session).session(session));
    }

    /** Ends a run; false when there is none of that id at work. */
    public boolean cancel(String id) {
        Run run = running.get(id);
        if (run != null) {
            run.cancel();
        }
        return run != null;
    }

    /**
     * For the daemon's start: ends what is left of runs that the last daemon could not end, and records them as lost. What was reserved
     * for them stays spent, because nobody knows what they used.
     */
    public void recover() throws InterruptedException {
        for (AgentRuns.Row row : runs.open()) {
            ProcessHandle process = ProcessHandle.of(row.pid())
                    .filter(handle -> isSame(handle, row.process()))
                    .orElse(null);
            int left = new ProcessTree(process, mark(row.run())).end(GRACE);
            projector.record(AgentRuns.ended(
                    row,
                    row.session(),
                    new Ended(Reason.LOST, -1, Usage.NONE, left, ""),
                    Duration.between(row.started(), clock.instant())));
        }
    }

    private static boolean isSame(ProcessHandle handle, @Nullable Instant started) {
        return started != null
                && handle.info()
                        .startInstant()
                        .filter(at -> Duration.between(at, started).abs().compareTo(SAME_START) <= 0)
                        .isPresent();
    }

    /** Ends all runs and waits until they are recorded. */
    @Override
    public void close() {
        List<CompletableFuture<Ended>> ends = running.values().stream()
                .peek(run -> run.stop(Reason.STOPPED))
                .map(Run::end)
                .toList();
        try {
            CompletableFuture.allOf(ends.toArray(CompletableFuture<?>[]::new))
                    .get(CLOSING.toSeconds(), TimeUnit.SECONDS);
        } catch (TimeoutException | ExecutionException e) {
            // The next start deals with them.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
