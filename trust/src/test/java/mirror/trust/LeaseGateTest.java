package mirror.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import mirror.bus.DiskCalls;
import mirror.bus.DiskStorage;
import mirror.bus.Draft;
import mirror.bus.Event;
import mirror.bus.EventLog;
import mirror.bus.FileStore;
import mirror.bus.Home;
import mirror.bus.Json;
import mirror.bus.Projector;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the policy asks about goes ahead under a lease that covers all of it, as often as the lease says, and what it blocks never does. */
final class LeaseGateTest {
    private static final long SEED = Long.getLong("mirror.seed", System.nanoTime());
    private static final Path PROJECT = Path.of("/home/ada/project");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private Instant now = Instant.parse("2026-05-01T08:00:00Z");

    @SuppressWarnings("NullAway.Init")
    private Home home;

    @SuppressWarnings("NullAway.Init")
    private EventLog log;

    @SuppressWarnings("NullAway.Init")
    private Projector projector;

    @SuppressWarnings("NullAway.Init")
    private Approvals approvals;

    @SuppressWarnings("NullAway.Init")
    private Leases leases;

    @SuppressWarnings("NullAway.Init")
    private Gate gate;

    private final Set<Risk> twice = EnumSet.noneOf(Risk.class);

    @BeforeEach
    void open() throws IOException {
        home = new Home(folder);
        Path file = home.keys().resolve("device.key");
        DeviceKey key = Files.exists(file) ? DeviceKey.load(file) : DeviceKey.create(file);
        log = EventLog.open(home, "test-" + key.shortId(), new DiskStorage(), () -> now, key);
        PolicyStore policies =
                new PolicyStore(home.policy(), key, new FileStore(home, new DiskCalls(), () -> now, draft -> {}));
        policies.installDefault();
        approvals = new Approvals(() -> now, new Random(7), () -> Duration.ofMinutes(10), twice);
        leases = new Leases(() -> now, new Random(8));
        projector = new Projector(log, List.of(approvals, leases));
        projector.catchUp();
        Zones zones =
                new Zones(Path.of("/home/ada"), home.root(), Path.of("/opt/mirror/app"), List.of(Path.of("/tmp")));
        gate = new Gate(
                home,
                projector,
                policies,
                zones,
                approvals,
                leases,
                List.of(),
                new Budgets(() -> java.time.Instant.EPOCH),
                System::nanoTime);
    }

    @AfterEach
    void close() {
        log.close();
    }

    private static Action action(String session, Effect... effects) {
        return new Action(
                "claude-code",
                session,
                "t1",
                "Bash",
                Json.object().put("command", "x"),
                PROJECT,
                PROJECT,
                List.of(effects));
    }

    private static Action write(String path) {
        return action("s1", new Effect.Write(Path.of(path)));
    }

    private LeaseScope scope(long actions, String... effects) {
        return new LeaseScope(
                List.of(),
                List.of(effects),
                List.of(),
                Instant.EPOCH,
                now.plus(Duration.ofDays(1)),
                "",
                Risk.DESTRUCTIVE,
                Sensitivity.INTERNAL,
                Sensitivity.Tier.CLOUD,
                actions,
                LeaseScope.UNLIMITED,
                LeaseScope.UNLIMITED);
    }

    private String grant(String holder, String... effects) {
        return projector
                .record(leases.grant(holder, scope(LeaseScope.UNLIMITED, effects), "owner"))
                .text("lease");
    }

    private Verdict verdict(Action action) {
        return gate.decide(action).verdict();
    }

    private Event last() {
        return log.read(log.durable(), 1).getFirst();
    }

    @Test
    void whatTheLeaseCoversIsAllowedAndTheRecordNamesTheLease() {
        assertThat(verdict(write("/srv/site/a"))).isEqualTo(Verdict.ASK);
        String id = grant("claude-code", "write:/srv/site");
        Decision decision = gate.decide(write("/srv/site/a"));
        assertThat(decision.verdict()).isEqualTo(Verdict.ALLOW);
        assertThat(decision.rule()).isEqualTo("lease");
        assertThat(last().permit()).isEqualTo(id);
        assertThat(last().id()).isEqualTo(decision.event());
        projector.record(leases.revoke(id));
        assertThat(verdict(write("/srv/site/a"))).isEqualTo(Verdict.ASK);
    }

