package mirror.tiers.swarm;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import mirror.bus.Draft;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.bus.Projector;
import mirror.tiers.Tiers;
import mirror.tiers.TiersFile;
import mirror.tiers.ask.Models.Said;
import mirror.tiers.ask.Texts;
import mirror.tiers.gateway.Gateway;
import mirror.tiers.swarm.Order.Rank;
import mirror.tiers.swarm.Workers.Done;
import mirror.tiers.swarm.Workers.Worker;
import mirror.trust.DeviceKey;
import mirror.trust.LeaseScope;
import mirror.trust.Leases;
import mirror.trust.Redactor;
import mirror.trust.Sensitivity;
import mirror.trust.TrustException;
import tools.jackson.databind.node.ObjectNode;

/**
 * Runs of graphs of tasks. A run belongs to nobody's terminal: it goes on when its caller leaves, and after the daemon was killed with the next start. Closing stops what is
 * under way without ending any run. Thread-safe.
 */
public final class Swarms implements AutoCloseable {
    private static final int OPEN = 8;
    private static final int CONDUCTORS_OUTPUT = 8_000;
    private static final int CONDUCTORS_SECONDS = 600;
    private static final int CONDUCTED_MINUTES = 60;

    /** What a run needs. */
    record Tools(
            TiersFile tiers,
            Workers workers,
            Projector projector,
            SwarmRuns runs,
            Briefing briefing,
            Supplier<OptionalLong> memory,
            InstantSource clock,
            Executor threads,
            Consumer<String> ended) {
        void close(String run, String state, String reason) {
            Event _ = projector.record(Draft.of(
                            SwarmRuns.CLOSED,
                            "daemon",
                            Json.object().put("run", run).put("state", state).put("reason", reason))
                    .subject(run));
        }
    }

    private final Tools tools;
    private final RandomGenerator random;
    private final Map<String, Execution> executions = new HashMap<>();
    private final Set<String> planning = ConcurrentHashMap.newKeySet();
    private boolean closed;

    /**
     * @param memory megabytes that are free now, or nothing where that is not known
     * @param random thread-safe
     * @param threads one for each run, and one for each task that is under way
     */
    public Swarms(
            TiersFile tiers,
            Gateway gateway,
            Leases leases,
            DeviceKey key,
            Projector projector,
            SwarmRuns runs,
            Supplier<OptionalLong> memory,
            InstantSource clock,
            RandomGenerator random,
            Executor threads) {
        this(
                tiers,
                new GatewayWorkers(tiers, gateway, leases, key, projector, clock),
                projector,
                runs,
                memory,
                clock,
                random,
                threads);
    }

    Swarms(
            TiersFile tiers,
            Workers workers,
            Projector projector,
            SwarmRuns runs,
            Supplier<OptionalLong> memory,
            InstantSource clock,
            RandomGenerator random,
            Executor threads) {
        this.random = random;
        this.tools =
                new Tools(tiers, workers, projector, runs, new Briefing(random), memory, clock, threads, this::ended);
    }

    private synchronized void ended(String run) {
        executions.remove(run);
        notifyAll();
    }

    private Tiers tiers() {
        TiersFile.State state = tools.tiers.current();
        Tiers now = state.tiers();
        if (now == null) {
            throw new TrustException(String.valueOf(state.refusal()));
        }
        return now;
    }

    // ---- runs

    /**
     * Reads the owner's file.
     *
     * @param name for the graph when the file gives none
     * @throws GraphFault with all that is wrong with it
     * @throws TrustException when there are no tiers
     */
    public Graph read(byte[] yaml, String name) throws GraphFault {
        return GraphReader.file(yaml, name, tiers());
    }

    /**
     * Starts a run.
     *
     * @param source where the graph comes from, for the owner
     * @return its id
     * @throws TrustException when it cannot be started
     */
    public String start(Graph graph, String source) {
        return open(graph, source, "");
    }

    /** Starts what a conductor planned, once. */
    public String confirm(String plan) {
        PlanState planned =
                tools.runs.plan(plan).orElseThrow(() -> new TrustException("there is no plan '" + plan + "'"));
        if (!planned.run().isEmpty()) {
            throw new TrustException("the plan " + plan + " was run already, as " + planned.run());
        }
        Graph graph = planned.graph()
                .orElseThrow(() -> new TrustException("the plan " + plan + " cannot be used: " + planned.reason()));
        return open(graph, "plan " + plan, plan);
    }

    private synchronized String open(Graph graph, String source, String plan) {
        if (closed) {
            throw new TrustException("Mirror is being stopped");
        }
        if (tools.runs.open().size() >= OPEN) {
            throw new TrustException(
                    OPEN + " runs are under way, which is all there may be; 'mirror swarm list' shows them");
        }
        String run = id("s");
        ObjectNode data = Json.object()
                .put("run", run)
                .put("name", graph.name())
                .put("source", Redactor.field(Texts.sound(source)))
                .put("plan", plan);
        data.set("graph", Json.MAPPER.valueToTree(redacted(graph)));
        Event _ =
                tools.projector.record(Draft.of(SwarmRuns.OPENED, "owner", data).subject(run));
        execute(run);
        return run;
    }

