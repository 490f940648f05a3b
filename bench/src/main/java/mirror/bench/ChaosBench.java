package mirror.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import mirror.bus.Json;
import tools.jackson.databind.JsonNode;

/**
 * Fifty seeded rounds in which something befalls a real service of a real daemon, each of which has to end with the service well, or in
 * quarantine for the reason that is true and well once that is over. Meanwhile, for ten minutes at least, others that nothing befalls
 * must not be started again, although the daemon is stopped and goes on again and again, probes are answered late, and one of them
 * computes and does not answer. Clocks that jump are simulated in the tests of the supervisor; here the system's clock is not ours to set.
 */
final class ChaosBench {
    private static final int ROUNDS = 50;
    private static final int BYSTANDERS = 20;
    private static final long LONG = TimeUnit.MINUTES.toNanos(10);

    /** Ten remediations a minute: a round may have to wait for the next. */
    private static final long PATIENCE = TimeUnit.SECONDS.toNanos(120);

    private static final String LEASE = "run:*,read:*,write:*,opaque:*,machine:*,egress:*";
    private static final String STRICT = "restart: {first: 50ms, failures: 2, quarantine: 1h}\n";
    private static final long LARGE_LOG = 30_000_000;

    private enum Kind {
        KILL,
        STALL,
        PORT_THEFT,
        DISK_FULL,
        LOG_FLOOD,
        ENVIRONMENT_LOSS,
        DEPENDENCY_DEATH
    }

    private final Path folder;
    private final Instance mirror;
    private final Children children;
    private volatile boolean over;

    private ChaosBench(Path folder, Instance mirror) throws IOException {
        this.folder = folder;
        this.mirror = mirror;
        this.children = new Children(folder.resolve("children"));
    }

    static List<Row> run(Path folder, Instance mirror) throws IOException, InterruptedException {
        return new ChaosBench(folder, mirror).measure(System.nanoTime() & 0xFFFFFF);
    }

    private List<Row> measure(long seed) throws IOException, InterruptedException {
        Random random = new Random(seed);
        long start = System.nanoTime();
        mirror.output("lease", "grant", "--to", "healer:environment", "--effects", "machine:*", "--yes");
        try (ServerSocket late = new ServerSocket(0, 1_000, InetAddress.getLoopbackAddress());
                ServerSocket deaf = new ServerSocket(0, 1_000, InetAddress.getLoopbackAddress())) {
            Thread.ofVirtual().start(() -> answerLate(late));
            bystanders(late.getLocalPort(), deaf.getLocalPort());
            Thread stalls = Thread.ofVirtual().start(() -> stall(new Random(seed + 1)));
            List<Kind> kinds = new ArrayList<>();
            for (int i = 0; i < ROUNDS; i++) {
                kinds.add(Kind.values()[i % Kind.values().length]);
            }
            Collections.shuffle(kinds, random);
            int right = 0;
            for (int i = 0; i < ROUNDS; i++) {
                String wrong = round("r" + i, kinds.get(i), random);
                if (wrong.isEmpty()) {
                    right++;
                } else {
                    System.err.println("round " + i + " of seed " + seed + ", " + kinds.get(i) + ": " + wrong);
                }
            }
            while (System.nanoTime() - start < LONG) {
                Thread.sleep(1_000);
            }
            over = true;
            stalls.join();
            int restarts = 0;
            for (int i = 0; i < BYSTANDERS; i++) {
                restarts += children.read(Supervising.child(i)).size() - 1;
            }
            long minutes = TimeUnit.NANOSECONDS.toMinutes(System.nanoTime() - start);
            return List.of(
                    new Row(
                            ROUNDS + " rounds of chaos (seed " + seed
                                    + ") that ended well, or in quarantine for the right reason",
                            right,
                            "rounds",
                            null,
                            null,
                            "all " + ROUNDS,
                            right == ROUNDS),
                    new Row(
                            "false restarts of " + BYSTANDERS + " services in " + minutes
                                    + " minutes of that, with stalls, late answers and load",
                            restarts,
                            "restarts",
                            null,
                            null,
                            "none",
                            restarts == 0));
        }
    }

    // ---- those that nothing befalls