    @Test
    void aFolderEndsAtItsName() {
        grant("claude-code", "write:/srv/site");
        assertThat(verdict(write("/srv/site"))).isEqualTo(Verdict.ALLOW);
        assertThat(verdict(write("/srv/site2/a"))).isEqualTo(Verdict.ASK);
        assertThat(verdict(write("/srv"))).isEqualTo(Verdict.ASK);
    }

    @Test
    void everyEffectMustBeCoveredByTheSameLease() {
        grant("claude-code", "write:/srv/site");
        grant("claude-code", "read:/srv/data");
        Action both = action("s1", new Effect.Write(Path.of("/srv/site/a")), new Effect.Read(Path.of("/srv/data/b")));
        assertThat(verdict(both)).isEqualTo(Verdict.ASK);
        grant("claude-code", "write:/srv/site", "read:/srv/data");
        assertThat(verdict(both)).isEqualTo(Verdict.ALLOW);
    }

    @Test
    void whatThePolicyBlocksNoLeaseAllows() {
        grant(
                "claude-code",
                "read:*",
                "write:*",
                "delete-tree:*",
                "remote-code:*",
                "opaque:*",
                "elevate:*",
                "run:*",
                "egress:*");
        assertThat(verdict(action("s1", new Effect.Read(Path.of("/home/ada/.ssh/id_ed25519")))))
                .isEqualTo(Verdict.BLOCK);
        assertThat(verdict(action("s1", new Effect.RemoteCode("example.org")))).isEqualTo(Verdict.BLOCK);
        assertThat(verdict(action("s1", new Effect.Delete(Path.of("/srv"), true))))
                .isEqualTo(Verdict.BLOCK);
        assertThat(verdict(action("s1", new Effect.Opaque("why")))).isEqualTo(Verdict.ALLOW);
    }

    @Test
    void whatIsNotUnderstoodIsCoveredOnlyByALeaseThatNamesIt() {
        grant("claude-code", "read:*", "write:*", "delete-tree:*", "run:*", "egress:*", "machine:*", "tool:*");
        assertThat(verdict(action("s1", new Effect.Opaque("why")))).isEqualTo(Verdict.ASK);
        assertThat(verdict(action("s1", new Effect.Elevate("root")))).isEqualTo(Verdict.ASK);
        assertThat(verdict(action("s1"))).isEqualTo(Verdict.ASK);
    }

    @Test
    void aLeaseHoldsForItsHolderAlone() {
        grant("codex", "write:/srv");
        grant("session:s2", "write:/srv");
        grant("device:phone", "write:/srv");
        projector.record(leases.grant(
                "organism:claude-code", List.of("session"), List.of("run:x"), Duration.ofDays(1), "owner"));
        assertThat(verdict(write("/srv/a"))).isEqualTo(Verdict.ASK);
        assertThat(verdict(action("s2", new Effect.Write(Path.of("/srv/a"))))).isEqualTo(Verdict.ALLOW);
    }

    @Test
    void aLeaseThatTheOwnerDidNotGiveAllowsNothing() {
        projector.record(Draft.of(
                "mirror.lease.granted.v1",
                "claude-code",
                Json.object()
                        .put("lease", "l1")
                        .put("holder", "claude-code")
                        .put("expires", "2030-01-01T00:00:00Z")
                        .set("effects", Json.array().add("write:/srv"))));
        assertThat(leases.list()).hasSize(1);
        assertThat(verdict(write("/srv/a"))).isEqualTo(Verdict.ASK);
    }

