package mirror.bus;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import mirror.bus.FaultyCalls.Fault;
import mirror.bus.FaultyCalls.Killed;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every call that a write consists of fails once, in every way, and the process dies between any two. */
final class FileStoreFaultTest {
    private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");
    private static final String NEW = "{\"new\": true}\n";
    private static final String OLD = "{\"old\": true}\n";
    private static final String OLDER = "{\"older\": true}\n";
    private static final String FOREIGN = "{\"foreign\": true}\n";
    private static final String THIRD = "{\"third\": true}\n";

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private int homes;

    /** One home with one file in it. */
    record World(Home home, Path file, List<Draft> events) {
        FileStore store(FileCalls calls) {
            return new FileStore(home, calls, () -> NOW, events::add);
        }

        @Nullable
        String text() throws IOException {
            return Files.exists(file) ? Files.readString(file) : null;
        }

        /** Whether the bytes stand in the file or in the store. */
        boolean has(String text) throws IOException {
            if (text.equals(text())) {
                return true;
            }
            return Files.exists(home.backups().resolve("objects").resolve(digest(text)))
                    && Arrays.equals(store(new FaultyCalls()).bytes(digest(text)), text.getBytes(UTF_8));
        }

        List<Draft> events(String type) {
            return events.stream().filter(event -> event.type().equals(type)).toList();
        }

        List<Path> leftovers() throws IOException {
            try (Stream<Path> files = Files.list(Objects.requireNonNull(file.getParent()))) {
                return files.filter(f -> f.toString().endsWith(".tmp")).toList();
            }
        }
    }

    /** What stands there before, and the write that is disturbed. */
    enum Scenario {
        NEW_FILE(FileWrite.Care.KEPT, null, NEW),
        OVER_THE_OWNERS(FileWrite.Care.KEPT, OLD, NEW),
        OVER_OWN(FileWrite.Care.KEPT, OLD, NEW),
        OVER_FOREIGN_CHANGE(FileWrite.Care.KEPT, FOREIGN, NEW),
        REMOVAL(FileWrite.Care.KEPT, OLD, null),
        ROLLBACK(FileWrite.Care.KEPT, OLD, OLDER),
        ROLLBACK_OF_A_FOREIGN_CHANGE(FileWrite.Care.KEPT, FOREIGN, OLD),
        ROLLBACK_TO_NO_FILE(FileWrite.Care.KEPT, OLD, null),
        DERIVED_OVER_OWN(FileWrite.Care.DERIVED, OLD, NEW),
        DERIVED_OVER_FOREIGN(FileWrite.Care.DERIVED, FOREIGN, NEW),
        BARE(FileWrite.Care.BARE, OLD, NEW);

        final FileWrite.Care care;
        final @Nullable String before;
        final @Nullable String after;

        Scenario(FileWrite.Care care, @Nullable String before, @Nullable String after) {
            this.care = care;
            this.before = before;
            this.after = after;
        }

        void prepare(World world) throws IOException {
            FileStore store = world.store(new FaultyCalls());
            Files.createDirectories(Objects.requireNonNull(world.file.getParent()));
            switch (this) {
                case NEW_FILE -> {}
                case OVER_THE_OWNERS, BARE -> Files.writeString(world.file, OLD);
                case OVER_OWN -> store.write(kept(world.file, OLD));
                case OVER_FOREIGN_CHANGE, ROLLBACK_OF_A_FOREIGN_CHANGE -> {
                    store.write(kept(world.file, OLD));
                    Files.writeString(world.file, FOREIGN);
                }
                case REMOVAL, ROLLBACK, ROLLBACK_TO_NO_FILE -> {
                    store.write(kept(world.file, OLDER));
                    store.write(kept(world.file, OLD));
                }
                case DERIVED_OVER_OWN -> store.write(FileWrite.derived(world.file, OLD));
                case DERIVED_OVER_FOREIGN -> {
                    store.write(FileWrite.derived(world.file, OLD));
                    Files.writeString(world.file, FOREIGN);
                }
            }
        }

        void run(World world, FileStore store) throws IOException {
            switch (this) {
                case ROLLBACK, ROLLBACK_OF_A_FOREIGN_CHANGE -> store.rollback(world.file, null, "owner", null);
                case ROLLBACK_TO_NO_FILE -> store.rollback(world.file, FileWrite.NONE, "owner", null);
                case REMOVAL -> store.write(FileWrite.removal(world.file, FileWrite.Care.KEPT));
                case DERIVED_OVER_OWN, DERIVED_OVER_FOREIGN -> store.write(FileWrite.derived(world.file, NEW));
                case BARE -> store.write(FileWrite.bare(world.file, NEW));
                default -> store.write(kept(world.file, NEW));
            }
        }

