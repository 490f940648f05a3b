package mirror.pulse.supervise;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import mirror.bus.Seed;
import org.junit.jupiter.api.Test;

/** What the supervision decides, over simulated processes and time. */
final class SupervisionTest {
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration MINUTE = Duration.ofMinutes(1);

    private final World world = new World(Seed.fresh().random());

    @Test
    void aServiceThatEndsIsStartedAgainAtOnce() {
        world.with(World.service("web"));
        world.pass(MINUTE.multipliedBy(2));
        long killed = world.now;
        world.kill("web");
        world.pass(SECOND);
        assertThat(world.phase("web")).isEqualTo(Phase.READY);
        assertThat(world.starts.getLast()).isEqualTo(new World.Started("web", Step.Cause.RESTART, killed));
    }

    @Test
    void aHundredServicesAreStartedInTheOrderOfTheirNeedsAndAtMostEightAtATime() {
        Service[] services = IntStream.range(0, 100)
                .mapToObj(i -> i < 4
                        ? World.service("s" + i, World.ready(MINUTE), null)
                        : World.service("s" + i, World.ready(MINUTE), null, "s" + i / 4, "s" + i % 4))
                .toArray(Service[]::new);
        // The world checks the order at each start.
        world.with(services);
        for (int i = 0; i < 400; i++) {
            world.pass(Duration.ofMillis(1));
            assertThat(world.supervision.units().stream()
                            .filter(unit -> unit.phase == Phase.STARTING || unit.phase == Phase.RUNNING)
                            .count())
                    .isLessThanOrEqualTo(8);
        }
        world.pass(SECOND);
        assertThat(world.supervision.units()).allMatch(unit -> unit.phase == Phase.READY);
        assertThat(world.starts).hasSize(100);
    }

    @Test
    void aCrashLoopIsStartedAtMostEightTimesInAMinuteThenQuarantinedAndTriedOnceAfterAQuarterOfAnHour() {
        world.nature("web").lives = Duration.ofMillis(100);
        world.with(World.service("web"));
        world.pass(MINUTE);
        assertThat(world.starts("web")).isLessThanOrEqualTo(8);
        assertThat(world.phase("web")).isEqualTo(Phase.QUARANTINED);
        assertThat(world.reason("web")).isEqualTo("it ended: exit code 1");
        long before = world.starts("web");
        world.pass(Duration.ofMinutes(13));
        assertThat(world.starts("web")).isEqualTo(before);
        world.pass(Duration.ofMinutes(3));
        assertThat(world.starts("web")).isEqualTo(before + 1);
        assertThat(world.starts.getLast().cause()).isEqualTo(Step.Cause.CANARY);
        world.pass(Duration.ofDays(2));
        assertThat(world.notes("mirror.alarm.raised.v1"))
                .as("the owner is told once")
                .hasSize(1);
        world.nature("web").lives = World.DAY;
        world.pass(Duration.ofHours(7));
        assertThat(world.phase("web")).isEqualTo(Phase.READY);
    }

    @Test
    void theOwnersReleaseWorksAtAnyTime() {
        world.nature("web").lives = Duration.ofMillis(100);
        world.with(World.service("web"));
        world.pass(MINUTE);
        world.nature("web").lives = World.DAY;
        world.tell(() -> world.supervision.begin("web", Step.Cause.OWNER, world.now));
        world.pass(SECOND);
        assertThat(world.phase("web")).isEqualTo(Phase.READY);
    }

    @Test
    void sixtyThatEndTogetherAreOneIncidentAndAllRunAgainWithinASecondWithWhatIsNeededFirst() {
        Service[] services = IntStream.range(0, 60)
                .mapToObj(i -> i == 0 ? World.service("s0") : World.service("s" + i, "s0"))
                .toArray(Service[]::new);
        world.with(services);
        world.pass(Duration.ofMinutes(20));
        for (int i = 59; i >= 0; i--) {
            world.kill("s" + i);
        }
        world.pass(SECOND.multipliedBy(2));
        assertThat(world.supervision.units()).allMatch(unit -> unit.phase == Phase.READY);
        List<Step.Note> incidents = world.notes("mirror.incident.correlated.v1");
        assertThat(incidents).hasSize(1);
        assertThat(incidents.getFirst().data().path("services")).hasSize(60);
    }