    @Test
    void riskToolSessionAndTimeAreLimitsToo() {
        LeaseScope all = scope(LeaseScope.UNLIMITED, "delete:/srv", "write:/srv");
        projector.record(leases.grant(
                "claude-code",
                new LeaseScope(
                        List.of(),
                        all.effects(),
                        List.of("Bash"),
                        now.plusSeconds(60),
                        all.expires(),
                        "s1",
                        Risk.LOCAL_VISIBLE,
                        all.ceiling(),
                        all.tier(),
                        all.actions(),
                        all.tokens(),
                        all.cents()),
                "owner"));
        assertThat(verdict(write("/srv/a"))).isEqualTo(Verdict.ASK);
        now = now.plusSeconds(60);
        assertThat(verdict(write("/srv/a"))).isEqualTo(Verdict.ALLOW);
        assertThat(verdict(action("s2", new Effect.Write(Path.of("/srv/a"))))).isEqualTo(Verdict.ASK);
        assertThat(verdict(action("s1", new Effect.Delete(Path.of("/srv/a"), false))))
                .isEqualTo(Verdict.ASK);
        now = all.expires();
        assertThat(verdict(write("/srv/a"))).isEqualTo(Verdict.ASK);
    }

    @Test
    void askingWhatWouldHappenUsesNothing() {
        projector.record(leases.grant("claude-code", scope(1, "write:/srv"), "owner"));
        for (int i = 0; i < 5; i++) {
            assertThat(gate.dryRun(write("/srv/a")).verdict()).isEqualTo(Verdict.ALLOW);
        }
        assertThat(verdict(write("/srv/a"))).isEqualTo(Verdict.ALLOW);
        assertThat(verdict(write("/srv/a"))).isEqualTo(Verdict.ASK);
        assertThat(leases.list().getFirst().state(now)).isEqualTo("used up");
    }

    @Test
    void howeverManyAskAtOnceALeaseIsNeverOverspentAlsoOverARestart() throws Exception {
        Random random = new Random(SEED);
        for (int round = 0; round < 3; round++) {
            int uses = 1 + random.nextInt(20);
            String target = "/srv/r" + round;
            projector.record(leases.grant("claude-code", scope(uses, "write:" + target), "owner"));
            int first = 1 + random.nextInt(20);
            long allowed = together(first, target);
            log.close();
            open();
            allowed += together(40 - first, target);
            assertThat(allowed).as("seed %d round %d", SEED, round).isEqualTo(uses);
        }
    }

    private long together(int threads, String target) throws Exception {
        Callable<Decision> task = () -> gate.decide(write(target + "/a"));
        List<Decision> decisions = new ArrayList<>();
        try (var pool = Executors.newVirtualThreadPerTaskExecutor()) {
            for (var done : pool.invokeAll(Collections.nCopies(threads, task))) {
                decisions.add(done.get());
            }
        }
        return decisions.stream()
                .filter(decision -> decision.verdict() == Verdict.ALLOW)
                .count();
    }

    @Test
    void tokensAndMoneyRunOutLikeUses() {
        LeaseScope all = scope(LeaseScope.UNLIMITED, "write:/srv");
        String id = projector
                .record(leases.grant(
                        "claude-code",
                        new LeaseScope(
                                List.of(),
                                all.effects(),
                                List.of(),
                                all.from(),
                                all.expires(),
                                "",
                                all.risk(),
                                all.ceiling(),
                                all.tier(),
                                all.actions(),
                                1_000,
                                50),
                        "owner"))
                .text("lease");
        projector.record(leases.spend(id, 999, 0, "claude-code"));
        assertThat(verdict(write("/srv/a"))).isEqualTo(Verdict.ALLOW);
        projector.record(leases.spend(id, 1, 0, "claude-code"));
        assertThat(verdict(write("/srv/a"))).isEqualTo(Verdict.ASK);
        assertThatThrownBy(() -> leases.spend(id, 1, 0, "claude-code")).hasMessageContaining("used up");
    }

    // ---- for this session

    private Approvals.Request request(String approval) {
        return approvals.get(approval).orElseThrow();
    }

    private Leases.Offer offered(Action action) {
        return leases.offer(request(String.valueOf(gate.decide(action).approval())))
                .orElseThrow();
    }

