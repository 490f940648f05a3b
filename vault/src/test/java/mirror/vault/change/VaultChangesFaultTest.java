package mirror.vault.change;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import mirror.bus.AtomicFiles;
import mirror.bus.Draft;
import mirror.bus.FaultyCalls;
import mirror.bus.FaultyCalls.Fault;
import mirror.bus.FaultyCalls.Killed;
import mirror.bus.FileStore;
import mirror.bus.FileWrite;
import mirror.bus.Home;
import mirror.bus.Seed;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The process dies, or the power goes, at any call of the disk: no note is lost, torn or doubled, and each change can be taken back. */
final class VaultChangesFaultTest {
    private static final Instant NOW = Instant.parse("2040-01-02T03:04:05Z");
    private static final int RUNS = 1_000;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private int worlds;

    /** A vault with an inbox beside it, as one process after the other finds them. */
    private static final class World {
        final Path base;
        final Path root;
        final Path inbox;
        final Home home;
        final List<Draft> events = new ArrayList<>();
        final Map<String, String> known = new HashMap<>();
        VaultChanges changes;
        FileStore files;
        final Map<String, String> start;

        World(Path base, FaultyCalls calls) throws IOException {
            this.base = base;
            root = base.resolve("vault");
            inbox = base.resolve("inbox");
            home = new Home(base.resolve("home"));
            put(root.resolve("a.md"), "a");
            put(root.resolve("Folder/b.md"), "b\r\n\u0000");
            put(root.resolve("Folder/deep/c.md"), "");
            put(root.resolve("taken.md"), "taken");
            put(inbox.resolve("d.pdf"), "d".repeat(300));
            put(inbox.resolve("e.md"), "e");
            start = tree();
            files = new FileStore(home, calls, () -> NOW, events::add);
            changes = open(calls);
        }

        private void put(Path file, String text) throws IOException {
            Files.createDirectories(file.getParent());
            Files.writeString(file, text);
            Files.setLastModifiedTime(file, FileTime.from(NOW.minus(Duration.ofHours(1))));
            known.put(AtomicFiles.digest(Files.readAllBytes(file)), text);
        }

        VaultChanges open(FaultyCalls calls) {
            files = new FileStore(home, calls, () -> NOW, events::add);
            changes = new VaultChanges(root, files, events::add, home.changes(), () -> NOW);
            return changes;
        }

        /** As at a start. */
        void recover(FaultyCalls calls) throws IOException {
            VaultChanges next = open(calls);
            assertThat(files.recover()).isEmpty();
            assertThat(next.recover()).isEmpty();
        }

        /** All files but the hidden ones, with their digests. */
        Map<String, String> tree() throws IOException {
            Map<String, String> tree = new TreeMap<>();
            for (Path top : Stream.of(root, inbox).filter(Files::exists).toList()) {
                try (Stream<Path> all = Files.walk(top)) {
                    for (Path file : all.filter(Files::isRegularFile).toList()) {
                        if (!String.valueOf(file.getFileName()).startsWith(".")) {
                            tree.put(base.relativize(file).toString(), AtomicFiles.digest(Files.readAllBytes(file)));
                        }
                    }
                }
            }
            return tree;
        }

        List<Path> copies() throws IOException {
            try (Stream<Path> all = Files.walk(root)) {
                return all.filter(file -> String.valueOf(file.getFileName()).endsWith(".tmp"))
                        .toList();
            }
        }

        String digest(String path) throws IOException {
            Path file = root.resolve(path);
            return Files.exists(file) ? AtomicFiles.digest(Files.readAllBytes(file)) : FileWrite.NONE;
        }
    }

    enum Scenario {
        NEW,
        OVER,
        CONFLICT,
        MOVE,
        MOVE_TO_A_TAKEN_NAME,
        MOVE_IN,
        MOVE_A_FOLDER,
        MOVE_A_FOLDER_IN,
        BACK
    }

