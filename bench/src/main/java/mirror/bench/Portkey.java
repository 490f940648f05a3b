package mirror.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Portkey's gateway from npm, in front of one model. */
final class Portkey implements AutoCloseable {
    private static final int TRIES = 300;

    private final Process server;
    private final int port;
    private final int model;

    private Portkey(Process server, int port, int model) {
        this.server = server;
        this.port = port;
        this.model = model;
    }

    /** @return null when it cannot be had, which is said on standard error */
    static @Nullable Portkey start(Path home, int model) throws InterruptedException {
        try {
            Files.createDirectories(home);
            // Later versions of its web server do not work with it.
            Files.writeString(home.resolve("package.json"), """
                    {"private": true, "dependencies": {"@portkey-ai/gateway": "1.15.2"}, "overrides": {"@hono/node-server": "1.13.8"}}
                    """);
            Process npm =
                    start(home, "npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error");
            if (npm.waitFor() != 0) {
                throw new IOException("npm ended with exit code " + npm.exitValue());
            }
            int port = Peer.freePort();
            Process server = start(
                    home,
                    "node",
                    "node_modules/@portkey-ai/gateway/build/start-server.js",
                    "--headless",
                    "--port=" + port);
            Portkey peer = new Portkey(server, port, model);
            peer.await();
            return peer;
        } catch (IOException e) {
            System.err.println("Portkey was not measured: " + e.getMessage());
            return null;
        }
    }

    private static Process start(Path home, String... command) throws IOException {
        return new ProcessBuilder(command)
                .directory(home.toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    private void await() throws IOException, InterruptedException {
        for (int tries = 0; tries < TRIES && server.isAlive(); tries++) {
            try (Socket _ = new Socket(InetAddress.getLoopbackAddress(), port)) {
                return;
            } catch (IOException notYet) {
                Thread.sleep(100);
            }
        }
        close();
        throw new IOException("it did not answer within 30 s");
    }

    int port() {
        return port;
    }

    ProcessHandle process() {
        return server.toHandle();
    }

    /** By which it knows where the model is. */
    String headers() {
        return "authorization: Bearer none\r\nx-portkey-provider: openai\r\nx-portkey-custom-host: http://127.0.0.1:"
                + model + "/v1\r\n";
    }

    @Override
    public void close() {
        server.destroy();
        server.onExit().join();
    }
}