    private static Graph redacted(Graph graph) {
        List<Task> tasks = new ArrayList<>();
        for (Task task : graph.tasks()) {
            tasks.add(new Task(
                    task.id(),
                    task.parent(),
                    task.depth(),
                    Redactor.redact(task.prompt()),
                    task.needs(),
                    task.model(),
                    task.cents(),
                    task.tokens(),
                    task.output(),
                    task.sensitivity(),
                    task.effects(),
                    task.retries(),
                    task.seconds(),
                    task.children(),
                    task.memory(),
                    task.check()));
        }
        return new Graph(
                graph.name(),
                graph.cents(),
                graph.tokens(),
                graph.parallel(),
                graph.freeMegabytes(),
                graph.minutes(),
                graph.sensitivity(),
                tasks);
    }

    private String id(String kind) {
        long least = 36L * 36 * 36 * 36 * 36 * 36;
        return kind + Long.toString(random.nextLong(least, least * 36), 36);
    }

    private synchronized void execute(String run) {
        RunState state = tools.runs.get(run).orElseThrow();
        Execution execution = new Execution(
                run,
                tools,
                tools.clock.instant().plus(Duration.ofMinutes(state.graph().minutes())));
        executions.put(run, execution);
        execution.start();
    }

    /** Goes on with what the last process left, without doing anything again that finished. When the daemon starts. */
    public synchronized void recover() {
        tools.runs.leases().forEach((of, lease) -> {
            if (!executions.containsKey(of) && !planning.contains(of)) {
                tools.workers.revoke(lease);
            }
        });
        for (String run : tools.runs.open()) {
            if (executions.containsKey(run)) {
                // It was started since.
                continue;
            }
            boolean cancelled = tools.runs.get(run).map(RunState::isCancelled).orElse(true);
            Event _ = tools.projector.record(
                    Draft.of(SwarmRuns.RESUMED, "daemon", Json.object().put("run", run))
                            .subject(run));
            if (cancelled) {
                tools.close(run, "cancelled", "");
            } else {
                execute(run);
            }
        }
    }

    /**
     * Ends a run: calls under way are cut off, leases taken back. Returns when that is done.
     *
     * @throws TrustException when there is nothing to end
     */
    public void cancel(String run) {
        RunState state = known(run);
        if (!state.end().isEmpty()) {
            throw new TrustException("the run " + run + " has ended: " + state.end());
        }
        Event _ = tools.projector.record(
                Draft.of(SwarmRuns.CANCELLED, "owner", Json.object().put("run", run))
                        .subject(run));
        Execution execution;
        synchronized (this) {
            execution = executions.get(run);
        }
        if (execution != null) {
            execution.stop();
        } else if (known(run).end().isEmpty()) {
            tools.close(run, "cancelled", "");
        }
    }

    /**
     * Does again what did not finish, under what is left of the run's ceilings.
     *
     * @throws TrustException when there is nothing to do
     */
    public synchronized void retry(String run) {
        if (!known(run).end().isEmpty()) {
            awaitEnd(run);
        }
        RunState state = known(run);
        if (state.end().isEmpty()) {
            throw new TrustException("the run " + run + " is under way");
        }
        if (state.isFinished()) {
            throw new TrustException("every task of the run " + run + " has finished");
        }
        if (state.left().isEmpty()) {
            throw new TrustException("nothing is left of the money or tokens of the run " + run);
        }
        Event _ = tools.projector.record(
                Draft.of(SwarmRuns.RETRIED, "owner", Json.object().put("run", run))
                        .subject(run));
        execute(run);
    }

