package mirror.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A supervisor of others with children like Mirror's. Taken from the system, or from Debian's package, which is unpacked and not installed,
 * so that nothing of the system changes and nothing is started by it.
 */
final class Supervising implements AutoCloseable {
    private final String name;
    private final Children children;
    private final List<String> command;
    private final Map<String, String> environment;

    /** Folders of services that have a supervisor of their own. */
    private final List<Path> services;

    private Process process;

    private Supervising(
            String name, Children children, List<String> command, Map<String, String> environment, List<Path> services)
            throws IOException {
        this.name = name;
        this.children = children;
        this.command = command;
        this.environment = environment;
        this.services = services;
        this.process = begin();
    }

    private Process begin() throws IOException {
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD);
        builder.environment().putAll(environment);
        return builder.start();
    }

    String name() {
        return name;
    }

    Children children() {
        return children;
    }

    static String child(int number) {
        return "c" + number;
    }

    /** Supervisors that can be started here; why others cannot is said on standard error. */
    static List<Supervising> start(Path folder, int count) throws InterruptedException {
        List<Supervising> peers = new ArrayList<>();
        add(peers, "supervisord", () -> supervisord(folder, count));
        add(peers, "runit", () -> runit(folder, count));
        add(peers, "Monit", () -> monit(folder, count));
        return peers;
    }

    private interface Start {
        Supervising get() throws IOException, InterruptedException;
    }

    private static void add(List<Supervising> peers, String name, Start start) throws InterruptedException {
        try {
            Supervising peer = start.get();
            for (int i = 0; i < 60 && peer.process.isAlive(); i++) {
                try {
                    peer.children.await(child(0), 0, 1_000);
                    peers.add(peer);
                    return;
                } catch (IOException notYet) {
                    // Monit takes a while.
                }
            }
            peer.close();
            throw new IOException("it started no child within a minute");
        } catch (IOException e) {
            System.err.println(name + " was not measured: " + e.getMessage());
        }
    }

    private static Supervising supervisord(Path folder, int count) throws IOException, InterruptedException {
        Path root = unpack(folder, "supervisor", "python3-pkg-resources");
        Path own = Files.createDirectories(folder.resolve("supervisord"));
        Children children = new Children(own.resolve("children"));
        StringBuilder conf =
                new StringBuilder("[supervisord]\nnodaemon=true\nlogfile=/dev/null\nlogfile_maxbytes=0\npidfile="
                        + own.resolve("pid") + "\n");
        for (int i = 0; i < count; i++) {
            conf.append("[program:").append(child(i)).append("]\ncommand=").append(command(children, i));
            conf.append("\nautorestart=true\nstdout_logfile=/dev/null\nredirect_stderr=true\n");
        }
        Path file = Files.writeString(own.resolve("conf"), conf);
        Path program = root.resolve("usr/bin/supervisord");
        return new Supervising(
                "supervisord",
                children,
                List.of("python3", program.toString(), "-n", "-c", file.toString()),
                Map.of(
                        "PYTHONPATH",
                        root.resolve("usr/lib/python3/dist-packages").toString()),
                List.of());
    }

    private static Supervising runit(Path folder, int count) throws IOException, InterruptedException {
        Path root = unpack(folder, "runit");
        Path own = Files.createDirectories(folder.resolve("runit"));
        Children children = new Children(own.resolve("children"));
        for (int i = 0; i < count; i++) {
            Path run = Files.createDirectories(own.resolve("services").resolve(child(i)))
                    .resolve("run");
            Files.writeString(run, "#!/bin/sh\nexec " + command(children, i) + "\n");
            Files.setPosixFilePermissions(run, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        Path bin = root.resolve("usr/bin");
        List<Path> services = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            services.add(own.resolve("services").resolve(child(i)));
        }
        return new Supervising(
                "runit",
                children,
                List.of(
                        bin.resolve("runsvdir").toString(),
                        own.resolve("services").toString()),
                Map.of("PATH", bin + ":" + System.getenv("PATH")),
                services);
    }

    private static Supervising monit(Path folder, int count) throws IOException, InterruptedException {
        Path root = unpack(folder, "monit");
        Path own = Files.createDirectories(folder.resolve("monit"));
        Children children = new Children(own.resolve("children"));
        StringBuilder conf = new StringBuilder("set daemon 5\nset statefile " + own.resolve("state") + "\nset idfile "
                + own.resolve("id") + "\nset pidfile " + own.resolve("pid") + "\n");
        for (int i = 0; i < count; i++) {
            String pid = own.resolve(child(i) + ".pid").toString();
            conf.append("check process ")
                    .append(child(i))
                    .append(" with pidfile ")
                    .append(pid);
            conf.append("\n  start program = \"/bin/sh -c 'setsid ").append(command(children, i));
            conf.append(" >/dev/null 2>&1 & echo $! > ").append(pid).append("'\"\n");
        }
        Path file = Files.writeString(own.resolve("conf"), conf);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        return new Supervising(
                "Monit",
                children,
                List.of(root.resolve("usr/bin/monit").toString(), "-I", "-c", file.toString()),
                Map.of(),
                List.of());
    }

    private static String command(Children children, int i) {
        return children.program("child") + " " + children.stamps(child(i));
    }

    private static Path unpack(Path folder, String... packages) throws IOException, InterruptedException {
        Path root = Files.createDirectories(folder.resolve("root-" + packages[0]));
        Path debs = Files.createDirectories(folder.resolve("debs-" + packages[0]));
        for (String each : packages) {
            run(debs, "apt-get", "download", each);
        }
        try (Stream<Path> files = Files.list(debs)) {
            for (Path deb : files.toList()) {
                run(debs, "dpkg", "-x", deb.toString(), root.toString());
            }
        }
        return root;
    }

    private static void run(Path folder, String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException(String.join(" ", command) + ": " + said.strip());
        }
    }

    /** Of so many kills, milliseconds each, or null when one was not answered. */
    double @Nullable [] each(int times, IntFunction<Integer> which, long patience) throws InterruptedException {
        double[] all = new double[times];
        try {
            for (int i = 0; i < times; i++) {
                all[i] = children.kill(child(which.apply(i)), patience);
            }
            return all;
        } catch (IOException e) {
            System.err.println(name + ": " + e.getMessage());
            return null;
        }
    }

    /** All children are killed at once; milliseconds until the last one runs again, or null when one does not. */
    @Nullable
    Double together(int count, long patience) throws InterruptedException {
        try {
            return PulseBench.together(children, count, patience);
        } catch (IOException e) {
            System.err.println(name + ": " + e.getMessage());
            return null;
        }
    }

    /** It is killed and started again; how many of the children it still has as they were, or null when that fails. */
    @Nullable
    Double survivors(int count) throws InterruptedException {
        try {
            int[] before = new int[count];
            for (int i = 0; i < count; i++) {
                before[i] = children.read(child(i)).size();
            }
            process.toHandle().destroyForcibly();
            process.waitFor();
            process = begin();
            Thread.sleep(10_000);
            int same = 0;
            for (int i = 0; i < count; i++) {
                boolean alive = ProcessHandle.of(
                                children.read(child(i)).get(before[i] - 1).pid())
                        .map(ProcessHandle::isAlive)
                        .orElse(false);
                same += alive && children.read(child(i)).size() == before[i] ? 1 : 0;
            }
            return (double) same;
        } catch (IOException e) {
            System.err.println(name + ": " + e.getMessage());
            return null;
        }
    }

    @Override
    public void close() {
        try {
            process.destroy();
            if (!process.waitFor(5, java.util.concurrent.TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
            // runsv outlives runsvdir, also the one that was killed.
            for (Path service : services) {
                int _ = new ProcessBuilder(
                                List.of(command.getFirst().replace("runsvdir", "sv"), "force-exit", service.toString()))
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start()
                        .waitFor();
            }
            for (int i = 0; i < 1_000 && Files.exists(children.stamps(child(i))); i++) {
                for (Children.Stamp stamp : children.read(child(i))) {
                    ProcessHandle.of(stamp.pid())
                            .filter(handle -> handle.info().command().orElse("").contains("sleep"))
                            .ifPresent(ProcessHandle::destroyForcibly);
                }
            }
        } catch (IOException | InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
