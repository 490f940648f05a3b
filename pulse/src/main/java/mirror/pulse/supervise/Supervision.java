package mirror.pulse.supervise;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import mirror.bus.Json;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * Decides about services, and does nothing: it is told what happened and when, and says what is to be done. So days of failures can be
 * gone through in a test in a second, with the same answers each time.
 *
 * <p>Rules. A service is started when all it needs is ready, at most eight at a time. Only its own exit, a start that failed, a
 * readiness that did not come, so many looks in a row that found nothing, and too much memory are failures; what follows from one is
 * {@link Restarts}'s to say, and {@link Remediations} how many at once. Stopping goes the other way round: what needs a service ends
 * before it.
 *
 * <p>Must never: start a service that runs, or take what it cannot tell for a failure. All times are nanoseconds of one monotonic clock,
 * so that setting the clock and sleeping do nothing. Used under its owner's lock.
 */
final class Supervision {
    private static final int AT_ONCE = 8;
    private static final long STARTING_LONG = Duration.ofSeconds(10).toNanos();
    private static final long ANSWER_LOST = Duration.ofSeconds(5).toNanos();
    private static final long HELD_UP = Duration.ofSeconds(2).toNanos();
    private static final long WITHHELD_AGAIN = Duration.ofSeconds(30).toNanos();
    private static final long FIRST_LOOK = Duration.ofMillis(10).toNanos();
    private static final int SLOTS = 16;
    static final long NEVER = Long.MAX_VALUE;

    private final RandomGenerator random;
    private final Remediations remediations = new Remediations();
    private final Map<String, Unit> units = new LinkedHashMap<>();
    private final List<Step> steps = new ArrayList<>();
    private long looks;
    private boolean closing;

    Supervision(RandomGenerator random) {
        this.random = random;
    }

    /** What was decided since the last call, in order. */
    List<Step> take() {
        List<Step> taken = List.copyOf(steps);
        steps.clear();
        return taken;
    }

    Collection<Unit> units() {
        return units.values();
    }

    Set<String> names() {
        return Set.copyOf(units.keySet());
    }

    @Nullable
    Unit unit(String name) {
        return units.get(name);
    }

    // ---- definitions

    /**
     * These are the services now.
     *
     * @param sound in an order in which each comes after all it needs
     * @param refused why a service that is known cannot be started any more, by name; what runs of it goes on
     */
    void define(List<Service> sound, Map<String, String> refused, long now) {
        Map<String, Unit> before = new LinkedHashMap<>(units);
        units.clear();
        for (Service service : sound) {
            Unit unit = before.remove(service.name());
            if (unit == null) {
                unit = new Unit(service, new Restarts(service.restart(), random));
            } else {
                redefine(unit, service, now);
            }
            units.put(service.name(), unit);
        }
        before.forEach((name, unit) -> {
            String why = refused.get(name);
            if (why == null) {
                unit.removed = true;
                unit.desired = false;
                stop(unit, false);
            } else {
                unit.refusal = why;
                if (!unit.phase.isUp() && unit.phase != Phase.STOPPED) {
                    withhold(unit, why, NEVER);
                }
            }
            if (why != null || unit.phase.isUp()) {
                units.put(name, unit);
            }
        });
        advance(now);
    }

    private void redefine(Unit unit, Service service, long now) {
        boolean changed = !unit.service.digest().equals(service.digest());
        boolean policy = !unit.service.restart().equals(service.restart());
        boolean wasRefused = unit.refusal != null;
        unit.service = service;
        unit.refusal = null;
        unit.removed = false;
        if (changed || policy) {
            unit.restarts = new Restarts(service.restart(), random);
        }
        if (!unit.desired) {
            return;
        }
        if (unit.phase.isUp()) {
            if (changed) {
                unit.cause = Step.Cause.CHANGED;
                stop(unit, true);
            } else if (unit.phase == Phase.READY) {
                unit.looking = 0;
                unit.misses = 0;
                unit.lookAt = service.live() == null
                        ? NEVER
                        : soon(now, unit.liveness().every());
            }
        } else if (changed || wasRefused || unit.phase == Phase.WITHHELD) {
            await(unit, Step.Cause.CHANGED, now);
        }
    }

