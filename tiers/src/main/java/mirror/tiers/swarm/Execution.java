package mirror.tiers.swarm;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import mirror.bus.AtomicFiles;
import mirror.bus.BusException;
import mirror.bus.Draft;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.tiers.Tiers;
import mirror.tiers.ask.Models.Cause;
import mirror.tiers.ask.Models.Said;
import mirror.tiers.ask.Texts;
import mirror.tiers.swarm.Order.Rank;
import mirror.tiers.swarm.Workers.Done;
import mirror.tiers.swarm.Workers.Worker;
import mirror.trust.Redactor;
import mirror.trust.TrustException;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * A run while it is under way. One thread looks at what the log says of the run, begins what can begin, and waits for a change; each attempt has a thread of its own. An attempt
 * is in the log before it is made, and its result before anything rests on it, so whoever comes after a crash finds all that is needed there, and nothing else. Thread-safe.
 */
final class Execution {
    private static final int REASON = 500;

    /** How long nothing may happen before free memory and time are looked at again. */
    private static final Duration BEAT = Duration.ofSeconds(1);

    private final String run;
    private final Swarms.Tools tools;
    private final Instant end;
    private final Map<String, Thread> under = new HashMap<>();
    private int endings;
    private boolean stopping;
    private boolean over;
    private String waiting = "";

    /** @param end when the run's time is over */
    Execution(String run, Swarms.Tools tools, Instant end) {
        this.run = run;
        this.tools = tools;
        this.end = end;
    }

    void start() {
        tools.threads().execute(this::run);
    }

    /** Why nothing is begun now, or empty. */
    synchronized String waiting() {
        return waiting;
    }

    /** Stops what is under way, and returns when nothing is. What the log says of it stays as it is. */
    synchronized void stop() {
        halt();
        notifyAll();
        await(() -> over);
    }

