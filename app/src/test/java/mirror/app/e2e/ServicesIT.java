package mirror.app.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Services of a real daemon, driven as the owner drives them. */
final class ServicesIT {
    private static final int MANY = 20;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @SuppressWarnings("NullAway.Init")
    private MirrorHome mirror;

    @BeforeEach
    void boot() {
        mirror = MirrorHome.boot(Workspace.in(folder));
    }

    @AfterEach
    void end() {
        Map<String, Long> left = pids();
        mirror.close();
        left.values().forEach(ServicesIT::awaitEnd);
    }

    /** What nobody's parent is any more is there until the system has taken note of its end. */
    private static void awaitEnd(long pid) {
        ProcessHandle.of(pid)
                .ifPresent(process ->
                        process.onExit().orTimeout(1, TimeUnit.MINUTES).join());
    }

    private void service(String name, String yaml) {
        Path file = Workspace.write(mirror.home().resolve("services/" + name + ".yaml"), yaml);
        mirror.run("lease", "grant", "--to", "service:" + name, "--effects", "run:sh,run:sleep", "--yes");
        MirrorHome.Result signed = mirror.run("sign", file.toString());
        assertThat(signed.exit()).as(signed.out() + signed.err()).isZero();
    }

    private JsonNode show(String name) {
        return mirror.run("service", "show", name, "--json").json();
    }

    private JsonNode await(String name, String state) {
        return await(name, now -> now.path("state").asString("").equals(state));
    }

    private JsonNode await(String name, Predicate<JsonNode> so) {
        for (int i = 0; i < 300; i++) {
            // Waits by itself until it is ready.
            JsonNode now = show(name);
            if (so.test(now)) {
                return now;
            }
            mirror.run("service", "list");
        }
        return show(name);
    }

    /** Why it is withheld; on the way there it can be so for another reason, such as that its file is being read again. */
    private void isWithheld(String name, String reason) {
        JsonNode last = await(
                name,
                now -> now.path("state").asString("").equals("withheld")
                        && now.path("reason").asString("").contains(reason));
        assertThat(last.path("reason").asString("")).contains(reason);
    }

    private Map<String, Long> pids() {
        Map<String, Long> pids = new HashMap<>();
        for (JsonNode service : mirror.run("service", "list", "--json").json().path("services")) {
            if (service.path("pid").asLong() > 0) {
                pids.put(service.path("name").asString(""), service.path("pid").asLong());
            }
        }
        return pids;
    }

    @Test
    void nothingUnsignedEditedOrWithoutALeaseIsStarted() throws IOException {
        Path file = Workspace.write(mirror.home().resolve("services/web.yaml"), "run: [sleep, '1000']\n");
        assertThat(mirror.run("service", "reload").out()).contains("it is not signed");
        assertThat(mirror.run("service", "start", "web").err()).contains("it is not signed");
        mirror.run("sign", file.toString());
        MirrorHome.Result started = mirror.run("service", "start", "web");
        assertThat(started.exit()).isEqualTo(1);
        assertThat(started.out()).contains("withheld", "mirror lease grant --to service:web --effects run:sleep");
        mirror.run("lease", "grant", "--to", "service:web", "--effects", "run:sleep", "--yes");
        assertThat(mirror.run("service", "start", "web").out()).isEqualTo("web is ready\n");
        long pid = show("web").path("pid").asLong();
        Files.writeString(file, "run: [sleep, '2000']\n");
        ProcessHandle.of(pid).orElseThrow().destroyForcibly();
        isWithheld("web", "changed after it was signed");
        mirror.run("sign", file.toString());
        assertThat(await("web", "ready").path("runs").asString("")).isEqualTo("sleep 2000");
    }

    @Test
    void aRevokedLeaseOrTheKillSwitchStartsNothingAgainAndSaysSo() throws IOException {
        service("web", "run: [sleep, '1000']\n");
        long pid = await("web", "ready").path("pid").asLong();
        Workspace.write(mirror.home().resolve("kill"), "");
        assertThat(ProcessHandle.of(pid)).as("what runs goes on").isPresent();
        ProcessHandle.of(pid).orElseThrow().destroyForcibly();
        isWithheld("web", "the owner has stopped everything");
        Files.delete(mirror.home().resolve("kill"));
        mirror.run("service", "start", "web");
        String lease = mirror.events("mirror.lease.granted.v1").stream()
                .filter(event -> event.path("data").path("holder").asString("").equals("service:web"))
                .findFirst()
                .orElseThrow()
                .path("data")
                .path("lease")
                .asString("");
        mirror.run("lease", "revoke", lease);
        ProcessHandle.of(await("web", "ready").path("pid").asLong())
                .orElseThrow()
                .destroyForcibly();
        isWithheld("web", "holds no valid lease");
    }

