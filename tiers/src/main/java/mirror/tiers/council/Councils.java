package mirror.tiers.council;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import mirror.bus.Draft;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.bus.Projector;
import mirror.tiers.CouncilSeats;
import mirror.tiers.Tiers;
import mirror.tiers.TiersFile;
import mirror.tiers.ask.GatewayModels;
import mirror.tiers.gateway.Gateway;
import mirror.trust.DeviceKey;
import mirror.trust.LeaseScope;
import mirror.trust.Leases;
import mirror.trust.Redactor;
import mirror.trust.Sensitivity;
import mirror.trust.TrustException;
import tools.jackson.databind.node.ObjectNode;

/**
 * The owner's questions to several models. Each run has a lease of its own: the hosts of its members, an end of money and of time, and nothing else; it is taken back
 * when the run ends, however it ends. What is asked is in the log before it leaves, and the verdict before it is told. Thread-safe.
 */
public final class Councils {
    /** Who the calls are accounted to. */
    static final String HOLDER = "council";

    private static final Duration LIFETIME = Duration.ofMinutes(15);
    private static final long RECEIPTS_MILLIS = 1_000;

    private final TiersFile tiers;
    private final Gateway gateway;
    private final Leases leases;
    private final DeviceKey key;
    private final Projector projector;
    private final CouncilRuns runs;
    private final SkillMemory memory;
    private final Evidence evidence;
    private final InstantSource clock;
    private final RandomGenerator random;
    private final Executor threads;

    /** @param threads where members are asked, all at once */
    public Councils(
            TiersFile tiers,
            Gateway gateway,
            Leases leases,
            DeviceKey key,
            Projector projector,
            CouncilRuns runs,
            SkillMemory memory,
            Evidence evidence,
            InstantSource clock,
            RandomGenerator random,
            Executor threads) {
        this.tiers = tiers;
        this.gateway = gateway;
        this.leases = leases;
        this.key = key;
        this.projector = projector;
        this.runs = runs;
        this.memory = memory;
        this.evidence = evidence;
        this.clock = clock;
        this.random = random;
        this.threads = threads;
    }

    /**
     * What the owner asks.
     *
     * @param sensitivity how far the question may travel
     * @param cents most money of it, or nothing for what the file says
     */
    public record Task(String question, Mode mode, Depth depth, Sensitivity sensitivity, Optional<Long> cents) {}

    /**
     * Holds a council.
     *
     * @return the run as {@link CouncilRuns#get} tells it
     * @throws TrustException with one sentence when it cannot be held at all
     */
    public ObjectNode hold(Task task) throws InterruptedException {
        TiersFile.State state = tiers.current();
        Tiers now = state.tiers();
        if (now == null) {
            throw new TrustException(String.valueOf(state.refusal()));
        }
        CouncilSeats seats = now.council()
                .orElseThrow(
                        () -> new TrustException(
                                tiers.file()
                                        + " names no council; add: 'council: {members: [NAME, NAME]}' with names of its routes or models"));
        if (task.sensitivity == Sensitivity.NEVER_SHARE) {
            throw new TrustException("what must never be shared is shown to no model");
        }
        Kind kind = Kind.of(task.question);
        Choice choice = Choice.of(task.mode, kind, seats.members(), memory, clock.instant());
        String run = "c"
                + Long.toString(random.nextLong(36L * 36 * 36 * 36 * 36 * 36, 36L * 36 * 36 * 36 * 36 * 36 * 36), 36);
        long cents = task.cents.orElse(seats.cents());
        ObjectNode opened = Json.object()
                .put("run", run)
                .put("question", Redactor.field(task.question))
                .put("kind", kind.text())
                .put("asked-mode", task.mode.text())
                .put("mode", choice.mode().text())
                .put("depth", task.depth.text())
                .put("reason", choice.reason())
                .put("judge", seats.judge())
                .put("cents", cents)
                .put("sensitivity", task.sensitivity.text());
        choice.members().forEach(opened.putArray("members")::add);
        projector.record(
                Draft.of(CouncilRuns.OPENED, "owner", opened).subject(run).session(run));
        String lease = projector
                .record(leases.grant(HOLDER, scope(now, seats, task.sensitivity, cents, run), "owner"))
                .text("lease");
        Report report;
        try {
            GatewayModels models = new GatewayModels(
                    gateway,
                    now,
                    HOLDER,
                    leases.token(lease, key).text(),
                    task.sensitivity.text(),
                    seats.patience(),
                    seats.output(),
                    clock);
            report = new Council(models, evidence, random, threads, task.question)
                    .run(choice.mode(), task.depth, choice.members(), seats.judge());
        } finally {
            revoke(lease);
        }
        projector.record(Draft.of(CouncilRuns.CONCLUDED, "daemon", report.json().put("run", run))
                .subject(run)
                .session(run));
        if (report.isVerified()) {
            distil(run, kind, choice.mode(), report.winners(), report.places());
        }
        runs.awaitCalls(run, report.answered(), RECEIPTS_MILLIS);
        return runs.get(run).orElseThrow();
    }

    /** The owner says whether a verdict held. A yes teaches as evidence does, a no takes back what was learnt from the run. */
    public static void judge(Projector projector, CouncilRuns runs, SkillMemory memory, String run, boolean holds) {
        ObjectNode told = runs.get(run)
                .filter(each -> each.has("verdict"))
                .orElseThrow(() ->
                        new TrustException("there is no verdict '" + run + "'; 'mirror council list' shows them"));
        projector.record(Draft.of(
                        SkillMemory.JUDGED,
                        "owner",
                        Json.object().put("run", run).put("holds", holds))
                .subject(run));
        if (holds && !memory.knows(run)) {
            ObjectNode lesson = lesson(
                    run, told.path("kind").asString(""), told.path("mode").asString(""));
            lesson.putArray("winners").add(told.path("by").asString(""));
            lesson.putArray("evidence").add("owner");
            projector.record(Draft.of(SkillMemory.DISTILLED, "owner", lesson).subject(run));
        }
    }

    private void distil(String run, Kind kind, Mode mode, List<String> winners, List<String> places) {
        ObjectNode lesson = lesson(run, kind.text(), mode.text());
        winners.forEach(lesson.putArray("winners")::add);
        places.forEach(lesson.putArray("evidence")::add);
        projector.record(Draft.of(SkillMemory.DISTILLED, "daemon", lesson).subject(run));
    }

    private static ObjectNode lesson(String run, String kind, String mode) {
        return Json.object().put("run", run).put("kind", kind).put("mode", mode);
    }

    private LeaseScope scope(Tiers now, CouncilSeats seats, Sensitivity sensitivity, long cents, String run) {
        List<String> hosts = Stream.concat(seats.members().stream(), Stream.of(seats.judge()))
                .flatMap(name -> now.route(name).stream())
                .flatMap(route -> route.candidates().stream())
                .map(candidate -> candidate.provider().term())
                .distinct()
                .toList();
        Instant end = clock.instant().plus(LIFETIME);
        LeaseScope any = LeaseScope.of(List.of(), hosts, end);
        boolean stays = !sensitivity.within(Sensitivity.ceiling(Sensitivity.Tier.CLOUD, Sensitivity.NEVER_SHARE));
        return any.until(end)
                .inSession(run)
                .onTier(stays ? Sensitivity.Tier.LOCAL : Sensitivity.Tier.CLOUD)
                .spending(any.tokens(), cents);
    }

    private void revoke(String lease) {
        try {
            Event _ = projector.record(leases.revoke(lease));
        } catch (TrustException e) {
            // It has ended by itself.
        }
    }
}
