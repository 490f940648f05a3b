package mirror.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import mirror.bus.Json;
import org.jspecify.annotations.Nullable;

/**
 * What the gateway adds to a call of a model, with lease, gate, budget and log on, beside Portkey's gateway and beside the model alone.
 * Model and client are in this process; the calls of each kind are made in turns on one connection each.
 */
final class GatewayBench {
    private static final int WARM = 6_000;
    private static final int CALLS = 4_000;
    private static final int CLIENTS = 4;
    private static final int TOGETHER = 20_000;
    private static final int STREAMS = 60;
    private static final int WARM_STREAMS = 300;
    private static final int SPARE = 100;

    /** Models that fail before those that are measured, since a daemon that has run for a day has met some. */
    private static final int WARM_SPARE = 300;

    private static final int ANSWERS = 300;

    /** A model opens its breaker at the third failure. */
    private static final int FAILURES = 2;

    private static final String PATH = "/v1/chat/completions";
    private static final String SMALL = body("m", false, "");
    private static final String LARGE = body("m", false, "x".repeat(115_000));
    private static final String STREAM = body("s", true, "");

    private final Path folder;
    private final Instance mirror;
    private final ModelServer model = new ModelServer(ModelServer.Mode.WHOLE);
    private final ModelServer talker = new ModelServer(ModelServer.Mode.STREAM);
    private final ModelServer shaky = new ModelServer(ModelServer.Mode.WHOLE);
    private final ModelServer breaking = new ModelServer(ModelServer.Mode.BREAK);
    private final List<Row> rows = new ArrayList<>();

    private GatewayBench(Path folder, Instance mirror) throws IOException {
        this.folder = folder;
        this.mirror = mirror;
    }

    /** @param notes archive of a vault, or a path where there is none */
    static List<Row> run(Path folder, Instance mirror, Path notes) throws IOException, InterruptedException {
        GatewayBench bench = new GatewayBench(folder, mirror);
        try (bench.model;
                bench.talker;
                bench.shaky;
                bench.breaking) {
            return bench.measure(notes);
        }
    }

    private static String body(String model, boolean stream, String more) {
        return "{\"model\":\"" + model + "\",\"max_tokens\":16,\"stream\":" + stream
                + ",\"messages\":[{\"role\":\"user\",\"content\":\"Say hi." + more + "\"}]}";
    }

    private List<Row> measure(Path notes) throws IOException, InterruptedException {
        Files.writeString(mirror.home().resolve("tiers.yaml"), tiers());
        String lease = lease("egress:127.0.0.1");
        mirror.output("budget", "set", "bench", "tokens", "9000000000");
        mirror.output("budget", "set", "all", "money", "90000");
        var status = Json.MAPPER.readTree(mirror.output("status", "--json"));
        int port = status.path("port").asInt();
        ProcessHandle daemon = ProcessHandle.of(status.path("pid").asLong()).orElseThrow();
        try (Portkey peer = Portkey.start(folder.resolve("portkey"), model.port())) {
            small(port, lease, daemon, peer);
        }
        large(port, lease, daemon);
        streams(port, lease);
        failover(port, lease);
        cut(port, lease);
        offline(VaultBench.notes(folder.resolve("vault"), notes));
        return rows;
    }

    /** The header of a new lease. */
    private String lease(String effects) throws IOException, InterruptedException {
        Path key = Files.createTempFile(folder, "key", ".txt");
        Files.delete(key);
        mirror.output("lease", "grant", "--to", "bench", "--effects", effects, "--token", key.toString(), "--yes");
        return "authorization: Bearer " + Files.readString(key).strip() + "\r\n";
    }

    private String tiers() {
        StringBuilder shakyModels = new StringBuilder();
        StringBuilder breakingModels = new StringBuilder();
        StringBuilder routes = new StringBuilder();
        for (int i = -WARM_SPARE; i < SPARE; i++) {
            shakyModels
                    .append("      f")
                    .append(i)
                    .append(": {context: 200000, output: 1000, price: {in: 1, out: 2}}\n");
            breakingModels
                    .append("      c")
                    .append(i)
                    .append(": {context: 200000, output: 1000, price: {in: 1, out: 2}}\n");
            routes.append("  fail").append(i).append(": [shaky/f").append(i).append(", model/m]\n");
            routes.append("  cut").append(i).append(": [breaking/c").append(i).append(", talker/s]\n");
        }
        return "providers:\n"
                + provider("model", model, "      m: {context: 200000, output: 1000, price: {in: 1, out: 2}}\n")
                + provider("talker", talker, "      s: {context: 200000, output: 1000, price: {in: 1, out: 2}}\n")
                + provider("shaky", shaky, shakyModels.toString())
                + provider("breaking", breaking, breakingModels.toString())
                + "  gone: {dialect: openai, base-url: 'http://127.0.0.1:1/v1', key: none, local: true, models: {g: {context: 200000}}}\n"
                + "  offline: {dialect: vault}\n"
                + "routes:\n  off: [gone/g, offline/vault]\n" + routes;
    }