        String event() {
            return switch (this) {
                case ROLLBACK, ROLLBACK_OF_A_FOREIGN_CHANGE, ROLLBACK_TO_NO_FILE -> "mirror.file.restored.v1";
                case REMOVAL -> "mirror.file.removed.v1";
                default -> "mirror.file.written.v1";
            };
        }

        /** What may not be lost whatever happens. */
        List<String> precious() {
            boolean foreign = this == DERIVED_OVER_FOREIGN;
            return before == null || (care != FileWrite.Care.KEPT && !foreign) ? List.of() : List.of(before);
        }
    }

    private static FileWrite kept(Path file, String text) {
        return FileWrite.kept(file, text.getBytes(UTF_8));
    }

    private static String digest(String text) {
        return AtomicFiles.digest(text.getBytes(UTF_8));
    }

    private World world() throws IOException {
        Path root = Files.createDirectory(folder.resolve("w" + homes++)).toRealPath();
        return new World(new Home(root.resolve("home")), root.resolve("dir/settings.json"), new ArrayList<>());
    }

    private int calls(Scenario scenario) throws IOException {
        World world = world();
        scenario.prepare(world);
        FaultyCalls calls = new FaultyCalls();
        scenario.run(world, world.store(calls));
        assertThat(world.text()).isEqualTo(scenario.after);
        return calls.trace().size();
    }

