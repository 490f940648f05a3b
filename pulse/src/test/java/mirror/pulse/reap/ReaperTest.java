package mirror.pulse.reap;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import mirror.bus.DiskStorage;
import mirror.bus.Event;
import mirror.bus.EventLog;
import mirror.bus.Home;
import mirror.bus.Projector;
import mirror.bus.Seed;
import mirror.pulse.heal.Deed;
import mirror.pulse.heal.Permits;
import mirror.pulse.supervise.Pause;
import mirror.trust.Contracts;
import mirror.trust.DeviceKey;
import mirror.trust.Signers;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Only what a signed rule says, twice, of a process that nobody is left for, is ended. */
final class ReaperTest {
    private static final long SELF = 100;
    private static final String RULES =
            "again: 60s\nrules:\n  - {name: old, program: claude, older: 1h, cpu-below: 5}\n";

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private final Table table = new Table();
    private final List<Deed> asked = new ArrayList<>();

    @SuppressWarnings("NullAway.Init")
    private EventLog log;

    @SuppressWarnings("NullAway.Init")
    private Projector projector;

    @SuppressWarnings("NullAway.Init")
    private Contracts contracts;

    private Permits.@Nullable Answer answer;
    private long nanos;

    /** A table of processes that never were. */
    private static final class Table implements ProcessTable {
        final Map<Long, OsProcess> processes = new TreeMap<>();
        final List<String> signals = new ArrayList<>();
        final Set<Long> deaf = new HashSet<>();

        Table() {
            put(1, 0, "init", 0, false, false);
            put(50, 1, "sh", 0, false, false);
            put(SELF, 50, "java", 0, false, false);
        }

        OsProcess put(long pid, long parent, String program, long hours, boolean terminal, boolean marked) {
            OsProcess process = new OsProcess(
                    pid,
                    "boot/" + pid,
                    parent,
                    true,
                    program,
                    List.of("/usr/bin/" + program, "--serve"),
                    Duration.ofHours(hours),
                    Duration.ZERO,
                    pid,
                    terminal,
                    false,
                    marked);
            processes.put(pid, process);
            return process;
        }

        @Override
        public List<OsProcess> list() {
            return List.copyOf(processes.values());
        }

        @Override
        public Optional<String> key(long pid) {
            return Optional.ofNullable(processes.get(pid)).map(OsProcess::key);
        }

        @Override
        public void signal(OsProcess process, boolean kill) {
            signals.add((kill ? "kill " : "term ") + process.pid());
            if (kill || !deaf.contains(process.pid())) {
                processes.remove(process.pid());
            }
        }
    }

    @BeforeEach
    void open() throws IOException {
        Home home = new Home(folder);
        DeviceKey key = DeviceKey.create(home.keys().resolve("device.key"));
        log = EventLog.open(home, "t-" + key.shortId(), new DiskStorage(), java.time.Instant::now, key);
        projector = new Projector(log, List.of());
        contracts = new Contracts(key, log.origin(), new Signers());
    }

    @AfterEach
    void close() {
        log.close();
    }

    private void rules(String yaml) throws IOException {
        Path file = Files.writeString(folder.resolve("reaper.yaml"), yaml);
        Files.writeString(Contracts.signature(file), contracts.sign("reaper", file), StandardCharsets.UTF_8);
    }

    private Reaper reaper(ProcessTable processes, long self, Pause pause) {
        return new Reaper(
                folder.resolve("reaper.yaml"),
                contracts,
                processes,
                self,
                new Permits() {
                    @Override
                    public Answer look(Deed deed) {
                        return answer == null ? new Answer.Yes("l1") : answer;
                    }

                    @Override
                    public Answer ask(Deed deed) {
                        asked.add(deed);
                        return look(deed);
                    }

                    @Override
                    public Answer rehearse(Deed deed) {
                        return look(deed);
                    }
                },
                _ -> true,
                projector,
                folder,
                () -> nanos,
                pause);
    }

    private Reaper reaper() {
        return reaper(table, SELF, length -> nanos += length.toNanos());
    }

    private void pass(Duration time) {
        nanos += time.toNanos();
    }

    private List<Event> events(String type) {
        List<Event> events = new ArrayList<>();
        log.replay(1, event -> {
            if (event.type().equals("mirror.orphan." + type + ".v1")) {
                events.add(event);
            }
        });
        return events;
    }

