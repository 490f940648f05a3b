package mirror.app;

import io.helidon.common.mapper.MapperManager;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.WebServer;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.logging.Level;
import java.util.logging.Logger;
import mirror.bus.BusException;
import mirror.bus.Draft;
import mirror.bus.Home;
import mirror.bus.Json;
import mirror.bus.Projector;
import mirror.kernel.OrganismRegistry;
import mirror.pulse.check.Heartbeat;
import mirror.pulse.supervise.Supervisor;
import mirror.surface.Config;
import mirror.surface.Core;
import mirror.surface.GatewayApi;
import mirror.surface.Healing;
import mirror.surface.LeasedModel;
import mirror.surface.LocalApi;
import mirror.surface.MirrorTools;
import mirror.surface.PhoneApi;
import mirror.surface.TokenGuard;
import mirror.surface.Watches;
import mirror.surface.cli.Commands;
import mirror.surface.console.ConsoleApi;
import mirror.surface.diagnose.Diagnosis;
import mirror.surface.drift.Capsules;
import mirror.surface.hook.Connections;
import mirror.surface.hook.Hooks;
import mirror.surface.mcp.LoopbackGuard;
import mirror.surface.mcp.McpEndpoint;
import mirror.surface.mcp.McpLimits;
import mirror.surface.report.MorningReport;
import mirror.surface.signal.SignalApi;
import mirror.surface.signal.SignalConnections;
import mirror.surface.signal.Signals;
import mirror.surface.stats.StatsApi;
import mirror.tiers.gateway.Gateway;
import mirror.tiers.swarm.Swarms;
import mirror.trust.TrustException;
import mirror.vault.canon.Knowledge;
import mirror.vault.triage.LiveTriage;
import org.jspecify.annotations.Nullable;

/** The resident process: opens the home, serves until it is told to stop, and closes in order. */
final class Daemon implements Boot.Ports {
    private static final int SURVEY_MINUTES = 60;

    /** A daemon that runs for a moment asks nobody. */
    private static final int FIRST_SURVEY = 5;

    private static final String TCP = "tcp";
    private static final String SIGNAL = "signal";

    /** The body of a message that becomes a file, and some headers' worth more; what is longer is refused while it is read. */
    private static final long MOST_UPLOAD = 32L * 1024 * 1024;

    /** As many as the heap has buffers for. Whoever comes then waits in the system's queue. */
    private static final int CONNECTIONS = 4_096;

    private final Home home;
    private final Path user;
    private final Path program;
    private final CountDownLatch stopping = new CountDownLatch(1);
    /** Held, because a logger that nobody holds forgets its level. */
    private final Logger helidonLog = Logger.getLogger("io.helidon");

    private volatile @Nullable WebServer running;
    private volatile boolean keep;
    private final CountDownLatch ended = new CountDownLatch(1);

    Daemon(Home home, Path user, Path program) {
        this.home = home;
        this.user = user;
        this.program = program;
    }

    /** Runs until {@link #stop} or a signal. */
    void run() throws IOException, InterruptedException {
        helidonLog.setLevel(Level.WARNING);
        try {
            serveUntilStopped();
        } finally {
            ended.countDown();
        }
    }