    /** Whatever interrupts: who asks has to know that it is so. The interrupt is kept. */
    private synchronized void await(BooleanSupplier done) {
        boolean interrupted = false;
        while (!done.getAsBoolean()) {
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

    private void run() {
        String trouble = "";
        try (Worker worker = tools.workers().open(run, state().graph(), state().left(), end)) {
            loop(worker);
        } catch (TrustException e) {
            trouble = String.valueOf(e.getMessage());
        } catch (BusException e) {
            // The log takes nothing; the next start goes on with what it has.
            halt();
        } catch (RuntimeException e) {
            trouble = "it cannot go on: " + e;
        } finally {
            close(trouble);
        }
    }

    private void loop(Worker worker) {
        try {
            while (step(worker)) {
                // Until nothing more can be begun and nothing is under way.
            }
        } catch (InterruptedException e) {
            halt();
        } finally {
            await(under::isEmpty);
        }
    }

    private synchronized void halt() {
        stopping = true;
        under.values().forEach(Thread::interrupt);
    }

    private RunState state() {
        return tools.runs().get(run).orElseThrow(() -> new TrustException("the run " + run + " is not known any more"));
    }

    /** @return whether there is more to come */
    private synchronized boolean step(Worker worker) throws InterruptedException {
        RunState state = state();
        if (stopping || state.isCancelled() || state.isDone()) {
            return false;
        }
        waiting = "";
        boolean begun = false;
        for (TaskState task : state.ready()) {
            if (under.containsKey(task.id())) {
                continue;
            }
            if (under.size() >= state.graph().parallel()) {
                break;
            }
            if (!tools.clock().instant().isBefore(end)) {
                refuse(task, "the run's " + state.graph().minutes() + " minutes are over");
                begun = true;
                continue;
            }
            if (task.left().isEmpty()) {
                refuse(task, "nothing is left of its money or tokens");
                begun = true;
                continue;
            }
            OptionalLong free = tools.memory().get();
            if (free.isPresent() && free.getAsLong() >> 20 < state.graph().freeMegabytes()) {
                waiting = "for memory: " + (free.getAsLong() >> 20) + " MB are free, "
                        + state.graph().freeMegabytes() + " are needed";
                break;
            }
            begin(worker, state, task);
            begun = true;
        }
        if (!begun) {
            rest();
        }
        return true;
    }

    /** Until an attempt ends, the run is stopped, or a beat is over. */
    private synchronized void rest() throws InterruptedException {
        long until = System.nanoTime() + BEAT.toNanos();
        int before = endings;
        while (endings == before && !stopping) {
            long left = TimeUnit.NANOSECONDS.toMillis(until - System.nanoTime());
            if (left <= 0) {
                return;
            }
            wait(left);
        }
    }

    private void begin(Worker worker, RunState state, TaskState task) {
        Task asked = task.task();
        String outcomes = asked.memory() ? tools.runs().outcomes(state.graph().name(), run, asked.sensitivity()) : "";
        String prompt = tools.briefing().of(state, task, outcomes);
        List<Rank> lineage = state.lineage(task).stream()
                .map(each -> new Rank(each.id(), each.task().effects(), state.leftBelow(each)))
                .toList();
        Tiers now = tools.tiers().current().tiers();
        int candidates = now == null
                ? 1
                : now.route(asked.model())
                        .map(route -> route.candidates().size())
                        .orElse(1);
        // Each candidate once, and once more where a connection that was kept open turns out to be closed.
        Order order = new Order(run, asked, prompt, task.left(), 2 * Math.max(1, candidates), lineage);
        ObjectNode data = Json.object()
                .put("run", run)
                .put("task", task.id())
                .put("attempt", task.attempts() + 1)
                .put("asked", digest(prompt))
                .put("cents", order.purse().cents());
        record(SwarmRuns.BEGUN, task.id(), data);
        int attempt = task.attempts() + 1;
        boolean branches = task.state() == TaskState.State.WAITING && asked.children() > 0;
        under.put(task.id(), Thread.currentThread());
        tools.threads().execute(() -> attempt(worker, order, attempt, branches));
    }

    private void attempt(Worker worker, Order order, int attempt, boolean branches) {
        synchronized (this) {
            if (stopping) {
                ended(order);
                return;
            }
            under.put(order.task().id(), Thread.currentThread());
        }
        try {
            conclude(order, attempt, branches, asked(worker, order));
        } catch (BusException e) {
            // As the run's own thread, which finds the same.
            halt();
        } finally {
            ended(order);
        }
    }

    /** A fault of ours is the attempt's failure and must not leave the run waiting for it. */
    private static Done asked(Worker worker, Order order) {
        try {
            return worker.ask(order);
        } catch (BusException e) {
            throw e;
        } catch (RuntimeException e) {
            return new Done(new Said.Absent("asking it failed: " + e), false);
        }
    }

    private synchronized void ended(Order order) {
        under.remove(order.task().id());
        endings++;
        notifyAll();
    }

    // ---- what came of an attempt

    private synchronized void conclude(Order order, int attempt, boolean branches, Done done) {
        if (stopping || state().isCancelled()) {
            // The log says that it was under way, which is all that is known.
            return;
        }
        switch (done.said()) {
            case Said.Absent(String why, Cause cause) -> {
                boolean again =
                        cause != Cause.REFUSED && attempt <= order.task().retries();
                String state = cause == Cause.REFUSED ? "stopped" : again ? "again" : "failed";
                end(order, attempt, state, why, null, done.accounted());
            }
            case Said.Answer answer -> answered(order, attempt, branches, answer, done.accounted());
        }
    }

    private void answered(Order order, int attempt, boolean branches, Said.Answer answer, boolean accounted) {
        String text = Texts.sound(Redactor.redact(answer.text()));
        Said.Answer kept = new Said.Answer(text, answer.in(), answer.out());
        try {
            Optional<String> block = branches ? Children.in(text) : Optional.empty();
            if (block.isPresent()) {
                branch(order, attempt, block.get(), kept, accounted);
                return;
            }
        } catch (GraphFault e) {
            end(
                    order,
                    attempt,
                    "stopped",
                    "it asked for children that it may not have: " + e.getMessage(),
                    kept,
                    accounted);
            return;
        }
        Optional<String> fault = order.task().check().fault(text);
        end(
                order,
                attempt,
                fault.isPresent() ? "stopped" : "finished",
                fault.map(why -> "its result failed the check: " + why).orElse(""),
                kept,
                accounted);
    }

    private void branch(Order order, int attempt, String json, Said.Answer answer, boolean accounted)
            throws GraphFault {
        RunState state = state();
        TaskState task = state.task(order.task().id()).orElseThrow();
        Tiers now = tools.tiers().current().tiers();
        if (now == null) {
            throw new GraphFault(List.of(String.valueOf(tools.tiers().current().refusal())));
        }
        Purse left = accounted ? task.left() : Purse.EMPTY;
        List<Task> children = GraphReader.children(
                json,
                order.task(),
                left,
                GraphReader.MOST_TASKS * 2 - state.tasks().size(),
                now);
        ObjectNode data = Json.object()
                .put("run", run)
                .put("task", task.id())
                .put("attempt", attempt)
                .put("in", answer.in())
                .put("out", answer.out())
                .put("accounted", accounted)
                .put("text", answer.text());
        data.set("children", Json.array(children));
        record(SwarmRuns.BRANCHED, task.id(), data);
    }

    private void refuse(TaskState task, String why) {
        Order order = new Order(run, task.task(), "", Purse.EMPTY, 0, List.of());
        end(order, task.attempts(), "stopped", why, null, true);
    }

    /** The end of an attempt, with the report of what was done. */
    private void end(
            Order order, int attempt, String state, String why, Said.@Nullable Answer answer, boolean accounted) {
        String reason = Texts.line(Redactor.redact(why), REASON);
        ObjectNode data = Json.object()
                .put("run", run)
                .put("task", order.task().id())
                .put("attempt", attempt)
                .put("state", state)
                .put("reason", reason)
                .put("accounted", accounted);
        if (answer != null) {
            data.put("in", answer.in()).put("out", answer.out());
            if (state.equals("finished")) {
                data.put("text", answer.text()).put("sha256", digest(answer.text()));
            } else {
                data.put("rejected", Texts.clip(answer.text(), Redactor.FIELD_LIMIT));
            }
        }
        if (!state.equals("again")) {
            data.set("report", report(order, state, reason, answer));
        }
        record(SwarmRuns.ENDED, order.task().id(), data);
    }

    /** In the form of a session's completion report; what a model cannot have done is said to be none. */
    private ObjectNode report(Order order, String state, String reason, Said.@Nullable Answer answer) {
        TaskState task = state().task(order.task().id()).orElseThrow();
        Purse spent = task.spent();
        ObjectNode report = Json.object()
                .put("summary", answer == null ? reason : Texts.line(answer.text(), 300))
                .put("asked", order.prompt().isEmpty() ? "" : digest(order.prompt()))
                .put("model", order.task().model())
                .put("result", answer == null ? "" : digest(answer.text()))
                .put("cents", spent.cents())
                .put("tokens", spent.tokens())
                .put("money", task.spending.money());
        report.putArray("files");
        report.putArray("commits");
        var checks = report.putArray("checks");
        if (answer != null) {
            for (String part : order.task().check().parts()) {
                checks.addObject().put("check", part);
            }
            report.put("passed", state.equals("finished"));
        }
        var open = report.putArray("open");
        for (TaskState child : state().childrenOf(task.id())) {
            if (child.state() != TaskState.State.FINISHED) {
                open.add(child.id() + ": " + child.state().text());
            }
        }
        if (!state.equals("finished")) {
            open.add("the task itself");
            report.putArray("errors").add(reason);
        } else {
            report.putArray("errors");
        }
        return report;
    }

    private static String digest(String text) {
        return AtomicFiles.digest(text.getBytes(StandardCharsets.UTF_8));
    }

    private void record(String type, String task, ObjectNode data) {
        Event _ = tools.projector()
                .record(Draft.of(type, "daemon", data).subject(run).session(SwarmRuns.session(run, task)));
    }

    // ---- the end

    private void close(String trouble) {
        try {
            RunState state = state();
            boolean stopped;
            synchronized (this) {
                stopped = stopping;
            }
            if (state.isCancelled()) {
                tools.close(run, "cancelled", "");
            } else if (!trouble.isEmpty()) {
                tools.close(run, "failed", trouble);
            } else if (state.isDone() && !stopped) {
                tools.close(run, state.isFinished() ? "finished" : "failed", "");
            }
        } catch (BusException | TrustException e) {
            // The next start closes it.
        } finally {
            synchronized (this) {
                over = true;
                notifyAll();
            }
            tools.ended().accept(run);
        }
    }
}