    @Test
    void afterAKillOfMirrorAllAreAdoptedNoneIsStartedAgainAndTheyAreWatchedOn() {
        for (int i = 0; i < MANY; i++) {
            service("s" + i, "run: [sh, -c, 'echo started; exec sleep 1000']\n" + (i == 0 ? "" : "needs: [s0]\n"));
        }
        for (int i = 0; i < MANY; i++) {
            await("s" + i, "ready");
        }
        Map<String, Long> before = pids();
        assertThat(before).hasSize(MANY);
        mirror.kill();
        mirror.start();
        assertThat(pids()).isEqualTo(before);
        assertThat(mirror.run("service", "logs", "s7").out()).isEqualTo("started\n");
        ProcessHandle.of(Objects.requireNonNull(before.get("s7"))).orElseThrow().destroyForcibly();
        while (show("s7").path("run").asInt() < 2) {
            Thread.onSpinWait();
        }
        assertThat(await("s7", "ready").path("pid").asLong()).isNotEqualTo(before.get("s7"));
        assertThat(mirror.events("mirror.service.adopted.v1")).hasSize(MANY);
    }

    @Test
    void aDaemonThatIsKilledByTheServiceItHasJustStartedFindsItByItsMark() throws IOException {
        Path script = Workspace.write(folder.resolve("killer"), """
                cd "$(dirname "$0")"
                echo $$ >> pids
                [ -e killed ] || { : > killed; kill -9 "$(cat '%s/run/pid')"; }
                exec sleep 1000
                """.formatted(mirror.home()));
        Path file = Workspace.write(mirror.home().resolve("services/web.yaml"), "run: [sh, " + script + "]\n");
        mirror.run("lease", "grant", "--to", "service:web", "--effects", "run:*,read:*,opaque:*,machine:*", "--yes");
        ProcessHandle daemon = ProcessHandle.of(mirror.pid()).orElseThrow();
        mirror.run("sign", file.toString());
        daemon.onExit().join();
        mirror.start();
        List<String> pids = Files.readAllLines(folder.resolve("pids"));
        assertThat(pids).as("it was started once").hasSize(1);
        assertThat(show("web").path("pid").asString("")).isEqualTo(pids.getFirst());
    }

    @Test
    void stoppingKeepsWhatIsToBeKeptAndOtherwiseEndsServicesThoseThatNeedOthersFirst() {
        service("db", "run: [sleep, '1000']\n");
        service("web", "{run: [sleep, '1001'], needs: [db]}\n");
        await("web", "ready");
        Map<String, Long> before = pids();
        mirror.run("stop", "--keep");
        mirror.start();
        assertThat(pids()).isEqualTo(before);
        assertThat(mirror.run("service", "stop", "db").err()).contains("web needs db");
        mirror.stop();
        before.values().forEach(ServicesIT::awaitEnd);
        mirror.start();
        await("web", "ready");
        List<String> ended = mirror.events("mirror.service.exited.v1").stream()
                .map(event -> event.path("data").path("service").asString(""))
                .toList();
        assertThat(ended).containsExactly("web", "db");
        assertThat(mirror.run("service", "stop", "db", "--dependants").out()).isEqualTo("db is stopped\n");
        assertThat(pids()).isEmpty();
    }

    @Test
    void twoServicesAfterOnePortAreNotFoughtOverAndItsHolderIsNamed() {
        String serve = "run: [python3, -m, http.server, '%d', --bind, 127.0.0.1]\nport: %d\n";
        int port = 20_000 + (int) (ProcessHandle.current().pid() % 20_000);
        for (String name : List.of("first", "second")) {
            mirror.run(
                    "lease", "grant", "--to", "service:" + name, "--effects", "run:python3,opaque:*,read:*", "--yes");
        }
        Workspace.write(mirror.home().resolve("services/first.yaml"), serve.formatted(port, port));
        mirror.run("sign", mirror.home().resolve("services/first.yaml").toString());
        MirrorHome.Result first = mirror.run("service", "start", "first");
        assertThat(first.out()).isEqualTo("first is ready\n");
        long pid = show("first").path("pid").asLong();
        Workspace.write(mirror.home().resolve("services/second.yaml"), serve.formatted(port, port));
        mirror.run("sign", mirror.home().resolve("services/second.yaml").toString());
        assertThat(mirror.run("service", "start", "second").out())
                .contains("port " + port + " is held by the service first, process " + pid);
        assertThat(show("first").path("pid").asLong()).isEqualTo(pid);
        assertThat(mirror.run("service", "stop", "second").exit()).isZero();
    }
}
