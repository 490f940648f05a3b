package mirror.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import mirror.bus.Event;
import mirror.bus.organism.Delivery;
import mirror.bus.organism.Outcome;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real programs and real requests, each through the gate with the shipped policy. */
final class ReactorTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @SuppressWarnings("NullAway.Init")
    private TestHome world;

    @SuppressWarnings("NullAway.Init")
    private Path project;

    private final CountDownLatch hanging = new CountDownLatch(1);

    @BeforeEach
    void open() throws IOException {
        world = new TestHome(folder);
        // The shipped policy asks about writes outside projects, and organisms have no project; temporary files are
        // fine.
        project = Files.createDirectories(folder.resolve("out"));
    }

    @AfterEach
    void close() {
        hanging.countDown();
        world.close();
    }

    private Outcome react(String reaction, Event event) throws Exception {
        OrganismFile file = OrganismFile.parse(
                ("name: o\non: {types: [note]}\ntimeout: 20s\n" + reaction).getBytes(StandardCharsets.UTF_8));
        return world.reactor.react(file, new Delivery("o", event, "o/" + event.id(), 1, "l1"));
    }

    private Outcome run(String script) throws Exception {
        return react(
                "run: [sh, -c, \"" + script.replace("\\", "\\\\").replace("\"", "\\\"") + "\"]", world.note("s", "n"));
    }

    @Test
    void aProgramGetsTheLineOnItsInputTheKeyInItsEnvironmentAndNothingOfTheDaemons() throws Exception {
        Event event = world.note("s", "it's a note with \u00fc");
        Outcome outcome = react(
                "run: [sh, -c, 'exec 1>&2; cat; echo \"key=$MIRROR_KEY attempt=$MIRROR_ATTEMPT\"; env; pwd; exit 3']",
                event);
        String reason = ((Outcome.Failed) outcome).reason();
        assertThat(reason)
                .startsWith("exit code 3: ")
                .contains(event.line().substring(event.line().length() - 200))
                .contains("key=o/" + event.id() + " attempt=1")
                .contains("\n" + world.user)
                .doesNotContain("hunter2");
        assertThat(react("run: ['true']", event)).isEqualTo(Outcome.done());
    }

    @Test
    void theExitCodeSaysHowItWent() throws Exception {
        assertThat(run("exit 0")).isEqualTo(Outcome.done());
        assertThat(run("echo busy; exit 75"))
                .isInstanceOfSatisfying(
                        Outcome.Later.class, later -> assertThat(later.reason()).contains("busy"));
        assertThat(run("echo token=abcdefgh12345678; exit 1"))
                .isInstanceOfSatisfying(
                        Outcome.Failed.class,
                        failed -> assertThat(failed.reason())
                                .contains("exit code 1")
                                .doesNotContain("abcdefgh12345678"));
        assertThatThrownBy(() -> react("run: [no-such-program-anywhere]", world.note("s", "n")))
                .isInstanceOf(IOException.class);
    }

    @Test
    void aProgramThatReadsNothingAndOneThatTalksTooMuchEndAsUsual() throws Exception {
        assertThat(react("run: ['true']", world.note("s", "x".repeat(60_000)))).isEqualTo(Outcome.done());
        Outcome loud = run(
                "i=0; while [ $i -lt 3000 ]; do echo 0123456789012345678901234567890123456789; i=$((i+1)); done; echo end; exit 1");
        assertThat(((Outcome.Failed) loud).reason())
                .hasSizeLessThan(Programs.KEPT + 50)
                .endsWith("end");
    }

    @Test
    void whenTheTimeIsOverTheProgramAndWhatItStartedAreEnded() throws Exception {
        Path pids = project.resolve("pids");
        Files.createFile(pids);
        OrganismFile file = OrganismFile.parse(
                "name: o\non: {types: [note]}\ntimeout: 3s\nrun: [sh, -c, 'sleep 1000 & echo $! $$; wait']"
                        .getBytes(StandardCharsets.UTF_8));
        Event event = world.note("s", "n");
        Outcome outcome = world.reactor.react(file, new Delivery("o", event, "k", 1, "l1"));
        String reason = ((Outcome.Failed) outcome).reason();
        assertThat(reason).contains("did not end within 3000 ms");
        for (String pid : reason.substring(reason.indexOf("ms: ") + 4).strip().split(" ", -1)) {
            ProcessHandle.of(Long.parseLong(pid))
                    .ifPresent(handle -> handle.onExit().join());
        }
    }

    @Test
    void anInterruptEndsTheProgram() throws Exception {
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        Event event = world.note("s", "n");
        Thread worker = Thread.ofVirtual().start(() -> {
            try {
                react("run: [sleep, '1000']", event);
            } catch (Throwable e) {
                thrown.set(e);
            }
        });
        world.await(decided -> decided.type().equals("mirror.action.decided.v1"));
        worker.interrupt();
        worker.join();
        assertThat(thrown.get()).isInstanceOf(InterruptedException.class);
    }

    // ---- the gate

    @Test
    void theGateJudgesTheEffectsAndItsRuleIsNamedInTheDeadLetter() throws Exception {
        Path secret = Files.createDirectories(world.user.resolve(".ssh")).resolve("id_ed25519");
        Files.writeString(secret, "key");
        assertThat(run("cat ~/.ssh/id_ed25519"))
                .isInstanceOfSatisfying(
                        Outcome.Dead.class, dead -> assertThat(dead.reason()).startsWith("blocked by rule secrets: "));
        Event decided = world.await(event -> event.type().equals("mirror.action.decided.v1"));
        assertThat(decided.actor()).isEqualTo("organism.o");
        assertThat(decided.text("verdict")).isEqualTo("block");
        assertThat(decided.session()).startsWith("o/");
    }

    @Test
    void whatThePolicyAsksAboutWaitsForTheOwnerAndIsDoneOnceAfterTheYes() throws Exception {
        Path written = world.user.resolve("written");
        Event event = world.note("s", "n");
        String reaction = "run: [sh, -c, 'echo x >> " + written + "']";
        String approval = pending(react(reaction, event));
        assertThat(pending(react(reaction, event))).as("not asked twice").isEqualTo(approval);
        assertThat(written).doesNotExist();
        assertThat(world.count("mirror.approval.requested.v1")).isEqualTo(1);
        world.projector.record(world.approvals.answer(approval, true, "test"));
        assertThat(react(reaction, event)).isEqualTo(Outcome.done());
        assertThat(written).hasContent("x");
        assertThat(pending(react(reaction, event))).as("the yes was for once").isNotEqualTo(approval);
    }

    @Test
    void aNoOfTheOwnerIsADeadLetter() throws Exception {
        Event event = world.note("s", "n");
        String reaction = "run: [touch, " + world.user.resolve("x") + "]";
        world.projector.record(world.approvals.answer(pending(react(reaction, event)), false, "test"));
        assertThat(react(reaction, event))
                .isInstanceOfSatisfying(
                        Outcome.Dead.class, dead -> assertThat(dead.reason()).contains("the owner said no"));
    }

    private String pending(Outcome outcome) {
        String reason = ((Outcome.Later) outcome).reason();
        assertThat(reason).startsWith("waits for your answer: mirror approve a");
        return reason.substring(reason.indexOf("approve ") + 8, reason.indexOf(" ("));
    }

    @Test
    void theKillSwitchAndABrokenPolicyMakeItWaitAndLoseNothing() throws Exception {
        Files.createFile(world.home.kill());
        assertThat(run("true")).isInstanceOf(Outcome.Later.class);
        assertThat(world.count("mirror.action.decided.v1")).isZero();
        Files.delete(world.home.kill());
        Files.writeString(world.home.policy().resolve("policy.yaml"), "version: 1\n");
        assertThat(run("true")).isInstanceOf(Outcome.Later.class);
    }

    // ---- HTTP

    private record Request(String method, String key, String type, String body) {}

    private final List<Request> requests = new ArrayList<>();

    private HttpServer server() throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(task -> Thread.ofVirtual().start(task));
        server.createContext("/", exchange -> {
            String path = exchange.getRequestURI().getPath();
            synchronized (requests) {
                requests.add(new Request(
                        exchange.getRequestMethod(),
                        exchange.getRequestHeaders().getFirst("Idempotency-Key"),
                        exchange.getRequestHeaders().getFirst("Content-Type"),
                        new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8)));
            }
            if (path.equals("/hang")) {
                try {
                    hanging.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
            if (path.equals("/302")) {
                exchange.getResponseHeaders().set("Location", "/200");
            }
            int status = path.equals("/endless") ? 200 : Integer.parseInt("0" + path.replaceAll("\\D", ""));
            exchange.sendResponseHeaders(status == 0 ? 200 : status, path.equals("/endless") ? 0 : -1);
            if (path.equals("/endless")) {
                byte[] chunk = new byte[8192];
                while (hanging.getCount() > 0) {
                    exchange.getResponseBody().write(chunk);
                }
            }
            exchange.close();
        });
        server.start();
        return server;
    }

    private Outcome send(HttpServer server, String path, String more) throws Exception {
        return react(
                more + "http: {url: 'http://127.0.0.1:" + server.getAddress().getPort() + path + "'}",
                world.note("s", "n \u00fc"));
    }

    @Test
    void aRequestCarriesTheLineAsACloudEventAndTheKey() throws Exception {
        HttpServer server = server();
        try {
            assertThat(send(server, "/200", "")).isEqualTo(Outcome.done());
            assertThat(send(server, "/204", "")).isEqualTo(Outcome.done());
            Request request = requests.getFirst();
            Event event = world.await(each -> each.type().equals("mirror.note.written.v1"));
            assertThat(request.method).isEqualTo("POST");
            assertThat(request.key).isEqualTo("o/" + event.id());
            assertThat(request.type).startsWith("application/cloudevents+json");
            assertThat(request.body).isEqualTo(event.line());
        } finally {
            server.stop(0);
        }
    }

    @Test
    void whateverIsNotAYesOfTheServerIsTriedAgain() throws Exception {
        HttpServer server = server();
        try {
            assertThat(send(server, "/500", "")).isInstanceOf(Outcome.Failed.class);
            assertThat(send(server, "/404", "")).isInstanceOf(Outcome.Failed.class);
            assertThat(send(server, "/503", "")).isInstanceOf(Outcome.Later.class);
            assertThat(send(server, "/429", "")).isInstanceOf(Outcome.Later.class);
            assertThat(send(server, "/302", "")).isInstanceOf(Outcome.Failed.class);
            assertThat(requests).as("the redirect was not followed").hasSize(5);
            assertThat(send(server, "/endless", "")).isEqualTo(Outcome.done());
            OrganismFile file =
                    OrganismFile.parse(("name: o\non: {types: [note]}\ntimeout: 200ms\nhttp: {url: 'http://127.0.0.1:"
                                    + server.getAddress().getPort() + "/hang'}")
                            .getBytes(StandardCharsets.UTF_8));
            assertThat(world.reactor.react(file, new Delivery("o", world.note("s", "n"), "k", 1, "l1")))
                    .isInstanceOfSatisfying(
                            Outcome.Failed.class,
                            failed -> assertThat(failed.reason()).contains("no answer within 200 ms"));
        } finally {
            hanging.countDown();
            server.stop(0);
        }
    }

    @Test
    void aRefusedConnectionIsAFailureWithAReason() throws Exception {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        assertThat(react("http: {url: 'http://127.0.0.1:" + port + "/'}", world.note("s", "n")))
                .isInstanceOfSatisfying(
                        Outcome.Failed.class,
                        failed -> assertThat(failed.reason()).contains("no answer from http://127.0.0.1:" + port));
    }
}