    private void serveUntilStopped() throws IOException, InterruptedException {
        Boot.checkLength(home);
        Boot.checkOwner(home, System.getProperty("user.name"));
        Boot boot = new Boot(home, user, program, System.getenv());
        Config config = Config.read(home, user);
        boot.folders();
        try (HomeLock _ = HomeLock.take(home, boot.files())) {
            boot.prepare(config);
            Core core = boot.core(config, true, this);
            try (var _ = core.projector().log();
                    var transport = core.transport();
                    var notes = core.notes()) {
                LiveTriage triage = core.triage();
                OrganismRegistry organisms = Objects.requireNonNull(core.organisms());
                Supervisor services = Objects.requireNonNull(core.services());
                Connections clients = new Connections(home, program, core.files());
                Hooks hooks = new Hooks(core, clients);
                Gateway gateway = Boot.gateway(core);
                Swarms swarms = Boot.swarms(core, gateway);
                Heartbeat pulse = Boot.pulse(core, clients, user);
                Healing healing = boot.healing(core, pulse);
                LeasedModel model = new LeasedModel(core, gateway, new SecureRandom());
                Capsules capsules = new Capsules(
                        core,
                        user,
                        model,
                        System::nanoTime,
                        task -> Thread.ofVirtual().name("capsule").start(task));
                Commands commands = new Commands(
                        core,
                        clients,
                        this::stopServing,
                        Boot.councils(core, gateway),
                        gateway,
                        swarms,
                        pulse,
                        healing,
                        capsules);
                LocalApi local = new LocalApi(commands, hooks);
                McpEndpoint mcp = new McpEndpoint(
                        new McpEndpoint.Card("mirror", "Mirror", Core.VERSION, MirrorTools.INSTRUCTIONS),
                        new MirrorTools(core).tools(),
                        MirrorTools.HEADERS,
                        McpLimits.DEFAULT,
                        core.clock());
                WebServer server = serve(
                        config,
                        local,
                        mcp,
                        new PhoneApi(core),
                        new GatewayApi(gateway),
                        new ConsoleApi(core, commands, user, boot::fresh),
                        new StatsApi(core),
                        new SignalApi(
                                core.signals(),
                                LoopbackGuard.alsoAt(config.signal().url()),
                                SignalApi.KEEPALIVE),
                        TokenGuard.leases(core.state().leases(), core.key().key("lease")));
                running = server;
                try {
                    core.projector()
                            .record(Draft.of(
                                    "mirror.daemon.started.v1",
                                    "daemon",
                                    Json.object()
                                            .put("pid", ProcessHandle.current().pid())
                                            .put("java", Runtime.version().toString())));
                    core.state().continuity().recover(core.projector());
                    core.agents().recover();
                    swarms.recover();
                    organisms.start();
                    services.start();
                    transport.start();
                    notes.listen(triage::heard);
                    notes.start();
                    triage.start();
                    pulse.start(core.projector().log(), Watches.REASONS);
                    healing.healer().start(core.projector().log());
                    healing.reaper().start();
                    signals(core.signals());
                    Runtime.getRuntime().addShutdownHook(new Thread(this::end, "shutdown"));
                    evaluate(core, model, capsules);
                    tendUntilStopped(core.projector(), core.knowledge(), gateway, new MorningReport(core));
                } finally {
                    healing.reaper().close();
                    healing.healer().close();
                    pulse.close();
                    triage.close();
                    swarms.close();
                    // While the gate still answers: an agent that ends has hooks to call.
                    core.agents().close();
                    core.clientProbe().stop();
                    mcp.close();
                    core.signals().close();
                    server.stop();
                    gateway.close();
                    organisms.close();
                    services.stop(keep);
                    core.projector().record(Draft.of("mirror.daemon.stopped.v1", "daemon", Json.object()));
                    core.projector().save(true);
                }
            }
        }
    }

    /**
     * Keeps sealed segments, snapshots and the notes made from claims in order, and makes the morning report, once a minute; what fails is said in the log once and
     * tried again. Providers that were not asked for a day what their models can do are asked, looked for once an hour.
     */
    private void tendUntilStopped(Projector projector, Knowledge knowledge, Gateway gateway, MorningReport report)
            throws InterruptedException {
        String said = "";
        int minute = 0;
        do {
            if (minute++ % SURVEY_MINUTES == FIRST_SURVEY) {
                Thread.ofVirtual().name("survey").start(gateway.survey()::daily);
            }
            try {
                projector.log().tend();
                projector.save(false);
                knowledge.tend();
                gateway.sweep();
                report.tick();
                said = "";
            } catch (IOException | BusException e) {
                String trouble = String.valueOf(e.getMessage());
                if (!trouble.equals(said) && projector.log().trouble() == null) {
                    said = trouble;
                    projector.record(Draft.of(
                            "mirror.upkeep.failed.v1", "daemon", Json.object().put("reason", trouble)));
                }
            }
        } while (!stopping.await(1, TimeUnit.MINUTES));
    }