    // ---- what the owner and the daemon want

    /** It is to run from now on. A new start of the owner's forgets what it did before. */
    void begin(String name, Step.Cause cause, long now) {
        Unit unit = units.get(name);
        if (unit == null) {
            return;
        }
        unit.desired = true;
        if (cause == Step.Cause.OWNER) {
            unit.restarts.forgive();
        }
        if (unit.phase == Phase.STOPPING) {
            unit.again = true;
            unit.cause = cause;
        } else if (!unit.phase.isUp() && !(unit.phase == Phase.QUARANTINED && cause == Step.Cause.BOOT)) {
            await(unit, cause, now);
        }
        advance(now);
    }

    /**
     * What failed before this daemon came, as far as it still counts.
     *
     * @param quarantined whether it is in quarantine, until {@code until}
     */
    void restore(String name, List<Long> failures, int level, long until, boolean quarantined) {
        Unit unit = units.get(name);
        if (unit == null) {
            return;
        }
        unit.restarts.restore(failures, level);
        if (quarantined && !unit.phase.isUp()) {
            unit.desired = true;
            unit.to(Phase.QUARANTINED, "in quarantine since before Mirror was started");
            unit.due = until;
        }
    }

    /** A process of an earlier daemon was found. */
    void adopted(String name, int run, long started, boolean outdated, long now) {
        Unit unit = units.get(name);
        if (unit == null) {
            return;
        }
        unit.desired = true;
        unit.run = run;
        unit.starting = started;
        unit.to(Phase.RUNNING, "");
        begun(unit, started, now);
        if (outdated) {
            unit.cause = Step.Cause.CHANGED;
            stop(unit, true);
        }
        advance(now);
    }

    /** It is to end, and those that need it before it. */
    void end(String name, long now) {
        Unit unit = units.get(name);
        if (unit != null) {
            unit.desired = false;
            stop(unit, false);
        }
        advance(now);
    }

    /** It is to be ended and started again, for a reason of the owner's. */
    void restart(String name, long now) {
        Unit unit = units.get(name);
        if (unit == null) {
            return;
        }
        unit.desired = true;
        unit.restarts.forgive();
        if (unit.phase.isUp()) {
            unit.cause = Step.Cause.OWNER;
            stop(unit, true);
        } else {
            await(unit, Step.Cause.OWNER, now);
        }
        advance(now);
    }

    /** The same as if it had failed: for a healer, within the same budget. */
    void remedy(String name, String reason, long now) {
        Unit unit = units.get(name);
        if (unit != null && (unit.phase == Phase.RUNNING || unit.phase == Phase.READY)) {
            failing(unit, reason, false, now);
        }
        advance(now);
    }

    /** A fix that is no restart counts as a remediation, too. */
    boolean mayRemedy(String who, long now) {
        return remediations.take("fix " + who, null, now);
    }

    /** What kept it from running was mended: it is started before its delay is over, and otherwise as if it was. */
    void tryNow(String name, long now) {
        Unit unit = units.get(name);
        if (unit != null && (unit.phase == Phase.BACKOFF || unit.phase == Phase.QUARANTINED)) {
            unit.due = now;
        }
        advance(now);
    }

    /** Everything is to end. */
    void endAll(long now) {
        closing = true;
        units.values().forEach(unit -> stop(unit, false));
        advance(now);
    }

    boolean ended() {
        return units.values().stream().noneMatch(unit -> unit.phase.isUp());
    }

    /** What kept services from being started may be over. */
    void retry(long now) {
        for (Unit unit : units.values()) {
            if (unit.phase == Phase.WITHHELD && unit.refusal == null) {
                unit.to(Phase.WAITING, unit.reason);
            }
        }
        advance(now);
    }

    // ---- what happened

    void started(String name, int run, long now) {
        Unit unit = current(name, run);
        if (unit == null || (unit.phase != Phase.STARTING && unit.phase != Phase.STOPPING)) {
            return;
        }
        unit.launched = true;
        if (unit.phase == Phase.STARTING) {
            unit.to(Phase.RUNNING, "");
            begun(unit, now, now);
        }
        advance(now);
    }

