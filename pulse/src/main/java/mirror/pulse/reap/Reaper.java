package mirror.pulse.reap;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import mirror.bus.BusException;
import mirror.bus.Draft;
import mirror.bus.Json;
import mirror.bus.Projector;
import mirror.pulse.heal.Deed;
import mirror.pulse.heal.Permits;
import mirror.pulse.supervise.Pause;
import mirror.trust.Contracts;
import mirror.trust.Effect;
import mirror.trust.TrustException;
import mirror.trust.yaml.YamlFolder;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * Ends processes that nobody is left for, those that fall under a rule of the owner's ({@link Rules}) at two looks some time apart, and
 * only when the owner said so: without that they are told of. What is ended is asked first and killed after its grace, and before each
 * signal it is looked at whether the number is still that process's. What was found is kept in memory: a new daemon begins to look anew.
 *
 * <p>Must never: end what does not fall under a rule at that moment. Thread-safe; one thing at a time.
 */
public final class Reaper implements Closeable {
    public static final String ACTOR = "mirror-reaper";
    private static final String HOLDER = "reaper";
    private static final String FOUND = "mirror.orphan.found.v1";
    private static final String CHOSEN = "mirror.orphan.chosen.v1";
    private static final String ENDED = "mirror.orphan.ended.v1";
    private static final String WITHHELD = "mirror.orphan.withheld.v1";
    private static final Duration STEP = Duration.ofMillis(200);
    private static final Duration KILLED = Duration.ofSeconds(5);
    private static final double PERCENT = 100;

    /** How a process stands. */
    public enum Standing {
        /** It was found once; that says nothing yet. */
        ONCE,
        /** It was found twice, and may be ended. */
        TWICE,
        WITHHELD,
        ENDED,
        /** It did not end. */
        SURVIVED
    }

    /**
     * One process that falls under a rule.
     *
     * @param why a sentence for the owner
     */
    public record Orphan(OsProcess process, String rule, Standing standing, String why) {}

    /**
     * What a look found.
     *
     * @param fault what is wrong with the rules, or empty; then nothing was looked for
     */
    public record Report(boolean acts, int rules, List<Orphan> orphans, String fault) {}

    /** When a process was first found, and how much it had computed. */
    private record First(String rule, long nanos, Duration cpu) {}

    private final Path file;
    private final Contracts contracts;
    private final ProcessTable table;
    private final long self;
    private final Permits permits;
    private final Predicate<String> budget;
    private final Projector projector;
    private final Path user;
    private final LongSupplier nanoTime;
    private final Pause pause;
    private final Map<String, First> seen = new HashMap<>();
    private final Set<String> told = new HashSet<>();
    private final Map<String, String> said = new HashMap<>();
    private volatile @Nullable Thread thread;

    /**
     * @param file where the rules are
     * @param self number of the daemon
     * @param budget counts one remediation, when there may be one now
     */
    public Reaper(
            Path file,
            Contracts contracts,
            ProcessTable table,
            long self,
            Permits permits,
            Predicate<String> budget,
            Projector projector,
            Path user,
            LongSupplier nanoTime,
            Pause pause) {
        this.file = file;
        this.contracts = contracts;
        this.table = table;
        this.self = self;
        this.permits = permits;
        this.budget = budget;
        this.projector = projector;
        this.user = user;
        this.nanoTime = nanoTime;
        this.pause = pause;
    }

