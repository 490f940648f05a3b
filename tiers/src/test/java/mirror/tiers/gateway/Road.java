package mirror.tiers.gateway;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.stream.Stream;
import javax.net.ssl.SSLSocketFactory;
import mirror.bus.DiskCalls;
import mirror.bus.DiskStorage;
import mirror.bus.Event;
import mirror.bus.EventLog;
import mirror.bus.FileStore;
import mirror.bus.Home;
import mirror.bus.Projector;
import mirror.tiers.TiersFile;
import mirror.tiers.catalog.Catalog;
import mirror.tiers.catalog.Survey;
import mirror.tiers.llama.LlamaEngine;
import mirror.tiers.offline.OfflineTier;
import mirror.tiers.wire.Header;
import mirror.tiers.wire.Upstreams;
import mirror.trust.AirGap;
import mirror.trust.Approvals;
import mirror.trust.Budgets;
import mirror.trust.DeviceKey;
import mirror.trust.Gate;
import mirror.trust.LeaseScope;
import mirror.trust.Leases;
import mirror.trust.PolicyStore;
import mirror.trust.Zones;
import mirror.vault.LiveVault;
import org.jspecify.annotations.Nullable;

/** A gateway with everything under it but a web server: real log, gate, policy, leases, budgets and sockets. */
final class Road implements AutoCloseable {
    /** What the scripted providers expect as their key. */
    static final String SECRET = "sk-test-0123456789-secret";

    final Home home;
    final Leases leases;
    final Budgets budgets;
    final Costs costs = new Costs();
    final BreakerLedger ledger = new BreakerLedger();
    final Catalog catalog = new Catalog();
    final Projector projector;
    final AnswerCache answers;
    final Gateway gateway;
    private final DeviceKey key;
    private final ScheduledExecutorService watch = Executors.newSingleThreadScheduledExecutor();
    private volatile Instant now;

    /** What tells whether questions are alike. */
    volatile Meaning meaning = _ -> {
        throw new IOException("there is no model");
    };

    private boolean closed;

    /** An answer as a client got it. */
    record Answer(int status, List<Header> headers, byte[] body, Reply.@Nullable Ending ending) {
        String text() {
            return new String(body, StandardCharsets.UTF_8);
        }

        String header(String name) {
            return headers.stream()
                    .filter(h -> h.is(name))
                    .map(Header::value)
                    .findFirst()
                    .orElse("");
        }

        /** What a client would take for a whole and good answer. */
        boolean isWhole() {
            return status == 200 && ending == Reply.Ending.WHOLE;
        }
    }

    Road(Path folder, String tiers) throws IOException {
        this(folder, tiers, Instant.parse("2026-05-01T08:00:00Z"));
    }

    Road(Path folder, String tiers, Instant start) throws IOException {
        this(folder, tiers, start, null);
    }

    /** @param notes the vault that answers at the end of routes that say so */
    Road(Path folder, String tiers, Instant start, @Nullable LiveVault notes) throws IOException {
        now = start;
        home = new Home(folder);
        Path file = home.keys().resolve("device.key");
        key = Files.exists(file) ? DeviceKey.load(file) : DeviceKey.create(file);
        EventLog log = EventLog.open(home, "t-" + key.shortId(), new DiskStorage(), () -> now, key);
        leases = new Leases(() -> now, new Random(5));
        budgets = new Budgets(() -> now);
        Approvals approvals = new Approvals(() -> now, new Random(7), Duration.ofMinutes(10));
        projector = new Projector(log, List.of(approvals, leases, budgets, costs, ledger, catalog));
        projector.catchUp();
        PolicyStore policies =
                new PolicyStore(home.policy(), key, new FileStore(home, new DiskCalls(), () -> now, _ -> {}));
        policies.installDefault();
        if (!tiers.isEmpty()) {
            Files.writeString(home.tiers(), tiers);
        }
        TiersFile tiersFile =
                new TiersFile(home.tiers(), Map.of("KEY", SECRET), System.getProperty("user.name"), System::nanoTime);
        Gate gate = new Gate(
                home,
                projector,
                policies,
                new Zones(Path.of("/home/ada"), home.root(), Path.of("/opt/mirror/app"), List.of(Path.of("/tmp"))),
                approvals,
                leases,
                List.of(new AirGap(home), new LocalOnly(tiersFile)),
                budgets,
                System::nanoTime);
        Receipts receipts = new Receipts(projector);
        answers = new AnswerCache(home.index().resolve("answers"), () -> now);
        Upstreams upstreams = new Upstreams((SSLSocketFactory) SSLSocketFactory.getDefault(), watch, System::nanoTime);
        gateway = new Gateway(
                tiersFile,
                leases,
                key.key("lease"),
                new Governor(gate, projector, budgets, leases, receipts, () -> now, new Random(9)),
                new Breakers(() -> now, ledger),
                catalog,
                upstreams,
                new LlamaEngine(() -> 1L << 33, () -> now, new Random(13)),
                receipts,
                new Survey(tiersFile, gate, projector, catalog, upstreams, home.root(), () -> now),
                answers,
                question -> meaning.of(question),
                home.root(),
                () -> now,
                new Random(11),
                notes == null
                        ? null
                        : new Offline(
                                leases,
                                gate,
                                projector,
                                receipts,
                                new OfflineTier(notes),
                                notes.root().toString(),
                                home,
                                () -> now));
    }

