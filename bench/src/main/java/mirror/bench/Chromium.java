package mirror.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Debian's Chromium without a window, driven by the DevTools protocol over the JDK's WebSocket. It has a profile of its own and reaches
 * nothing but loopback. Source: https://chromedevtools.github.io/devtools-protocol/
 */
public final class Chromium implements AutoCloseable {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String LISTENING = "DevTools listening on ";
    private static final int SECONDS = 60;

    private final Process process;
    private final HttpClient http = HttpClient.newHttpClient();
    private final WebSocket socket;
    private final AtomicInteger ids = new AtomicInteger();
    private final Map<Integer, CompletableFuture<JsonNode>> waiting = new ConcurrentHashMap<>();
    private final Map<String, Tab> tabs = new ConcurrentHashMap<>();

    /**
     * Starts the {@code chromium} of the PATH.
     *
     * @param profile an empty folder
     */
    public static Chromium start(Path profile) {
        List<String> command = new ArrayList<>(List.of(
                "chromium",
                "--headless",
                "--remote-debugging-port=0",
                "--user-data-dir=" + profile,
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-default-apps",
                "--disable-sync",
                "--hide-scrollbars",
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
                "about:blank"));
        if (System.getProperty("user.name").equals("root")) {
            command.add("--no-sandbox"); // Chromium's own rule: root has no sandbox
        }
        try {
            ProcessBuilder builder = new ProcessBuilder(command).redirectOutput(ProcessBuilder.Redirect.DISCARD);
            builder.environment().put("HOME", profile.toString());
            Process process = builder.start();
            return new Chromium(process, address(process));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static URI address(Process process) {
        CompletableFuture<URI> address = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            StringBuilder said = new StringBuilder();
            try (BufferedReader errors = process.errorReader(StandardCharsets.UTF_8)) {
                for (String line = errors.readLine(); line != null; line = errors.readLine()) {
                    if (line.startsWith(LISTENING)) {
                        address.complete(
                                URI.create(line.substring(LISTENING.length()).strip()));
                    } else if (!address.isDone()) {
                        said.append(line).append('\n');
                    }
                }
                address.completeExceptionally(new IOException(said.toString()));
            } catch (IOException e) {
                address.completeExceptionally(e);
            }
        });
        try {
            return address.orTimeout(SECONDS, TimeUnit.SECONDS).join();
        } catch (CompletionException e) {
            process.destroyForcibly();
            throw new AssertionError("Chromium did not start: " + e.getCause(), e);
        }
    }

    private Chromium(Process process, URI address) {
        this.process = process;
        this.socket = http.newWebSocketBuilder()
                .buildAsync(address, new Hearing())
                .orTimeout(SECONDS, TimeUnit.SECONDS)
                .join();
    }

    /** A page of its own. */
    public Tab open() {
        String target = call("", "Target.createTarget", Map.of("url", "about:blank"))
                .path("targetId")
                .asString();
        String session = call("", "Target.attachToTarget", Map.of("targetId", target, "flatten", true))
                .path("sessionId")
                .asString();
        Tab tab = new Tab(this, target, session);
        tabs.put(session, tab);
        tab.enable();
        return tab;
    }

    /** Closes all pages; what an earlier one does costs a later one its time. */
    public void closeTabs() {
        for (Tab tab : tabs.values()) {
            call("", "Target.closeTarget", Map.of("targetId", tab.target()));
        }
        tabs.clear();
    }

    /** @param session of a page, or "" for the browser itself */
    JsonNode call(String session, String method, Map<String, ?> parameters) {
        int id = ids.incrementAndGet();
        var message = JSON.createObjectNode().put("id", id).put("method", method);
        message.set("params", JSON.valueToTree(parameters));
        if (!session.isEmpty()) {
            message.put("sessionId", session);
        }
        CompletableFuture<JsonNode> answer = new CompletableFuture<>();
        waiting.put(id, answer);
        synchronized (socket) {
            socket.sendText(JSON.writeValueAsString(message), true).join();
        }
        try {
            return answer.orTimeout(SECONDS, TimeUnit.SECONDS).join();
        } catch (CompletionException e) {
            throw new AssertionError(method + ": " + e.getCause(), e);
        }
    }

    private void hear(JsonNode message) {
        if (message.has("id")) {
            CompletableFuture<JsonNode> answer =
                    waiting.remove(message.path("id").asInt());
            if (answer == null) {
                return;
            }
            if (message.has("error")) {
                answer.completeExceptionally(
                        new AssertionError(message.path("error").toString()));
            } else {
                answer.complete(message.path("result"));
            }
            return;
        }
        Tab tab = tabs.get(message.path("sessionId").asString(""));
        if (tab != null) {
            tab.hear(message.path("method").asString(), message.path("params"));
        }
    }

    private final class Hearing implements WebSocket.Listener {
        private final StringBuilder text = new StringBuilder();

        @Override
        public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
            text.append(data);
            if (last) {
                JsonNode message = JSON.readTree(text.toString());
                text.setLength(0);
                hear(message);
            }
            from.request(1);
            return CompletableFuture.completedFuture(null);
        }
    }

    @Override
    public void close() {
        socket.abort();
        http.shutdownNow();
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        process.onExit().join();
    }
}