    @Test
    void aYesForTheSessionCoversTheSameToolTheSameFolderAndThatSessionOnly() {
        String approval = String.valueOf(gate.decide(write("/srv/site/pages/a")).approval());
        projector.record(List.of(approvals.answer(approval, true, "cli"), leases.grantForSession(request(approval))));
        Lease lease = leases.list().getFirst();
        assertThat(lease.effects()).containsExactly("write:/srv/site/pages");
        assertThat(gate.settle(write("/srv/site/pages/a"), approval).verdict()).isEqualTo(Verdict.ALLOW);
        assertThat(verdict(write("/srv/site/pages/b"))).isEqualTo(Verdict.ALLOW);
        assertThat(verdict(write("/srv/site/other"))).isEqualTo(Verdict.ASK);
        assertThat(verdict(action("s2", new Effect.Write(Path.of("/srv/site/pages/b")))))
                .isEqualTo(Verdict.ASK);
        assertThat(verdict(action("s1", new Effect.Read(Path.of("/srv/site/pages/b")))))
                .isEqualTo(
                        Verdict.ALLOW
                                        == gate.dryRun(action("s2", new Effect.Read(Path.of("/srv/site/pages/b"))))
                                                .verdict()
                                ? Verdict.ALLOW
                                : Verdict.ASK);
        now = now.plus(Leases.SESSION);
        assertThat(verdict(write("/srv/site/pages/b"))).isEqualTo(Verdict.ASK);
    }

    @Test
    void aYesForTheSessionEndsWithTheSession() {
        String approval = String.valueOf(gate.decide(write("/srv/site/pages/a")).approval());
        projector.record(leases.grantForSession(request(approval)));
        assertThat(verdict(write("/srv/site/pages/b"))).isEqualTo(Verdict.ALLOW);
        projector.record(Draft.of("mirror.session.ended.v1", "claude-code", Json.object())
                .session("s1"));
        assertThat(verdict(write("/srv/site/pages/b"))).isEqualTo(Verdict.ASK);
    }

    @Test
    void aTreeThatIsDeletedStandsForItselfAndNotForItsNeighbours() {
        Action discard = action(
                "s1", new Effect.Run(List.of("rm", "-rf", "build")), new Effect.Delete(PROJECT.resolve("build"), true));
        String approval = String.valueOf(gate.decide(discard).approval());
        projector.record(leases.grantForSession(request(approval)));
        assertThat(leases.list().getFirst().effects()).containsExactly("run:rm", "delete-tree:/home/ada/project/build");
        assertThat(verdict(discard)).isEqualTo(Verdict.ALLOW);
        assertThat(verdict(action("s1", new Effect.Delete(PROJECT.resolve("src"), true))))
                .isEqualTo(Verdict.ASK);
    }

    @Test
    void inAWideFolderAYesForTheSessionIsForTheFileAlone() {
        assertThat(offered(write("/home/ada/notes.txt")).effects()).containsExactly("write:/home/ada/notes.txt");
        assertThat(offered(action("s1", new Effect.Read(PROJECT.resolve(".env"))))
                        .effects())
                .containsExactly("read:/home/ada/project/.env");
    }

    @Test
    void whatTwoDevicesHaveToAllowIsNotAllowedForASession() {
        twice.add(Risk.LOCAL_REVERSIBLE);
        Action write = write("/srv/site/pages/a");
        String approval = String.valueOf(gate.decide(write).approval());
        assertThatThrownBy(() -> leases.grantForSession(request(approval)))
                .hasMessageContaining("two devices have to allow it, each time");
        projector.record(approvals.answer(approval, true, "cli"));
        assertThat(gate.settle(write, approval).verdict()).isEqualTo(Verdict.ASK);
        projector.record(approvals.answer(approval, true, "device:phone"));
        assertThat(gate.settle(write, approval).verdict()).isEqualTo(Verdict.ALLOW);
    }

    @Test
    void whatCannotBeBoundIsNotAllowedForASession() {
        for (Effect effect : List.of(
                new Effect.Opaque("why"),
                new Effect.Elevate("root"),
                new Effect.Run(List.of("*")),
                new Effect.Tool("*"))) {
            Decision decision = gate.decide(action("s1", new Effect.Write(Path.of("/srv/x/y/z")), effect));
            String approval = String.valueOf(decision.approval());
            assertThat(decision.verdict()).isEqualTo(Verdict.ASK);
            assertThatThrownBy(() -> leases.grantForSession(request(approval)))
                    .isInstanceOf(TrustException.class)
                    .hasMessageContaining("approve it without --session");
            projector.record(approvals.answer(approval, false, "test"));
        }
    }
}