    @Test
    void anEleventhFailureWithinAMinuteWaits() {
        Service[] services =
                IntStream.range(0, 12).mapToObj(i -> World.service("s" + i)).toArray(Service[]::new);
        world.with(services);
        world.pass(Duration.ofMinutes(5));
        for (int i = 0; i < 12; i++) {
            world.kill("s" + i);
            world.pass(SECOND.multipliedBy(2));
        }
        assertThat(world.phase("s9")).isEqualTo(Phase.READY);
        assertThat(world.phase("s10")).isEqualTo(Phase.BACKOFF);
        assertThat(world.phase("s11")).isEqualTo(Phase.BACKOFF);
        world.pass(MINUTE);
        assertThat(world.supervision.units()).allMatch(unit -> unit.phase == Phase.READY);
    }

    @Test
    void aHungServiceIsKilledAtTheSecondMissAndItsReplacementRunsWithinTwelveSeconds() {
        for (int round = 0; round < 100; round++) {
            World one = new World(Seed.fresh().random());
            one.with(World.service("web", null, World.live(Duration.ofSeconds(5), 2)));
            one.pass(Duration.ofMillis(60_000 + one.random.nextInt(5_000)));
            one.process("web").hung = true;
            one.pass(Duration.ofSeconds(12));
            assertThat(one.starts("web")).isEqualTo(2);
            assertThat(one.phase("web")).isEqualTo(Phase.READY);
        }
    }

    @Test
    void oneMissIsNoFailure() {
        world.with(World.service("web", null, World.live(Duration.ofSeconds(5), 2)));
        world.pass(MINUTE);
        for (int i = 0; i < 20; i++) {
            world.process("web").hung = true;
            world.pass(Duration.ofSeconds(5));
            world.process("web").hung = false;
            world.pass(Duration.ofSeconds(10));
        }
        assertThat(world.starts("web")).isEqualTo(1);
    }

    @Test
    void aBusyServiceIsNotRestartedUntilItsExcuseIsOld() {
        world.with(World.service("web", null, World.live(Duration.ofSeconds(5), 2)));
        world.pass(MINUTE);
        world.process("web").busy = true;
        world.pass(Duration.ofMinutes(9));
        assertThat(world.starts("web")).isEqualTo(1);
        world.pass(Duration.ofMinutes(2));
        assertThat(world.starts("web")).isEqualTo(2);
    }

    @Test
    void whatWasAskedWhileTheMachineSleptSaysNothing() {
        world.with(World.service("web", null, World.live(Duration.ofSeconds(5), 1)));
        for (int i = 0; i < 200; i++) {
            world.pass(Duration.ofMillis(world.random.nextInt(10_000)));
            // Answers of this time never come, or as a miss long after.
            world.silent = true;
            List<Step.Look> before = List.copyOf(world.looks);
            world.pass(Duration.ofMillis(world.random.nextInt(5_000)));
            world.now += Duration.ofHours(8).toNanos();
            world.silent = false;
            world.looks.stream()
                    .filter(look -> !before.contains(look))
                    .toList()
                    .forEach(look -> world.tell(() -> world.supervision.looked(
                            "web",
                            look.run(),
                            look.id(),
                            new Probe.Finding.Fails("no answer", false, false),
                            world.now)));
            world.tell(() -> world.supervision.stalled(world.now));
        }
        assertThat(world.starts("web")).isEqualTo(1);
    }