    /** Looks as often as the owner's file says. */
    public synchronized void start() {
        thread = Thread.ofVirtual().name("reaper").start(() -> {
            try {
                while (true) {
                    Duration every = Rules.NOTHING.every();
                    try {
                        Rules rules = rules();
                        every = rules.every();
                        if (rules.act()) {
                            reap();
                        } else if (!rules.rules().isEmpty()) {
                            look();
                        }
                    } catch (Rules.Faulty | BusException e) {
                        // 'mirror reap' says so; nothing is ended meanwhile.
                    }
                    pause.rest(every);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    private Rules rules() throws Rules.Faulty {
        try {
            byte[] yaml = YamlFolder.bytes(file, Rules.MAX_BYTES);
            contracts.verify("reaper", file, yaml);
            return Rules.parse(yaml);
        } catch (NoSuchFileException e) {
            return Rules.NOTHING;
        } catch (TrustException e) {
            throw new Rules.Faulty(String.valueOf(e.getMessage()));
        } catch (IOException e) {
            throw new Rules.Faulty("it cannot be read: " + e.getMessage());
        }
    }

    /** What falls under the rules now. Ends nothing. */
    public synchronized Report look() {
        try {
            Rules rules = rules();
            List<Orphan> found = look(rules);
            for (Orphan orphan : found) {
                if (orphan.standing == Standing.TWICE && told.add(id(orphan.process))) {
                    projector.record(draft(FOUND, orphan.process, orphan.rule, Json.object()));
                }
            }
            return new Report(
                    rules.act(),
                    rules.rules().size(),
                    found.stream().map(this::rehearsed).toList(),
                    "");
        } catch (Rules.Faulty e) {
            return new Report(false, 0, List.of(), file.getFileName() + ": " + e.getMessage());
        }
    }

    private Orphan rehearsed(Orphan orphan) {
        return orphan.standing == Standing.TWICE
                        && permits.rehearse(deed(orphan.process, orphan.rule)) instanceof Permits.Answer.No no
                ? new Orphan(orphan.process, orphan.rule, Standing.WITHHELD, no.why())
                : orphan;
    }

    private List<Orphan> look(Rules rules) {
        long now = nanoTime.getAsLong();
        List<Orphan> found = new ArrayList<>();
        Set<String> there = new HashSet<>();
        rules.classify(table.list(), self).forEach((process, rule) -> {
            there.add(id(process));
            First first = seen.get(id(process));
            if (first == null || !first.rule.equals(rule.name())) {
                seen.put(id(process), new First(rule.name(), now, process.cpu()));
                found.add(new Orphan(
                        process,
                        rule.name(),
                        Standing.ONCE,
                        "found once; it counts when it is found again after "
                                + rules.again().toSeconds() + " s"));
                return;
            }
            long passed = now - first.nanos;
            if (passed < rules.again().toNanos()) {
                found.add(new Orphan(
                        process,
                        rule.name(),
                        Standing.ONCE,
                        "found once, " + passed / 1_000_000_000L + " s ago; it counts when it is found again after "
                                + rules.again().toSeconds() + " s"));
                return;
            }
            double percent = PERCENT * process.cpu().minus(first.cpu).toNanos() / Math.max(1, passed);
            if (rule.allows(percent)) {
                found.add(new Orphan(
                        process,
                        rule.name(),
                        Standing.TWICE,
                        "%s old, %.0f %% of a core, and nobody is left for it"
                                .formatted(told(process.age()), percent)));
            } else {
                // What it computed is looked at anew from here.
                seen.put(id(process), new First(rule.name(), now, process.cpu()));
            }
        });
        seen.keySet().retainAll(there);
        told.retainAll(there);
        said.keySet().retainAll(there);
        found.sort(java.util.Comparator.comparingLong((Orphan orphan) -> orphan.process.pid()));
        return found;
    }

    /** Several processes may start within one tick. */
    private static String id(OsProcess process) {
        return process.pid() + " " + process.key();
    }

    private static String told(Duration age) {
        return age.toHours() > 0
                ? age.toHours() + " h"
                : age.toMinutes() > 0 ? age.toMinutes() + " min" : age.toSeconds() + " s";
    }

    /** Looks, and ends what was found twice, as far as that is permitted. */
    public synchronized Report reap() throws InterruptedException {
        try {
            Rules rules = rules();
            List<Orphan> done = new ArrayList<>();
            for (Orphan orphan : look(rules)) {
                done.add(orphan.standing == Standing.TWICE ? end(orphan, rules) : orphan);
            }
            return new Report(rules.act(), rules.rules().size(), done, "");
        } catch (Rules.Faulty e) {
            return new Report(false, 0, List.of(), file.getFileName() + ": " + e.getMessage());
        }
    }

    private Deed deed(OsProcess process, String rule) {
        return new Deed(
                HOLDER,
                rule + " " + id(process),
                "ends process " + process.pid() + ", " + process.program() + ", which nobody is left for",
                List.of("machine:end " + process.program()),
                List.of(new Effect.Machine("end " + process.program())),
                user);
    }

    private Orphan end(Orphan orphan, Rules rules) throws InterruptedException {
        OsProcess process = orphan.process;
        if (permits.look(deed(process, orphan.rule)) instanceof Permits.Answer.No no) {
            return withheld(orphan, no.why());
        }
        if (!budget.test("reaper")) {
            return withheld(orphan, "there were ten remediations in the last minute; it is tried again later");
        }
        Permits.Answer answer = permits.ask(deed(process, orphan.rule));
        if (answer instanceof Permits.Answer.No no) {
            return withheld(orphan, no.why());
        }
        projector.record(
                draft(CHOSEN, process, orphan.rule, Json.object()).permit(((Permits.Answer.Yes) answer).lease()));
        // Asking took its time.
        boolean same = rules.classify(table.list(), self).entrySet().stream()
                .anyMatch(now -> now.getKey().key().equals(process.key())
                        && now.getKey().pid() == process.pid()
                        && now.getValue().name().equals(orphan.rule));
        String how = same ? end(process, rules.grace()) : "gone";
        projector.record(draft(ENDED, process, orphan.rule, Json.object().put("result", how)));
        return switch (how) {
            case "survived" -> new Orphan(process, orphan.rule, Standing.SURVIVED, "it did not end when it was killed");
            case "gone" ->
                new Orphan(
                        process, orphan.rule, Standing.ENDED, "it had ended, or was another's, before it was told to");
            default ->
                new Orphan(process, orphan.rule, Standing.ENDED, how.equals("term") ? "it ended when asked" : "killed");
        };
    }

    private String end(OsProcess process, Duration grace) throws InterruptedException {
        if (!is(process)) {
            return "gone";
        }
        table.signal(process, false);
        if (awaitEnd(process, grace)) {
            return "term";
        }
        table.signal(process, true);
        return awaitEnd(process, KILLED) ? "kill" : "survived";
    }

    private boolean awaitEnd(OsProcess process, Duration length) throws InterruptedException {
        for (Duration left = length; is(process); left = left.minus(STEP)) {
            if (!left.isPositive()) {
                return false;
            }
            pause.rest(STEP);
        }
        return true;
    }

    private boolean is(OsProcess process) {
        return table.key(process.pid()).filter(process.key()::equals).isPresent();
    }

    private Orphan withheld(Orphan orphan, String why) {
        if (!why.equals(said.put(id(orphan.process), why))) {
            projector.record(
                    draft(WITHHELD, orphan.process, orphan.rule, Json.object().put("reason", why)));
        }
        return new Orphan(orphan.process, orphan.rule, Standing.WITHHELD, why);
    }

    /** Of its arguments nothing is told: they may hold secrets. */
    private static Draft draft(String type, OsProcess process, String rule, ObjectNode data) {
        return Draft.of(
                        type,
                        ACTOR,
                        data.put("rule", rule)
                                .put("program", process.program())
                                .put("pid", process.pid())
                                .put("key", process.key())
                                .put("age-s", process.age().toSeconds()))
                .subject(rule);
    }

    @Override
    public void close() {
        Thread running = thread;
        if (running != null) {
            running.interrupt();
        }
    }
}
