package mirror.app.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A ceiling holds whatever happens: what the provider was asked for, which is what the owner pays, is never more. The daemon is the
 * real one, and so is the kill.
 */
final class SpendIT extends AtHome {
    private static final int CALLS = 10_000;

    /** US dollars a million tokens, the same in both directions. */
    private static final int PRICE = 100;

    private static final int TOKENS = 1_000;
    private static final double COST = TOKENS * PRICE / 1e6;
    private static final double CEILING = 150;
    private static final String BODY =
            "{\"model\":\"m\",\"max_tokens\":16,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
    private static final byte[] ANSWER =
            ("{\"id\":\"c\",\"object\":\"chat.completion\",\"model\":\"m\",\"choices\":[{\"index\":0,"
                            + "\"message\":{\"role\":\"assistant\",\"content\":\"hi\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":"
                            + (TOKENS - 1) + ",\"completion_tokens\":1,\"total_tokens\":" + TOKENS + "}}")
                    .getBytes(StandardCharsets.US_ASCII);

    private final AtomicInteger paid = new AtomicInteger();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    @SuppressWarnings("NullAway.Init")
    private HttpServer provider;

    /** Counted down by each call that the provider is asked for. */
    private volatile CountDownLatch reached = new CountDownLatch(0);

    @BeforeEach
    void provide() throws IOException {
        provider = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 4096);
        provider.setExecutor(threads);
        provider.createContext("/", this::answer);
        provider.start();
        Workspace.write(mirror.home().resolve("tiers.yaml"), """
            providers:
              paid:
                dialect: openai
                base-url: http://127.0.0.1:%d/v1
                key: none
                local: true
                models:
                  m: {context: 200000, output: 1000, price: {in: %d, out: %d}}
            """.formatted(
                        provider.getAddress().getPort(), PRICE, PRICE));
        says("budget", "set", "all", "money", String.valueOf((int) CEILING));
        says("budget", "set", "spender", "tokens", "1000000000");
    }

    @AfterEach
    void end() {
        provider.stop(0);
        threads.shutdownNow();
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            exchange.getRequestBody().readAllBytes();
            paid.incrementAndGet();
            reached.countDown();
            exchange.getResponseHeaders().set("content-type", "application/json");
            exchange.sendResponseHeaders(200, ANSWER.length);
            exchange.getResponseBody().write(ANSWER);
        }
    }

    private MirrorHome.Result says(String... args) {
        MirrorHome.Result result = mirror.run(args);
        assertThat(result.exit())
                .as(String.join(" ", args) + ": " + result.err())
                .isZero();
        return result;
    }

    private String lease() throws IOException {
        Path key = workspace.home().resolve("key.txt");
        says("lease", "grant", "--to", "spender", "--effects", "egress:127.0.0.1", "--token", key.toString(), "--yes");
        return Files.readString(key).strip();
    }

    /** Calls the gateway from as many clients at once, each on a connection of its own; how often each status came, 0 where none did. */
    private Map<Integer, Integer> call(String lease) throws InterruptedException {
        int port = says("status", "--json").json().path("port").asInt();
        byte[] request =
                ("POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\nauthorization: Bearer "
                                + lease + "\r\nconnection: close\r\ncontent-length: " + BODY.length() + "\r\n\r\n"
                                + BODY)
                        .getBytes(StandardCharsets.US_ASCII);
        Map<Integer, Integer> answers = new ConcurrentHashMap<>();
        CountDownLatch done = new CountDownLatch(CALLS);
        for (int i = 0; i < CALLS; i++) {
            threads.execute(() -> {
                answers.merge(status(port, request), 1, Integer::sum);
                done.countDown();
            });
        }
        done.await();
        return new TreeMap<>(answers);
    }

    private static int status(int port, byte[] request) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
                InputStream in = new BufferedInputStream(socket.getInputStream(), 256)) {
            socket.getOutputStream().write(request);
            byte[] line = in.readNBytes(12);
            return line.length < 12 ? 0 : Integer.parseInt(new String(line, 9, 3, StandardCharsets.US_ASCII));
        } catch (IOException e) {
            return 0;
        }
    }

    @Test
    void tenThousandCallsAtOnceAndAKillSpendNothingBeyondTheCeiling() throws IOException, InterruptedException {
        long seed = Long.getLong("mirror.seed", System.nanoTime());
        String lease = lease();
        int until = new SplittableRandom(seed).nextInt(1, 600);
        CountDownLatch some = new CountDownLatch(until);
        reached = some;
        ProcessHandle daemon = ProcessHandle.of(mirror.pid()).orElseThrow();
        Thread killer = Thread.ofPlatform().start(() -> {
            try {
                some.await();
                daemon.destroyForcibly();
                daemon.onExit().join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });

        Map<Integer, Integer> before = call(lease);
        killer.join();
        int paidBefore = paid.get();
        assertThat(before).as("seed %d", seed).containsKey(0);
        assertThat(paidBefore * COST).as("seed %d, %s", seed, before).isLessThanOrEqualTo(CEILING);

        mirror.start();
        double spent = spent();
        assertThat(spent)
                .as("seed %d: what the log knows after the kill", seed)
                .isGreaterThanOrEqualTo(paidBefore * COST);
        Map<Integer, Integer> after = call(lease);

        assertThat(paid.get() * COST)
                .as("seed %d, %s, then %s", seed, before, after)
                .isLessThanOrEqualTo(CEILING);
        // 403: a policy that is late is none, and ten thousand calls can make it late; 503: no room in time.
        assertThat(after.keySet())
                .as("seed %d, %s", seed, after)
                .contains(200, 402)
                .isSubsetOf(200, 402, 403);
        assertThat(after.get(200)).as("seed %d", seed).isEqualTo(paid.get() - paidBefore);
        // What the kill forfeits is the blocks that were open, and no more.
        assertThat(paid.get() * COST)
                .as("seed %d, %s, then %s", seed, before, after)
                .isGreaterThan(CEILING / 2);
    }

    private double spent() {
        for (var line : says("budget", "--json").json()) {
            if (line.path("agent").asString().equals("all")
                    && line.path("unit").asString().equals("money")) {
                return line.path("spent").asDouble() / 1e6;
            }
        }
        throw new AssertionError("no money is counted");
    }
}
