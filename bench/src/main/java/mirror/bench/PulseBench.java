package mirror.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import mirror.bus.Json;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * How fast services run again, beside Debian's supervisord, runit and Monit with the same sixty children in the same run. Single kills
 * are more than six seconds apart, since Mirror does at most ten remediations a minute; the peers, which count nothing, are killed in turns
 * with it.
 */
final class PulseBench {
    private static final int SERVICES = 60;
    private static final int SAMPLES = 30;
    private static final int PEER_SAMPLES = 10;
    private static final int HUNG = 10;
    private static final int BEATING = 5;
    private static final long APART = 6_100;
    private static final long STABLE = 61_000;
    private static final int CPU_SECONDS = 60;

    private final Instance mirror;
    private final Children children;
    private final List<Row> rows = new ArrayList<>();

    private PulseBench(Path folder, Instance mirror) throws IOException {
        this.mirror = mirror;
        this.children = new Children(folder.resolve("children"));
    }

    static List<Row> run(Path folder, Instance mirror) throws IOException, InterruptedException {
        PulseBench bench = new PulseBench(folder, mirror);
        List<Supervising> peers = Supervising.start(folder, SERVICES);
        try {
            return bench.measure(peers);
        } finally {
            peers.forEach(Supervising::close);
        }
    }

    private List<Row> measure(List<Supervising> peers) throws IOException, InterruptedException {
        define("");
        for (int i = 0; i < SERVICES; i++) {
            children.await(Supervising.child(i), 0, 30_000);
        }
        Thread.sleep(STABLE);
        kills(peers);
        hanging();
        Thread.sleep(STABLE);
        together(peers);
        crash();
        survive(peers);
        hung();
        idle();
        return rows;
    }

    // ---- services

    private void define(String probe) throws IOException, InterruptedException {
        for (int i = 0; i < SERVICES; i++) {
            write(Supervising.child(i), "child", probe);
        }
        sign(SERVICES, "c");
    }

    private Path file(String name) {
        return mirror.home().resolve("services").resolve(name + ".yaml");
    }

    private void write(String name, String program, String more) throws IOException {
        Files.createDirectories(file(name).getParent());
        Files.writeString(
                file(name), "run: ['" + children.program(program) + "', '" + children.stamps(name) + "']\n" + more);
    }

    /** Leases first, so that a service that is signed is started at once. */
    private void sign(int count, String prefix) throws IOException, InterruptedException {
        List<String> files = new ArrayList<>(List.of("sign"));
        for (int i = 0; i < count; i++) {
            files.add(file(prefix + i).toString());
            mirror.output(
                    "lease",
                    "grant",
                    "--to",
                    "service:" + prefix + i,
                    "--effects",
                    "run:*,read:*,write:*,opaque:*,machine:*",
                    "--yes");
        }
        mirror.output(files.toArray(String[]::new));
    }

    private void again(int count, String prefix) throws IOException, InterruptedException {
        List<String> files = new ArrayList<>(List.of("sign"));
        for (int i = 0; i < count; i++) {
            files.add(file(prefix + i).toString());
        }
        mirror.output(files.toArray(String[]::new));
    }

    private Map<String, JsonNode> list() throws IOException, InterruptedException {
        Map<String, JsonNode> all = new HashMap<>();
        // The exit code says whether all are well, which in a bench they are not.
        String text = mirror.answer("service", "list", "--json");
        Json.MAPPER
                .readTree(text)
                .path("services")
                .forEach(each -> all.put(each.path("name").asString(""), each));
        return all;
    }

    // ---- one at a time

    private void kills(List<Supervising> peers) throws IOException, InterruptedException {
        double[] ours = new double[SAMPLES];
        Map<String, double[]> theirs = new HashMap<>();
        for (Supervising peer : peers) {
            // Monit looks every five seconds; more samples tell no more.
            theirs.put(peer.name(), new double[peer.name().equals("Monit") ? PEER_SAMPLES : SAMPLES]);
        }
        for (int i = 0; i < SAMPLES; i++) {
            long next = System.nanoTime() + APART * 1_000_000;
            ours[i] = children.kill(Supervising.child(i), 30_000);
            for (Supervising peer : peers) {
                double[] all = of(theirs, peer.name());
                if (i < all.length) {
                    int which = i;
                    double[] one = peer.each(1, _ -> which, 60_000);
                    all[i] = one == null ? 60_000 : one[0];
                }
            }
            Thread.sleep(Math.max(0, (next - System.nanoTime()) / 1_000_000));
        }
        for (int percent : List.of(50, 95)) {
            double target = percent == 50 ? 10 : 50;
            double value = Main.percentile(ours, percent);
            String what =
                    "kill -9 of one of " + SERVICES + " children to running again, p" + percent + " of " + SAMPLES;
            beside(peers, peer -> Main.percentile(of(theirs, peer.name()), percent))
                    .forEach((name, peer) -> rows.add(new Row(
                            what, value, "ms", name, peer, "at most " + (int) target + " ms", value <= target)));
        }
    }