    @Test
    void aServiceThatDoesNotGetReadyIsAFailureAndWhatNeedsItWaits() {
        world.nature("db").unready = true;
        world.with(World.service("db", World.ready(Duration.ofSeconds(10)), null), World.service("web", "db"));
        world.pass(Duration.ofSeconds(9));
        assertThat(world.phase("db")).isEqualTo(Phase.RUNNING);
        assertThat(world.unit("web").waits).isEqualTo("waits for db");
        world.pass(Duration.ofSeconds(2));
        assertThat(world.starts("db")).isEqualTo(2);
        world.nature("db").unready = false;
        world.pass(SECOND);
        assertThat(world.phase("web")).isEqualTo(Phase.READY);
    }

    @Test
    void stoppingGoesTheOtherWayRoundAndKillsWhatDoesNotEnd() {
        world.with(World.service("db"), World.service("web", "db"));
        world.pass(SECOND);
        world.process("web").hung = true;
        world.tell(() -> world.supervision.endAll(world.now));
        world.pass(Duration.ofSeconds(9));
        assertThat(world.processes).containsKeys("db", "web");
        world.pass(Duration.ofSeconds(2));
        assertThat(world.supervision.ended()).isTrue();
        assertThat(world.halts.stream().map(halt -> halt.service().name() + halt.kill()))
                .containsExactly("webfalse", "webtrue", "dbfalse");
        world.pass(World.DAY);
        assertThat(world.starts).hasSize(2);
    }

    @Test
    void whatTheOwnerStopsStaysStopped() {
        world.with(World.service("web"));
        world.pass(SECOND);
        world.tell(() -> world.supervision.end("web", world.now));
        world.pass(World.DAY);
        assertThat(world.phase("web")).isEqualTo(Phase.STOPPED);
        assertThat(world.starts("web")).isEqualTo(1);
    }

    @Test
    void aServiceThatMayNotRunIsNamedOnceAndTriedAgainByItself() {
        world.with(World.service("web"));
        world.pass(SECOND);
        world.kill("web");
        for (int i = 0; i < 10; i++) {
            int run = world.unit("web").run;
            world.tell(() -> world.supervision.withheld("web", run, "no lease", true, world.now));
            assertThat(world.phase("web")).isEqualTo(Phase.WITHHELD);
            world.tell(() -> world.supervision.retry(world.now));
        }
        assertThat(world.notes("mirror.service.withheld.v1")).hasSize(1);
    }

    @Test
    void anEditIsStartedInPlaceOfWhatRanAndAFileThatIsGoneEndsItsService() {
        world.with(World.service("web"));
        world.pass(SECOND);
        Service old = World.service("web");
        Service edited = new Service(
                "web",
                "another digest",
                old.kind(),
                List.of(),
                true,
                true,
                0,
                null,
                null,
                old.stop(),
                old.limits(),
                old.log(),
                old.restart());
        world.tell(() -> world.supervision.define(List.of(edited), Map.of(), world.now));
        world.pass(SECOND);
        assertThat(world.starts.getLast().cause()).isEqualTo(Step.Cause.CHANGED);
        assertThat(world.phase("web")).isEqualTo(Phase.READY);
        world.tell(() -> world.supervision.define(List.of(), Map.of(), world.now));
        world.pass(SECOND);
        assertThat(world.processes).isEmpty();
        assertThat(world.supervision.units()).isEmpty();
    }

    @Test
    void aProbeThatIsEditedCountsAtOnceAndRestartsNothing() {
        world.with(World.service("web"));
        world.pass(MINUTE);
        assertThat(world.looks).isEmpty();
        Service probed = World.service("web", null, World.live(Duration.ofSeconds(5), 2));
        world.tell(() -> world.supervision.define(List.of(probed), Map.of(), world.now));
        world.pass(MINUTE);
        assertThat(world.looks).hasSizeGreaterThan(10);
        assertThat(world.starts("web")).isEqualTo(1);
        world.tell(() -> world.supervision.define(List.of(World.service("web")), Map.of(), world.now));
        int looks = world.looks.size();
        world.pass(MINUTE);
        assertThat(world.looks).hasSize(looks);
    }

