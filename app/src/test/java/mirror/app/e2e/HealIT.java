package mirror.app.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Failures of real services and files that a real daemon mends, and processes that it ends, under leases and not without. */
final class HealIT {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @SuppressWarnings("NullAway.Init")
    private MirrorHome mirror;

    private final List<Long> left = new ArrayList<>();

    @BeforeEach
    void boot() {
        mirror = MirrorHome.boot(Workspace.in(folder));
    }

    @AfterEach
    void end() {
        mirror.close();
        left.forEach(pid -> ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly));
    }

    private void lease(String holder, String effects) {
        MirrorHome.Result granted = mirror.run("lease", "grant", "--to", holder, "--effects", effects, "--yes");
        assertThat(granted.exit()).as(granted.err()).isZero();
    }

    private void signed(String file, String yaml) {
        MirrorHome.Result signed = mirror.run(
                "sign", Workspace.write(mirror.home().resolve(file), yaml).toString());
        assertThat(signed.exit()).as(signed.out() + signed.err()).isZero();
    }

    private void service(String name, String yaml) {
        lease("service:" + name, "run:*,read:*,write:*,opaque:*,machine:*,egress:*");
        signed("services/" + name + ".yaml", yaml);
        await(() -> state(name).equals("ready"));
    }

    private JsonNode show(String name) {
        return mirror.run("service", "show", name, "--json").json();
    }

    private String state(String name) {
        return show(name).path("state").asString("");
    }

    /** Each turn asks the daemon, which takes its time. */
    private void await(BooleanSupplier so) {
        for (int i = 0; i < 2_000 && !so.getAsBoolean(); i++) {
            mirror.run("service", "list");
        }
        assertThat(so.getAsBoolean())
                .as(mirror.run("service", "list").out()
                        + mirror.run("heal").out()
                        + mirror.run("pulse").out())
                .isTrue();
    }

    /** Two looks: what may be wrong for a moment counts only then. */
    private void look() {
        mirror.run("pulse", "--now");
        mirror.run("pulse", "--now");
    }

    private List<String> results(String heal) {
        return mirror.events("mirror.heal.ended.v1").stream()
                .filter(event -> event.path("data").path("heal").asString("").equals(heal))
                .map(event -> event.path("data").path("result").asString(""))
                .toList();
    }

    private JsonNode heals(String name) {
        return mirror.run("heal", "show", name, "--json").json().path("heals").path(0);
    }

    private String standing(String name) {
        return heals(name).path("cases").path(0).path("state").asString("");
    }

    @Test
    void aFixOfTheOwnersNeedsItsSignatureItsLeaseAndAFailureAndIsBelievedByTheCheck() {
        Path flag = folder.resolve("flag");
        Workspace.write(mirror.home().resolve("pulse.yaml"), "files: [{path: " + flag + "}]\n");
        Path file = Workspace.write(
                mirror.home().resolve("heals/flag.yaml"),
                "when: 'file:" + flag + "'\nrun: [cp, /etc/hosts, " + flag + "]\nsettle: 5s\n");
        look();
        assertThat(mirror.run("heal").out()).contains("flag.yaml: it is not signed");
        mirror.run("sign", file.toString());
        MirrorHome.Result dry = mirror.run("heal", "--dry-run");
        assertThat(dry.out())
                .contains("flag: ", "withheld: it holds no valid lease that allows run:cp")
                .contains("mirror lease grant --to healer:flag --effects run:cp");
        assertThat(dry.exit()).isEqualTo(1);
        assertThat(flag).doesNotExist();
        // The lease is what it waited for.
        lease("healer:flag", "run:cp,read:/etc/hosts,write:" + flag);
        await(() -> results("flag").equals(List.of("fixed")));
        assertThat(flag).exists();
        assertThat(mirror.run("heal", "run", "flag").out()).contains("nothing is wrong that flag is for");
        assertThat(mirror.run("reliability").out()).containsPattern("fix flag +works at least 22 %");
        Workspace.write(mirror.home().resolve("kill"), "");
        Workspace.write(flag, "");
        look();
        mirror.run("heal", "run", "flag");
        assertThat(standing("flag")).isEqualTo("withheld");
        assertThat(mirror.run("heal").out()).contains("the owner has stopped everything");
        assertThat(results("flag")).hasSize(1);
    }

    @Test
    void aServiceThatLostAVariableIsRestartedAndOneWhoseFolderIsGoneGetsItAgain() throws IOException {
        Path work = Files.createDirectories(folder.resolve("work"));
        Path script = Workspace.write(
                folder.resolve("start.sh"),
                "if [ ! -e " + folder + "/once ]; then touch " + folder + "/once; exec env -u TOKEN sleep 1000; fi\n"
                        + "exec sleep 1000\n");
        service("web", "run: [sh, " + script + "]\ncwd: " + work + "\nenv: {TOKEN: very-secret}\n");
        long before = show("web").path("pid").asLong();
        look();
        assertThat(mirror.run("heal").out()).contains("environment", "machine:service web");
        assertThat(show("web").path("pid").asLong())
                .as("without a lease it stays so")
                .isEqualTo(before);
        lease("healer:environment", "machine:service web");
        mirror.run("heal", "run", "environment");
        await(() -> results("environment").equals(List.of("fixed")));
        assertThat(show("web").path("pid").asLong()).isNotEqualTo(before);
        assertThat(mirror.events("mirror.heal.begun.v1").toString())
                .contains("TOKEN")
                .doesNotContain("very-secret");

        Files.delete(work);
        long pid = show("web").path("pid").asLong();
        ProcessHandle.of(pid).orElseThrow().destroyForcibly();
        await(() -> standing("folder").equals("withheld"));
        lease("healer:folder", "machine:service web,write:" + work);
        await(() -> results("folder").contains("fixed"));
        assertThat(state("web")).isEqualTo("ready");
        assertThat(work).isDirectory();
    }

    private static int freePort() throws IOException {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return free.getLocalPort();
        }
    }

    private static boolean answers(int port) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    private static String serving(int port) {
        return "run: [python3, -m, http.server, '" + port + "', --bind, 127.0.0.1]\nport: " + port + "\n";
    }

    @Test
    void whatIsLeftOfAServiceIsEndedForItsPortAndSomebodyElseIsNamedAndLeftAlone() throws Exception {
        int port = freePort();
        service("web", serving(port));
        // Of the beginning before the last one, which nobody looks for any more.
        String token = mirror.events("mirror.service.begun.v1")
                .getFirst()
                .path("data")
                .path("token")
                .asString("");
        for (String what : List.of("stop", "start", "stop")) {
            mirror.run("service", what, "web");
        }
        ProcessBuilder old = new ProcessBuilder("python3", "-m", "http.server", String.valueOf(port))
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("old").toFile());
        old.environment().put("MIRROR_RUN", token + "/1/0123456789abcdef");
        Process leftover = old.start();
        left.add(leftover.pid());
        await(() -> answers(port));
        lease("healer:port", "machine:service web,machine:service api");
        mirror.run("service", "start", "web");
        await(() -> results("port").equals(List.of("fixed")));
        assertThat(leftover.isAlive()).isFalse();
        assertThat(state("web")).isEqualTo("ready");

        int taken = freePort();
        Process other = new ProcessBuilder("python3", "-m", "http.server", String.valueOf(taken))
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("other").toFile())
                .start();
        try {
            await(() -> answers(taken));
            lease("service:api", "run:*,read:*,write:*,opaque:*,machine:*,egress:*");
            signed("services/api.yaml", serving(taken));
            await(() -> standing("port").equals("asks"));
            assertThat(mirror.run("heal", "show", "port").out())
                    .contains(
                            "port " + taken + " is held by process " + other.pid(), "give one of the two another port");
            assertThat(other.isAlive()).isTrue();
        } finally {
            other.destroyForcibly();
        }
    }

    @Test
    void anOrphanIsEndedByRuleLeaseAndCommandAndOtherwiseOnlyToldOf() throws Exception {
        assertThat(mirror.run("reap", "--now").out()).contains("there are no rules");
        new ProcessBuilder("setsid", "sh", "-c", "env -i X=1 sleep 987654 & echo $! > pid")
                .directory(folder.toFile())
                .start()
                .waitFor();
        long pid = Long.parseLong(Files.readString(folder.resolve("pid")).strip());
        left.add(pid);
        signed(
                "reaper.yaml",
                "again: 1s\nrules:\n  - {name: sleepers, program: sleep, command: ['987654'], older: 1s, cpu-below: 50}\n");
        await(() ->
                mirror.run("reap").out().contains("withheld: it holds no valid lease that allows machine:end sleep"));
        assertThat(mirror.run("reap", "--now").exit()).isEqualTo(1);
        lease("reaper", "machine:end sleep");
        assertThat(mirror.run("reap", "--dry-run").out()).contains("sleepers, twice");
        assertThat(ProcessHandle.of(pid)).isPresent();
        MirrorHome.Result reaped = mirror.run("reap", "--now");
        assertThat(reaped.out()).contains(pid + " sleep  sleepers, ended: it ended when asked");
        assertThat(reaped.exit()).isZero();
        assertThat(ProcessHandle.of(pid)
                        .map(handle ->
                                handle.onExit().orTimeout(1, TimeUnit.MINUTES).join()))
                .isNotNull();
        assertThat(mirror.run("reliability").out()).contains("reaper sleepers");
    }
}
