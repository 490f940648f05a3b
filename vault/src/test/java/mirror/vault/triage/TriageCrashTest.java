package mirror.vault.triage;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import mirror.bus.AtomicFiles;
import mirror.bus.Draft;
import mirror.bus.Event;
import mirror.bus.FaultyCalls;
import mirror.bus.FaultyCalls.Fault;
import mirror.bus.Seed;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run that is cut short at any point and repeated ends where one run ends; one that is repeated does nothing. */
final class TriageCrashTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private static void drop(Dropped world) throws IOException {
        world.drop("vault/Inbox/a.pdf", "%PDF-1");
        world.drop("vault/Inbox/f/b/c.txt", "1");
        world.drop("vault/Inbox/m.zip", TriageTest.ZIP);
        world.drop("vault/Inbox/strange.xyz", new byte[] {0, 1, 2});
        world.drop("vault/z.csv", "a,b");
    }

    /** What is known of moves, whatever the run was called; a move that was told twice is there twice. */
    private static List<String> moves(Dropped world) {
        return world.events(TriageRuns.MOVED).stream()
                .map(event -> event.text("what") + " " + event.text("to") + " " + event.text("sha256"))
                .sorted()
                .toList();
    }

    /** The process ends with the n-th event, before or after it is durable. */
    private static final class DyingLog {
        private final Dropped world;
        private final int at;
        private final boolean after;
        private int count;

        DyingLog(Dropped world, int at, boolean after) {
            this.world = world;
            this.at = at;
            this.after = after;
        }

        void hear(Draft draft) {
            boolean dies = count++ == at;
            if (dies && !after) {
                throw new Dead();
            }
            world.hear(draft);
            if (dies) {
                throw new Dead();
            }
        }
    }

    private static final class Dead extends Error {
        private static final long serialVersionUID = 1;
    }

    private void check(
            Dropped world, Map<String, String> before, Map<String, String> truth, List<String> moves, String as)
            throws IOException {
        world.restart();
        world.settle();
        assertThat(world.files()).as(as).isEqualTo(truth);
        assertThat(moves(world)).as(as).isEqualTo(moves);
        assertThat(world.staged()).as(as).isEmpty();
        int events = world.events.size();
        assertThat(world.settle().run()).as(as).isEmpty();
        assertThat(world.events).as(as).hasSize(events);
        // What two runs did between them can be taken back.
        for (TriageRuns.Run run : world.runs.runs()) {
            assertThat(world.triage.undo(run.id()).trouble()).as(as).isEmpty();
        }
        assertThat(world.files()).as(as).isEqualTo(before);
    }

    @Test
    void aCrashAtAnyEventOrCallOfTheDiskAndAnotherRunEndWhereOneRunEnds() throws Exception {
        Seed seed = Seed.fresh();
        RandomGenerator random = seed.random();
        Dropped sound = new Dropped(Files.createDirectory(folder.resolve("sound")));
        drop(sound);
        Map<String, String> before = sound.files();
        FaultyCalls count = new FaultyCalls();
        sound.triage.run();
        sound.pass(Duration.ofSeconds(5));
        sound.start(count, sound::hear);
        sound.triage.run();
        sound.pass(Duration.ofSeconds(5));
        sound.triage.run();
        Map<String, String> truth = sound.files();
        List<String> moves = moves(sound);
        assertThat(moves).hasSize(5);
        int calls = count.trace().size();
        assertThat(calls).isGreaterThan(50);

        for (int n = 0; n < moves.size(); n++) {
            for (boolean after : new boolean[] {false, true}) {
                Dropped world = new Dropped(Files.createDirectory(folder.resolve("log-" + n + after)));
                drop(world);
                DyingLog log = new DyingLog(world, n, after);
                world.start(new mirror.bus.DiskCalls(), log::hear);
                try {
                    world.settle();
                    throw new AssertionError("the log did not die at event " + n);
                } catch (Dead e) {
                    check(world, before, truth, moves, "event " + n + (after ? " after" : " before"));
                }
            }
        }
        Fault[] kills = {Fault.KILLED_BEFORE, Fault.KILLED_HALF_WAY, Fault.KILLED_AFTERWARDS};
        // A part of the calls of the disk in each run of this test, others in the next.
        for (int n = random.nextInt(4); n < calls; n += 4) {
            Fault fault = kills[random.nextInt(3)];
            Dropped world = new Dropped(Files.createDirectory(folder.resolve("disk-" + n)));
            drop(world);
            FaultyCalls disk = new FaultyCalls();
            world.start(disk, world::hear);
            String as = seed + ", call " + n + " " + fault;
            disk.fault(n, fault);
            try {
                world.settle();
            } catch (FaultyCalls.Killed e) {
                as += " " + disk.trace().getLast();
            }
            check(world, before, truth, moves, as);
            delete(folder.resolve("disk-" + n));
        }
    }

    private static void delete(Path path) throws IOException {
        try (Stream<Path> walk = Files.walk(path)) {
            for (Path each : walk.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        }
    }

    @Test
    void anyDropsAreAllThereAfterwardsAndASecondRunDoesNothing() throws Exception {
        Seed seed = Seed.fresh();
        RandomGenerator random = seed.random();
        String[] names = {
            "a.pdf", "A.pdf", "b.png", "n.md", "x.zip", "d.csv", "f/one.txt", "f/two/three.bin", "what", "p.part"
        };
        String[] places = {"vault/Inbox/", "vault/", "pull/"};
        for (int round = 0; round < 25; round++) {
            Dropped world = new Dropped(Files.createDirectory(folder.resolve("r" + round)));
            world.rules(Rules.DEFAULT.replace("pull: []", "pull: [" + world.user.resolve("pull") + "]"));
            Files.createDirectories(world.user.resolve("pull"));
            for (int n = random.nextInt(12); n > 0; n--) {
                String place = places[random.nextInt(places.length)];
                String name = names[random.nextInt(names.length)];
                byte[] bytes = switch (random.nextInt(5)) {
                    case 0 -> TriageTest.ZIP;
                    case 1 -> "%PDF-1".getBytes(StandardCharsets.UTF_8);
                    case 2 -> "---\ntype: idea\n---\n".getBytes(StandardCharsets.UTF_8);
                    case 3 -> TriageTest.hex("89504e470d0a1a0a", "png");
                    default -> ("text " + random.nextInt(3)).getBytes(StandardCharsets.UTF_8);
                };
                world.drop(place + (place.equals("vault/") ? name.replace('/', '-') : name), bytes);
            }
            Map<String, String> before = world.files();
            Triage.Report report = world.settle();
            Map<String, String> after = world.files();
            // Nothing is lost, and nothing but what was unpacked came to it.
            Map<String, Long> digests = counts(before);
            Map<String, Long> now = counts(after);
            digests.forEach((digest, times) ->
                    assertThat(now.getOrDefault(digest, 0L)).as(seed.toString()).isGreaterThanOrEqualTo(times));
            long unpacked = report.count(Step.Action.UNPACK);
            assertThat(after).as(seed.toString()).hasSize(before.size() + 3 * (int) unpacked);
            int events = world.events.size();
            if (random.nextBoolean()) {
                world.restart();
            }
            world.settle();
            assertThat(world.files()).as(seed.toString()).isEqualTo(after);
            assertThat(world.events).as(seed.toString()).hasSize(events);
            if (!report.run().isEmpty()) {
                assertThat(world.triage.undo(report.run()).trouble())
                        .as(seed.toString())
                        .isEmpty();
            }
            assertThat(world.files()).as(seed.toString()).isEqualTo(before);
        }
    }

    private static Map<String, Long> counts(Map<String, String> files) {
        return files.values().stream()
                .collect(Collectors.groupingBy(digest -> digest, TreeMap::new, Collectors.counting()));
    }

    @Test
    void aBundleThatItsOwnerTookAwayAfterACrashIsForgotten() throws Exception {
        Dropped world = new Dropped(folder);
        Path bundle = world.drop("vault/Inbox/m.zip", TriageTest.ZIP);
        world.triage.run();
        world.pass(Duration.ofSeconds(5));
        // The staged folder is sealed, and nothing has moved yet.
        FaultyCalls disk = new FaultyCalls();
        int n = 0;
        while (world.staged().stream().noneMatch(path -> !path.toString().endsWith(".part"))) {
            disk = new FaultyCalls();
            world.start(disk, world::hear);
            world.triage.run();
            world.pass(Duration.ofSeconds(5));
            disk.fault(n++, Fault.KILLED_AFTERWARDS);
            try {
                world.triage.run();
                throw new AssertionError("no crash left a sealed folder: " + n + " " + world.files() + disk.trace());
            } catch (FaultyCalls.Killed e) {
                // Again, one call later.
            }
        }
        assertThat(bundle).exists();
        Files.delete(bundle);
        world.restart();
        world.settle();
        assertThat(world.staged()).isEmpty();
        assertThat(world.files()).isEmpty();
    }

    @Test
    void aBundleIsKeptAsEvidenceBitForBit() throws Exception {
        Dropped world = new Dropped(folder);
        world.drop("vault/Inbox/m.zip", TriageTest.ZIP);
        world.settle();
        Event bundle = world.events(TriageRuns.MOVED).getFirst();
        assertThat(bundle.text("what")).isEqualTo("bundle");
        assertThat(AtomicFiles.digest(Files.readAllBytes(world.vault.resolve(bundle.text("to")))))
                .isEqualTo(AtomicFiles.digest(TriageTest.ZIP))
                .isEqualTo(bundle.text("sha256"));
        Event unpacked = world.events(TriageRuns.MOVED).getLast();
        assertThat(unpacked.text("what")).isEqualTo("unpacked");
        assertThat(TreeDigest.of(world.vault.resolve(unpacked.text("to")))).isEqualTo(unpacked.text("sha256"));
    }
}
