package mirror.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import mirror.bus.Json;
import org.jspecify.annotations.Nullable;

/**
 * {@code mirror bench NAME|all [--json] [--write] [--large]}: exit 0 when every target holds, 1 when one does not, 2 on wrong usage.
 */
public final class Main {
    private static final int WARM = 5;
    private static final int RUNS = 60;
    private static final int BOOTS = 7;

    private final Path root;
    private final boolean large;

    private Main(Path root, boolean large) {
        this.root = root;
        this.large = large;
    }

    /** One of the measurements. */
    private interface Bench {
        /** @param folder of its own, on a disk, open to other users, because PostgreSQL may run as another user in it */
        List<Row> run(Path folder) throws IOException, InterruptedException;
    }

    /** By name, in the order in which {@code all} takes them. */
    private Map<String, Bench> benches() {
        Map<String, Bench> benches = new LinkedHashMap<>();
        benches.put("start", _ -> instance(Main::start));
        benches.put("hook", _ -> instance(Main::hook));
        benches.put("gate", GateBench::run);
        benches.put("bus", folder -> new BusBench(folder, large).run());
        benches.put("gateway", folder -> instance(mirror -> GatewayBench.run(folder, mirror, vault())));
        benches.put("pulse", folder -> instance(mirror -> PulseBench.run(folder, mirror)));
        benches.put("chaos", folder -> instance(mirror -> ChaosBench.run(folder, mirror)));
        benches.put(
                "console",
                folder -> instance(mirror -> ConsoleBench.run(
                        folder, root.resolve("surface/src/main/resources/mirror/surface/console"), mirror)));
        benches.put("organisms", _ -> OrganismBench.run());
        benches.put("signal", _ -> instance(SignalBench::run));
        benches.put("continuity", folder -> ContinuityBench.run(folder, 1_000_000));
        benches.put(
                "vault", folder -> VaultBench.run(folder, vault(), root.resolve("../shared/data/retrieval/scifact")));
        return benches;
    }

    /** An archive of real notes, where there is one. */
    private Path vault() {
        return root.resolve("../shared/data/vault/dev51k.tar.xz");
    }

    public static void main(String[] args) throws IOException, InterruptedException {
        List<String> words = new ArrayList<>(Arrays.asList(args).subList(1, args.length));
        boolean json = words.remove("--json");
        boolean write = words.remove("--write");
        Main main = new Main(Path.of(args[0]), words.remove("--large"));
        Map<String, Bench> benches = main.benches();
        String what = words.size() == 1 ? words.getFirst() : "";
        if (!what.equals("all") && !benches.containsKey(what)) {
            System.err.println(
                    "usage: mirror bench " + String.join("|", benches.keySet()) + "|all [--json] [--write] [--large]");
            System.exit(2);
        }
        Report report = new Report(main.root.resolve("docs/performance.md"), List.copyOf(benches.keySet()));
        boolean holds = true;
        for (Map.Entry<String, Bench> bench : benches.entrySet()) {
            if (!what.equals("all") && !what.equals(bench.getKey())) {
                continue;
            }
            List<Row> rows = run(bench.getValue());
            for (Row row : rows) {
                System.out.println(json ? Json.MAPPER.writeValueAsString(row.json()) : row.markdown());
                holds &= row.holds();
            }
            if (write) {
                report.write(bench.getKey(), rows, LocalDate.now(ZoneOffset.UTC));
            }
        }
        System.exit(holds ? 0 : 1);
    }

    private static List<Row> run(Bench bench) throws IOException, InterruptedException {
        // Not /tmp, which is memory on some systems.
        Path folder = Files.createTempDirectory(Path.of("/var/tmp"), "mirror-bench");
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        try {
            return bench.run(folder);
        } finally {
            BusBench.delete(folder);
        }
    }

    /** A measurement of a running Mirror. */
    private interface Live {
        List<Row> run(Instance mirror) throws IOException, InterruptedException;
    }