    private void bystanders(int late, int deaf) throws IOException, InterruptedException {
        List<String> files = new ArrayList<>(List.of("sign"));
        Path computing = script(
                "computing",
                "echo \"$$ $(date +%s%N)\" >> " + children.stamps(Supervising.child(0)) + "\nwhile :; do :; done\n");
        for (int i = 0; i < BYSTANDERS; i++) {
            String name = Supervising.child(i);
            lease(name);
            files.add(write(
                            name,
                            i == 0
                                    ? "run: ['" + computing + "']\nlive: {http: 'http://127.0.0.1:" + deaf
                                            + "/', every: 2s, busy: 1h}\n"
                                    : "run: ['" + children.program("child") + "', '" + children.stamps(name)
                                            + "']\nlive: {http: 'http://127.0.0.1:" + late
                                            + "/', every: 2s, timeout: 3s}\n")
                    .toString());
        }
        mirror.output(files.toArray(String[]::new));
        for (int i = 0; i < BYSTANDERS; i++) {
            children.await(Supervising.child(i), 0, 60_000);
        }
    }

    /** Answers whoever asks, after up to two of the three seconds that there are. */
    private static void answerLate(ServerSocket server) {
        Random random = new Random(1);
        byte[] answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                .getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        try {
            while (true) {
                var socket = server.accept();
                int wait = random.nextInt(2_000);
                Thread.ofVirtual().start(() -> {
                    try (socket) {
                        Thread.sleep(wait);
                        if (socket.getInputStream().read(new byte[1_024]) > 0) {
                            socket.getOutputStream().write(answer);
                        }
                    } catch (IOException | InterruptedException e) {
                        // The caller has gone.
                    }
                });
            }
        } catch (IOException e) {
            // The measurement is over.
        }
    }

    /** The daemon stands still for some seconds, about once a minute, as on a machine that sleeps. */
    private void stall(Random random) {
        try {
            long pid = mirror.pid();
            while (!over) {
                Thread.sleep(40_000 + random.nextInt(20_000));
                Children.signal("STOP", pid);
                Thread.sleep(2_000 + random.nextInt(6_000));
                Children.signal("CONT", pid);
            }
        } catch (IOException | InterruptedException e) {
            System.err.println("stalls ended: " + e);
        }
    }

    // ---- the rounds

    /** @return what is wrong with how it ended, or empty */
    private String round(String name, Kind kind, Random random) throws IOException, InterruptedException {
        Path flag = folder.resolve(name + ".flag");
        String wrong = switch (kind) {
            case KILL -> {
                begin(name, "run: ['" + children.program("child") + "', '" + children.stamps(name) + "']\n");
                String before = ready(name);
                yield before.isEmpty() ? killed(name, "KILL") : before;
            }
            case STALL -> {
                begin(
                        name,
                        "run: ['" + children.program("beating") + "', '" + children.stamps(name)
                                + "']\nlive: {heartbeat: 2s, every: 500ms}\n");
                String before = ready(name);
                yield before.isEmpty() ? killed(name, "STOP") : before;
            }
            case PORT_THEFT -> {
                try (ServerSocket thief = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                    begin(
                            name,
                            "run: ['" + children.program("child") + "', '" + children.stamps(name) + "']\nport: "
                                    + thief.getLocalPort() + "\nready: {process: true}\nlive: {process: true}\n"
                                    + STRICT);
                    String found = quarantined(
                            name,
                            "port " + thief.getLocalPort() + " is held by process "
                                    + ProcessHandle.current().pid());
                    if (!found.isEmpty()) {
                        yield found;
                    }
                }
                yield released(name);
            }
            case DISK_FULL -> {
                begin(
                        name,
                        "run: ['"
                                + script(
                                        name,
                                        "[ -e " + flag
                                                + " ] && exec sleep 1000000\necho data 2>/dev/null > /dev/full || exit 28\n")
                                + "']\n" + STRICT);
                String found = quarantined(name, "exit code 28");
                Files.createFile(flag);
                yield found.isEmpty() ? released(name) : found;
            }
            case LOG_FLOOD -> {
                begin(
                        name,
                        "run: ['" + script(name, "yes chatty | head -c " + LARGE_LOG + "\nexec sleep 1000000\n")
                                + "']\nlog: {size: 1MB}\n");
                yield flooded(name);
            }
            case ENVIRONMENT_LOSS -> {
                begin(
                        name,
                        "run: ['"
                                + script(
                                        name,
                                        "[ -e " + flag + " ] || { touch " + flag
                                                + "; exec env -u COLOUR sleep 1000000; }\nexec sleep 1000000\n")
                                + "']\nenv: {COLOUR: blue}\n");
                String before = ready(name);
                yield before.isEmpty() ? lost(name) : before;
            }
            case DEPENDENCY_DEATH -> dependency(name, flag, random.nextBoolean());
        };
        mirror.answer("service", "stop", name, "--dependants");
        return wrong;
    }