    /** @param again whether to look by itself whether it may be started meanwhile */
    void withheld(String name, int run, String why, boolean again, long now) {
        Unit unit = current(name, run);
        if (unit != null && unit.phase.isUp()) {
            if (unit.phase == Phase.STOPPING && !unit.again) {
                stopped(unit);
            } else {
                withhold(unit, why, again ? now + WITHHELD_AGAIN : NEVER);
            }
        }
        advance(now);
    }

    private void withhold(Unit unit, String why, long again) {
        boolean said = unit.said.equals(why);
        unit.to(Phase.WITHHELD, why);
        unit.due = again;
        if (!said) {
            unit.said = why;
            note("mirror.service.withheld.v1", unit, Json.object().put("reason", why));
        }
    }

    void startFailed(String name, int run, String why, long now) {
        Unit unit = current(name, run);
        if (unit != null && unit.phase.isUp()) {
            note("mirror.service.failed.v1", unit, Json.object().put("reason", why));
            unit.failure = why;
            gone(unit, now);
        }
        advance(now);
    }

    void exited(String name, int run, Ending exit, long now) {
        Unit unit = current(name, run);
        if (unit == null || !unit.phase.isUp()) {
            return;
        }
        unit.lastExit = exit;
        unit.lastExitAt = now;
        boolean expected = unit.phase == Phase.STOPPING;
        ObjectNode data = Json.object().put("run", run).put("expected", expected);
        data.put("code", exit.code());
        data.put("signal", exit.signal());
        data.put("memory", exit.memory()).put("up-ms", Math.max(0, now - unit.starting) / 1_000_000);
        note("mirror.service.exited.v1", unit, data);
        if (!expected) {
            unit.failure = "it ended: " + exit.text();
        }
        gone(unit, now);
        advance(now);
    }

    /** There is no process any more. */
    private void gone(Unit unit, long now) {
        unit.looking = 0;
        String failure = unit.failure;
        unit.failure = null;
        if (closing || !unit.desired) {
            stopped(unit);
        } else if (failure != null) {
            failed(unit, failure, now);
        } else {
            await(unit, unit.cause, now);
        }
    }

    private void stopped(Unit unit) {
        unit.to(Phase.STOPPED, "");
        unit.again = false;
        note("mirror.service.stopped.v1", unit, Json.object().put("by", closing ? "daemon" : "owner"));
    }

    private void failed(Unit unit, String why, long now) {
        remediations.failed(unit.name(), now);
        switch (unit.restarts.failed(now)) {
            case Restarts.Answer.Again(Duration delay) -> {
                String refusal = unit.refusal;
                if (refusal != null) {
                    withhold(unit, refusal, NEVER);
                    return;
                }
                unit.to(Phase.BACKOFF, why);
                unit.cause = Step.Cause.RESTART;
                unit.due = now + delay.toNanos();
            }
            case Restarts.Answer.Quarantine(Duration length, boolean newly) -> {
                unit.to(Phase.QUARANTINED, why);
                unit.cause = Step.Cause.CANARY;
                unit.due = now + length.toNanos();
                note(
                        "mirror.service.quarantined.v1",
                        unit,
                        Json.object()
                                .put("reason", why)
                                .put("seconds", length.toSeconds())
                                .put("newly", newly));
                if (newly) {
                    note(
                            "mirror.alarm.raised.v1",
                            unit,
                            Json.object()
                                    .put("alarm", "service-quarantined")
                                    .put("about", unit.name())
                                    .put(
                                            "text",
                                            "the service " + unit.name() + " failed too often and is left alone for "
                                                    + length.toMinutes() + " minutes: " + why
                                                    + "; 'mirror service release "
                                                    + unit.name() + "' starts it now"));
                }
            }
        }
    }

