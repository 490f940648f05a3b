package mirror.surface.mcp;

import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.HttpRouting;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** An endpoint on loopback TCP and on a Unix socket, with a clock that only tests move. */
final class TestServer implements AutoCloseable {
    static final McpEndpoint.Card CARD =
            new McpEndpoint.Card("mirror-test", "Mirror under test", "0.0.1", "Call echo to hear yourself.");

    private final AtomicReference<Instant> now = new AtomicReference<>(Instant.parse("2030-01-01T00:00:00Z"));
    private final Path directory;
    private final WebServer web;
    final McpEndpoint endpoint;
    final Path socket;

    TestServer(McpLimits limits, McpTool... tools) {
        try {
            // Not JUnit's directory: the path of a Unix socket may have about 100 bytes.
            directory = Files.createTempDirectory("mcp");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        socket = directory.resolve("s");
        InstantSource clock = now::get;
        endpoint = new McpEndpoint(CARD, List.of(tools), Set.of("Mirror-Session"), limits, clock);
        HttpRouting.Builder routing = HttpRouting.builder().register("/mcp", endpoint);
        web = WebServer.builder()
                .host("127.0.0.1")
                .port(0)
                .useNio(false)
                .shutdownHook(false)
                .routing(routing)
                .putSocket(
                        "unix",
                        listener -> listener.bindAddress(UnixDomainSocketAddress.of(socket))
                                .routing(routing.copy()))
                .build()
                .start();
    }

    int port() {
        return web.port();
    }

    SocketChannel tcp() throws IOException {
        return SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port()));
    }

    SocketChannel unix() throws IOException {
        return SocketChannel.open(UnixDomainSocketAddress.of(socket));
    }

    void advance(Duration time) {
        now.updateAndGet(instant -> instant.plus(time));
    }

    /** Waits for what another thread or process does next; the test's timeout is the limit. */
    static void until(BooleanSupplier condition) {
        while (!condition.getAsBoolean()) {
            LockSupport.parkNanos(100_000);
        }
    }

    @Override
    public void close() throws IOException {
        endpoint.close();
        web.stop();
        Files.deleteIfExists(socket);
        Files.delete(directory);
    }
}