    private String killed(String name, String signal) throws IOException, InterruptedException {
        long pid = show(name).path("pid").asLong();
        Children.signal(signal, pid);
        return await(
                name,
                "its process was sent " + signal,
                now -> now.path("pid").asLong() != pid
                        && now.path("state").asString("").equals("ready"));
    }

    private String flooded(String name) throws IOException, InterruptedException {
        String before = ready(name);
        if (!before.isEmpty()) {
            return before;
        }
        long pid = show(name).path("pid").asLong();
        Path part = mirror.home().resolve("service-logs").resolve(name + ".log.1");
        String wrong = await(name, "its log was flooded", _ -> Files.exists(part));
        if (!wrong.isEmpty()) {
            return wrong;
        }
        return show(name).path("pid").asLong() == pid ? ready(name) : "it was started again for what it wrote";
    }

    private String lost(String name) throws IOException, InterruptedException {
        long pid = show(name).path("pid").asLong();
        mirror.answer("pulse", "--now");
        mirror.answer("pulse", "--now");
        return await(name, "it lost a variable", now -> {
            long other = now.path("pid").asLong();
            try {
                return other != pid
                        && now.path("state").asString("").equals("ready")
                        && Files.readString(Path.of("/proc", String.valueOf(other), "environ"))
                                .contains("COLOUR=blue");
            } catch (IOException e) {
                return false;
            }
        });
    }

    /** One that another needs dies and does not come back: it is given up for its own reason, and the other waits for it. */
    private String dependency(String name, Path flag, boolean together) throws IOException, InterruptedException {
        String other = name + "b";
        begin(name, "run: ['" + script(name, "[ -e " + flag + " ] && exit 3\nexec sleep 1000000\n") + "']\n" + STRICT);
        begin(other, "run: [sleep, '1000000']\nneeds: [" + name + "]\n");
        String wrong = ready(name) + ready(other);
        if (!wrong.isEmpty()) {
            return wrong;
        }
        long pid = show(other).path("pid").asLong();
        Files.createFile(flag);
        Children.signal("KILL", show(name).path("pid").asLong());
        if (together) {
            Children.signal("KILL", pid);
        }
        wrong = quarantined(name, "exit code 3");
        if (!together) {
            Children.signal("KILL", pid);
        }
        wrong += await(
                other,
                "what it needs died",
                now -> now.path("reason").asString("").contains("waits for " + name));
        Files.delete(flag);
        return wrong + released(name) + ready(other);
    }

    // ---- services

    private Path script(String name, String text) throws IOException {
        Path file = Files.writeString(folder.resolve(name + ".sh"), "#!/bin/sh\n" + text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
        return file;
    }

    private Path write(String name, String yaml) throws IOException {
        Path file = mirror.home().resolve("services").resolve(name + ".yaml");
        Files.createDirectories(file.getParent());
        return Files.writeString(file, yaml);
    }

    private void lease(String name) throws IOException, InterruptedException {
        mirror.output("lease", "grant", "--to", "service:" + name, "--effects", LEASE, "--yes");
    }

    private void begin(String name, String yaml) throws IOException, InterruptedException {
        lease(name);
        mirror.output("sign", write(name, yaml).toString());
    }

    private JsonNode show(String name) throws IOException, InterruptedException {
        return Json.MAPPER.readTree(mirror.answer("service", "show", name, "--json"));
    }

    private String ready(String name) throws IOException, InterruptedException {
        return await(
                name, "it should be well", now -> now.path("state").asString("").equals("ready"));
    }

    private String released(String name) throws IOException, InterruptedException {
        mirror.answer("service", "release", name);
        return ready(name);
    }

    private String quarantined(String name, String reason) throws IOException, InterruptedException {
        return await(
                name,
                "it should be in quarantine for '" + reason + "'",
                now -> now.path("state").asString("").equals("quarantined")
                        && now.path("reason").asString("").contains(reason));
    }

    private String await(String name, String what, Predicate<JsonNode> so) throws IOException, InterruptedException {
        long until = System.nanoTime() + PATIENCE;
        JsonNode now = show(name);
        while (!so.test(now)) {
            if (System.nanoTime() > until) {
                return what + ", and " + name + " is " + now.path("state").asString("") + ": "
                        + now.path("reason").asString("") + "; ";
            }
            Thread.sleep(50);
            now = show(name);
        }
        return "";
    }
}
