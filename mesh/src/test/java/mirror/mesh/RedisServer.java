package mirror.mesh;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Connection;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.exceptions.JedisException;

/**
 * A real redis-server on a free loopback port, with a folder of its own, that can be killed and started again on the same port; and
 * a way to do to it what an attacker or an administrator could. Ends only the process it started.
 */
final class RedisServer implements AutoCloseable {
    final int port;
    private final Path folder;
    private final List<String> settings;
    private @Nullable Process process;
    private String password = "";

    /** @param settings lines of redis.conf */
    RedisServer(Path folder, int port, String... settings) throws IOException {
        this.folder = Files.createDirectories(folder);
        this.settings = List.of(settings);
        this.port = port;
    }

    static int freePort() throws IOException {
        try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return probe.getLocalPort();
        }
    }

    static RedisServer started(Path folder, String... settings) throws IOException {
        return new RedisServer(folder, freePort(), settings).start();
    }

    /** Returns when it takes connections. */
    RedisServer start() throws IOException {
        List<String> lines = new ArrayList<>(List.of(
                "bind 127.0.0.1",
                "dir " + folder,
                "save \"\"",
                "daemonize no",
                "loglevel notice",
                "stream-node-max-entries 10"));
        lines.addAll(settings);
        if (settings.stream().noneMatch(line -> line.startsWith("port "))) {
            lines.add("port " + port);
        }
        Path conf = Files.writeString(folder.resolve("redis.conf"), String.join("\n", lines) + "\n");
        Process started = new ProcessBuilder(program(), conf.toString())
                .redirectErrorStream(true)
                .start();
        process = started;
        StringBuilder said = new StringBuilder();
        BufferedReader out =
                new BufferedReader(new InputStreamReader(started.getInputStream(), StandardCharsets.UTF_8));
        String line;
        while ((line = out.readLine()) != null) {
            said.append(line).append('\n');
            if (line.contains("Ready to accept connections")) {
                Thread.ofVirtual().start(() -> out.lines().forEach(_ -> {}));
                return this;
            }
        }
        throw new AssertionError("redis-server did not start:\n" + said);
    }

    /** A missing server is a failure and not a skip: nothing about Redis is known without one. */
    private static String program() {
        for (String name : List.of("redis-server", "valkey-server")) {
            for (String folder : System.getenv("PATH").split(File.pathSeparator, -1)) {
                Path program = Path.of(folder, name);
                if (Files.isExecutable(program)) {
                    return program.toString();
                }
            }
        }
        throw new AssertionError("there is no redis-server (7 or later) or valkey-server on PATH, and the tests of the"
                + " Redis transport need a real one: install the package redis-server");
    }

    String url() {
        return "redis://" + (password.isEmpty() ? "" : ":" + password + "@") + "127.0.0.1:" + port;
    }

    RedisAddress address() {
        return RedisAddress.parse(url(), false, null);
    }

    /** What this object itself logs in with from now on. */
    RedisServer password(String word) {
        password = word;
        return this;
    }

    /** SIGKILL, as a crash would end it. */
    void kill() {
        Process running = process;
        if (running != null) {
            running.destroyForcibly().onExit().join();
        }
    }

    /** Any command; arguments are text or bytes. */
    @Nullable
    Object command(Command name, Object... arguments) {
        var config = DefaultJedisClientConfig.builder().resp2().autoNegotiateProtocol(false);
        if (!password.isEmpty()) {
            config.password(password);
        }
        try (Connection connection = new Connection(this::socket, config.build())) {
            CommandArguments command = new CommandArguments(name);
            for (Object argument : arguments) {
                if (argument instanceof byte[] bytes) {
                    command.add(bytes);
                } else {
                    command.add(argument.toString());
                }
            }
            return connection.executeCommand(command);
        }
    }

    private Socket socket() {
        try {
            return new Socket(InetAddress.getLoopbackAddress(), port);
        } catch (IOException e) {
            throw new JedisException(e);
        }
    }

    @Override
    public void close() {
        kill();
    }
}
