package mirror.pulse.heal;

import java.io.Closeable;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Predicate;
import java.util.function.Supplier;
import mirror.bus.BusException;
import mirror.bus.Draft;
import mirror.bus.Event;
import mirror.bus.EventLog;
import mirror.bus.Json;
import mirror.bus.Projector;
import mirror.pulse.check.Checkups.Checkup;
import mirror.pulse.check.Finding;
import mirror.pulse.check.Finding.State;
import mirror.pulse.check.Heartbeat;
import mirror.pulse.supervise.Pause;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * Mends what the pulse found wrong, and only that: what is unknown, or was wrong for one look, is left alone.
 *
 * <p>One attempt: the check is looked at once more; the fix is counted among the ten remediations a minute; its lease, the kill switch and
 * the gate are asked; that it begins is made durable; it is done; the check is looked at until it is well or the fix's time to settle is
 * over. A check that is not well then is a failed fix, whatever the fix itself said. Two failures in a row about the same thing, or too
 * many attempts within a day, stop the fix for that thing, with one alarm, until the owner lets it go on. An attempt that was cut off by
 * the end of Mirror is unknown, and counts as failed.
 *
 * <p>Must never: do two things about one check at a time, or go on where it was stopped. Thread-safe.
 */
public final class Healer implements Closeable {
    public static final String ACTOR = "mirror-healer";

    /** So many failures in a row stop a fix. */
    static final int FAILURES = 2;

    /** After these there may be something to do, or it may be done now. */
    private static final List<String> REASONS =
            List.of("mirror.pulse.taken.", "mirror.lease.granted.", "mirror.approval.");

    private static final Duration TICK = Duration.ofSeconds(30);
    private static final Duration LONGEST_STEP = Duration.ofSeconds(5);
    private static final int LOOKS = 6;
    private static final int SOME = 100;

    /** What the healer sees through. */
    public interface Looks {
        /** How everything is. */
        List<Checkup> board();

        /** Looks at a check again, and returns when that is done. */
        void look(String check) throws InterruptedIOException;

        /** Through the pulse. */
        static Looks of(Heartbeat pulse) {
            return new Looks() {
                @Override
                public List<Checkup> board() {
                    return pulse.board();
                }

                @Override
                public void look(String check) throws InterruptedIOException {
                    pulse.look(check);
                }
            };
        }
    }

    /** How a fix stands to something that is wrong. */
    public enum Standing {
        /** It is to be done. */
        READY,
        /** It is being done, or something else is about the same check. */
        WORKING,
        /** It was done a moment ago. */
        COOLING,
        /** It may not be done: no lease, the kill switch, a no of the gate, healing is off. */
        WITHHELD,
        /** It is the owner's to decide. */
        ASKS,
        /** It was tried too often or in vain, and waits for the owner. */
        STOPPED,
        /** It has nothing to do about it. */
        NOTHING
    }

    /**
     * One fix and one thing.
     *
     * @param why a sentence for the owner; what would be done when it is ready
     */
    public record Case(String heal, String check, Standing standing, String why) {}

    private record Considered(Case about, Fix.Plan.@Nullable Do plan) {}

    private final HealLedger ledger;
    private final Supplier<List<Heal>> heals;
    private final Permits permits;
    private final Predicate<String> budget;
    private final Looks looks;
    private final Projector projector;
    private final InstantSource clock;
    private final Pause pause;
    private final Executor threads;

    /** Held from considering what is wrong until what is to be done is begun, so that nobody acts on what was so before. */
    private final Object turns = new Object();

    /** Checks that something is being done about. Guarded by this, as is what follows. */
    private final Set<String> working = new HashSet<>();

    private final Map<String, String> said = new HashMap<>();
    private final Map<String, Instant> notBefore = new HashMap<>();
    private final List<Thread> listening = new ArrayList<>();

    /**
     * @param heals the fixes that there are now; asked at each turn
     * @param budget counts one remediation, when there may be one now
     * @param threads one for each attempt
     */
    public Healer(
            HealLedger ledger,
            Supplier<List<Heal>> heals,
            Permits permits,
            Predicate<String> budget,
            Looks looks,
            Projector projector,
            InstantSource clock,
            Pause pause,
            Executor threads) {
        this.ledger = ledger;
        this.heals = heals;
        this.permits = permits;
        this.budget = budget;
        this.looks = looks;
        this.projector = projector;
        this.clock = clock;
        this.pause = pause;
        this.threads = threads;
    }