    private static void run(World world, Scenario scenario) throws IOException {
        VaultChanges changes = world.changes;
        switch (scenario) {
            case NEW -> write(world, "x/New.md", "new", FileWrite.NONE);
            case OVER -> write(world, "a.md", "over", world.digest("a.md"));
            case CONFLICT -> write(world, "taken.md", "other", FileWrite.NONE);
            case MOVE -> changes.move(world.root.resolve("a.md"), "Folder/deep/a.md", "daemon", "");
            case MOVE_TO_A_TAKEN_NAME -> changes.move(world.root.resolve("a.md"), "taken.md", "daemon", "");
            case MOVE_IN -> changes.move(world.inbox.resolve("d.pdf"), "files/d.pdf", "daemon", "");
            case MOVE_A_FOLDER -> changes.move(world.root.resolve("Folder"), "y/Folder", "daemon", "");
            case MOVE_A_FOLDER_IN -> changes.move(world.inbox, "y/inbox", "daemon", "");
            case BACK -> {
                for (Change change : changes.changes()) {
                    if (!change.undone()) {
                        changes.rollback(change.id(), "owner");
                        return;
                    }
                }
            }
        }
    }

    private static void write(World world, String path, String text, String base) throws IOException {
        byte[] bytes = text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
        world.known.put(AtomicFiles.digest(bytes), text);
        world.changes.write(path, bytes, base, "claude-code", "");
    }

    private World world(FaultyCalls calls) throws IOException {
        return new World(Files.createDirectory(folder.toRealPath().resolve("w" + worlds++)), calls);
    }

    /** What a disk that is like this one does differently. */
    private static FaultyCalls disk(World world, int kind) {
        FaultyCalls calls = new FaultyCalls();
        return switch (kind) {
            case 1 -> calls.withoutLinks();
            case 2 -> calls.otherFileSystem(world.inbox);
            default -> calls;
        };
    }

    private static void sound(World world, String where) throws IOException {
        Map<String, String> tree = world.tree();
        assertThat(world.files.check()).as(where).isEmpty();
        assertThat(world.copies()).as(where).isEmpty();
        assertThat(world.known.keySet()).as("%s: no file is torn", where).containsAll(tree.values());
        for (String digest : world.start.values()) {
            assertThat(tree.containsValue(digest)
                            || Files.exists(
                                    world.home.backups().resolve("objects").resolve(digest)))
                    .as("%s: '%s' is there", where, world.known.get(digest))
                    .isTrue();
        }
        assertThat(tree.values().stream().filter(world.start::containsValue).toList())
                .as("%s: nothing is doubled", where)
                .doesNotHaveDuplicates();
        for (Change change : world.changes.changes()) {
            assertThat(world.events)
                    .as("%s: the event log has %s", where, change)
                    .anyMatch(event -> event.type().equals("mirror.note.changed.v1")
                            && change.id().equals(event.subject()));
        }
        // All taken back, the newest first, is how it was; and that taken back is how it is.
        List<String> ids = world.changes.changes().stream().map(Change::id).toList();
        for (String id : ids) {
            Change now = world.changes.changes().stream()
                    .filter(change -> change.id().equals(id))
                    .findFirst()
                    .orElseThrow();
            if (!now.undone()) {
                world.changes.rollback(id, "owner");
            }
        }
        assertThat(world.tree()).as("%s: taken back", where).isEqualTo(world.start);
        List<String> backs = world.changes.changes().stream()
                .map(Change::id)
                .limit(world.changes.changes().size() - ids.size())
                .toList();
        for (String id : backs) {
            world.changes.rollback(id, "owner");
        }
        assertThat(world.tree()).as("%s: had again", where).isEqualTo(tree);
    }

