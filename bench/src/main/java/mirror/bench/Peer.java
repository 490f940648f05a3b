package mirror.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A database beside us on the same disk, driven by the load generator of its own project. */
abstract sealed class Peer implements AutoCloseable {
    private final Process server;

    private Peer(Process server) {
        this.server = server;
    }

    /** Durable writes a second of {@code bytes} bytes with {@code clients} connections, over some seconds. */
    abstract double perSecond(int clients, int bytes) throws IOException, InterruptedException;

    @Override
    public void close() {
        server.destroy();
        server.onExit().join();
    }

    /** Redis with every write flushed before the answer, or null when it cannot be started. */
    static @Nullable Peer redis(Path folder) throws IOException, InterruptedException {
        try {
            return new Redis(folder);
        } catch (IOException e) {
            System.err.println("Redis was not measured: " + e.getMessage());
            return null;
        }
    }

    /** PostgreSQL as it comes, or null when it cannot be started. */
    static @Nullable Peer postgres(Path folder) throws IOException, InterruptedException {
        try {
            return Postgres.start(folder);
        } catch (IOException e) {
            System.err.println("PostgreSQL was not measured: " + e.getMessage());
            return null;
        }
    }

    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static String output(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException(command[0] + " says: " + text.strip());
        }
        return text;
    }

    private static void awaitSuccess(Process server, String... command) throws IOException, InterruptedException {
        for (int tries = 0; tries < 100; tries++) {
            if (!server.isAlive()) {
                throw new IOException("the server ended with exit code " + server.exitValue());
            }
            try {
                output(command);
                return;
            } catch (IOException notYet) {
                Thread.sleep(100);
            }
        }
        throw new IOException("the server did not answer within 10 s");
    }

    private static double figure(String pattern, String text) throws IOException {
        Matcher found = Pattern.compile(pattern).matcher(text);
        double last = -1;
        while (found.find()) {
            last = Double.parseDouble(found.group(1));
        }
        if (last < 0) {
            throw new IOException("no figure in: " + text);
        }
        return last;
    }

    private static final class Redis extends Peer {
        private static final int REQUESTS = 60_000;
        private final int port;

        Redis(Path folder) throws IOException, InterruptedException {
            this(folder, freePort());
        }

        private Redis(Path folder, int port) throws IOException, InterruptedException {
            super(start(folder, port));
            this.port = port;
        }

        private static Process start(Path folder, int port) throws IOException, InterruptedException {
            Files.createDirectories(folder);
            Process server = new ProcessBuilder(
                            "redis-server",
                            "--port",
                            String.valueOf(port),
                            "--bind",
                            "127.0.0.1",
                            "--dir",
                            folder.toString(),
                            "--appendonly",
                            "yes",
                            "--appendfsync",
                            "always",
                            "--save",
                            "",
                            "--auto-aof-rewrite-percentage",
                            "0")
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            awaitSuccess(server, "redis-cli", "-p", String.valueOf(port), "ping");
            return server;
        }

        @Override
        double perSecond(int clients, int bytes) throws IOException, InterruptedException {
            String text = output(
                    "redis-benchmark",
                    "-p",
                    String.valueOf(port),
                    "-c",
                    String.valueOf(clients),
                    "-n",
                    String.valueOf(REQUESTS),
                    "-q",
                    "xadd",
                    "events",
                    "*",
                    "data",
                    "x".repeat(bytes));
            return figure("([0-9.]+) requests per second", text);
        }
    }

    private static final class Postgres extends Peer {
        private final Path bin;
        private final Path folder;
        private final int port;

        private Postgres(Process server, Path bin, Path folder, int port) {
            super(server);
            this.bin = bin;
            this.folder = folder;
            this.port = port;
        }

        static Postgres start(Path folder) throws IOException, InterruptedException {
            Path bin = bin();
            int port = freePort();
            Files.createDirectories(folder);
            List<String> as = new ArrayList<>();
            if (System.getProperty("user.name").equals("root")) {
                // PostgreSQL refuses to run as root.
                output("chown", "nobody", folder.toString());
                as.addAll(List.of("setpriv", "--reuid=nobody", "--clear-groups", "--"));
            }
            List<String> init = new ArrayList<>(as);
            init.addAll(List.of(
                    bin.resolve("initdb").toString(),
                    "-D",
                    folder.resolve("data").toString(),
                    "-U",
                    "bench",
                    "-A",
                    "trust"));
            output(init.toArray(String[]::new));
            List<String> run = new ArrayList<>(as);
            run.addAll(List.of(
                    bin.resolve("postgres").toString(),
                    "-D",
                    folder.resolve("data").toString(),
                    "-p",
                    String.valueOf(port),
                    "-h",
                    "127.0.0.1",
                    "-k",
                    folder.toString(),
                    "-c",
                    "max_connections=80"));
            Process server = new ProcessBuilder(run)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            Postgres postgres = new Postgres(server, bin, folder, port);
            awaitSuccess(
                    server, postgres.tool("psql", "-c", "create table events (seq bigserial primary key, data text)"));
            return postgres;
        }

        private static Path bin() throws IOException {
            try (Stream<Path> versions = Files.list(Path.of("/usr/lib/postgresql"))) {
                return versions.map(version -> version.resolve("bin"))
                        .filter(bin -> Files.isExecutable(bin.resolve("postgres")))
                        .sorted()
                        .reduce((_, later) -> later)
                        .orElseThrow(() -> new IOException("no server in /usr/lib/postgresql"));
            }
        }

        private String[] tool(String name, String... more) {
            List<String> command = new ArrayList<>(List.of(
                    bin.resolve(name).toString(), "-h", "127.0.0.1", "-p", String.valueOf(port), "-U", "bench"));
            command.addAll(List.of(more));
            command.add("postgres");
            return command.toArray(String[]::new);
        }

        @Override
        double perSecond(int clients, int bytes) throws IOException, InterruptedException {
            Path script = folder.resolve("insert.sql");
            Files.writeString(script, "insert into events (data) values ('" + "x".repeat(bytes) + "');\n");
            String text = output(tool(
                    "pgbench",
                    "-n",
                    "-M",
                    "prepared",
                    "-c",
                    String.valueOf(clients),
                    "-j",
                    "2",
                    "-T",
                    "3",
                    "-f",
                    script.toString()));
            return figure("tps = ([0-9.]+)", text);
        }
    }
}