    /** What has ended in the log is about to leave. */
    private synchronized void awaitEnd(String run) {
        boolean interrupted = false;
        while (executions.containsKey(run)) {
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private RunState known(String run) {
        return tools.runs
                .get(run)
                .orElseThrow(() -> new TrustException("there is no run '" + run + "'; 'mirror swarm list' shows them"));
    }

    /** Why a run begins nothing now, or empty. */
    public String waiting(String run) {
        Execution execution;
        synchronized (this) {
            execution = executions.get(run);
        }
        return execution == null ? "" : execution.waiting();
    }

    // ---- a conductor

    /**
     * What the owner wants planned.
     *
     * @param name of the graph, for the memory of its runs
     * @param conductor the route or model that plans
     * @param models those that tasks may use, at least one
     * @param cents most money of the plan and its run together
     * @param tasks most tasks of it
     */
    public record Goal(
            String name,
            String goal,
            String conductor,
            List<String> models,
            long cents,
            int tasks,
            Sensitivity sensitivity) {
        public Goal {
            models = List.copyOf(models);
        }
    }

    /**
     * Has a model plan. Nothing of it is run: what the model wrote is data until the owner says yes to it.
     *
     * @throws TrustException when it cannot be asked
     */
    public PlanState plan(Goal goal) {
        String id = id("p");
        Tiers now = tiers();
        Graph asking = asking(goal, now);
        Event _ = tools.projector.record(Draft.of(
                        SwarmRuns.ASKED,
                        "owner",
                        Json.object()
                                .put("plan", id)
                                .put("goal", Redactor.field(goal.goal))
                                .put("conductor", goal.conductor)
                                .put("cents", goal.cents))
                .subject(id));
        Task task = asking.tasks().getFirst();
        GraphReader.Bounds bounds = bounds(goal, asking.purse());
        String outcomes = tools.runs.outcomes(goal.name, "", goal.sensitivity);
        String prompt = tools.briefing.conductor(goal.goal, bounds, outcomes);
        Done done;
        Instant end = tools.clock.instant().plus(Duration.ofMinutes(CONDUCTED_MINUTES));
        planning.add(id);
        try (Worker worker = tools.workers.open(id, asking, asking.purse(), end)) {
            Rank rank = new Rank(task.id(), task.effects(), task.purse());
            done = worker.ask(new Order(id, task, prompt, task.purse(), 8, List.of(rank)));
        } finally {
            planning.remove(id);
        }
        planned(id, goal, done, now);
        return tools.runs.plan(id).orElseThrow();
    }

    private void planned(String id, Goal goal, Done done, Tiers now) {
        ObjectNode data = Json.object().put("plan", id).put("accounted", done.accounted());
        switch (done.said()) {
            case Said.Absent absent -> data.put("reason", Texts.line(absent.why(), 500));
            case Said.Answer(String answer, long in, long out) -> {
                data.put("in", in).put("out", out);
                long spent = tools.runs
                        .plan(id)
                        .map(plan -> plan.spending.purse().cents())
                        .orElse(0L);
                // The conductor had half; what it did not use is the run's, too.
                Purse left = new Purse(
                        done.accounted() ? Math.max(0, goal.cents - spent) : goal.cents / 2, LeaseScope.UNLIMITED);
                String text = Texts.sound(Redactor.redact(answer)).strip();
                try {
                    Graph graph = GraphReader.plan(unwrapped(text), bounds(goal, left), now);
                    data.set("graph", Json.MAPPER.valueToTree(graph));
                } catch (GraphFault e) {
                    data.put("reason", Texts.clip(String.valueOf(e.getMessage()), 2_000))
                            .put("rejected", Texts.clip(text, Redactor.FIELD_LIMIT));
                }
            }
        }
        Event _ = tools.projector.record(
                Draft.of(SwarmRuns.PLANNED, "daemon", data).subject(id));
    }

    /** Models put JSON into a code block whatever they are told; nothing else around it is taken off. */
    private static String unwrapped(String text) {
        return text.startsWith("```json\n") && text.endsWith("\n```")
                ? text.substring("```json\n".length(), text.length() - "\n```".length())
                : text;
    }

    private static GraphReader.Bounds bounds(Goal goal, Purse purse) {
        return new GraphReader.Bounds(
                goal.name, goal.goal, goal.models, purse, goal.tasks, goal.sensitivity, CONDUCTED_MINUTES);
    }

    /** The one task of asking the conductor, read as every graph is, so that model, effects and sensitivity are looked at in the same way. */
    private static Graph asking(Goal goal, Tiers now) {
        ObjectNode asking = Json.object()
                .put("name", SwarmRuns.CONDUCTOR)
                .put("cents", Math.max(1, goal.cents / 2))
                .put("sensitivity", goal.sensitivity.text());
        asking.putArray("tasks")
                .addObject()
                .put("id", SwarmRuns.CONDUCTOR)
                .put("prompt", "plan")
                .put("model", goal.conductor)
                .put("output", CONDUCTORS_OUTPUT)
                .put("seconds", CONDUCTORS_SECONDS);
        try {
            return GraphReader.file(Json.MAPPER.writeValueAsString(asking).getBytes(StandardCharsets.UTF_8), "", now);
        } catch (GraphFault e) {
            throw new TrustException("the conductor cannot be asked: " + e.getMessage(), e);
        }
    }

    // ---- results

    /**
     * The whole result of a task, from the log.
     *
     * @throws TrustException when there is none, or it was erased
     */
    public static String result(Projector projector, RunState run, String task) {
        TaskState of = run.task(task)
                .orElseThrow(() -> new TrustException("the run " + run.id() + " has no task '" + task + "'"));
        if (of.event() == 0) {
            throw new TrustException(
                    "the task '" + task + "' has no result: it is " + of.state().text());
        }
        return Optional.of(projector.log().read(of.event(), 1).getFirst().text("text"))
                .filter(text -> !text.isEmpty())
                .orElseThrow(() -> new TrustException("the result of '" + task + "' is not in the log any more"));
    }

    /** Stops what is under way; what is open goes on with the next start. */
    @Override
    public void close() {
        List<Execution> all;
        synchronized (this) {
            closed = true;
            all = List.copyOf(executions.values());
        }
        all.forEach(Execution::stop);
    }
}
