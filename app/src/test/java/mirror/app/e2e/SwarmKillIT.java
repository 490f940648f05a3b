package mirror.app.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A daemon that is killed in the middle of a run of tasks goes on with it when it is started again, and does nothing twice that was done. */
@Timeout(300)
final class SwarmKillIT extends AtHome {
    private static final int TASKS = 6;
    private static final int KILLS = 3;
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final AtomicInteger asked = new AtomicInteger();
    private final AtomicReference<CountDownLatch> held = new AtomicReference<>(new CountDownLatch(1));
    private volatile int hold = Integer.MAX_VALUE;

    @SuppressWarnings("NullAway.Init")
    private HttpServer provider;

    @BeforeEach
    void serve() throws IOException {
        provider = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
        provider.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        provider.createContext("/v1/messages", this::answer);
        provider.start();
        Workspace.write(mirror.home().resolve("tiers.yaml"), """
                providers:
                  here:
                    dialect: anthropic
                    base-url: http://127.0.0.1:%d
                    key: none
                    local: true
                    models:
                      m: {context: 100000, output: 2000, price: {in: 3, out: 15}}
                """.formatted(
                        provider.getAddress().getPort()));
    }

    @AfterEach
    void end() {
        provider.stop(0);
    }

    private void answer(HttpExchange exchange) throws IOException {
        exchange.getRequestBody().readAllBytes();
        if (asked.incrementAndGet() >= hold) {
            held.get().countDown();
            // Never answered: the daemon is killed while it waits.
            return;
        }
        byte[] body = """
                {"id": "m", "type": "message", "role": "assistant", "model": "m", "stop_reason": "end_turn",
                 "content": [{"type": "text", "text": "done"}], "usage": {"input_tokens": 100, "output_tokens": 10}}""".getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().add("content-type", "application/json");
        exchange.sendResponseHeaders(200, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    @Test
    void aKilledDaemonGoesOnWithARunAndRepeatsNoFinishedTask() throws InterruptedException {
        long seed = Long.getLong("mirror.seed", System.nanoTime());
        SplittableRandom random = new SplittableRandom(seed);
        StringBuilder yaml =
                new StringBuilder("name: kill\ncents: 200\nparallel: 2\nfree-memory: 0\nmodel: m\ntasks:\n");
        for (int i = 0; i < TASKS; i++) {
            yaml.append("  - {id: t%d, prompt: 'Do it.', retries: 5%s}%n"
                    .formatted(i, i > 1 ? ", needs: [t" + random.nextInt(i - 1) + "]" : ""));
        }
        Path graph = Workspace.write(workspace.project().resolve("kill.yaml"), yaml.toString());
        hold = 1 + random.nextInt(3);
        MirrorHome.Result started = mirror.run("swarm", "run", graph.toString(), "--detach", "--json");
        assertThat(started.exit()).as(started.err()).isZero();
        String run = started.json().path("run").asString();
        for (int kill = 0; kill < KILLS; kill++) {
            held.get().await();
            mirror.kill();
            held.set(new CountDownLatch(1));
            hold = kill == KILLS - 1 ? Integer.MAX_VALUE : asked.get() + 1 + random.nextInt(2);
            mirror.start();
        }
        JsonNode state = mirror.run("swarm", "show", run, "--json").json();
        while (state.path("state").asString().equals("running")) {
            state = mirror.run("swarm", "show", run, "--json").json();
        }
        assertThat(state.path("state").asString())
                .as("seed %d: %s", seed, state)
                .isEqualTo("finished");

        // Per task: nothing begins after it finished, and it finished once.
        Set<String> finished = new HashSet<>();
        List<String> begunAgain = new ArrayList<>();
        MirrorHome.Result log = mirror.run("log", "--json", "--limit", "0");
        for (String line : log.out().lines().toList()) {
            JsonNode event = JSON.readTree(line);
            JsonNode data = event.path("data");
            String task = data.path("task").asString("");
            switch (event.path("type").asString("")) {
                case "mirror.swarm.begun.v1" -> {
                    if (finished.contains(task)) {
                        begunAgain.add(task);
                    }
                }
                case "mirror.swarm.ended.v1" -> {
                    if (data.path("state").asString().equals("finished")) {
                        assertThat(finished.add(task))
                                .as("seed %d: %s", seed, task)
                                .isTrue();
                    }
                }
                default -> {}
            }
        }
        assertThat(begunAgain).as("seed %d", seed).isEmpty();
        assertThat(finished).as("seed %d", seed).hasSize(TASKS);
        assertThat(mirror.events("swarm.resumed")).hasSize(KILLS);
        // What a kill left set aside is counted, and the ceiling holds.
        assertThat(state.path("spent").path("cents").asLong())
                .as("seed %d", seed)
                .isBetween(1L, 200L);
        Set<String> leases = new HashSet<>();
        mirror.events("lease.granted").forEach(each -> {
            if (each.path("data").path("holder").asString().equals("swarm")) {
                leases.add(each.path("data").path("lease").asString());
            }
        });
        assertThat(leases).hasSize(KILLS + 1);
        mirror.events("lease.revoked")
                .forEach(each -> leases.remove(each.path("data").path("lease").asString()));
        assertThat(leases).as("seed %d", seed).isEmpty();
    }
}