    private static <T> T of(Map<String, T> all, String name) {
        T one = all.get(name);
        if (one == null) {
            throw new IllegalStateException("there is no " + name);
        }
        return one;
    }

    private interface Figure {
        @Nullable
        Double of(Supervising peer) throws IOException, InterruptedException;
    }

    /** The figure of each peer; of one that could not be started, or did not do it, none. */
    private static Map<String, @Nullable Double> beside(List<Supervising> peers, Figure figure)
            throws IOException, InterruptedException {
        Map<String, @Nullable Double> figures = new java.util.LinkedHashMap<>();
        for (String name : List.of("runit", "supervisord", "Monit")) {
            figures.put(name, null);
        }
        for (Supervising peer : peers) {
            figures.put(peer.name(), figure.of(peer));
        }
        return figures;
    }

    // ---- probes that hang

    /** Takes connections and never answers. */
    private void hanging() throws IOException, InterruptedException {
        try (ServerSocket deaf = new ServerSocket(0, 1_000, InetAddress.getLoopbackAddress())) {
            List<Socket> open = new ArrayList<>();
            Thread.ofVirtual().start(() -> {
                try {
                    while (true) {
                        open.add(deaf.accept());
                    }
                } catch (IOException e) {
                    // The measurement is over.
                }
            });
            for (int i = 0; i < SERVICES; i++) {
                write(
                        Supervising.child(i),
                        "child",
                        i < SERVICES - HUNG
                                ? "live: {process: true}\n"
                                : "live: {http: 'http://127.0.0.1:" + deaf.getLocalPort()
                                        + "/', timeout: 4s, misses: 100}\n");
            }
            again(SERVICES, "c");
            double[] ours = new double[SAMPLES];
            for (int i = 0; i < SAMPLES; i++) {
                long next = System.nanoTime() + APART * 1_000_000;
                ours[i] = children.kill(Supervising.child(i + SERVICES - HUNG - SAMPLES), 30_000);
                Thread.sleep(Math.max(0, (next - System.nanoTime()) / 1_000_000));
            }
            double value = Main.percentile(ours, 95);
            rows.add(new Row(
                    "the same while " + HUNG + " of " + SERVICES + " probes hang, p95 of " + SAMPLES,
                    value,
                    "ms",
                    null,
                    null,
                    "at most 50 ms",
                    value <= 50));
            for (Socket socket : open) {
                socket.close();
            }
        }
    }

    // ---- all at once