    /** @param run and {@code id} of the look that this is the answer to; that of another one is not heard */
    void looked(String name, int run, long id, Probe.Finding answer, long now) {
        Unit unit = current(name, run);
        if (unit == null || unit.looking != id) {
            return;
        }
        // An answer that is late although it has a deadline was held up on this side.
        Probe.Finding finding = now - unit.lookedAt > unit.timeout + HELD_UP
                ? new Probe.Finding.Unknown("the answer came late, as Mirror was held up")
                : answer;
        unit.looking = 0;
        if (unit.phase == Phase.RUNNING) {
            unit.ready = new Unit.Looked(finding, now);
            if (finding instanceof Probe.Finding.Works) {
                ready(unit, now);
            } else {
                unit.reason = "not ready: " + finding.detail();
                long every = unit.readiness().every().toNanos();
                unit.pace = Math.min(every, unit.pace * 2);
                unit.lookAt = now + unit.pace;
            }
        } else if (unit.phase == Phase.READY) {
            unit.live = new Unit.Looked(finding, now);
            live(unit, finding, now);
        }
        advance(now);
    }

    private void live(Unit unit, Probe.Finding finding, long now) {
        Service.Liveness live = unit.liveness();
        switch (finding) {
            case Probe.Finding.Works _ -> {
                unit.misses = 0;
                unit.busySince = NEVER;
                unit.reason = "";
            }
            case Probe.Finding.Unknown unknown -> unit.reason = "unknown: " + unknown.detail();
            case Probe.Finding.TooLarge(String detail) -> failing(unit, detail, false, now);
            case Probe.Finding.Fails(String detail, boolean busy, boolean halted) -> {
                unit.busySince = Math.min(unit.busySince, now);
                if (busy && now - unit.busySince < live.busy().toNanos()) {
                    unit.misses = 0;
                    unit.reason = "busy: " + detail;
                    return;
                }
                unit.misses++;
                unit.reason = "miss " + unit.misses + " of " + live.misses() + ": " + detail;
                if (unit.misses >= live.misses()) {
                    failing(unit, detail, halted, now);
                }
            }
        }
    }

    /** What runs of it is of no use any more. */
    private void failing(Unit unit, String why, boolean kill, long now) {
        note("mirror.service.failed.v1", unit, Json.object().put("reason", why));
        unit.failure = why;
        stop(unit, true);
        if (kill) {
            unit.halted = true;
            unit.killed = true;
            unit.due = now + unit.service.stop().grace().toNanos();
            steps.add(new Step.Halt(unit.service, unit.run, true));
        }
    }

    /** The daemon or the machine stood still: what was asked meanwhile says nothing. */
    void stalled(long now) {
        for (Unit unit : units.values()) {
            unit.looking = 0;
            unit.misses = 0;
            // The time that it stood still is not time that it computed.
            unit.busySince = NEVER;
            if (unit.phase == Phase.RUNNING) {
                unit.lookAt = now;
                unit.readyBy = now + unit.readiness().within().toNanos();
            } else if (unit.phase == Phase.READY && unit.lookAt != NEVER) {
                unit.lookAt = soon(now, unit.liveness().every());
            }
        }
        advance(now);
    }

    // ---- from one phase to the next

    private void await(Unit unit, Step.Cause cause, long now) {
        unit.again = false;
        unit.cause = cause;
        unit.due = now;
        if (unit.refusal != null) {
            withhold(unit, unit.refusal, NEVER);
        } else {
            unit.to(Phase.WAITING, "");
        }
    }

    private void stop(Unit unit, boolean again) {
        if (unit.phase.isUp()) {
            if (unit.phase != Phase.STOPPING) {
                unit.launched = unit.phase != Phase.STARTING;
                unit.to(Phase.STOPPING, "");
                unit.halted = false;
                unit.killed = false;
                unit.due = NEVER;
            }
            unit.again = again;
        } else if (unit.phase != Phase.STOPPED) {
            stopped(unit);
        }
    }

    private void begun(Unit unit, long started, long now) {
        unit.said = "";
        unit.starting = started;
        unit.misses = 0;
        unit.busySince = NEVER;
        unit.looking = 0;
        if (unit.service.ready() == null) {
            ready(unit, now);
        } else {
            unit.pace = FIRST_LOOK;
            unit.lookAt = now;
            unit.readyBy = now + unit.readiness().within().toNanos();
        }
    }

