package mirror.pulse.supervise;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import mirror.bus.DiskCalls;
import mirror.bus.FileStore;
import mirror.bus.Home;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The programs of systems that start services, each played by a script that keeps its state in files and fails as the test says. */
final class BackendsTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private final List<Duration> rests = new ArrayList<>();
    private final Proc proc = new Proc();
    private final Ends ends = new Ends();

    @BeforeEach
    void folders() throws IOException {
        Files.createDirectories(folder.resolve("bin"));
        Files.createDirectories(folder.resolve("state"));
    }

    @AfterEach
    void end() throws IOException {
        if (Files.exists(folder.resolve("state/pids"))) {
            for (String pid : Files.readAllLines(folder.resolve("state/pids"))) {
                ProcessHandle.of(Long.parseLong(pid)).ifPresent(ProcessHandle::destroyForcibly);
            }
        }
    }

    private Tools script(String name, String text) throws IOException {
        Path file = folder.resolve("bin").resolve(name);
        Files.writeString(
                file,
                "#!/bin/sh\ncd " + folder.resolve("state") + "\necho \"" + name
                        + " $*\" >> calls\nspawn() { sleep 1000 >/dev/null 2>&1 & echo $! >> pids; echo $! > pid; }\n"
                        + text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
        return new Tools(folder, Map.of("PATH", folder.resolve("bin") + ":/usr/bin:/bin"));
    }

    private List<String> calls() throws IOException {
        return Files.readAllLines(folder.resolve("state/calls"));
    }

    private void state(String name, String text) throws IOException {
        Files.writeString(folder.resolve("state").resolve(name), text);
    }

    private static Service service(Service.Kind kind) {
        Service plain = World.service("web");
        return new Service(
                "web",
                plain.digest(),
                kind,
                List.of(),
                true,
                true,
                0,
                null,
                null,
                plain.stop(),
                plain.limits(),
                plain.log(),
                plain.restart());
    }

    // ---- launchd

    private static final String LAUNCHCTL = """
            case $1 in
              print) [ -f loaded ] || exit 113; echo "x = {"; [ -f pid ] && echo "	pid = $(cat pid)"; echo "}" ;;
              bootout)
                [ -f sticky ] && [ "$(cat sticky)" -gt 0 ] && { echo $(($(cat sticky)-1)) > sticky; exit 36; }
                rm -f loaded pid ;;
              bootstrap)
                [ -f loaded ] && { echo "service already loaded"; exit 37; }
                if [ -f refuse ] && [ "$(cat refuse)" -gt 0 ]; then echo $(($(cat refuse)-1)) > refuse; echo "5: Input/output error"; exit 5; fi
                echo "$3" > loaded ;;
              kickstart)
                if grep -q broken "$(cat loaded)"; then exit 0; fi
                spawn ;;
              kill) kill -9 "$(cat pid)" ;;
            esac
            """;

    private LaunchdAgent launchd() throws IOException {
        FileStore files = new FileStore(
                new Home(folder.resolve("m")), new DiskCalls(), java.time.InstantSource.system(), _ -> {});
        Files.createDirectories(folder.resolve("m"));
        return new LaunchdAgent(
                script("launchctl", LAUNCHCTL), proc, ends, rests::add, files, folder.resolve("m/launchd"));
    }

    private Service agent(String plist) throws IOException {
        Path file = Files.writeString(folder.resolve("agent.plist"), plist);
        return service(new Service.Kind.Launchd("org.example.web", file));
    }

    @Test
    void launchdIsTakenThroughTheWholeDanceAndShowsALivingProcess() throws Exception {
        LaunchdAgent launchd = launchd();
        state("loaded", folder.resolve("agent.plist").toString());
        state("pid", "999999999");
        Backend.Started started = launchd.start(agent("good"), "m");
        assertThat(ProcessHandle.of(started.pid())).isPresent();
        assertThat(calls().stream().map(call -> call.split(" ", -1)[1]))
                .containsExactly("print", "bootout", "print", "bootstrap", "kickstart", "print");
        ProcessHandle.of(started.pid()).orElseThrow().destroyForcibly();
        assertThat(started.end().get(30, TimeUnit.SECONDS)).isEqualTo(Ending.UNKNOWN);
        assertThat(launchd.find(agent("good")))
                .as("loaded, and its process is dead")
                .isEmpty();
    }

    @Test
    void aBootstrapIsTriedThreeTimesTwoSecondsApart() throws Exception {
        LaunchdAgent launchd = launchd();
        state("refuse", "2");
        launchd.start(agent("good"), "m");
        assertThat(rests).containsExactly(Duration.ofSeconds(2), Duration.ofSeconds(2));
        state("refuse", "9");
        Files.delete(folder.resolve("m/launchd/org.example.web.plist"));
        assertThatThrownBy(() -> launchd.start(agent("good"), "m"))
                .hasMessageContaining("failed 3 times")
                .hasMessageContaining("Input/output error");
    }

    @Test
    void anAgentThatIsNotLetGoIsNotLoadedBeside() throws Exception {
        LaunchdAgent launchd = launchd();
        state("loaded", "x");
        state("sticky", "1000");
        assertThatThrownBy(() -> launchd.start(agent("good"), "m")).hasMessageContaining("does not let go");
        assertThat(calls()).noneMatch(call -> call.contains("bootstrap"));
    }

    @Test
    void aDefinitionWithoutALivingProcessGivesWayToTheLastThatHadOneAndNeverAreBothLoaded() throws Exception {
        LaunchdAgent launchd = launchd();
        launchd.start(agent("good"), "m");
        Backend.Started started = launchd.start(agent("broken"), "m");
        assertThat(ProcessHandle.of(started.pid())).isPresent();
        assertThat(Files.readString(folder.resolve("state/loaded"))).contains("launchd/org.example.web.plist");
        assertThat(Files.readString(folder.resolve("m/launchd/org.example.web.plist")))
                .isEqualTo("good");
        boolean loaded = false;
        for (String call : calls()) {
            if (call.contains("bootstrap")) {
                assertThat(loaded).isFalse();
                loaded = true;
            } else if (call.contains("bootout")) {
                loaded = false;
            }
        }
    }

    // ---- systemd

    private static final String SYSTEMCTL = """
            [ "$1" = --user ] && shift
            case $1 in
              show)
                [ -f unknown ] && { echo LoadState=not-found; exit 0; }
                echo LoadState=loaded; echo "ActiveState=$(cat active 2>/dev/null || echo inactive)"; echo SubState=running
                echo "MainPID=$(cat pid 2>/dev/null || echo 0)"
                cat ended 2>/dev/null; true ;;
              start) [ -f refuse ] && { echo "Job failed"; exit 1; }
                [ "$(cat active 2>/dev/null)" = active ] && exit 0
                echo active > active; [ -f dead ] || spawn ;;
              stop) echo inactive > active; [ -f pid ] && kill "$(cat pid)"; rm -f pid ;;
              kill) kill -9 "$(cat pid)" ;;
            esac
            """;

    @Test
    void aUnitThatIsLoadedAndActiveButWhoseProcessIsDeadIsNotTakenForRunning() throws Exception {
        SystemdUnit systemd = new SystemdUnit(script("systemctl", SYSTEMCTL), proc, ends);
        Service service = service(new Service.Kind.Systemd("web.service", false));
        state("active", "active");
        state("pid", "999999999");
        assertThat(systemd.find(service)).isEmpty();
        Backend.Started started = systemd.start(service, "m");
        assertThat(ProcessHandle.of(started.pid())).isPresent();
        assertThat(calls()).anyMatch(call -> call.equals("systemctl stop web.service"));
        assertThat(systemd.find(service)).isPresent();
        state("ended", "Result=oom-kill\nExecMainCode=2\nExecMainStatus=9\n");
        systemd.halt(service, started, true);
        assertThat(started.end().get(30, TimeUnit.SECONDS)).isEqualTo(new Ending(null, "KILL", "yes"));
    }

    @Test
    void whatSystemdRefusesOrOnlySaysItStartedIsAFailureWithItsWords() throws Exception {
        SystemdUnit systemd = new SystemdUnit(script("systemctl", SYSTEMCTL), proc, ends);
        Service service = service(new Service.Kind.Systemd("web.service", true));
        state("refuse", "");
        assertThatThrownBy(() -> systemd.start(service, "m")).hasMessageContaining("Job failed");
        Files.delete(folder.resolve("state/refuse"));
        state("dead", "");
        assertThatThrownBy(() -> systemd.start(service, "m")).hasMessageContaining("main process 0 is not there");
        state("unknown", "");
        assertThatThrownBy(() -> systemd.start(service, "m")).hasMessageContaining("systemd knows no unit");
    }

    // ---- docker

    private static final String DOCKER = """
            case $1 in
              start) [ -f refuse ] && { echo "Cannot connect to the Docker daemon"; exit 1; }
                echo true > running ;;
              inspect) [ -f away ] && { echo "Cannot connect to the Docker daemon"; exit 1; }
                if [ "$(cat running)" = true ]; then echo "true 4711 0 false T1"; else echo "false 0 137 true T1"; fi ;;
              wait) while [ "$(cat running)" = true ] && [ ! -f away ]; do sleep 0.01; done ;;
              kill) echo false > running ;;
            esac
            """;

    @Test
    void aContainersEndIsHeardOfWithItsExitCodeAndWhetherMemoryWasTheReason() throws Exception {
        DockerContainer docker = new DockerContainer(script("docker", DOCKER), Pause.REAL);
        Service service = service(new Service.Kind.Docker("db"));
        state("running", "false");
        assertThat(docker.find(service)).isEmpty();
        Backend.Started started = docker.start(service, "m");
        assertThat(started.end()).isNotDone();
        docker.halt(service, started, true);
        assertThat(started.end().get(30, TimeUnit.SECONDS)).isEqualTo(new Ending(137, null, "yes"));
    }

    @Test
    void whileDockerIsAwayNothingIsTakenForAnEnd() throws Exception {
        DockerContainer docker = new DockerContainer(script("docker", DOCKER), Pause.REAL);
        Service service = service(new Service.Kind.Docker("db"));
        Backend.Started started = docker.start(service, "m");
        state("away", "");
        while (calls().stream()
                        .filter(call -> call.startsWith("docker inspect"))
                        .count()
                < 3) {
            Thread.onSpinWait();
        }
        assertThat(started.end()).isNotDone();
        Files.delete(folder.resolve("state/away"));
        docker.halt(service, started, true);
        assertThat(started.end().get(30, TimeUnit.SECONDS).memory()).isEqualTo("yes");
        state("refuse", "");
        assertThatThrownBy(() -> docker.start(service, "m")).hasMessageContaining("Cannot connect");
    }
}