    /** Begins: what is wrong is considered whenever something was looked at or permitted, and every half minute. */
    public synchronized void start(EventLog log) {
        listening.add(Thread.ofVirtual().name("healer").start(() -> hear(log)));
    }

    private void hear(EventLog log) {
        long heard = log.durable();
        boolean first = true;
        try {
            while (!Thread.currentThread().isInterrupted()) {
                try {
                    boolean looked = first || !log.awaitAfter(heard, TICK);
                    first = false;
                    for (Event event : log.read(heard + 1, SOME)) {
                        heard = event.seq();
                        looked |= REASONS.stream().anyMatch(event.type()::startsWith);
                    }
                    if (looked) {
                        turn();
                    }
                } catch (BusException e) {
                    // The log takes nothing now, and says so itself. Without it nothing is mended.
                    pause.rest(TICK);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** What was begun and nobody saw the end of: an earlier Mirror ended meanwhile, or the log took nothing. */
    void recover() {
        ledger.all().keySet().forEach(which -> {
            boolean lost;
            synchronized (this) {
                // What is being done is in the log before it is not worked on any more.
                lost = !working.contains(which.check())
                        && ledger.get(which.heal(), which.check()).open();
            }
            if (lost) {
                ended(which.heal(), which.check(), "unknown", "", "the attempt was cut off");
                stopAfterFailures(which.heal(), which.check());
            }
        });
    }

    /** Considers everything that is wrong now, and begins what is to be done. */
    public void turn() {
        synchronized (turns) {
            recover();
            List<Checkup> wrong = wrong();
            List<Heal> all = wrong.isEmpty() ? List.of() : heals.get();
            for (Checkup checkup : wrong) {
                for (Heal heal : all) {
                    if (heal.isFor(checkup.id())) {
                        consider(heal, checkup);
                    }
                }
            }
        }
    }

    private void consider(Heal heal, Checkup checkup) {
        Considered considered = consider(heal, checkup, false);
        Fix.Plan.Do plan = considered.plan;
        if (plan != null) {
            begin(heal, checkup.id(), plan);
        } else {
            tell(heal, considered.about);
        }
    }

    private List<Checkup> wrong() {
        return looks.board().stream().filter(each -> each.finding().isWrong()).toList();
    }

    /** How each fix stands to each thing that is wrong now, and to what it was stopped for. Does nothing and records nothing. */
    public List<Case> preview() {
        List<Case> cases = new ArrayList<>();
        List<Checkup> wrong = wrong();
        for (Heal heal : heals.get()) {
            Set<String> seen = new HashSet<>();
            for (Checkup checkup : wrong) {
                if (heal.isFor(checkup.id())) {
                    seen.add(checkup.id());
                    Considered considered = consider(heal, checkup, false);
                    Case about = considered.about;
                    Fix.Plan.Do plan = considered.plan;
                    if (plan != null
                            && permits.rehearse(deed(heal, checkup.id(), plan)) instanceof Permits.Answer.No no) {
                        about = new Case(heal.name(), checkup.id(), Standing.WITHHELD, no.why());
                    }
                    if (about.standing != Standing.NOTHING) {
                        cases.add(about);
                    }
                }
            }
            ledger.all().forEach((which, known) -> {
                if (which.heal().equals(heal.name()) && !known.stopped().isEmpty() && !seen.contains(which.check())) {
                    cases.add(new Case(heal.name(), which.check(), Standing.STOPPED, known.stopped()));
                }
            });
        }
        return cases;
    }

    private Considered consider(Heal heal, Checkup checkup, boolean now) {
        String check = checkup.id();
        HealLedger.Known known = ledger.get(heal.name(), check);
        synchronized (this) {
            if (working.contains(check) || known.open()) {
                return no(heal, check, Standing.WORKING, "something is being done about it");
            }
        }
        if (!known.stopped().isEmpty()) {
            return no(heal, check, Standing.STOPPED, known.stopped());
        }
        Instant time = clock.instant();
        Fix.Plan plan;
        try {
            plan = heal.fix().plan(check, checkup.finding());
        } catch (IOException | RuntimeException e) {
            return no(heal, check, Standing.ASKS, "it cannot be told what to do: " + told(e));
        }
        return switch (plan) {
            case Fix.Plan.Nothing _ -> no(heal, check, Standing.NOTHING, "");
            case Fix.Plan.Ask(String why) -> no(heal, check, Standing.ASKS, why);
            case Fix.Plan.Do what -> {
                if (ledger.isOff()) {
                    yield no(heal, check, Standing.WITHHELD, "healing is off; mirror heal on");
                }
                if (permits.look(deed(heal, check, what)) instanceof Permits.Answer.No no) {
                    yield no(heal, check, Standing.WITHHELD, no.why());
                }
                Instant free = free(heal, check, known);
                // A clock that went back does not make it wait longer than the cooldown.
                if (!now && time.isBefore(free) && !time.plus(heal.cooldown()).isBefore(free)) {
                    yield no(heal, check, Standing.COOLING, "it is not tried again before " + free);
                }
                yield new Considered(new Case(heal.name(), check, Standing.READY, what.does()), what);
            }
        };
    }

    private Instant free(Heal heal, String check, HealLedger.Known known) {
        Instant last = known.at();
        Instant free = last == null ? Instant.MIN : last.plus(heal.cooldown());
        synchronized (this) {
            Instant other = notBefore.getOrDefault(key(heal, check), Instant.MIN);
            return other.isAfter(free) ? other : free;
        }
    }

    private static Considered no(Heal heal, String check, Standing standing, String why) {
        return new Considered(new Case(heal.name(), check, standing, why), null);
    }

    private static String key(Heal heal, String check) {
        return heal.name() + " " + check;
    }

    private static String told(Exception e) {
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }

    private static Deed deed(Heal heal, String check, Fix.Plan.Do plan) {
        return new Deed("healer:" + heal.name(), check, plan.does(), plan.needs(), plan.effects(), plan.cwd());
    }

    /** Says once why a fix that there would be is not done. */
    private void tell(Heal heal, Case about) {
        if (about.standing != Standing.WITHHELD && about.standing != Standing.ASKS) {
            return;
        }
        synchronized (this) {
            if (about.why.equals(said.put(key(heal, about.check), about.why))) {
                return;
            }
        }
        projector.record(draft(
                HealLedger.WITHHELD,
                heal.name(),
                about.check,
                Json.object().put("asks", about.standing == Standing.ASKS).put("reason", about.why)));
    }

    private void begin(Heal heal, String check, Fix.Plan.Do plan) {
        synchronized (this) {
            if (!working.add(check)) {
                return;
            }
        }
        try {
            threads.execute(() -> {
                try {
                    attempt(heal, check, plan);
                } catch (InterruptedException | InterruptedIOException e) {
                    Thread.currentThread().interrupt();
                } catch (BusException e) {
                    // The log takes nothing; what was begun is settled as unknown at the next start.
                } finally {
                    release(check);
                }
            });
        } catch (RuntimeException e) {
            release(check);
            throw e;
        }
    }

    private synchronized void release(String check) {
        working.remove(check);
    }

    /**
     * Tries a fix now, about everything wrong that it is for, without regard to its cooldown; for the owner.
     *
     * @return how each stood, those that were tried as ready
     */
    public List<Case> run(String name) {
        List<Case> cases = new ArrayList<>();
        synchronized (turns) {
            for (Checkup checkup : wrong()) {
                for (Heal heal : heals.get()) {
                    if (heal.name().equals(name) && heal.isFor(checkup.id())) {
                        Considered considered = consider(heal, checkup, true);
                        Fix.Plan.Do plan = considered.plan;
                        if (considered.about.standing != Standing.NOTHING) {
                            cases.add(considered.about);
                        }
                        if (plan != null) {
                            begin(heal, checkup.id(), plan);
                        }
                    }
                }
            }
        }
        return cases;
    }

    /** Lets a fix go on that was stopped, and forgets what it did before; for the owner. */
    public void retry(String name) {
        synchronized (this) {
            notBefore.keySet().removeIf(key -> key.startsWith(name + " "));
            said.keySet().removeIf(key -> key.startsWith(name + " "));
        }
        projector.record(Draft.of(HealLedger.RELEASED, "owner", Json.object().put("heal", name))
                .subject(name));
        turn();
    }

    /** Turns healing on or off, also over restarts; for the owner. What is being done is done to its end. */
    public void turn(boolean on) {
        projector.record(Draft.of(HealLedger.SWITCHED, "owner", Json.object().put("on", on)));
        if (on) {
            turn();
        }
    }

    public boolean isOff() {
        return ledger.isOff();
    }

    // ---- one attempt

    private void attempt(Heal heal, String check, Fix.Plan.Do plan)
            throws InterruptedException, InterruptedIOException {
        looks.look(check);
        Finding before = find(check);
        if (before == null || !before.isWrong()) {
            return;
        }
        HealLedger.Known known = ledger.get(heal.name(), check);
        if (known.attemptsSince(clock.instant().minus(HealLedger.DAY)) >= heal.attempts()) {
            stop(
                    heal.name(),
                    check,
                    "it was tried " + heal.attempts() + " times within a day, and " + check + " is wrong again");
            return;
        }
        if (!budget.test(heal.name())) {
            return;
        }
        Permits.Answer answer = permits.ask(deed(heal, check, plan));
        if (answer instanceof Permits.Answer.No(String why, boolean asked)) {
            if (!asked) {
                synchronized (this) {
                    notBefore.put(key(heal, check), clock.instant().plus(heal.cooldown()));
                }
            }
            tell(heal, new Case(heal.name(), check, Standing.WITHHELD, why));
            return;
        }
        projector.record(draft(
                        HealLedger.BEGUN,
                        heal.name(),
                        check,
                        Json.object().put("does", plan.does()).put("reason", before.reason()))
                .permit(((Permits.Answer.Yes) answer).lease()));
        String did;
        try {
            did = plan.work().run();
        } catch (IOException | RuntimeException e) {
            did = "";
            failed(heal, check, "", "it could not be done: " + told(e));
            return;
        }
        Finding after = settle(check, heal.settle());
        if (after != null && after.state() == State.OK) {
            ended(heal.name(), check, HealLedger.FIXED, did, after.reason());
        } else {
            failed(
                    heal,
                    check,
                    did,
                    after == null
                            ? "it is not looked at any more"
                            : after.state().text() + ": " + after.reason());
        }
    }

    /** Looks until it is well, or the time is over. */
    private @Nullable Finding settle(String check, Duration length)
            throws InterruptedException, InterruptedIOException {
        Duration step = length.dividedBy(LOOKS).compareTo(LONGEST_STEP) < 0 ? length.dividedBy(LOOKS) : LONGEST_STEP;
        Finding found = null;
        for (Duration left = length; left.isPositive(); left = left.minus(step)) {
            pause.rest(step);
            looks.look(check);
            found = find(check);
            if (found != null && found.state() == State.OK) {
                return found;
            }
        }
        return found;
    }

    private @Nullable Finding find(String check) {
        return looks.board().stream()
                .filter(each -> each.id().equals(check))
                .map(Checkup::finding)
                .findFirst()
                .orElse(null);
    }

    private void failed(Heal heal, String check, String did, String found) {
        ended(heal.name(), check, "failed", did, found);
        stopAfterFailures(heal.name(), check);
    }

    private void ended(String heal, String check, String result, String did, String found) {
        projector.record(draft(
                HealLedger.ENDED,
                heal,
                check,
                Json.object().put("result", result).put("did", did).put("found", found)));
    }

    private void stopAfterFailures(String heal, String check) {
        HealLedger.Known known = ledger.get(heal, check);
        if (known.failures() >= FAILURES && known.stopped().isEmpty()) {
            stop(heal, check, "it did not help " + known.failures() + " times in a row; last: " + known.found());
        }
    }

    /** Once: what is stopped is not considered any more. */
    private void stop(String heal, String check, String why) {
        projector.record(List.of(
                draft(HealLedger.STOPPED, heal, check, Json.object().put("reason", why)),
                Draft.of(
                                "mirror.alarm.raised.v1",
                                ACTOR,
                                Json.object()
                                        .put("alarm", "heal-stopped")
                                        .put("about", check)
                                        .put(
                                                "text",
                                                "the fix " + heal + " for " + check + " was stopped: " + why
                                                        + "; look at it, then 'mirror heal retry " + heal + "'"))
                        .subject(check)));
    }

    private static Draft draft(String type, String heal, String check, ObjectNode data) {
        return Draft.of(type, ACTOR, data.put("heal", heal).put("check", check)).subject(check);
    }

    @Override
    public synchronized void close() {
        listening.forEach(Thread::interrupt);
    }
}
