package mirror.pulse.heal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import mirror.bus.Event;
import mirror.bus.Seed;
import mirror.pulse.check.Finding;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever befalls what is watched over: in the end it is well, or left alone with the reason that is true, and nothing else was touched. */
final class HealChaosTest {
    private static final int ROUNDS = 50;

    /** What can befall, and what there is to find then. */
    private enum Kind {
        KILL("no process of it runs"),
        STALL("it does not answer"),
        PORT_THEFT("port 80 is held by process 7 (nginx)"),
        DISK_FULL("0.0 GB are free"),
        LOG_FLOOD("it grows by 90 MB a minute"),
        ENVIRONMENT_LOSS("it has not the API_KEY"),
        DEPENDENCY_DEATH("what it needs is gone");

        final String found;

        Kind(String found) {
            this.found = found;
        }
    }

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @Test
    void fiftyRoundsOfChaosEndWellOrStoppedForTheRightReason() throws IOException {
        Seed seed = Seed.fresh();
        RandomGenerator random = seed.random();
        for (int round = 0; round < ROUNDS; round++) {
            try (Ward ward = new Ward(folder.resolve("round" + round))) {
                round(ward, random, seed + " round " + round);
            }
        }
    }

    private static void round(Ward ward, RandomGenerator random, String as) {
        Map<String, Kind> befell = new LinkedHashMap<>();
        Map<String, Boolean> curable = new HashMap<>();
        for (int i = 0; i < 10; i++) {
            String check = "thing:" + i;
            ward.truth.put(check, Finding.ok("well"));
            ward.look(check);
            boolean can = random.nextInt(3) > 0;
            curable.put(check, can);
            ward.heal("fix" + i, check, () -> {
                Kind kind = befell.get(check);
                if (kind == Kind.DISK_FULL && !can) {
                    throw new IOException("No space left on device");
                }
                if (kind != null && can && kind != Kind.PORT_THEFT) {
                    ward.truth.put(check, Finding.ok("well"));
                    befell.remove(check);
                }
                return "did something";
            });
        }
        List<String> falselyAccused = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            String check = "thing:" + random.nextInt(10);
            if (random.nextInt(3) == 0) {
                // A look that was wrong: the thing is well, and busy.
                if (!befell.containsKey(check)) {
                    int before = attempts(ward, check);
                    ward.seen.put(check, Finding.failing("it does not answer"));
                    ward.healer.turn();
                    if (attempts(ward, check) > before) {
                        falselyAccused.add(check);
                    }
                }
            } else if (random.nextInt(4) == 0
                    && ward.ledger.get("fix" + check.charAt(6), check).stopped().isEmpty()) {
                Kind kind = Kind.values()[random.nextInt(Kind.values().length)];
                befell.put(check, kind);
                ward.breaks(check, kind.found);
            }
            ward.budget = 10;
            ward.now = ward.now.plus(Duration.ofSeconds(random.nextInt(1_800)));
            ward.seen.keySet().forEach(ward::look);
            ward.healer.turn();
        }
        for (int i = 0; i < 20; i++) {
            ward.budget = 10;
            ward.now = ward.now.plus(Duration.ofMinutes(11));
            ward.seen.keySet().forEach(ward::look);
            ward.healer.turn();
        }
        assertThat(falselyAccused).as("%s", as).isEmpty();
        for (int i = 0; i < 10; i++) {
            String check = "thing:" + i;
            HealLedger.Known known = ward.ledger.get("fix" + i, check);
            Kind kind = befell.get(check);
            if (kind == null) {
                assertThat(ward.at(check).state()).as("%s %s", as, check).isEqualTo(Finding.State.OK);
            } else {
                assertThat(known.stopped())
                        .as("%s %s %s", as, check, kind)
                        .containsAnyOf(
                                kind.found,
                                kind == Kind.DISK_FULL ? "No space left on device" : kind.found,
                                "times within a day");
                assertThat(ward.events("alarm.raised").stream()
                                .filter(alarm -> alarm.text("about").equals(check)))
                        .as("%s %s", as, check)
                        .hasSize(1);
            }
            assertThat(curable.get(check)).isNotNull();
        }
    }

    private static int attempts(Ward ward, String check) {
        return (int) ward.events("heal.begun").stream()
                .filter((Event event) -> event.text("check").equals(check))
                .count();
    }
}