    /** A signal ends the daemon as {@code mirror stop} does: the main thread closes everything, and the JVM waits for it here. */
    private void end() {
        stop();
        try {
            ended.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public int http() {
        WebServer server = running;
        return server == null ? 0 : server.port(TCP);
    }

    @Override
    public int signal() {
        WebServer server = running;
        // Helidon says -1 of a socket that it does not have.
        return server == null ? 0 : Math.max(0, server.port(SIGNAL));
    }

    /** Releases, delivers and forgets messages as time goes by, until the daemon stops. */
    private void signals(Signals signals) {
        Thread.ofVirtual().name("signals").start(() -> {
            try {
                signals.run(() -> stopping.getCount() == 0);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    /** Runs capsules that are due, and gives opinions on what fails, once a minute until the daemon stops; a slow model delays nothing else. */
    private void evaluate(Core core, LeasedModel model, Capsules capsules) {
        Diagnosis diagnosis = new Diagnosis(core, model);
        Thread.ofVirtual().name("evaluation").start(() -> {
            try {
                while (!stopping.await(1, TimeUnit.MINUTES)) {
                    try {
                        capsules.tick();
                        diagnosis.tick();
                    } catch (BusException | TrustException e) {
                        // The log takes nothing now. It says so itself, and what is due stays due.
                    }
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    void stop() {
        stopping.countDown();
    }

    /** @param services whether services are left running for the next daemon */
    private void stopServing(boolean services) {
        keep = services;
        stop();
    }

    /**
     * Helidon 4.4.0 looks for the converter of a header's value in its service registry, and makes a new one, each time that a length is
     * read: 40 % of the CPU time of a small request. One that is set is found at once.
     */
    @SuppressWarnings("removal")
    private static void convertOnce() {
        MapperManager.global(MapperManager.create());
    }

    private WebServer serve(
            Config config,
            LocalApi local,
            McpEndpoint mcp,
            PhoneApi phone,
            GatewayApi gateway,
            ConsoleApi console,
            StatsApi stats,
            SignalApi signal,
            Predicate<String> leases)
            throws IOException {
        TokenGuard guard =
                new TokenGuard(Files.readString(home.run().resolve("token")).strip(), leases);
        checkPortIsFree("http-port", config.httpPort());
        convertOnce();
        var builder = WebServer.builder()
                .shutdownHook(false)
                .bindAddress(UnixDomainSocketAddress.of(home.socket()))
                .shutdownGracePeriod(Duration.ofMillis(500))
                .routing(routing -> routing.register("/", local).register("/mcp", mcp))
                .putSocket(
                        TCP,
                        // Helidon 4.4.0 loses bytes of a slow reader's answer with NIO on TCP; its Unix sockets need
                        // NIO and are whole.
                        tcp -> tcp.useNio(false)
                                .maxTcpConnections(CONNECTIONS)
                                .backlog(CONNECTIONS)
                                .connectionOptions(options -> options.tcpNoDelay(true))
                                .address(InetAddress.getLoopbackAddress())
                                .port(config.httpPort())
                                .routing(routing -> routing.addFilter(guard)
                                        .get("/health", (_, response) -> response.send("ok\n"))
                                        .head("/", (_, response) -> response.send())
                                        .register("/v1", gateway)
                                        .register("/mcp", mcp)
                                        .get(
                                                "/console",
                                                (_, response) -> response.status(Status.FOUND_302)
                                                        .header(HeaderNames.LOCATION, "/console/")
                                                        .send())
                                        .register("/console", console)
                                        .register("/phone", phone)
                                        .register("/", stats)));
        if (config.signal().port() != Config.Signal.OFF) {
            checkPortIsFree("signal-port", config.signal().port());
            builder.putSocket(
                    SIGNAL,
                    tcp -> tcp.useNio(false)
                            .maxTcpConnections(CONNECTIONS)
                            .maxPayloadSize(MOST_UPLOAD)
                            .connectionOptions(options -> options.tcpNoDelay(true))
                            .address(InetAddress.getLoopbackAddress())
                            .port(config.signal().port())
                            .addConnectionSelector(new SignalConnections(signal))
                            .routing(routing -> routing.register("/", signal)));
        }
        WebServer server = builder.build();
        server.start();
        if (!server.isRunning()) {
            throw new StartupException("the web server did not start; its words are above");
        }
        Files.setPosixFilePermissions(home.socket(), PosixFilePermissions.fromString("rw-------"));
        return server;
    }

    /** Helidon only logs that it could not listen; the person needs the sentence. */
    private void checkPortIsFree(String key, int port) throws IOException {
        try (ServerSocket probe = new ServerSocket()) {
            probe.setReuseAddress(true);
            probe.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        } catch (BindException e) {
            throw new StartupException("port " + port + " on 127.0.0.1 is in use by another program; set " + key
                    + " in " + home.config() + ", or stop that program");
        }
    }
}
