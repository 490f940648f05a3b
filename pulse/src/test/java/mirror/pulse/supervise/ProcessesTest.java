package mirror.pulse.supervise;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is asked of the system: real processes, ports and files. */
final class ProcessesTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private final Proc proc = new Proc();
    private final Ends ends = new Ends();
    private final Map<Long, ProcessHandle> started = new HashMap<>();

    @AfterEach
    void end() {
        started.values().forEach(process -> {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        });
    }

    private Tools tools() {
        return new Tools(folder, Map.of("PATH", folder.resolve("bin") + ":/usr/bin:/bin"));
    }

    private OwnProcess own() {
        return new OwnProcess(tools(), proc, ends, folder);
    }

    private Service own(List<String> argv, Service.Limits limits) {
        Service plain = World.service("web");
        return new Service(
                "web",
                plain.digest(),
                new Service.Kind.Own(argv, folder, Map.of("COLOUR", "blue")),
                List.of(),
                true,
                true,
                0,
                null,
                null,
                new Service.Stop("INT", Duration.ofSeconds(1)),
                limits,
                plain.log(),
                plain.restart());
    }

    private Service shell(String script) {
        return own(List.of("sh", "-c", script), new Service.Limits(0, 0, 0, 0, 0));
    }

    private Backend.Started start(Service service, String mark) throws IOException {
        Backend.Started process = own().start(service, mark);
        ProcessHandle.of(process.pid()).ifPresent(handle -> started.put(process.pid(), handle));
        return process;
    }

    private static Ending exit(Backend.Started process) throws Exception {
        return process.end().get(30, TimeUnit.SECONDS);
    }

    @Test
    void whatItWritesGoesToItsFileAndItsEnvironmentIsItsOwn() throws Exception {
        Backend.Started process = start(shell("echo $COLOUR $MIRROR_RUN $STRANGE; echo bad >&2; exit 3"), "token/1/d");
        assertThat(exit(process)).isEqualTo(new Ending(3, null, "no"));
        assertThat(folder.resolve("web.log")).hasContent("blue token/1/d\nbad");
    }

    @Test
    void aSignalIsToldFromAnExitCodeAndWantOfMemoryIsNotGuessed() throws Exception {
        Ending exit = exit(start(shell("kill -SEGV $$"), "m"));
        assertThat(exit).isEqualTo(new Ending(null, "SEGV", "no"));
        exit = exit(start(shell("kill -KILL $$"), "m"));
        assertThat(exit.signal()).isEqualTo("KILL");
        assertThat(exit.memory()).isIn("no", "unknown");
    }

    @Test
    void limitsHoldForTheProgram() throws Exception {
        Service service = own(List.of("sh", "-c", "ulimit -n; ulimit -t"), new Service.Limits(0, 0, 0, 123, 45));
        assertThat(exit(start(service, "m")).code()).isZero();
        assertThat(folder.resolve("web.log")).hasContent("123\n45");
    }

    @Test
    void aProgramOrFolderThatIsNotThereIsNamed() {
        assertThatThrownBy(() -> start(own(List.of("no-such-program"), new Service.Limits(0, 0, 0, 0, 0)), "m"))
                .hasMessageContaining("there is no program no-such-program in PATH");
    }

    @Test
    void whoeverStartedMirrorInTheBackgroundLetsItsServicesHearAnInterrupt() throws Exception {
        // A shell can only ask; POSIX lets it trap what was not ignored when it began.
        assertThat(exit(start(shell("trap 'exit 7' INT; kill -INT $$; exit 8"), "m"))
                        .code())
                .isEqualTo(7);
        assertThat(exit(start(shell("trap 'exit 7' QUIT; kill -QUIT $$; exit 8"), "m"))
                        .code())
                .isEqualTo(7);
        assertThat(IgnoredSignals.isIgnored(2)).isFalse();
    }

    @Test
    void stoppingEndsTheTreeBelowItToo() throws Exception {
        Backend.Started process =
                start(shell("trap 'exit 0' INT; sleep 1000 & echo $! > child; while :; do sleep 0.05; done"), "m");
        OwnProcess own = own();
        while (!Files.exists(folder.resolve("child"))
                || Files.readString(folder.resolve("child")).isBlank()) {
            Thread.onSpinWait();
        }
        long child = Long.parseLong(Files.readString(folder.resolve("child")).strip());
        CompletableFuture<Ending> end = own.adopt(process.pid(), process.key()).end();
        own.halt(shell("x"), process, false);
        end.get(30, TimeUnit.SECONDS);
        assertThat(ProcessHandle.of(child).map(handle -> handle.onExit().join()))
                .isNotNull();
        assertThat(proc.key(child)).isEmpty();
    }

    @Test
    void theEndOfAProcessThatIsNoChildIsHeardOf() throws Exception {
        // The shell in between ends at once, so that the sleep is nobody's child here.
        new ProcessBuilder("sh", "-c", "sleep 1000 & echo $! > pid")
                .directory(folder.toFile())
                .start()
                .waitFor();
        long pid = Long.parseLong(Files.readString(folder.resolve("pid")).strip());
        started.put(pid, ProcessHandle.of(pid).orElseThrow());
        assertThat(ends.isPolled()).isEqualTo(!System.getProperty("os.name").startsWith("Linux"));
        CompletableFuture<Ending> end = own().adopt(pid, proc.key(pid)).end();
        assertThat(end).isNotDone();
        ProcessHandle.of(pid).orElseThrow().destroyForcibly();
        assertThat(end.get(30, TimeUnit.SECONDS)).isEqualTo(Ending.UNKNOWN);
    }

    @Test
    void aNumberThatBelongsToAnotherProcessNowIsTakenForEnded() throws Exception {
        Backend.Started process = start(shell("sleep 1000"), "m");
        CompletableFuture<Void> ended = new CompletableFuture<>();
        ends.await(process.pid(), "another boot/1", proc, () -> ended.complete(null));
        assertThat(ended).isDone();
    }

    @Test
    void aProcessIsFoundAgainByTheLogsRecordOrByItsMarkAndOnlyByThose() throws Exception {
        Service service = shell("sleep 1000 & sleep 1000");
        Backend.Started process = start(service, "aabbcc/3/d");
        ServiceLedger.Known recorded =
                new ServiceLedger.Known(true, "other", "", 3, process.pid(), process.key(), List.of(), 0, null);
        ServiceLedger.Known marked = new ServiceLedger.Known(true, "aabbcc", "", 2, 0, "", List.of(), 0, null);
        ServiceLedger.Known reused =
                new ServiceLedger.Known(true, "other", "", 3, process.pid(), "another/1", List.of(), 0, null);
        assertThat(Adoption.find(service, recorded, proc, proc.marked()))
                .contains(new Adoption.Found(process.pid(), process.key()));
        assertThat(Adoption.find(service, marked, proc, proc.marked()))
                .contains(new Adoption.Found(process.pid(), process.key()));
        assertThat(Adoption.find(service, reused, proc, proc.marked())).isEmpty();
        assertThat(Adoption.find(service, ServiceLedger.Known.NOTHING, proc, proc.marked()))
                .isEmpty();
    }

    // ---- probes

    private Prober prober(AtomicReference<Instant> wall, AtomicLong nanos) {
        return new Prober(tools(), proc, folder, wall::get, nanos::get, Pause.REAL);
    }

    private Prober prober() {
        return new Prober(tools(), proc, folder, Instant::now, System::nanoTime, Pause.REAL);
    }

    private Probe.Finding look(Probe probe, long pid) throws InterruptedException {
        return prober().look(World.service("web"), probe, pid, Duration.ofSeconds(5));
    }

    /** On a machine with too much to do. */
    @Test
    void whatWouldComputeAndWaitsForACoreIsBusyAndWhatSleepsIsNot() throws Exception {
        long nobody = 99_999_999;
        Path fake = Files.createDirectories(folder.resolve("proc"));
        Files.createDirectories(fake.resolve("self"));
        Path stat =
                Files.createDirectories(fake.resolve(String.valueOf(nobody))).resolve("stat");
        Prober prober = new Prober(tools(), new Proc(fake), folder, Instant::now, System::nanoTime, _ -> {});
        for (String state : List.of("R", "S")) {
            Files.writeString(stat, nobody + " (web) " + state + " 1" + " 0".repeat(48));
            assertThat(prober.look(
                            World.service("web"),
                            new Probe.Fresh(folder.resolve("gone"), Duration.ofSeconds(1)),
                            nobody,
                            Duration.ofSeconds(5)))
                    .isInstanceOfSatisfying(
                            Probe.Finding.Fails.class,
                            fails -> assertThat(fails.busy()).isEqualTo(state.equals("R")));
        }
    }

    @Test
    void aPortIsTheServicesOwnOrItsHolderIsNamed() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            int port = server.getLocalPort();
            assertThat(look(new Probe.Port(port), ProcessHandle.current().pid()))
                    .isInstanceOf(Probe.Finding.Works.class);
            Backend.Started other = start(shell("sleep 1000"), "m");
            assertThat(look(new Probe.Port(port), other.pid()).detail())
                    .contains("port " + port + " is held by process "
                            + ProcessHandle.current().pid());
        }
    }

    @Test
    void anEndpointThatHangsIsLeftAtTheDeadline() throws Exception {
        try (ServerSocket deaf = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Probe.Finding finding = prober().look(
                            World.service("web"),
                            new Probe.Http("127.0.0.1", deaf.getLocalPort(), "/", 0),
                            0,
                            Duration.ofMillis(50));
            assertThat(finding).isInstanceOf(Probe.Finding.Fails.class);
        }
    }

    @Test
    void aBusyProcessIsToldFromOneThatSleepsAndAStoppedOneFromBoth() throws Exception {
        Backend.Started busy = start(shell("while :; do :; done"), "m");
        Backend.Started idle = start(shell("sleep 1000"), "m");
        Probe fails = new Probe.Command(List.of("false"));
        assertThat(look(fails, busy.pid())).isEqualTo(new Probe.Finding.Fails("exit code 1", true, false));
        assertThat(look(fails, idle.pid())).isEqualTo(new Probe.Finding.Fails("exit code 1", false, false));
        new ProcessBuilder("kill", "-STOP", String.valueOf(idle.pid())).start().waitFor();
        assertThat(look(fails, idle.pid())).isEqualTo(new Probe.Finding.Fails("exit code 1", false, true));
    }

    @Test
    void aHeartbeatIsFreshOldOrUnknownWhenTheClockWasSet() throws Exception {
        AtomicReference<Instant> wall = new AtomicReference<>(Instant.parse("2026-01-01T00:00:00Z"));
        AtomicLong nanos = new AtomicLong();
        Prober prober = prober(wall, nanos);
        Service service = World.service("web");
        Probe beat = new Probe.Heartbeat(Duration.ofSeconds(2));
        Path file = Files.writeString(folder.resolve("web.beat"), "");
        Files.setLastModifiedTime(file, FileTime.from(wall.get()));
        assertThat(prober.look(service, beat, 0, Duration.ofSeconds(1))).isInstanceOf(Probe.Finding.Works.class);
        pass(wall, nanos, Duration.ofSeconds(5));
        assertThat(prober.look(service, beat, 0, Duration.ofSeconds(1))).isInstanceOf(Probe.Finding.Fails.class);
        // Eight hours that only the wall's clock has seen.
        wall.set(wall.get().plus(Duration.ofHours(8)));
        assertThat(prober.look(service, beat, 0, Duration.ofSeconds(1))).isInstanceOf(Probe.Finding.Unknown.class);
        wall.set(wall.get().minus(Duration.ofDays(3)));
        Files.setLastModifiedTime(file, FileTime.from(wall.get()));
        assertThat(prober.look(service, beat, 0, Duration.ofSeconds(1))).isInstanceOf(Probe.Finding.Works.class);
    }

    private static void pass(AtomicReference<Instant> wall, AtomicLong nanos, Duration time) {
        wall.set(wall.get().plus(time));
        nanos.addAndGet(time.toNanos());
    }

    @Test
    void moreMemoryThanAServiceMayHoldIsNoMatterOfPatience() throws Exception {
        Service service = own(List.of("x"), new Service.Limits(1 << 20, 0, 0, 0, 0));
        Probe.Finding finding = prober().look(
                        service, new Probe.Running(), ProcessHandle.current().pid(), Duration.ofSeconds(1));
        assertThat(finding)
                .isInstanceOf(
                        proc.memory(Set.of(1L)).isPresent() ? Probe.Finding.TooLarge.class : Probe.Finding.Works.class);
    }
}