    private static String provider(String name, ModelServer server, String models) {
        return "  " + name + ":\n    dialect: openai\n    base-url: http://127.0.0.1:" + server.port()
                + "/v1\n    key: none\n    local: true\n    models:\n" + models;
    }

    // ---- small and large bodies

    private void small(int port, String lease, ProcessHandle daemon, @Nullable Portkey peer)
            throws IOException, InterruptedException {
        double[] alone = new double[CALLS];
        double[] ours = new double[CALLS];
        double[] theirs = new double[CALLS];
        try (Caller direct = new Caller(model.port(), PATH, "");
                Caller mine = new Caller(port, PATH, lease)) {
            Caller other = peer == null ? null : new Caller(peer.port(), PATH, peer.headers());
            byte[] plain = direct.request(SMALL);
            byte[] governed = mine.request(SMALL);
            byte[] proxied = other == null ? plain : other.request(SMALL);
            for (int i = -WARM; i < CALLS; i++) {
                double a = direct.time(plain);
                double b = mine.time(governed);
                double c = other == null ? 0 : other.time(proxied);
                if (i >= 0) {
                    alone[i] = a;
                    ours[i] = b;
                    theirs[i] = c;
                }
            }
            if (other != null) {
                other.close();
            }
        }
        for (int percent : List.of(50, 99)) {
            double added = (Main.percentile(ours, percent) - Main.percentile(alone, percent)) / 1e3;
            Double peerAdded =
                    peer == null ? null : (Main.percentile(theirs, percent) - Main.percentile(alone, percent)) / 1e3;
            boolean median = percent == 50;
            rows.add(new Row(
                    "added latency of a small call, p" + percent + " of " + CALLS,
                    added,
                    "ms",
                    "Portkey",
                    peerAdded,
                    median ? "at most 0.30 ms and an eighth of the peer's" : "at most 1 ms",
                    added <= (median ? 0.30 : 1) && (!median || (peerAdded != null && added <= peerAdded / 8))));
        }
        double micros = cpu(daemon, TOGETHER, port, lease, SMALL);
        Double peerMicros = peer == null ? null : cpu(peer.process(), TOGETHER / 5, peer.port(), peer.headers(), SMALL);
        rows.add(new Row(
                "CPU time of a governed small call, " + CLIENTS + " clients, " + TOGETHER + " calls",
                micros,
                "µs",
                "Portkey",
                peerMicros,
                "at most 70 µs and a thirtieth of the peer's",
                micros <= 70 && peerMicros != null && micros <= peerMicros / 30));
    }

    private void large(int port, String lease, ProcessHandle daemon) throws IOException, InterruptedException {
        rows.add(atMost(
                "CPU time of a governed call of 115 KB, " + CLIENTS + " clients, " + TOGETHER / 10 + " calls",
                cpu(daemon, TOGETHER / 10, port, lease, LARGE) / 1e3,
                0.7));
    }

    /** Microseconds of a process's CPU time for one call; as many calls are made before to warm it up. */
    private static double cpu(ProcessHandle process, int calls, int port, String headers, String body)
            throws IOException, InterruptedException {
        together(calls, port, headers, body);
        long before = process.info().totalCpuDuration().orElseThrow().toNanos();
        together(calls, port, headers, body);
        return (process.info().totalCpuDuration().orElseThrow().toNanos() - before) / 1e3 / calls;
    }