    @ParameterizedTest
    @EnumSource
    void theProcessDiesOrThePowerGoesAtEachCallOfTheDisk(Scenario scenario) throws IOException {
        Seed seed = Seed.fresh();
        RandomGenerator random = seed.random();
        // On the other disks these are the same calls.
        List<Integer> kinds = switch (scenario) {
            case MOVE -> List.of(0, 1);
            case MOVE_TO_A_TAKEN_NAME -> List.of(1);
            case MOVE_IN, BACK -> List.of(0, 2);
            case NEW, OVER, CONFLICT, MOVE_A_FOLDER, MOVE_A_FOLDER_IN -> List.of(0);
        };
        for (int kind : kinds) {
            for (Fault fault : Fault.values()) {
                boolean isOver = false;
                for (int n = 0; !isOver; n++) {
                    World world = world(new FaultyCalls());
                    if (scenario == Scenario.BACK) {
                        run(world, Scenario.MOVE_IN);
                    } else if (n % 2 == 0) {
                        run(world, Scenario.OVER);
                    }
                    FaultyCalls calls = disk(world, kind).fault(n, fault);
                    world.open(calls);
                    try {
                        run(world, scenario);
                    } catch (Killed e) {
                        if (random.nextBoolean()) {
                            calls.cutPower(random);
                        }
                    } catch (IOException e) {
                        assertThat(e).as("%s %s %d", scenario, fault, n).hasMessageNotContaining("null");
                    }
                    isOver = calls.trace().size() <= n;
                    world.recover(disk(world, kind));
                    sound(
                            world,
                            scenario + ", " + fault + " at " + n + ", disk " + kind + ", "
                                    + (isOver ? "the end" : calls.trace().get(n)) + ", " + seed);
                }
            }
        }
    }

    @Test
    void atAThousandRandomPointsOfRandomChangesNothingIsLostTornOrDoubled() throws IOException {
        Seed seed = Seed.fresh();
        RandomGenerator random = seed.random();
        int struck = 0;
        for (int run = 0; run < RUNS; run++) {
            int kind = random.nextInt(3);
            World world = world(new FaultyCalls());
            List<String> story = new ArrayList<>();
            for (int round = 0; round < 3; round++) {
                FaultyCalls calls = disk(world, kind);
                Fault fault = pick(List.of(Fault.values()), random);
                world.open(calls.fault(random.nextInt(150), fault));
                try {
                    for (int step = 0; step < 4; step++) {
                        Scenario scenario = pick(List.of(Scenario.values()), random);
                        story.add(scenario.name());
                        try {
                            step(world, scenario, random);
                        } catch (IOException e) {
                            story.add(fault + ": " + e.getMessage());
                        }
                    }
                    // A start may die too.
                    VaultChanges next = world.open(calls);
                    world.files.recover();
                    next.recover();
                } catch (Killed | IOException e) {
                    story.add(String.valueOf(fault));
                    struck++;
                    if (random.nextBoolean() && fault.kills()) {
                        calls.cutPower(random);
                    }
                }
                world.recover(disk(world, kind));
            }
            sound(world, "run " + run + " " + story + ", disk " + kind + ", " + seed);
        }
        assertThat(struck).as("%s", seed).isGreaterThan(RUNS / 2);
    }

    private static <T> T pick(List<T> list, RandomGenerator random) {
        return list.get(random.nextInt(list.size()));
    }

    private static void step(World world, Scenario scenario, RandomGenerator random) throws IOException {
        switch (scenario) {
            case OVER -> {
                String path = pick(List.of("a.md", "taken.md", "Folder/b.md"), random);
                write(world, path, "over " + random.nextInt(), world.digest(path));
            }
            case CONFLICT -> write(world, "taken.md", "other " + random.nextInt(), FileWrite.NONE);
            case BACK -> {
                List<Change> changes = world.changes.changes();
                if (!changes.isEmpty()) {
                    world.changes.rollback(
                            changes.get(random.nextInt(changes.size())).id(), "owner");
                }
            }
            default -> run(world, scenario);
        }
    }
}