    @ParameterizedTest
    @EnumSource
    void eachCallFailsOnceInEachWayAndTheFileIsOldOrNewAndNothingIsLost(Scenario scenario) throws IOException {
        int count = calls(scenario);
        for (Fault fault : List.of(Fault.FAILS, Fault.FAILS_HALF_WAY, Fault.FAILS_AFTERWARDS)) {
            for (int n = 0; n < count; n++) {
                World world = world();
                scenario.prepare(world);
                world.events.clear();
                FaultyCalls calls = new FaultyCalls().fault(n, fault);
                boolean done = false;
                try {
                    scenario.run(world, world.store(calls));
                    done = true;
                } catch (RejectedWrite e) {
                    String line = Files.readString(world.home.rejected().resolve("daemon.jsonl"));
                    assertThat(line).contains("\"reason\":\"").endsWith("\n").doesNotContain("foreign", "true");
                    assertThat(world.events("mirror.write.rejected.v1")).hasSize(1);
                }
                String where = scenario + ", " + fault + " at " + n + ": "
                        + calls.trace().get(n);
                if (done) {
                    assertThat(world.text()).as(where).isEqualTo(scenario.after);
                }
                sound(world, scenario, where);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void theProcessDiesBetweenAnyTwoCallsAndTheNextOneFindsOldOrNew(Scenario scenario) throws IOException {
        Seed seed = Seed.fresh();
        RandomGenerator random = seed.random();
        int count = calls(scenario);
        for (boolean power : new boolean[] {false, true}) {
            for (Fault fault : List.of(Fault.KILLED_BEFORE, Fault.KILLED_HALF_WAY, Fault.KILLED_AFTERWARDS)) {
                for (int n = 0; n <= count; n++) {
                    World world = world();
                    scenario.prepare(world);
                    world.events.clear();
                    FaultyCalls calls = new FaultyCalls().fault(n, fault);
                    boolean done = false;
                    try {
                        scenario.run(world, world.store(calls));
                        done = true;
                    } catch (Killed e) {
                        // The next process looks at what is left.
                    }
                    if (power) {
                        calls.cutPower(random);
                    }
                    String where = scenario + ", " + fault + " at " + n + (power ? ", power cut, " : ", ")
                            + (n < count ? calls.trace().get(n) : "after the end") + ", " + seed;
                    assertThat(done).as(where).isEqualTo(n == count);
                    if (done) {
                        assertThat(world.text()).as(where).isEqualTo(scenario.after);
                    }
                    sound(world, scenario, where);
                }
            }
        }
    }

    /** What must hold after any fault, seen by a new process. */
    private static void sound(World world, Scenario scenario, String where) throws IOException {
        String now = world.text();
        assertThat(now).as(where).isIn(Arrays.asList(scenario.before, scenario.after));
        FileStore store = world.store(new FaultyCalls());
        assertThat(store.recover()).as(where).isEmpty();
        assertThat(store.check()).as(where).isEmpty();
        for (String precious : scenario.precious()) {
            assertThat(world.has(precious)).as("%s keeps %s", where, precious).isTrue();
        }
        if (scenario.care == FileWrite.Care.KEPT) {
            assertThat(world.events(scenario.event()).isEmpty())
                    .as("%s: the event log says what happened", where)
                    .isNotEqualTo(Objects.equals(now, scenario.after));
            assertThat(store.history(world.file))
                    .as(where)
                    .allSatisfy(version -> assertThat(version.outcome()).isNotEqualTo(FileVersion.Outcome.UNCLEAR));
        }

        store.write(kept(world.file, THIRD));
        assertThat(world.text()).as(where).isEqualTo(THIRD);
        store.rollback(world.file, null, "owner", null);
        assertThat(world.text()).as(where).isEqualTo(now);
        store.rollback(world.file, null, "owner", null);
        assertThat(world.text()).as(where).isEqualTo(THIRD);
        store.write(
                scenario.care == FileWrite.Care.DERIVED
                        ? FileWrite.derived(world.file, "last")
                        : kept(world.file, "last"));
        assertThat(world.leftovers()).as(where).isEmpty();
        assertThat(store.check()).as(where).isEmpty();
    }

    @Test
    void whateverAnotherProgramWritesBetweenTwoCallsIsKeptSaveInTheOneWindowThatPosixLeaves() throws IOException {
        World measured = world();
        Scenario.OVER_OWN.prepare(measured);
        FaultyCalls trace = new FaultyCalls();
        Scenario.OVER_OWN.run(measured, measured.store(trace));
        List<String> lost = new ArrayList<>();
        for (int n = 0; n < trace.trace().size(); n++) {
            World world = world();
            Scenario.OVER_OWN.prepare(world);
            FaultyCalls calls = new FaultyCalls().meanwhile(n, () -> Files.writeString(world.file, FOREIGN));

            Scenario.OVER_OWN.run(world, world.store(calls));

            assertThat(world.has(OLD)).isTrue();
            assertThat(world.has(NEW)).isTrue();
            if (!world.has(FOREIGN)) {
                lost.add(calls.trace().get(n).replace(world.file.toString(), "file"));
            }
            assertThat(world.store(new FaultyCalls()).check()).isEmpty();
        }
        assertThat(lost).containsExactly("rename file");
    }

    @Test
    void aFileThatAnotherProgramNeverStopsChangingIsLeftToIt() throws IOException {
        World world = world();
        Scenario.OVER_OWN.prepare(world);
        FaultyCalls calls = new FaultyCalls();
        int[] round = {0};
        for (int n = 0; n < 1_000; n++) {
            calls.meanwhile(n, () -> Files.writeString(world.file, FOREIGN + round[0]++));
        }
        try {
            Scenario.OVER_OWN.run(world, world.store(calls));
            throw new AssertionError("it was written");
        } catch (RejectedWrite e) {
            assertThat(e.reason()).isEqualTo(RejectedWrite.Reason.CHANGING);
        }
        assertThat(world.text()).startsWith(FOREIGN);
        assertThat(world.leftovers()).isEmpty();
    }

    @Test
    void whatStoodInAFileWhenAWriteBeganIsNeverLostHoweverManyFaultsFollowEachOther() throws IOException {
        Seed seed = Seed.fresh();
        RandomGenerator random = seed.random();
        for (int run = 0; run < 60; run++) {
            World world = world();
            Files.createDirectories(Objects.requireNonNull(world.file.getParent()));
            FaultyCalls calls = new FaultyCalls();
            FileStore store = world.store(calls);
            List<String> seen = new ArrayList<>();
            for (int step = 0; step < 25; step++) {
                if (random.nextInt(3) == 0) {
                    Files.writeString(world.file, "foreign " + random.nextInt());
                    calls.flushedByOthers(Objects.requireNonNull(world.file.getParent()));
                }
                String before = world.text();
                Fault fault = List.of(Fault.values()).get(random.nextInt(Fault.values().length));
                if (random.nextBoolean()) {
                    calls.fault(random.nextInt(90), fault);
                }
                try {
                    switch (random.nextInt(6)) {
                        case 0 -> store.rollback(world.file, null, "owner", null);
                        case 1 -> store.write(FileWrite.removal(world.file, FileWrite.Care.KEPT));
                        default -> store.write(kept(world.file, "text " + random.nextInt()));
                    }
                } catch (Killed e) {
                    if (random.nextBoolean()) {
                        calls.cutPower(random);
                    }
                    calls = new FaultyCalls();
                    store = world.store(calls);
                    if (random.nextBoolean()) {
                        assertThat(store.recover()).as("%s", seed).isEmpty();
                    }
                } catch (RejectedWrite e) {
                    assertThat(e.reason()).as("%s", seed).isEqualTo(RejectedWrite.Reason.DISK);
                } catch (BusException e) {
                    assertThat(e).as("%s", seed).hasMessageContaining(world.file.toString());
                }
                if (before != null && !before.equals(world.text())) {
                    seen.add(before);
                }
            }
            assertThat(world.store(new FaultyCalls()).recover()).as("%s", seed).isEmpty();
            assertThat(world.store(new FaultyCalls()).check()).as("%s", seed).isEmpty();
            for (String text : seen) {
                assertThat(world.has(text))
                        .as("run %s, '%s', %s", run, text, seed)
                        .isTrue();
            }
        }
    }
}