    static double together(Children children, int count, long patience) throws IOException, InterruptedException {
        int[] before = new int[count];
        List<ProcessHandle> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            List<Children.Stamp> stamps = children.read(Supervising.child(i));
            before[i] = stamps.size();
            ProcessHandle.of(stamps.getLast().pid()).ifPresent(all::add);
        }
        long start = Children.now();
        all.forEach(ProcessHandle::destroyForcibly);
        long last = start;
        for (int i = 0; i < count; i++) {
            last = Math.max(
                    last,
                    children.await(Supervising.child(i), before[i], patience).nanos());
        }
        return (last - start) / 1e6;
    }

    private void together(List<Supervising> peers) throws IOException, InterruptedException {
        double value = together(children, SERVICES, 60_000);
        beside(peers, peer -> peer.together(SERVICES, 60_000))
                .forEach((name, peer) -> rows.add(new Row(
                        "all " + SERVICES + " killed, the last one runs again",
                        value,
                        "ms",
                        name,
                        peer,
                        "at most 800 ms",
                        value <= 800)));
    }

    // ---- crash loops

    private void crash() throws IOException, InterruptedException {
        // What was killed together used up a part of the ten remediations that there are in a minute.
        Thread.sleep(STABLE);
        write("x0", "crashing", "");
        write("x1", "crashing", "restart: {quarantine: 20s}\n");
        sign(2, "x");
        Children.Stamp first = children.await("x0", 0, 10_000);
        Thread.sleep(CPU_SECONDS * 1_000L);
        long starts = children.read("x0").stream()
                .filter(stamp -> stamp.nanos() - first.nanos() < 60_000_000_000L)
                .count();
        String state = of(list(), "x0").path("state").asString("");
        rows.add(new Row(
                "crash loop, starts in the first 60 s (then " + state + ")",
                starts,
                "starts",
                null,
                null,
                "at most 8, then quarantine",
                starts <= 8 && state.equals("quarantined")));
        List<Long> times =
                children.read("x1").stream().map(Children.Stamp::nanos).toList();
        double gap = times.size() < 6 ? 60 : (times.get(5) - times.get(4)) / 1e9;
        rows.add(new Row(
                "a crash loop with a quarantine of 20 s, from the last start to the one trial after it",
                gap,
                "s",
                null,
                null,
                "20 to 21 s, one start",
                times.size() <= 7 && gap >= 20 && gap <= 21));
        mirror.answer("service", "stop", "x0");
        mirror.answer("service", "stop", "x1");
    }

    // ---- the daemon dies

    private void survive(List<Supervising> peers) throws IOException, InterruptedException {
        Map<String, JsonNode> before = list();
        int[] starts = new int[SERVICES];
        for (int i = 0; i < SERVICES; i++) {
            starts[i] = children.read(Supervising.child(i)).size();
        }
        ProcessHandle daemon = ProcessHandle.of(mirror.pid()).orElseThrow();
        daemon.destroyForcibly();
        daemon.onExit().join();
        long start = System.nanoTime();
        mirror.output("boot");
        Map<String, JsonNode> after = list();
        double seconds = (System.nanoTime() - start) / 1e9;
        Thread.sleep(10_000);
        int adopted = 0;
        int restarted = 0;
        for (int i = 0; i < SERVICES; i++) {
            String child = Supervising.child(i);
            long pid = of(after, child).path("pid").asLong();
            adopted += pid > 0
                            && pid == of(before, child).path("pid").asLong()
                            && of(after, child).path("state").asString("").equals("ready")
                    ? 1
                    : 0;
            restarted += children.read(child).size() > starts[i] ? 1 : 0;
        }
        int all = adopted;
        boolean held = adopted == SERVICES && restarted == 0;
        beside(peers, peer -> peer.name().equals("Monit") ? null : peer.survivors(SERVICES))
                .forEach((name, peer) -> {
                    if (!name.equals("Monit")) {
                        rows.add(new Row(
                                "killed with -9 and started again: children that it has as they were, of " + SERVICES,
                                all,
                                "children",
                                name,
                                peer,
                                SERVICES + ", and none started again",
                                held));
                    }
                });
        rows.add(new Row(
                "killed with -9 and started again, until all are told of as adopted",
                seconds,
                "s",
                null,
                null,
                "at most 3 s",
                held && seconds <= 3));
    }

    // ---- children that hang

    private void hung() throws IOException, InterruptedException {
        for (int i = 0; i < BEATING; i++) {
            write("b" + i, "beating", "live: {heartbeat: 1500ms}\n");
        }
        sign(BEATING, "b");
        double worst = 0;
        for (int i = 0; i < BEATING; i++) {
            children.await("b" + i, 0, 10_000);
        }
        for (int round = 0; round < 2; round++) {
            Thread.sleep(STABLE + round * 1_700L);
            long start = Children.now();
            int[] before = new int[BEATING];
            for (int i = 0; i < BEATING; i++) {
                List<Children.Stamp> stamps = children.read("b" + i);
                before[i] = stamps.size();
                Children.signal("STOP", stamps.getLast().pid());
            }
            for (int i = 0; i < BEATING; i++) {
                worst = Math.max(
                        worst, (children.await("b" + i, before[i], 60_000).nanos() - start) / 1e9);
            }
        }
        rows.add(new Row(
                "a child that hangs to its new process, two misses at 5 s, the worst of " + 2 * BEATING,
                worst,
                "s",
                null,
                null,
                "at most 12 s",
                worst <= 12));
        for (int i = 0; i < BEATING; i++) {
            mirror.answer("service", "stop", "b" + i);
        }
    }

    // ---- nothing happens

    /** Answers whoever asks. */
    private static void serve(ServerSocket server) {
        byte[] answer =
                "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
        try {
            while (true) {
                Socket socket = server.accept();
                Thread.ofVirtual().start(() -> {
                    try (socket) {
                        byte[] request = new byte[1_024];
                        if (socket.getInputStream().read(request) > 0) {
                            socket.getOutputStream().write(answer);
                        }
                    } catch (IOException e) {
                        // The caller has gone.
                    }
                });
            }
        } catch (IOException e) {
            // The measurement is over.
        }
    }

    private void idle() throws IOException, InterruptedException {
        try (ServerSocket server = new ServerSocket(0, 1_000, InetAddress.getLoopbackAddress())) {
            Thread.ofVirtual().start(() -> serve(server));
            for (int seconds : List.of(5, 300)) {
                for (int i = 0; i < SERVICES; i++) {
                    write(
                            Supervising.child(i),
                            "child",
                            "live: {http: 'http://127.0.0.1:" + server.getLocalPort() + "/', every: " + seconds
                                    + "s}\n");
                }
                again(SERVICES, "c");
                Thread.sleep(CPU_SECONDS * 1_000L);
                ProcessHandle daemon = ProcessHandle.of(mirror.pid()).orElseThrow();
                long before = daemon.info().totalCpuDuration().orElseThrow().toNanos();
                long start = System.nanoTime();
                Thread.sleep(CPU_SECONDS * 1_000L);
                double percent = 100.0
                        * (daemon.info().totalCpuDuration().orElseThrow().toNanos() - before)
                        / (System.nanoTime() - start);
                double target = seconds == 5 ? 0.5 : 0.1;
                rows.add(new Row(
                        "idle CPU of the whole daemon, " + SERVICES + " HTTP probes each " + seconds + " s",
                        percent,
                        "% of a core",
                        null,
                        null,
                        "at most " + target + " %",
                        percent <= target));
            }
        }
    }
}