    private static void together(int calls, int port, String headers, String body)
            throws IOException, InterruptedException {
        try (ExecutorService clients = Executors.newFixedThreadPool(CLIENTS)) {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                all.add(clients.submit(() -> {
                    try (Caller caller = new Caller(port, PATH, headers)) {
                        byte[] request = caller.request(body);
                        for (int n = 0; n < calls / CLIENTS; n++) {
                            caller.time(request);
                        }
                    }
                    return null;
                }));
            }
            for (Future<?> each : all) {
                each.get();
            }
        } catch (ExecutionException e) {
            throw new IOException("a client failed: " + e.getCause(), e);
        }
    }

    // ---- streams

    private void streams(int port, String lease) throws IOException {
        List<Double> firstAlone = new ArrayList<>();
        List<Double> firstOurs = new ArrayList<>();
        List<Double> eachAlone = new ArrayList<>();
        List<Double> eachOurs = new ArrayList<>();
        try (Caller direct = new Caller(talker.port(), PATH, "");
                Caller mine = new Caller(port, PATH, lease)) {
            byte[] plain = direct.request(STREAM);
            byte[] governed = mine.request(STREAM);
            for (int i = -WARM_STREAMS; i < STREAMS; i++) {
                List<Caller.Heard> a = direct.stream(plain);
                List<Caller.Heard> b = mine.stream(governed);
                if (i >= 0) {
                    note(a, firstAlone, eachAlone);
                    note(b, firstOurs, eachOurs);
                }
            }
        }
        double first = median(firstOurs) - median(firstAlone);
        double each = median(eachOurs) - median(eachAlone);
        rows.add(atMost("added time to the first event, median of " + STREAMS + " streams", first, 0.5));
        rows.add(atMost("added time of an event, median of " + STREAMS * ModelServer.EVENTS, each, 0.15));
    }

    private static void note(List<Caller.Heard> stream, List<Double> first, List<Double> each) {
        first.add((stream.getFirst().came() - stream.getFirst().first()) / 1e6);
        stream.forEach(event -> each.add((event.came() - event.sent()) / 1e6));
    }

    private static double median(List<Double> values) {
        return Main.percentile(values.stream().mapToDouble(Double::doubleValue).toArray(), 50);
    }

    // ---- providers that fail

    private void failover(int port, String lease) throws IOException {
        double[] times = new double[SPARE * FAILURES];
        double[] open = new double[CALLS];
        double[] plain = new double[CALLS];
        try (Caller caller = new Caller(port, PATH, lease)) {
            for (int i = -WARM_SPARE; i < SPARE; i++) {
                caller.time(caller.request(body("fail" + i, false, "")));
            }
            shaky.mode(ModelServer.Mode.FAIL);
            for (int i = -WARM_SPARE * FAILURES; i < times.length; i++) {
                double time = caller.time(caller.request(body("fail" + Math.floorDiv(i, FAILURES), false, "")));
                if (i >= 0) {
                    times[i] = time / 1e3;
                }
            }
            byte[] left = caller.request(body("fail0", false, ""));
            byte[] direct = caller.request(SMALL);
            for (int i = -WARM; i < CALLS; i++) {
                double a = caller.time(left);
                double b = caller.time(direct);
                if (i >= 0) {
                    open[i] = a;
                    plain[i] = b;
                }
            }
        }
        rows.add(atMost(
                "a call whose first provider fails before the first byte, the whole call, p99 of " + times.length,
                Main.percentile(times, 99),
                5));
        double added = Main.percentile(open, 50) - Main.percentile(plain, 50);
        rows.add(new Row(
                "added by a provider whose breaker is open, median of " + CALLS,
                added,
                "µs",
                null,
                null,
                "at most 50 µs",
                added <= 50));
    }

    /** From where the stream broke to the first event of who goes on with it. */
    private void cut(int port, String lease) throws IOException {
        double[] gaps = new double[SPARE];
        try (Caller caller = new Caller(port, PATH, lease)) {
            for (int i = -WARM_SPARE; i < SPARE; i++) {
                List<Caller.Heard> heard = caller.stream(caller.request(body("cut" + i, true, "")));
                long broke = breaking.broke();
                double gap = heard.stream()
                                .filter(event -> event.sent() > broke)
                                .mapToLong(event -> event.came() - broke)
                                .min()
                                .orElseThrow(() -> new IOException("nobody went on with the stream"))
                        / 1e6;
                if (i >= 0) {
                    gaps[i] = gap;
                }
            }
        }
        rows.add(atMost(
                "from a broken stream to the first event of the next provider, p99 of " + SPARE,
                Main.percentile(gaps, 99),
                50));
    }

    // ---- nobody there

    /** Answers of the notes' words; what they mean would take an hour to learn first. */
    private void offline(Path vault) throws IOException, InterruptedException {
        mirror.stop();
        Files.writeString(
                mirror.home().resolve("config.yaml"), "http-port: 0\nembeddings: false\nvault: " + vault + "\n");
        mirror.output("boot");
        String found = mirror.output("vault", "reconcile", "--json");
        int port = Json.MAPPER
                .readTree(mirror.output("status", "--json"))
                .path("port")
                .asInt();
        double[] times = new double[ANSWERS];
        try (Caller caller = new Caller(port, PATH, lease("egress:127.0.0.1,memory-read:" + vault))) {
            for (int i = -ANSWERS; i < ANSWERS; i++) {
                String question = VaultBench.QUESTIONS.get(Math.floorMod(i, VaultBench.QUESTIONS.size()));
                double time = caller.time(
                        caller.request("{\"model\":\"off\",\"max_tokens\":500,\"messages\":[{\"role\":\"user\","
                                + "\"content\":\"" + question.replace("\"", "") + "\"}]}"));
                if (i >= 0) {
                    times[i] = time / 1e3;
                }
            }
        }
        String what = "an answer of "
                + Json.MAPPER.readTree(found).path("notes").asLong() + " notes where no provider can be reached, ";
        rows.add(atMost(what + "p50 of " + ANSWERS, Main.percentile(times, 50), 50));
        rows.add(atMost(what + "p99 of " + ANSWERS, Main.percentile(times, 99), 150));
    }

    private static Row atMost(String name, double millis, double target) {
        return new Row(
                name,
                millis,
                "ms",
                null,
                null,
                "at most " + (target < 1 ? String.valueOf(target) : String.valueOf((int) target)) + " ms",
                millis <= target);
    }
}