    private static List<String> states(Reaper.Report report) {
        return report.orphans().stream()
                .map(each -> each.process().pid() + " " + each.standing())
                .toList();
    }

    @Test
    void withoutRulesOrASignatureNothingIsLookedFor() throws Exception {
        table.put(200, 1, "claude", 9, false, false);
        Reaper reaper = reaper();
        assertThat(reaper.reap().orphans()).isEmpty();
        Files.writeString(folder.resolve("reaper.yaml"), RULES);
        assertThat(reaper.reap().fault()).contains("it is not signed");
        rules(RULES);
        Files.writeString(folder.resolve("reaper.yaml"), RULES.replace("1h", "1s"));
        assertThat(reaper.reap().fault()).contains("changed after it was signed");
        assertThat(table.signals).isEmpty();
    }

    @Test
    void aFileWithAFaultEndsNothingAndSaysAllThatIsWrong() throws Exception {
        rules(
                "act: perhaps\nrules:\n  - {name: old, program: 'a b'}\n  - {name: old, program: x, older: 1h, kill: true}\n");
        assertThat(reaper().reap().fault())
                .contains("act must be true or false", "rules[1].program must be", "rules[1].older must be there")
                .contains("unknown key 'rules[2].kill'", "rules[2].name is there twice");
    }

    @Test
    void lookingEndsNothingHoweverOftenAndToldIsEachOnce() throws Exception {
        rules(RULES);
        table.put(200, 1, "claude", 9, false, false);
        Reaper reaper = reaper();
        assertThat(states(reaper.look())).containsExactly("200 ONCE");
        pass(Duration.ofSeconds(61));
        assertThat(states(reaper.look())).containsExactly("200 TWICE");
        pass(Duration.ofHours(5));
        assertThat(states(reaper.look())).containsExactly("200 TWICE");
        assertThat(table.signals).isEmpty();
        assertThat(events("found")).singleElement().satisfies(event -> {
            assertThat(event.text("program")).isEqualTo("claude");
            assertThat(event.data().toString()).as("arguments may hold secrets").doesNotContain("--serve");
        });
    }

    @Test
    void whatWasFoundTwiceIsAskedToEndAndKilledAfterItsGraceWhenItDoesNot() throws Exception {
        rules(RULES);
        table.put(200, 1, "claude", 9, false, false);
        table.put(201, 1, "claude", 9, false, false);
        table.deaf.add(201L);
        Reaper reaper = reaper();
        assertThat(states(reaper.reap())).containsExactly("200 ONCE", "201 ONCE");
        pass(Duration.ofSeconds(61));
        assertThat(states(reaper.reap())).containsExactly("200 ENDED", "201 ENDED");
        assertThat(table.signals).containsExactly("term 200", "term 201", "kill 201");
        assertThat(events("chosen"))
                .extracting(Event::permit)
                .as("chosen under a lease, before anything was signalled")
                .containsExactly("l1", "l1");
        assertThat(events("ended")).extracting(event -> event.text("result")).containsExactly("term", "kill");
        assertThat(asked.getFirst().needs()).containsExactly("machine:end claude");
        assertThat(asked.getFirst().about()).contains("200 boot/200");
    }

    @Test
    void withoutALeaseNothingIsEndedAndThatIsSaidOnce() throws Exception {
        rules(RULES);
        answer = new Permits.Answer.No("it holds no valid lease", false);
        table.put(200, 1, "claude", 9, false, false);
        Reaper reaper = reaper();
        for (int i = 0; i < 4; i++) {
            reaper.reap();
            pass(Duration.ofSeconds(61));
        }
        assertThat(states(reaper.look())).containsExactly("200 WITHHELD");
        assertThat(table.signals).isEmpty();
        assertThat(events("withheld")).hasSize(1);
    }

