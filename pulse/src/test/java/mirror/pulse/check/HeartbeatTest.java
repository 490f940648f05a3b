package mirror.pulse.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import mirror.bus.DiskStorage;
import mirror.bus.Draft;
import mirror.bus.EventLog;
import mirror.bus.Home;
import mirror.bus.Json;
import mirror.bus.Projector;
import mirror.bus.Seed;
import mirror.trust.DeviceKey;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class HeartbeatTest {
    private static final Duration EVERY = Duration.ofMinutes(5);

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private volatile Instant now = Instant.parse("2026-03-29T00:00:00Z");
    private volatile Finding next = Finding.ok("well");
    private final List<String> looked = new ArrayList<>();

    private interface Body {
        void with(Heartbeat heartbeat, Checkups checkups, EventLog log) throws Exception;
    }

    private void run(Body body) throws Exception {
        Home home = new Home(folder);
        DeviceKey key = DeviceKey.create(home.keys().resolve("device.key"));
        Checkups checkups = new Checkups();
        try (EventLog log = EventLog.open(home, "t-" + key.shortId(), new DiskStorage(), () -> now, key)) {
            Pulse pulse = new Pulse(
                    List.of(new Check("a", true, true, () -> look("a")), new Check("b", false, false, () -> look("b"))),
                    checkups,
                    new Projector(log, List.of(checkups)),
                    () -> now,
                    task -> Thread.ofVirtual().start(task),
                    Duration.ofSeconds(20),
                    _ -> false);
            body.with(new Heartbeat(pulse, () -> EVERY, () -> now), checkups, log);
        }
    }

    private Map<String, Finding> look(String id) {
        synchronized (looked) {
            looked.add(id);
        }
        return Map.of("", next);
    }

    private int looks(String id) {
        synchronized (looked) {
            return (int) looked.stream().filter(id::equals).count();
        }
    }

    @Test
    void whatIsWrongForTheFirstTimeIsLookedAtAgainSoonAndAlone() throws Exception {
        run((heartbeat, checkups, _) -> {
            assertThat(heartbeat.turn()).isEqualTo(Duration.ofSeconds(30));
            now = now.plus(EVERY);
            next = Finding.failing("bad");
            assertThat(heartbeat.turn()).isEqualTo(Heartbeat.AGAIN);
            assertThat(checkups.get("a").orElseThrow().finding().isWrong()).isFalse();
            now = now.plus(Heartbeat.AGAIN);
            heartbeat.turn();
            assertThat(checkups.get("a").orElseThrow().finding().isWrong()).isTrue();
            assertThat(looks("a")).isEqualTo(3);
            assertThat(looks("b")).isEqualTo(2);
        });
    }

    @Test
    void aReasonToLookIsFollowedSoonAndManyAtOnceAreOne() throws Exception {
        run((heartbeat, _, _) -> {
            heartbeat.turn();
            for (int i = 0; i < 100; i++) {
                heartbeat.hint("b");
            }
            assertThat(heartbeat.turn()).isEqualTo(Heartbeat.SOON);
            now = now.plus(Heartbeat.SOON);
            heartbeat.turn();
            assertThat(looks("b")).isEqualTo(2);
            assertThat(looks("a")).isEqualTo(1);
        });
    }

    /** Whatever the clock and the machine do, everything was looked at within a turn of any moment at which the machine was awake. */
    @Test
    void sleepsAndJumpsOfTheClockPutNoLookOff() throws Exception {
        Seed seed = Seed.fresh();
        RandomGenerator random = seed.random();
        run((heartbeat, _, _) -> {
            heartbeat.turn();
            Duration awake = Duration.ZERO;
            for (int turn = 0; turn < 400; turn++) {
                int before = looks("a");
                Duration step = Duration.ofSeconds(1 + random.nextInt(30));
                awake = awake.plus(step);
                now = now.plus(step);
                boolean slept = random.nextInt(20) == 0;
                boolean set = random.nextInt(40) == 0;
                if (slept) {
                    now = now.plus(Duration.ofHours(1 + random.nextInt(10)));
                }
                if (set) {
                    now = now.minus(Duration.ofHours(12 + random.nextInt(10)));
                }
                heartbeat.turn();
                if (looks("a") > before) {
                    awake = Duration.ZERO;
                }
                assertThat(awake).as("%s turn %d", seed, turn).isLessThan(EVERY.plusSeconds(30));
                if (slept || set) {
                    assertThat(looks("a")).as("%s turn %d", seed, turn).isEqualTo(before + 1);
                }
            }
        });
    }

    @Test
    void itBeatsByItselfHearsOfReasonsAndEndsWhenItIsClosed() throws Exception {
        run((heartbeat, checkups, log) -> {
            try (heartbeat) {
                heartbeat.start(log, Map.of("mirror.service.", "b"));
                while (checkups.list().size() < 2) {
                    Thread.onSpinWait();
                }
                log.append(Draft.of("mirror.other.happened.v1", "daemon", Json.object()));
                log.append(Draft.of("mirror.service.exited.v1", "daemon", Json.object()));
                while (!heartbeat.expects("b")) {
                    Thread.onSpinWait();
                }
                assertThat(heartbeat.expects("a")).isFalse();
                now = now.plus(Heartbeat.SOON);
                while (looks("b") < 2) {
                    // Wakes it; what was to be done is due already.
                    heartbeat.hint("b");
                    Thread.onSpinWait();
                }
                assertThat(looks("a")).isEqualTo(1);
            }
            assertThat(heartbeat.board()).hasSize(2);
        });
    }
}
