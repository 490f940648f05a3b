package mirror.surface.relay;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import mirror.bus.Home;
import mirror.bus.Json;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;

/** {@code mirror mcp guard NAME -- COMMAND …}: starts the server and relays between it and whoever holds the other ends. */
public final class RelayProcess {
    private static final int LATE_SECONDS = 10;

    private RelayProcess() {}

    /**
     * Runs until one of the two sides has ended.
     *
     * @return the server's exit code, or 1 when it had to be ended
     */
    public static int run(
            Home home, String name, List<String> command, InputStream client, OutputStream toClient, PrintStream words)
            throws IOException, InterruptedException {
        Process server = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        ServerRelay relay = new ServerRelay(tools -> ask(home, name, tools), toClient, server.getOutputStream(), words);
        Thread up = Thread.ofPlatform().daemon().start(() -> {
            try (OutputStream in = server.getOutputStream()) {
                relay.fromClient(client);
                in.flush();
            } catch (IOException e) {
                words.println("mirror: " + e.getMessage());
            }
        });
        try {
            relay.fromServer(server.getInputStream());
        } finally {
            if (!server.waitFor(LATE_SECONDS, TimeUnit.SECONDS)) {
                server.destroyForcibly();
            }
        }
        up.interrupt();
        return server.isAlive() ? 1 : server.exitValue();
    }

    /** The daemon's word on these tools; without a daemon there is none, and nothing is let through. */
    private static Map<String, String> ask(Home home, String name, ArrayNode tools) throws IOException {
        Process curl = new ProcessBuilder(
                        "curl",
                        "-q",
                        "-sS",
                        "-f",
                        "--noproxy",
                        "*",
                        "--max-time",
                        String.valueOf(LATE_SECONDS),
                        "--unix-socket",
                        home.socket().toString(),
                        "--data-binary",
                        "@-",
                        "-H",
                        "Expect:",
                        "http://mirror/tools/" + URLEncoder.encode(name, StandardCharsets.UTF_8))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (OutputStream in = curl.getOutputStream()) {
            in.write(Json.MAPPER.writeValueAsBytes(tools));
        }
        byte[] answer = curl.getInputStream().readAllBytes();
        try {
            if (!curl.waitFor(LATE_SECONDS, TimeUnit.SECONDS) || curl.exitValue() != 0) {
                throw new IOException("Mirror's daemon does not answer; 'mirror boot' starts it");
            }
            Map<String, String> withheld = new HashMap<>();
            JsonNode said = Json.MAPPER.readTree(answer).path("withheld");
            if (!said.isObject()) {
                throw new IOException("Mirror's daemon does not know this question; it is another version");
            }
            said.properties()
                    .forEach(entry ->
                            withheld.put(entry.getKey(), entry.getValue().asString("")));
            return withheld;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } catch (JacksonException e) {
            throw new IOException("Mirror's daemon gave an answer that is none", e);
        }
    }
}