    @Test
    void aNumberThatIsAnotherProcesssNowIsNeverSignalled() throws Exception {
        rules(RULES);
        table.put(200, 1, "claude", 9, false, false);
        Reaper reaper = reaper();
        reaper.reap();
        pass(Duration.ofSeconds(61));
        // It ends and its number is given away while the gate is asked.
        answer = new Permits.Answer.Yes("l1");
        OsProcess other = new OsProcess(
                200,
                "boot/999",
                1,
                true,
                "claude",
                List.of("claude"),
                Duration.ofHours(9),
                Duration.ZERO,
                200,
                false,
                false,
                false);
        Reaper racing = reaper(
                new ProcessTable() {
                    private int lists;

                    @Override
                    public List<OsProcess> list() {
                        if (lists++ == 2) {
                            table.processes.put(200L, other);
                        }
                        return table.list();
                    }

                    @Override
                    public Optional<String> key(long pid) {
                        return table.key(pid);
                    }

                    @Override
                    public void signal(OsProcess process, boolean kill) {
                        table.signal(process, kill);
                    }
                },
                SELF,
                length -> nanos += length.toNanos());
        racing.look();
        pass(Duration.ofSeconds(61));
        racing.reap();
        assertThat(table.signals).isEmpty();
        assertThat(events("ended")).extracting(event -> event.text("result")).containsExactly("gone");
    }

    @Test
    void whatComputesIsNotTakenForIdleHoweverOldItIs() throws Exception {
        rules(RULES);
        OsProcess busy = table.put(200, 1, "claude", 9, false, false);
        Reaper reaper = reaper();
        for (int i = 1; i < 5; i++) {
            reaper.reap();
            pass(Duration.ofSeconds(61));
            table.processes.put(
                    200L,
                    new OsProcess(
                            200,
                            busy.key(),
                            1,
                            true,
                            busy.name(),
                            busy.argv(),
                            busy.age(),
                            Duration.ofSeconds(10L * i),
                            200,
                            false,
                            false,
                            false));
        }
        assertThat(table.signals).isEmpty();
        pass(Duration.ofSeconds(61));
        reaper.reap();
        pass(Duration.ofSeconds(61));
        reaper.reap();
        assertThat(table.signals).containsExactly("term 200");
    }

    /** Whatever runs: who is signalled matched every part of a rule, was an orphan of this user, was found twice, and was nobody's. */
    @Test
    void noneIsEndedThatWasNotClassified() throws Exception {
        rules("""
                again: 60s
                rules:
                  - {name: a, program: claude, older: 2h}
                  - {name: b, program: node, command: [mcp], older: 1h}
                """);
        Seed seed = Seed.fresh();
        RandomGenerator random = seed.random();
        int ended = 0;
        for (int round = 0; round < 200; round++) {
            Table world = new Table();
            Map<Long, Boolean> may = new HashMap<>();
            for (long pid = 200; pid < 240; pid++) {
                String program = List.of("claude", "node", "chrome").get(random.nextInt(3));
                boolean mcp = random.nextBoolean();
                boolean mine = random.nextInt(8) > 0;
                boolean terminal = random.nextInt(8) == 0;
                boolean unit = random.nextInt(8) == 0;
                boolean marked = random.nextInt(8) == 0;
                long hours = random.nextInt(4);
                long parent = List.of(1L, 1L, SELF, 50L, pid - 1).get(random.nextInt(5));
                world.processes.put(
                        pid,
                        new OsProcess(
                                pid,
                                "boot/" + pid / 2,
                                parent,
                                mine,
                                program,
                                List.of("/opt/" + program, mcp ? "server-mcp" : "server"),
                                Duration.ofHours(hours),
                                Duration.ZERO,
                                pid,
                                terminal,
                                unit,
                                marked));
                may.put(
                        pid,
                        mine
                                && !terminal
                                && !unit
                                && !marked
                                && parent == 1
                                && ((program.equals("claude") && hours >= 2)
                                        || (program.equals("node") && mcp && hours >= 1)));
            }
            Reaper reaper = reaper(world, SELF, length -> nanos += length.toNanos());
            reaper.reap();
            assertThat(world.signals)
                    .as("%s round %d: once is nothing", seed, round)
                    .isEmpty();
            long late = 200L + random.nextInt(40);
            OsProcess before = world.processes.get(late);
            if (before != null) {
                world.processes.put(
                        late,
                        new OsProcess(
                                late,
                                "boot/new" + late,
                                1,
                                true,
                                "claude",
                                List.of("claude"),
                                Duration.ofHours(9),
                                Duration.ZERO,
                                late,
                                false,
                                false,
                                false));
                may.put(late, false);
            }
            pass(Duration.ofSeconds(61));
            reaper.reap();
            for (String signal : world.signals) {
                long pid = Long.parseLong(signal.substring(5));
                assertThat(may.get(pid))
                        .as("%s round %d: %s", seed, round, signal)
                        .isTrue();
                ended++;
            }
            may.forEach((pid, yes) -> assertThat(world.processes.containsKey(pid))
                    .as("%s pid %d", seed, pid)
                    .isEqualTo(!yes));
        }
        assertThat(ended).as("%s", seed).isPositive();
    }