    @Test
    void aFileThatGotAFaultLetsItsServiceRunButStartsItNoMore() {
        world.with(World.service("web"));
        world.pass(SECOND);
        world.tell(() -> world.supervision.define(List.of(), Map.of("web", "it is not signed"), world.now));
        world.pass(World.DAY);
        assertThat(world.processes).containsKey("web");
        world.kill("web");
        world.pass(World.DAY);
        assertThat(world.phase("web")).isEqualTo(Phase.WITHHELD);
        assertThat(world.reason("web")).isEqualTo("it is not signed");
    }

    @Test
    void anAdoptedServiceIsNotStartedAndIsWatchedLikeAnyOther() {
        world.supervision.define(List.of(World.service("web")), Map.of(), world.now);
        World.Running process = new World.Running(7);
        world.processes.put("web", process);
        world.tell(() -> world.supervision.adopted("web", 7, world.now - 1_000_000, false, world.now));
        world.pass(World.DAY);
        assertThat(world.starts).isEmpty();
        world.kill("web");
        world.pass(SECOND);
        assertThat(world.starts("web")).isEqualTo(1);
    }

    @Test
    void aQuarantineGoesOnOverARestartOfTheDaemon() {
        world.supervision.define(List.of(World.service("web")), Map.of(), world.now);
        long until = world.now + Duration.ofMinutes(10).toNanos();
        world.tell(() -> world.supervision.restore("web", List.of(world.now), 1, until, true));
        world.tell(() -> world.supervision.begin("web", Step.Cause.BOOT, world.now));
        world.pass(Duration.ofMinutes(9));
        assertThat(world.phase("web")).isEqualTo(Phase.QUARANTINED);
        world.pass(Duration.ofMinutes(2));
        assertThat(world.starts.getFirst().cause()).isEqualTo(Step.Cause.CANARY);
    }

    @Test
    void whatWasMendedIsStartedBeforeItsTimeAndOtherwiseAsATrial() {
        World world = new World(Seed.fresh().random());
        World.Nature nature = world.nature("a");
        nature.startFails = "its folder is not there";
        world.with(World.service("a"));
        world.pass(Duration.ofMinutes(5));
        assertThat(world.phase("a")).isEqualTo(Phase.QUARANTINED);
        long before = world.starts("a");
        world.tell(() -> world.supervision.tryNow("a", world.now));
        world.pass(Duration.ofSeconds(1));
        assertThat(world.starts("a")).as("one trial").isEqualTo(before + 1);
        assertThat(world.phase("a")).isEqualTo(Phase.QUARANTINED);
        nature.startFails = null;
        world.tell(() -> world.supervision.tryNow("a", world.now));
        world.pass(Duration.ofSeconds(1));
        assertThat(world.phase("a")).isEqualTo(Phase.READY);
        world.tell(() -> world.supervision.tryNow("a", world.now));
        world.pass(Duration.ofSeconds(1));
        assertThat(world.starts("a")).as("what runs is left alone").isEqualTo(before + 2);
    }

    @Test
    void fixesAndRestartsShareTheTenRemediationsAMinute() {
        World world = new World(Seed.fresh().random());
        world.with(World.service("a"));
        world.pass(Duration.ofMinutes(2));
        for (int i = 0; i < Remediations.MOST; i++) {
            assertThat(world.supervision.mayRemedy("log", world.now)).isTrue();
        }
        assertThat(world.supervision.mayRemedy("log", world.now)).isFalse();
        world.kill("a");
        world.pass(Duration.ofSeconds(50));
        assertThat(world.phase("a")).isEqualTo(Phase.BACKOFF);
        world.pass(Duration.ofSeconds(20));
        assertThat(world.phase("a")).isEqualTo(Phase.READY);
    }
}
