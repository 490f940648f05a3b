package mirror.tiers.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.random.RandomGenerator;
import mirror.bus.DiskStorage;
import mirror.bus.EventLog;
import mirror.bus.Home;
import mirror.bus.Projector;
import mirror.bus.Seed;
import mirror.tiers.swarm.Order.Rank;
import mirror.trust.DeviceKey;
import mirror.trust.LeaseScope;
import mirror.trust.LeaseToken;
import mirror.trust.Leases;
import mirror.trust.Sensitivity;
import mirror.trust.TrustException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The lease of an attempt reaches no further than anything above it, and ends with the run's. */
final class AuthorityTest {
    private static final Instant NOW = Instant.parse("2026-05-01T08:00:00Z");
    private static final List<String> EFFECTS = List.of("egress:a.example", "egress:b.example", "run:llama.cpp");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private static List<String> some(RandomGenerator random, List<String> of) {
        List<String> some = new ArrayList<>(of);
        some.removeIf(_ -> random.nextInt(3) == 0);
        return some.isEmpty() ? List.of(of.getFirst()) : some;
    }

    private static Purse purse(RandomGenerator random) {
        return new Purse(
                random.nextLong(1, 100), random.nextBoolean() ? LeaseScope.UNLIMITED : random.nextLong(1, 10_000));
    }

    private static Task task(String id, List<String> effects, Purse purse) {
        return new Task(
                id,
                "",
                0,
                "x",
                List.of(),
                "m",
                purse.cents(),
                purse.tokens(),
                100,
                Sensitivity.INTERNAL,
                effects,
                1,
                60,
                0,
                false,
                Check.NONE);
    }

    @Test
    void noAttemptGetsMoreThanWhatStandsAboveItWhateverItsTaskSays() throws Exception {
        Seed seed = Seed.fresh();
        RandomGenerator random = seed.random();
        Home home = new Home(folder);
        DeviceKey key = DeviceKey.create(home.keys().resolve("device.key"));
        try (EventLog log = EventLog.open(home, "t-" + key.shortId(), new DiskStorage(), () -> NOW, key)) {
            Leases leases = new Leases(() -> NOW, new Random(7));
            Projector projector = new Projector(log, List.of(leases));
            for (int round = 0; round < 50; round++) {
                List<String> effects = some(random, EFFECTS);
                Purse all = purse(random);
                Graph graph = new Graph(
                        "g",
                        all.cents(),
                        all.tokens(),
                        1,
                        0,
                        10,
                        Sensitivity.INTERNAL,
                        List.of(task("t", effects, all)));
                Instant end = NOW.plus(Duration.ofMinutes(random.nextLong(1, 100)));
                String id = projector
                        .record(leases.grant("swarm", Authority.run(graph, all, end), "owner"))
                        .text("lease");
                Authority authority = new Authority(leases.token(id, key));
                // A task may say whatever it likes of itself.
                List<Rank> lineage = new ArrayList<>();
                for (int depth = random.nextInt(1, 4); depth > 0; depth--) {
                    lineage.add(new Rank("t" + depth, some(random, EFFECTS), purse(random)));
                }
                Order order = new Order(
                        "s1", task("t", some(random, EFFECTS), purse(random)), "x", purse(random), 3, lineage);
                Instant wanted = NOW.plus(Duration.ofMinutes(random.nextLong(1, 200)));
                LeaseToken token = authority.attempt(order, wanted);

                List<LeaseScope> scopes = token.verify(key.key("lease")).scopes();
                assertThat(scopes).as("%s", seed).hasSize(lineage.size() + 2);
                LeaseScope last = scopes.getLast();
                assertThat(last.session()).isEqualTo("s1.t");
                assertThat(last.actions()).isEqualTo(3);
                for (LeaseScope above : scopes) {
                    assertThat(above.effects()).as("%s", seed).containsAll(last.effects());
                    assertThat(last.cents()).as("%s", seed).isLessThanOrEqualTo(above.cents());
                    assertThat(last.tokens()).as("%s", seed).isLessThanOrEqualTo(above.tokens());
                    assertThat(last.expires()).as("%s", seed).isBeforeOrEqualTo(above.expires());
                    assertThat(last.tier()).as("%s", seed).isLessThanOrEqualTo(above.tier());
                    assertThat(last.ceiling()).as("%s", seed).isLessThanOrEqualTo(above.ceiling());
                }
                assertThat(last.effects()).as("%s", seed).allMatch(EFFECTS::contains);

                // The run's end is everybody's end.
                projector.record(leases.revoke(id));
                assertThat(isRefused(leases, token, key)).as("%s", seed).isTrue();
            }
        }
    }

    private static boolean isRefused(Leases leases, LeaseToken token, DeviceKey key) {
        try {
            leases.present(token.text(), key.key("lease"));
            return false;
        } catch (TrustException e) {
            return true;
        }
    }
}
