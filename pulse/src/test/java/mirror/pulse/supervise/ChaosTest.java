package mirror.pulse.supervise;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import mirror.bus.Seed;
import org.junit.jupiter.api.Test;

/** Whatever befalls services, in the end each runs or is in quarantine for the reason that is true. */
final class ChaosTest {
    private static final int ROUNDS = 200;
    private static final List<String> LASTING = List.of(
            "it could not be started: port 8080 is held by process 7 (nginx)",
            "it could not be started: No space left on device",
            "it ended: exit code 78");

    @Test
    void afterAnHourOfChaosEachServiceRunsOrIsInQuarantineForTheRightReason() {
        Seed seed = Seed.fresh();
        RandomGenerator random = seed.random();
        for (int round = 0; round < ROUNDS; round++) {
            String as = seed + " round " + round;
            World world = new World(random);
            List<Service> services = services(random);
            world.with(services.toArray(Service[]::new));
            for (int i = 0; i < 120; i++) {
                befall(world, services, random);
                world.pass(Duration.ofMillis(random.nextInt(60_000)));
            }
            Map<String, String> broken = new HashMap<>();
            for (Service service : services) {
                World.Nature nature = world.nature(service.name());
                nature.startFails = null;
                nature.lives = World.DAY.multipliedBy(1000);
                nature.exit = new Ending(1, null, "no");
                nature.unready = false;
                if (random.nextInt(8) == 0) {
                    broken.put(service.name(), breakFor(nature, random));
                    world.kill(service.name());
                }
                World.Running process = world.processes.get(service.name());
                if (process != null) {
                    process.hung = false;
                    process.busy = false;
                }
            }
            world.pass(Duration.ofHours(14));
            for (Service service : services) {
                String reason = broken.get(service.name());
                boolean needsBroken = service.needs().stream().anyMatch(need -> world.phase(need) != Phase.READY);
                if (reason == null && !needsBroken) {
                    assertThat(world.phase(service.name()))
                            .as("%s %s", as, service.name())
                            .isEqualTo(Phase.READY);
                } else if (reason != null && !needsBroken) {
                    assertThat(world.phase(service.name()))
                            .as("%s %s", as, service.name())
                            .isEqualTo(Phase.QUARANTINED);
                    assertThat(world.reason(service.name()))
                            .as("%s %s", as, service.name())
                            .isEqualTo(reason);
                }
            }
        }
    }

    /** Ten minutes, a hundred times: this process is held up, clocks jump, answers are lost or late, processes compute and do not answer. */
    @Test
    void nothingIsStartedAgainForStallsJumpsOfTheClockOrLoad() {
        Seed seed = Seed.fresh();
        RandomGenerator random = seed.random();
        for (int round = 0; round < 100; round++) {
            String as = seed + " round " + round;
            World world = new World(random);
            List<Service> services = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                services.add(World.service(
                        "s" + i,
                        World.ready(Duration.ofSeconds(30)),
                        World.live(Duration.ofSeconds(random.nextInt(1, 30)), 2)));
            }
            world.with(services.toArray(Service[]::new));
            world.pass(Duration.ofSeconds(5));
            long until = world.now + Duration.ofMinutes(10).toNanos();
            while (world.now < until) {
                World.Running process = world.process("s" + random.nextInt(services.size()));
                switch (random.nextInt(4)) {
                    // It computes for less than it may, nine minutes here, or has done with it.
                    case 0 -> process.busy = !process.busy;
                    // What was asked before says nothing: the machine slept, or its clock was set.
                    case 1 -> {
                        long jump = Duration.ofSeconds(random.nextInt(1, 3_600)).toNanos();
                        world.now += jump;
                        until += jump;
                        world.processes.values().forEach(each -> each.busy = false);
                        world.tell(() -> world.supervision.stalled(world.now));
                    }
                    // No answer at all comes back for a while.
                    case 2 -> world.silent = !world.silent;
                    default -> world.pass(Duration.ofMillis(random.nextInt(20_000)));
                }
            }
            assertThat(world.starts).as(as).hasSize(services.size());
            assertThat(world.halts).as(as).isEmpty();
            assertThat(world.notes("mirror.service.failed.v1")).as(as).isEmpty();
        }
    }

    private static List<Service> services(RandomGenerator random) {
        List<Service> services = new ArrayList<>();
        int count = random.nextInt(3, 16);
        for (int i = 0; i < count; i++) {
            List<String> needs = new ArrayList<>();
            for (int j = 0; j < i; j++) {
                if (random.nextInt(5) == 0) {
                    needs.add("s" + j);
                }
            }
            services.add(World.service(
                    "s" + i,
                    random.nextBoolean() ? World.ready(Duration.ofSeconds(30)) : null,
                    random.nextBoolean() ? World.live(Duration.ofSeconds(30), 2) : null,
                    needs.toArray(String[]::new)));
        }
        return services;
    }

    private static void befall(World world, List<Service> services, RandomGenerator random) {
        String name = services.get(random.nextInt(services.size())).name();
        World.Nature nature = world.nature(name);
        World.Running process = world.processes.get(name);
        switch (random.nextInt(10)) {
            case 0, 1 -> world.kill(name);
            case 2 -> services.forEach(service -> world.kill(service.name()));
            case 3 -> {
                if (process != null) {
                    process.hung = true;
                }
            }
            case 4 -> {
                if (process != null) {
                    process.busy = !process.busy;
                }
            }
            case 5 -> nature.startFails = LASTING.get(random.nextInt(2));
            case 6 -> nature.lives = Duration.ofMillis(random.nextInt(1, 100_000));
            case 7 -> nature.unready = !nature.unready;
            case 8 -> {
                nature.startFails = null;
                nature.lives = World.DAY;
            }
            default -> world.tell(() -> world.supervision.stalled(world.now));
        }
    }

    private static String breakFor(World.Nature nature, RandomGenerator random) {
        String reason = LASTING.get(random.nextInt(LASTING.size()));
        if (reason.startsWith("it ended")) {
            nature.lives = Duration.ofMillis(20);
            nature.exit = new Ending(78, null, "no");
        } else {
            nature.startFails = reason;
        }
        return reason;
    }
}