    Instant now() {
        return now;
    }

    void pass(Duration time) {
        now = now.plus(time);
    }

    /** The token of a new lease for any host. */
    String grant() {
        return grant("claude-code", LeaseScope.of(List.of(), List.of("egress:*"), now.plus(Duration.ofDays(1))));
    }

    String grant(String holder, LeaseScope scope) {
        String id = projector.record(leases.grant(holder, scope, "owner")).text("lease");
        return leases.token(id, key).text();
    }

    LeaseScope scope(long tokens, long cents, mirror.trust.Sensitivity.Tier tier, String session) {
        LeaseScope any = LeaseScope.of(List.of(), List.of("egress:*"), now.plus(Duration.ofDays(1)));
        return any.inSession(session).onTier(tier).spending(tokens, cents);
    }

    Answer ask(Endpoint endpoint, String token, byte[] body, Header... headers) {
        List<Header> all = new ArrayList<>(List.of(headers));
        all.add(
                endpoint.dialect() == mirror.tiers.Dialect.ANTHROPIC
                        ? new Header("X-Api-Key", token)
                        : new Header("Authorization", "Bearer " + token));
        Captured captured = new Captured();
        Reply.Ending ending = null;
        try {
            ending = gateway.handle(new Request(endpoint, "beta=true", all, body), captured);
        } catch (IOException e) {
            // The connection is closed without its end.
            ending = Reply.Ending.CUT;
        }
        return new Answer(captured.status, captured.headers, captured.body.toByteArray(), ending);
    }

    Answer ask(Endpoint endpoint, String token, String body, Header... headers) {
        return ask(endpoint, token, body.getBytes(StandardCharsets.UTF_8), headers);
    }

    /** The list of models, as a client of OpenAI's dialect gets it. */
    String models() throws IOException {
        Captured captured = new Captured();
        gateway.models(List.of(new Header("Authorization", "Bearer " + grant())), captured);
        return captured.body.toString(StandardCharsets.UTF_8);
    }

    private static final class Captured implements Reply {
        int status;
        List<Header> headers = List.of();
        final ByteArrayOutputStream body = new ByteArrayOutputStream();

        @Override
        public void send(int code, List<Header> fields, byte[] bytes) {
            status = code;
            headers = fields;
            body.writeBytes(bytes);
        }

        @Override
        public OutputStream stream(int code, List<Header> fields) {
            status = code;
            headers = fields;
            return body;
        }
    }

    /** All events of a type, oldest first; what waits to be written is written first by {@link #close}. */
    List<Event> events(String type) {
        List<Event> events = new ArrayList<>();
        projector.log().replay(1, event -> {
            if (event.type().equals(type)) {
                events.add(event);
            }
        });
        return events;
    }

    /** Everything below the home, as bytes. */
    String bytes() throws IOException {
        StringBuilder all = new StringBuilder();
        try (Stream<Path> files = Files.walk(home.root())) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                all.append(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1));
            }
        }
        return all.toString();
    }

    /** What a kill at this moment would leave. */
    void copyTo(Path to) throws IOException {
        List<Path> files;
        try (Stream<Path> walk = Files.walk(home.root())) {
            files = walk.toList();
        }
        for (Path file : files) {
            Path copy = to.resolve(home.root().relativize(file).toString());
            if (Files.isDirectory(file)) {
                Files.createDirectories(copy);
            } else {
                Files.copy(file, copy);
            }
        }
    }

    long spent(String agent, Budgets.Unit unit) {
        return budgets.list().stream()
                .filter(line -> line.agent().equals(agent) && line.unit() == unit)
                .mapToLong(Budgets.Line::spent)
                .sum();
    }

    /** Ends the gateway as a daemon does, so that all receipts are written. */
    void stop() {
        if (!closed) {
            closed = true;
            gateway.close();
        }
    }

    @Override
    public void close() {
        stop();
        projector.log().close();
        watch.shutdownNow();
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
