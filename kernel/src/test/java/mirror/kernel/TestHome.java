package mirror.kernel;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import mirror.bus.DiskCalls;
import mirror.bus.DiskStorage;
import mirror.bus.Draft;
import mirror.bus.Event;
import mirror.bus.EventLog;
import mirror.bus.FileStore;
import mirror.bus.Home;
import mirror.bus.Json;
import mirror.bus.Projector;
import mirror.bus.organism.Drive;
import mirror.bus.organism.OrganismLedger;
import mirror.continuity.Continuity;
import mirror.continuity.Projects;
import mirror.trust.Approvals;
import mirror.trust.Contracts;
import mirror.trust.DeviceKey;
import mirror.trust.Gate;
import mirror.trust.Leases;
import mirror.trust.PolicyStore;
import mirror.trust.Signers;
import mirror.trust.Zones;
import mirror.trust.shell.PathResolver;
import mirror.trust.shell.ShellContext;

/** A home with a log, the shipped policy, a gate, and organisms on real threads. */
final class TestHome implements AutoCloseable {
    final Path user;
    final Home home;
    final EventLog log;
    final Approvals approvals;
    final Leases leases;
    final Signers signers;
    final Contracts contracts;
    final Projector projector;
    final Gate gate;
    final Continuity continuity;
    final Reactor reactor;
    final OrganismRegistry organisms;
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();

    TestHome(Path folder) throws IOException {
        user = Files.createDirectories(folder.resolve("ada")).toRealPath();
        home = new Home(user.resolve(".mirror"));
        Files.createDirectories(home.organisms());
        Path keyFile = home.keys().resolve("device.key");
        DeviceKey key = Files.exists(keyFile) ? DeviceKey.load(keyFile) : DeviceKey.create(keyFile);
        InstantSource clock = InstantSource.system();
        log = EventLog.open(home, "test-" + key.shortId(), new DiskStorage(), clock, key);
        FileStore files = new FileStore(home, new DiskCalls(), clock, _ -> {});
        PolicyStore policies = new PolicyStore(home.policy(), key, files);
        policies.installDefault();
        approvals = new Approvals(clock, new Random(), Duration.ofMinutes(10));
        leases = new Leases(clock, new Random());
        signers = new Signers();
        contracts = new Contracts(key, log.origin(), signers);
        OrganismLedger ledger = new OrganismLedger();
        continuity = new Continuity(home.continuity(), user.resolve("vault"), new Projects(user), clock, files);
        var projections = new java.util.ArrayList<>(continuity.projections());
        projections.addAll(List.of(approvals, leases, ledger, signers));
        projector = new Projector(log, projections);
        projector.catchUp();
        gate = new Gate(
                home,
                projector,
                policies,
                new Zones(user, home.root(), Path.of("/opt/mirror/app"), List.of()),
                approvals,
                mirror.trust.Permits.NONE,
                List.of(),
                new mirror.trust.Budgets(java.time.InstantSource.system()),
                System::nanoTime);
        Map<String, String> environment =
                Map.of("PATH", "/usr/bin:/bin", "HOME", user.toString(), "SECRET_OF_THE_DAEMON", "hunter2");
        ShellContext shell = new ShellContext(
                user,
                Map.of("HOME", user.toString(), "USER", "ada", "PATH", "/usr/bin:/bin", "TMPDIR", "/tmp"),
                PathResolver.onDisk());
        reactor = new Reactor(home, gate, user, shell, environment);
        organisms = new OrganismRegistry(
                home,
                user,
                projector,
                ledger,
                leases,
                contracts,
                gate,
                continuity,
                shell,
                environment,
                List.of(),
                new Drive(
                        task -> Thread.ofVirtual().start(task),
                        (delay, task) -> {
                            var _ = timer.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
                        },
                        clock,
                        new Random()));
    }

    /** Writes an organism and signs it. */
    void file(String name, String yaml) {
        try {
            Path file = home.organisms().resolve(name);
            Files.writeString(file, yaml);
            Files.writeString(Contracts.signature(file), contracts.sign("organism", file));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    Event note(String subject, String text) {
        return projector.record(
                Draft.of("mirror.note.written.v1", "owner", Json.object().put("text", text))
                        .subject(subject));
    }

    String grant(String organism, String events, String... effects) {
        return projector
                .record(leases.grant(
                        "organism:" + organism, List.of(events), List.of(effects), Duration.ofDays(1), "owner"))
                .text("lease");
    }

    /** Waits until the log has such an event; a minute without any new event is a failure. */
    Event await(Predicate<Event> wanted) throws InterruptedException {
        long at = 1;
        while (true) {
            for (Event event : log.read(at, 512)) {
                at = event.seq() + 1;
                if (wanted.test(event)) {
                    return event;
                }
            }
            if (!log.awaitAfter(at - 1, Duration.ofMinutes(1))) {
                throw new AssertionError("no such event came; the last was "
                        + log.read(log.durable(), 1).getFirst() + " at " + Instant.now());
            }
        }
    }

    long count(String type) {
        long[] count = {0};
        log.replay(1, event -> count[0] += event.type().equals(type) ? 1 : 0);
        return count[0];
    }

    @Override
    public void close() {
        organisms.close();
        reactor.close();
        timer.shutdownNow();
        log.close();
    }
}
