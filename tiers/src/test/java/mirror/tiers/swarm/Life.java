package mirror.tiers.swarm;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import mirror.bus.DiskStorage;
import mirror.bus.Event;
import mirror.bus.EventLog;
import mirror.bus.Home;
import mirror.bus.Json;
import mirror.bus.Projection;
import mirror.bus.Projector;
import mirror.tiers.Tiers;
import mirror.tiers.TiersFile;
import mirror.tiers.ask.Models.Said;
import mirror.trust.Budgets;
import mirror.trust.DeviceKey;
import mirror.trust.Leases;
import tools.jackson.databind.JsonNode;

/** One life of a process that runs swarms: a real log, what follows from it, and models that a test writes. */
final class Life implements AutoCloseable {
    static final String TIERS = """
            providers:
              here:
                dialect: openai
                base-url: http://127.0.0.1:9/v1
                local: true
                models:
                  m: {context: 100000, output: 4000}
              far:
                dialect: anthropic
                base-url: https://api.example.org
                key: none
                models:
                  c: {context: 100000, output: 4000, price: {in: 3, out: 15}}
              own:
                dialect: llama
                models:
                  l: {gguf: /models/l.gguf, context: 4096, output: 1000}
            routes:
              both: [far/c, here/m]
            """;

    final Home home;
    final DeviceKey key;
    final Leases leases;
    final SwarmRuns runs = new SwarmRuns();
    final Projector projector;
    final TiersFile tiers;
    final Swarms swarms;

    /** What models were asked in this life, in order. */
    final List<Order> asked = new ArrayList<>();

    /** Millionths that were really spent in this life. */
    final AtomicLong spent = new AtomicLong();

    volatile Instant now = Instant.parse("2026-05-01T08:00:00Z");
    private final RandomGenerator random;
    private final AtomicLong blocks = new AtomicLong();

    /** How much of its purse a call uses; more calls than one thread ask. */
    volatile Function<Order, Long> price = _ -> 0L;

    Life(Path folder, Function<Order, Said> model, RandomGenerator random) throws IOException {
        this(folder, model, random, OptionalLong::empty, _ -> {});
    }

    /** @param heard each event once it is durable */
    Life(
            Path folder,
            Function<Order, Said> model,
            RandomGenerator random,
            Supplier<OptionalLong> memory,
            java.util.function.Consumer<Event> heard)
            throws IOException {
        this.random = random;
        home = new Home(folder);
        Path file = home.keys().resolve("device.key");
        key = Files.exists(file) ? DeviceKey.load(file) : DeviceKey.create(file);
        EventLog log = EventLog.open(home, "t-" + key.shortId(), new DiskStorage(), () -> now, key);
        leases = new Leases(() -> now, new java.util.Random(random.nextLong()));
        projector = new Projector(log, List.of(leases, runs, new Ear(heard)));
        projector.catchUp();
        Files.writeString(home.tiers(), TIERS);
        tiers = new TiersFile(home.tiers(), Map.of(), System.getProperty("user.name"), System::nanoTime);
        swarms = new Swarms(
                tiers,
                workers(model),
                projector,
                runs,
                memory,
                () -> now,
                new java.util.Random(random.nextLong()),
                task -> Thread.ofVirtual().start(task));
    }

    private record Ear(java.util.function.Consumer<Event> heard) implements Projection {
        @Override
        public String name() {
            return "ear";
        }

        @Override
        public int version() {
            return 1;
        }

        @Override
        public void accept(Event event) {
            heard.accept(event);
        }

        @Override
        public JsonNode save() {
            return Json.object();
        }

        @Override
        public void restore(JsonNode saved) {}
    }

    /** Models that spend as the gateway does: a block is in the log before, and what was used of it after. */
    private Workers workers(Function<Order, Said> model) {
        return new Workers() {
            @Override
            public Worker open(String run, Graph graph, Purse purse, Instant end) {
                return worker(model);
            }

            @Override
            public void revoke(String lease) {}
        };
    }

    private Workers.Worker worker(Function<Order, Said> model) {
        return new Workers.Worker() {
            @Override
            public Workers.Done ask(Order order) {
                long most = order.purse().cents() * 10_000;
                long used = Math.min(most, price.apply(order));
                long reserved;
                boolean settles;
                synchronized (asked) {
                    asked.add(order);
                    reserved = Math.min(most, used + random.nextLong(10_000));
                    settles = random.nextBoolean();
                }
                Budgets.Block block = new Budgets.Block(
                        "b" + key.shortId() + System.identityHashCode(Life.this) + "-" + blocks.incrementAndGet(),
                        List.of("swarm"),
                        List.of(),
                        1,
                        100,
                        reserved);
                projector.record(Budgets.reserve(block, Json.object()).session(order.session()));
                spent.addAndGet(used);
                Said said = model.apply(order);
                var data = Json.object();
                data.putArray("calls")
                        .addObject()
                        .put("session", order.session())
                        .put("block", block.id())
                        .put("in", 10)
                        .put("out", 5)
                        .put("money", used);
                projector.record(mirror.bus.Draft.of("mirror.calls.completed.v1", "daemon", data));
                if (settles) {
                    projector.record(Budgets.settle(block, 1, 15, used));
                }
                return new Workers.Done(said, true);
            }

            @Override
            public void close() {}
        };
    }

    Tiers names() {
        Tiers now = tiers.current().tiers();
        if (now == null) {
            throw new AssertionError(tiers.current().refusal());
        }
        return now;
    }

    String start(String yaml) throws GraphFault {
        return swarms.start(swarms.read(yaml.getBytes(java.nio.charset.StandardCharsets.UTF_8), "test"), "test");
    }

    RunState get(String run) {
        return runs.get(run).orElseThrow();
    }

    /** The run once it has ended. */
    RunState end(String run) throws InterruptedException {
        while (true) {
            long seen = runs.changes();
            RunState state = get(run);
            if (!state.end().isEmpty()) {
                return state;
            }
            runs.await(seen, 10_000);
        }
    }

    TaskState task(String run, String task) {
        return get(run).task(task).orElseThrow();
    }

    /** What a kill at this moment would leave. */
    static void copy(Path from, Path to) throws IOException {
        List<Path> files;
        try (Stream<Path> walk = Files.walk(from)) {
            files = walk.toList();
        }
        for (Path file : files) {
            Path copy = to.resolve(from.relativize(file).toString());
            if (Files.isDirectory(file)) {
                Files.createDirectories(copy);
            } else {
                Files.copy(file, copy);
            }
        }
    }

    @Override
    public void close() {
        swarms.close();
        projector.log().close();
    }
}