    @Test
    void whoeverSharesASessionWithATerminalIsLeftAlone() throws Exception {
        rules(RULES);
        OsProcess shell = table.put(300, 1, "bash", 9, true, false);
        OsProcess orphan = table.put(301, 1, "claude", 9, false, false);
        table.processes.put(
                301L,
                new OsProcess(
                        301,
                        orphan.key(),
                        1,
                        true,
                        "claude",
                        orphan.argv(),
                        orphan.age(),
                        Duration.ZERO,
                        shell.session(),
                        false,
                        false,
                        false));
        Reaper reaper = reaper();
        reaper.reap();
        pass(Duration.ofSeconds(61));
        assertThat(reaper.reap().orphans()).isEmpty();
        assertThat(table.signals).isEmpty();
    }

    @Test
    void aUsersOwnSystemdIsNobodyAndItsUnitsAreSomebody() throws Exception {
        rules(RULES);
        table.put(400, 1, "systemd", 9, false, false);
        table.put(401, 400, "claude", 9, false, false);
        table.put(402, 300, "claude", 9, false, false);
        Reaper reaper = reaper();
        reaper.look();
        pass(Duration.ofSeconds(61));
        assertThat(states(reaper.look())).containsExactly("401 TWICE");
        assertThat(LinuxProcesses.isOfUnit("0::/user.slice/user-1000.slice/user@1000.service/app.slice/x.service\n"))
                .isTrue();
        assertThat(LinuxProcesses.isOfUnit("0::/user.slice/user-1000.slice/session-2.scope\n"))
                .isFalse();
        assertThat(LinuxProcesses.isOfUnit("9:name=systemd:/\n0::/\n")).isFalse();
    }

    // ---- real processes

    /** A shell that leaves a child behind, in a session of its own. */
    private long orphan(String script) throws Exception {
        Path pid = folder.resolve("pid");
        Files.deleteIfExists(pid);
        new ProcessBuilder("setsid", "sh", "-c", "sh -c '" + script + "' mirror-orphan-test & echo $! > pid")
                .directory(folder.toFile())
                .start()
                .waitFor();
        return Long.parseLong(Files.readString(pid).strip());
    }

    @Test
    void aRealOrphanIsEndedAndAStubbornOneKilledAndOneThatIsSomebodysIsNot() throws Exception {
        rules(
                "again: 1s\ngrace: 1s\nrules:\n  - {name: left, program: sh, command: [mirror-orphan-test], older: 1s}\n");
        LinuxProcesses processes = new LinuxProcesses(Path.of("/proc"));
        long gentle = orphan("while :; do sleep 0.1; done");
        long stubborn = orphan("trap \"\" TERM; while :; do sleep 0.1; done");
        Process somebodys = new ProcessBuilder("sh", "-c", "while :; do sleep 0.1; done", "mirror-orphan-test").start();
        try {
            long self = ProcessHandle.current().pid();
            while (processes.list().stream()
                            .filter(each -> each.pid() == stubborn || each.pid() == gentle)
                            .filter(each -> each.parent() == 1 && each.age().toMillis() >= 1_000)
                            .count()
                    < 2) {
                Thread.onSpinWait();
            }
            Reaper reaper = reaper(processes, self, Pause.REAL);
            assertThat(states(reaper.reap())).contains(gentle + " ONCE", stubborn + " ONCE");
            pass(Duration.ofSeconds(2));
            Reaper.Report report = reaper.reap();
            assertThat(states(report)).contains(gentle + " ENDED", stubborn + " ENDED");
            assertThat(processes.key(gentle)).isEmpty();
            assertThat(processes.key(stubborn)).isEmpty();
            assertThat(somebodys.isAlive()).isTrue();
            assertThat(events("ended"))
                    .extracting(event -> event.data().path("pid").asLong(0) + " " + event.text("result"))
                    .contains(gentle + " term", stubborn + " kill");
        } finally {
            somebodys.destroyForcibly();
            for (long pid : List.of(gentle, stubborn)) {
                ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
            }
        }
    }
}