    private List<Row> instance(Live live) throws IOException, InterruptedException {
        try (Instance mirror = new Instance(root.resolve("mirror"))) {
            mirror.output("boot");
            return live.run(mirror);
        }
    }

    private static List<Row> start(Instance mirror) throws IOException, InterruptedException {
        double[] boots = new double[BOOTS];
        for (int i = 0; i < BOOTS; i++) {
            mirror.stop();
            boots[i] = mirror.time(mirror.command("boot"), "");
        }
        long resident = residentMegabytes(mirror.pid());
        Pair status = sideBySide(mirror, mirror.command("status"), "", List.of("node", "-e", "0"));
        double boot = percentile(boots, 50);
        return List.of(
                new Row(
                        "mirror status, median of " + RUNS,
                        status.ours,
                        "ms",
                        "node -e 0",
                        status.theirs,
                        "at most 25 ms and a quarter of node",
                        status.ours <= 25 && status.theirs != null && status.ours <= status.theirs / 4),
                new Row(
                        "mirror boot of a built Mirror until healthy, the whole command, median of " + BOOTS,
                        boot,
                        "ms",
                        null,
                        null,
                        "at most 1000 ms",
                        boot <= 1000),
                new Row(
                        "resident memory of the daemon after boot",
                        resident,
                        "MB",
                        null,
                        null,
                        "at most 160 MB",
                        resident > 0 && resident <= 160));
    }

    private static List<Row> hook(Instance mirror) throws IOException, InterruptedException {
        mirror.output("connect", "claude", "--yes");
        List<String> shim = List.of(mirror.home().resolve("hooks/claude").toString(), "PreToolUse");
        String call = Json.MAPPER.writeValueAsString(Json.object()
                .put("session_id", "bench")
                .put("cwd", mirror.project().toString())
                .put("hook_event_name", "PreToolUse")
                .put("tool_name", "Bash")
                .put("tool_use_id", "t")
                .set(
                        "tool_input",
                        Json.object().put("command", "cd src && grep -rn 'TODO' . | head -20 > ../todo.txt")));
        Pair hook = sideBySide(mirror, shim, call, List.of("node", "-e", "0"));
        return List.of(new Row(
                "hook round trip, from the client's start of the hook to the recorded decision, median of " + RUNS,
                hook.ours,
                "ms",
                "node -e 0 (a hook in node before its first line)",
                hook.theirs,
                "at most 20 ms",
                hook.ours <= 20));
    }

    private record Pair(double ours, @Nullable Double theirs) {}

    /** Takes turns, so that what else the machine does hits both alike. */
    private static Pair sideBySide(Instance mirror, List<String> ours, String input, List<String> theirs)
            throws IOException, InterruptedException {
        double[] mine = new double[RUNS];
        double[] peer = new double[RUNS];
        boolean peerRuns = true;
        for (int i = -WARM; i < RUNS; i++) {
            double a = mirror.time(ours, input);
            double b = 0;
            if (peerRuns) {
                try {
                    b = mirror.time(theirs, "");
                } catch (IOException e) {
                    System.err.println("peer not measured: " + e.getMessage());
                    peerRuns = false;
                }
            }
            if (i >= 0) {
                mine[i] = a;
                peer[i] = b;
            }
        }
        return new Pair(percentile(mine, 50), peerRuns ? percentile(peer, 50) : null);
    }

    static double percentile(double[] values, int percent) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[Math.min(sorted.length - 1, (int) Math.ceil(sorted.length * percent / 100.0) - 1)];
    }

    /** Of a process; 0 where the system does not tell. */
    static long residentMegabytes(long pid) throws IOException, InterruptedException {
        Process ps = new ProcessBuilder("ps", "-o", "rss=", "-p", String.valueOf(pid)).start();
        String kilobytes = new String(ps.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).strip();
        ps.waitFor();
        return kilobytes.matches("[0-9]+") ? Long.parseLong(kilobytes) / 1024 : 0;
    }

    /** What the launcher gives the daemon's JVM. */
    static List<String> daemonFlags() {
        return List.of(System.getProperty("mirror.flags").split(" "));
    }
}