    private void ready(Unit unit, long now) {
        unit.to(Phase.READY, "");
        unit.stable = false;
        unit.stableAt = now + unit.service.restart().stable().toNanos();
        unit.lookAt =
                unit.service.live() == null ? NEVER : soon(now, unit.liveness().every());
        note(
                "mirror.service.readied.v1",
                unit,
                Json.object().put("run", unit.run).put("after-ms", Math.max(0, now - unit.starting) / 1_000_000));
    }

    /**
     * A moment within the next turn, so that services that were started together are not all looked at together. Moments are those of a
     * clock that ticks {@value #SLOTS} times a turn: waking for four looks at once costs little more than for one.
     */
    private long soon(long now, Duration every) {
        long slot = Math.max(1, every.toNanos() / SLOTS);
        long at = now + (long) (every.toNanos() * random.nextDouble());
        return at - Math.floorMod(at, slot) + slot;
    }

    /** Does what is due. Every input ends here, so that whatever it made possible happens at once. */
    void advance(long now) {
        Remediations.Incident over = remediations.close(now);
        if (over != null) {
            ObjectNode data = Json.object();
            over.services().stream().sorted().forEach(data.putArray("services")::add);
            steps.add(new Step.Note("mirror.incident.correlated.v1", "", data));
        }
        // In the order of needs, so that of several that may be started the needed ones come first.
        boolean more = true;
        while (more) {
            more = false;
            for (Unit unit : List.copyOf(units.values())) {
                more |= advance(unit, now);
            }
        }
        units.values().removeIf(unit -> unit.phase == Phase.STOPPED && unit.removed);
    }

    /** @return whether others may be affected */
    private boolean advance(Unit unit, long now) {
        return switch (unit.phase) {
            case STOPPED, STARTING -> false;
            case WAITING -> mayStart(unit, now) && launch(unit, now);
            case BACKOFF -> now >= unit.due && mayStart(unit, now) && mayRemedy(unit, now) && launch(unit, now);
            case QUARANTINED -> {
                if (now >= unit.due) {
                    unit.to(Phase.BACKOFF, unit.reason);
                    unit.cause = Step.Cause.CANARY;
                    yield true;
                }
                yield false;
            }
            case WITHHELD -> {
                if (now >= unit.due && unit.refusal == null) {
                    unit.to(Phase.WAITING, unit.reason);
                    yield true;
                }
                yield false;
            }
            case RUNNING -> {
                if (now >= unit.readyBy) {
                    failing(
                            unit,
                            "it was not ready within "
                                    + unit.readiness().within().toMillis() + " ms"
                                    + (unit.ready == null
                                            ? ""
                                            : ": " + unit.ready.finding().detail()),
                            false,
                            now);
                    yield true;
                }
                look(unit, unit.readiness().probe(), unit.readiness().timeout(), now);
                yield false;
            }
            case READY -> {
                if (!unit.stable && now >= unit.stableAt) {
                    unit.stable = true;
                    unit.restarts.stable();
                    note("mirror.service.settled.v1", unit, Json.object().put("run", unit.run));
                }
                if (unit.service.live() != null) {
                    look(unit, unit.liveness().probe(), unit.liveness().timeout(), now);
                }
                yield false;
            }
            case STOPPING -> {
                if (unit.launched && !unit.halted && (unit.again || noneNeeds(unit))) {
                    unit.halted = true;
                    unit.due = now + unit.service.stop().grace().toNanos();
                    steps.add(new Step.Halt(unit.service, unit.run, false));
                } else if (unit.halted && !unit.killed && now >= unit.due) {
                    unit.killed = true;
                    unit.reason = "it did not end within "
                            + unit.service.stop().grace().toMillis() + " ms; killed";
                    steps.add(new Step.Halt(unit.service, unit.run, true));
                }
                yield false;
            }
        };
    }

    /** Whether nothing that runs and is to end needs it. */
    private boolean noneNeeds(Unit unit) {
        return units.values().stream()
                .noneMatch(other -> other.phase.isUp()
                        && other.service.needs().contains(unit.name())
                        && (closing || other.phase == Phase.STOPPING));
    }

