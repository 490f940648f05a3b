package mirror.app.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import mirror.bus.DiskStorage;
import mirror.bus.Event;
import mirror.bus.EventLog;
import mirror.bus.Home;
import mirror.bus.VerifyReport.Verdict;
import mirror.trust.DeviceKey;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process that is killed without warning has lost nothing that it said was safe. */
final class KillIT {
    private static final int ROUNDS = 200;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @Test
    void twoHundredKillsUnderSixtyFourWritersLoseNothingThatWasAcknowledged() throws IOException, InterruptedException {
        long seed = Long.getLong("mirror.seed", System.nanoTime());
        SplittableRandom random = new SplittableRandom(seed);
        Home home = new Home(folder.resolve("m"));
        DeviceKey key = DeviceKey.create(home.keys().resolve("device.key"));
        String origin = "kill-" + key.shortId();
        TreeMap<Long, String> acknowledged = new TreeMap<>();
        for (int round = 0; round < ROUNDS; round++) {
            int acks = random.nextInt(1, 300);
            long before = acknowledged.isEmpty() ? 0 : acknowledged.lastKey();
            Process child = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-Xmx64m",
                            "-XX:+UseSerialGC",
                            "-XX:TieredStopAtLevel=1",
                            "-cp",
                            System.getProperty("java.class.path"),
                            LogChild.class.getName(),
                            home.root().toString(),
                            origin)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            try (BufferedReader out = child.inputReader(StandardCharsets.US_ASCII)) {
                String line;
                for (int i = 0; (line = out.readLine()) != null; i++) {
                    String[] words = line.split(" ", -1);
                    // The kill may have cut the last line short.
                    if (words.length == 2 && words[1].length() == 64) {
                        acknowledged.put(Long.parseLong(words[0]), words[1]);
                    }
                    if (i == acks) {
                        // Not Process.destroyForcibly: that closes the pipe, and with it what is still to be read.
                        child.toHandle().destroyForcibly();
                    }
                }
            }
            assertThat(child.waitFor()).as("seed %d round %d", seed, round).isNotZero();
            try (EventLog log = EventLog.open(home, origin, new DiskStorage(), InstantSource.system(), key)) {
                for (long at = before + 1; at <= acknowledged.lastKey(); ) {
                    List<Event> events = log.read(at, 512);
                    assertThat(events)
                            .as("seed %d round %d event %d", seed, round, at)
                            .isNotEmpty();
                    for (Event event : events) {
                        String hash = acknowledged.get(event.seq());
                        if (hash != null) {
                            assertThat(event.hash())
                                    .as("seed %d round %d", seed, round)
                                    .isEqualTo(hash);
                        }
                        at = event.seq() + 1;
                    }
                }
            }
            if (round % 20 == 19) {
                assertThat(EventLog.verify(home, origin, new DiskStorage(), key.key(origin))
                                .verdict())
                        .as("seed %d round %d", seed, round)
                        .isEqualTo(Verdict.INTACT);
            }
        }
        assertThat(acknowledged).hasSizeGreaterThan(ROUNDS);
    }
}