    private boolean mayStart(Unit unit, long now) {
        List<String> missing = unit.service.needs().stream()
                .filter(need -> {
                    Unit needed = units.get(need);
                    return needed == null || needed.phase != Phase.READY;
                })
                .toList();
        unit.blocked = !missing.isEmpty();
        if (unit.blocked) {
            unit.waits = "waits for " + String.join(", ", missing);
            return false;
        }
        unit.blocked =
                units.values().stream().filter(other -> isStarting(other, now)).count() >= AT_ONCE;
        unit.waits = unit.blocked ? "waits for its turn" : "";
        return !unit.blocked;
    }

    private static boolean isStarting(Unit unit, long now) {
        return (unit.phase == Phase.STARTING || unit.phase == Phase.RUNNING) && now - unit.starting < STARTING_LONG;
    }

    private boolean mayRemedy(Unit unit, long now) {
        if (remediations.take(unit.name(), remediations.incident(unit.name(), now), now)) {
            return true;
        }
        unit.due = remediations.free(now);
        unit.waits = "waits, as there were " + Remediations.MOST + " remediations in the last minute";
        return false;
    }

    private boolean launch(Unit unit, long now) {
        unit.run++;
        unit.starting = now;
        unit.launched = false;
        unit.to(Phase.STARTING, "");
        steps.add(new Step.Launch(unit.service, unit.run, unit.cause));
        return false;
    }

    private void look(Unit unit, Probe probe, Duration timeout, long now) {
        if (unit.looking != 0 && now - unit.lookedAt > timeout.toNanos() + ANSWER_LOST) {
            unit.looking = 0;
        }
        if (unit.looking == 0 && now >= unit.lookAt) {
            unit.looking = ++looks;
            unit.lookedAt = now;
            unit.timeout = timeout.toNanos();
            if (unit.phase == Phase.READY) {
                long every = unit.liveness().every().toNanos();
                // Two looks are as far apart as the owner said, however long an answer takes.
                unit.lookAt = unit.lookAt + every > now ? unit.lookAt + every : now + every;
            }
            steps.add(new Step.Look(unit.service, unit.run, unit.looking, probe, timeout));
        }
    }

    /** When {@link #advance} has something to do next, should nothing else happen. */
    long due(long now) {
        long due = remediations.due();
        for (Unit unit : units.values()) {
            due = Math.min(due, due(unit, now));
        }
        return due;
    }

    private long due(Unit unit, long now) {
        return switch (unit.phase) {
            case STOPPED, WAITING -> NEVER;
            // It may keep others from their turn.
            case STARTING -> now - unit.starting < STARTING_LONG ? unit.starting + STARTING_LONG : NEVER;
            case BACKOFF -> unit.blocked && now >= unit.due ? NEVER : unit.due;
            case QUARANTINED -> unit.due;
            case WITHHELD -> unit.refusal == null ? unit.due : NEVER;
            case RUNNING -> {
                long turn = now - unit.starting < STARTING_LONG ? unit.starting + STARTING_LONG : NEVER;
                yield Math.min(
                        turn,
                        Math.min(unit.readyBy, lookDue(unit, unit.readiness().timeout())));
            }
            case READY -> {
                long stable = unit.stable ? NEVER : unit.stableAt;
                yield unit.service.live() == null
                        ? stable
                        : Math.min(stable, lookDue(unit, unit.liveness().timeout()));
            }
            case STOPPING -> unit.halted && !unit.killed ? unit.due : NEVER;
        };
    }

    private static long lookDue(Unit unit, Duration timeout) {
        return unit.looking == 0 ? unit.lookAt : unit.lookedAt + timeout.toNanos() + ANSWER_LOST + 1;
    }

    private @Nullable Unit current(String name, int run) {
        Unit unit = units.get(name);
        return unit != null && unit.run == run ? unit : null;
    }

    private void note(String type, Unit unit, ObjectNode data) {
        steps.add(new Step.Note(type, unit.name(), data.put("service", unit.name())));
    }

    /** Those that need it, directly or through others, and run. */
    Set<String> dependants(String name) {
        Set<String> found = new HashSet<>();
        for (Unit unit : units.values()) {
            // In the order of needs, so one pass is enough.
            if (unit.phase.isUp()
                    && unit.service.needs().stream().anyMatch(need -> need.equals(name) || found.contains(need))) {
                found.add(unit.name());
            }
        }
        return found;
    }
}
