package mirror.app;

import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntSupplier;
import java.util.stream.Stream;
import javax.net.ssl.SSLSocketFactory;
import mirror.bus.BusException;
import mirror.bus.DiskCalls;
import mirror.bus.DiskStorage;
import mirror.bus.Draft;
import mirror.bus.EventLog;
import mirror.bus.FileStore;
import mirror.bus.FileWrite;
import mirror.bus.Home;
import mirror.bus.Json;
import mirror.bus.Projection;
import mirror.bus.Projector;
import mirror.bus.RejectedWrite;
import mirror.bus.Staging;
import mirror.bus.VerifyGuide;
import mirror.bus.organism.Drive;
import mirror.continuity.Continuity;
import mirror.continuity.Projects;
import mirror.kernel.OrganismRegistry;
import mirror.mesh.Backoff;
import mirror.mesh.BusTransport;
import mirror.mesh.EmbeddedTransport;
import mirror.mesh.RedisAddress;
import mirror.mesh.RedisTransport;
import mirror.pulse.check.Heartbeat;
import mirror.pulse.check.Pulse;
import mirror.pulse.check.PulseFile;
import mirror.pulse.heal.GatePermits;
import mirror.pulse.heal.HealFolder;
import mirror.pulse.heal.Healer;
import mirror.pulse.heal.Permits;
import mirror.pulse.reap.LinuxProcesses;
import mirror.pulse.reap.Reaper;
import mirror.pulse.supervise.Pause;
import mirror.pulse.supervise.Supervisor;
import mirror.pulse.supervise.Tools;
import mirror.surface.Config;
import mirror.surface.Core;
import mirror.surface.Healing;
import mirror.surface.State;
import mirror.surface.Watches;
import mirror.surface.agent.Agents;
import mirror.surface.agent.ClaudeRunner;
import mirror.surface.agent.CodexRunner;
import mirror.surface.agent.GeminiRunner;
import mirror.surface.cli.HealthLook;
import mirror.surface.cli.Stored;
import mirror.surface.console.Pairings;
import mirror.surface.drift.Capsules;
import mirror.surface.drift.DriftLook;
import mirror.surface.hook.ClaudeConnection;
import mirror.surface.hook.ClaudeFolders;
import mirror.surface.hook.ClaudeServers;
import mirror.surface.hook.CodexConnection;
import mirror.surface.hook.Connections;
import mirror.surface.hook.GeminiConnection;
import mirror.surface.hook.MirrorServers;
import mirror.surface.hook.SkillCheck;
import mirror.surface.hook.ToolEffects;
import mirror.surface.probe.ClientProbe;
import mirror.surface.signal.Channels;
import mirror.surface.signal.Notices;
import mirror.surface.signal.Signals;
import mirror.tiers.AvailableMemory;
import mirror.tiers.ProviderKey;
import mirror.tiers.TiersFile;
import mirror.tiers.catalog.Survey;
import mirror.tiers.council.Councils;
import mirror.tiers.council.VaultEvidence;
import mirror.tiers.gateway.AnswerCache;
import mirror.tiers.gateway.Breakers;
import mirror.tiers.gateway.Gateway;
import mirror.tiers.gateway.Governor;
import mirror.tiers.gateway.LocalOnly;
import mirror.tiers.gateway.Offline;
import mirror.tiers.gateway.Receipts;
import mirror.tiers.llama.LlamaEngine;
import mirror.tiers.offline.OfflineTier;
import mirror.tiers.swarm.Swarms;
import mirror.tiers.wire.Upstreams;
import mirror.trust.AirGap;
import mirror.trust.Check;
import mirror.trust.Contracts;
import mirror.trust.DeviceKey;
import mirror.trust.Gate;
import mirror.trust.IdentityCheck;
import mirror.trust.Invitations;
import mirror.trust.PolicyStore;
import mirror.trust.TaintCheck;
import mirror.trust.Zones;
import mirror.trust.claims.ClaimGuard;
import mirror.trust.shell.PathResolver;
import mirror.trust.shell.ShellContext;
import mirror.vault.LiveVault;
import mirror.vault.canon.Knowledge;
import mirror.vault.change.VaultChanges;
import mirror.vault.embed.Embedder;
import mirror.vault.embed.Embeddings;
import mirror.vault.triage.LiveTriage;
import mirror.vault.triage.Triage;
import org.jspecify.annotations.Nullable;

/** Builds the object graph, from the home folder up. This is the only place that knows all rooms. */
final class Boot {
    /** What {@code sun_path} holds besides its final zero: 108 bytes on Linux, 104 on BSD and macOS. */
    private static final int SOCKET_PATH = System.getProperty("os.name", "").startsWith("Linux") ? 107 : 103;

    /** How long one look of the pulse may take. */
    private static final Duration LOOK = Duration.ofSeconds(10);

    private final Home home;
    private final Path user;
    private final Path program;
    private final Map<String, String> environment;
    private final InstantSource clock = InstantSource.system();
    private final AtomicReference<Projector> open = new AtomicReference<>();
    private final FileStore files;

    /**
     * @param home Mirror's home
     * @param user the person's home folder
     * @param program the launcher
     */
    Boot(Home home, Path user, Path program, Map<String, String> environment) {
        this.home = home;
        this.user = user;
        this.program = program;
        this.environment = environment;
        this.files = new FileStore(home, new DiskCalls(), clock, this::record);
    }

    /** Files are written before there is a log; the store remembers what it could not record. */
    private void record(Draft draft) {
        Projector projector = open.get();
        if (projector == null) {
            throw new BusException.NotDurable("the log is not open yet");
        }
        projector.record(draft);
    }

    FileStore files() {
        return files;
    }

    /** Makes the folders that a new home lacks. */
    void folders() throws IOException {
        for (Path folder : List.of(
                home.root(),
                home.keys(),
                home.policy(),
                home.continuity(),
                home.organisms(),
                home.services(),
                home.run(),
                home.bus())) {
            if (!Files.isDirectory(folder)) {
                Files.createDirectories(
                        folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            }
        }
    }

    /** Makes what else a new home lacks: configuration, device key, token, vault. What is there is left as it is. */
    void prepare(Config config) throws IOException {
        if (!Files.exists(home.config())) {
            files.write(FileWrite.kept(home.config(), Config.TEMPLATE.getBytes(StandardCharsets.UTF_8)));
        }
        Path key = home.keys().resolve("device.key");
        if (!Files.exists(key)) {
            if (chain() != null) {
                throw new StartupException(
                        "the device key " + key + " is gone but the log is there; restore the key from a"
                                + " backup (a new key would be another device)");
            }
            DeviceKey.create(key);
        }
        Path token = home.run().resolve("token");
        if (!Files.exists(token)) {
            byte[] random = new byte[32];
            new SecureRandom().nextBytes(random);
            files.write(FileWrite.bare(token, java.util.HexFormat.of().formatHex(random) + "\n"));
        }
        Files.createDirectories(config.vault());
    }

    /** Refuses a home in which no socket can be made: the system's own message for that names neither path nor limit. */
    static void checkLength(Home home) {
        int length = home.socket().toString().getBytes(StandardCharsets.UTF_8).length;
        if (length > SOCKET_PATH) {
            throw new StartupException("the path of the socket, " + home.socket() + ", has " + length
                    + " bytes and a socket may have at most " + SOCKET_PATH + "; set MIRROR_HOME to a shorter path");
        }
    }

    /** Refuses a home that is not this user's alone to trust. */
    static void checkOwner(Home home, String user) throws IOException {
        if (!Files.exists(home.root())) {
            return;
        }
        if (!Files.isDirectory(home.root())) {
            throw new StartupException(home.root() + " is a file; move it away or set MIRROR_HOME to a folder");
        }
        String owner = Files.getOwner(home.root()).getName();
        if (!owner.equals(user)) {
            throw new StartupException(home.root() + " belongs to " + owner + ", not to " + user
                    + "; set MIRROR_HOME to a folder of your own");
        }
        Set<PosixFilePermission> mode = Files.getPosixFilePermissions(home.root());
        if (mode.contains(PosixFilePermission.GROUP_WRITE) || mode.contains(PosixFilePermission.OTHERS_WRITE)) {
            throw new StartupException("others may write to " + home.root() + " (" + PosixFilePermissions.toString(mode)
                    + "); run: chmod 700 " + home.root());
        }
    }

    /** The folder of this device's chain, or null when there is none yet. */
    private @Nullable Path chain() throws IOException {
        if (!Files.isDirectory(home.bus())) {
            return null;
        }
        try (Stream<Path> chains = Files.list(home.bus())) {
            return chains.filter(Files::isDirectory).sorted().findFirst().orElse(null);
        }
    }

    /** Host name and key: readable, and no other key can claim it. */
    private static String originName(DeviceKey key) {
        String host;
        try {
            host = InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            host = "device";
        }
        String name = host.toLowerCase(Locale.ROOT).replaceFirst("\\..*", "").replaceAll("[^a-z0-9-]", "");
        return (name.isEmpty() ? "device" : name.substring(0, Math.min(24, name.length()))) + "-" + key.shortId();
    }

    private String origin(DeviceKey key) throws IOException {
        if (Files.isDirectory(home.bus())) {
            try (Stream<Path> chains = Files.list(home.bus())) {
                for (Path chain : chains.sorted().toList()) {
                    if (chain.getFileName().toString().endsWith("-" + key.shortId())) {
                        return chain.getFileName().toString();
                    }
                }
            }
        }
        return originName(key);
    }

    /** What the commands on the stored files need; nothing is opened. */
    Stored stored(@Nullable PrintStream terminal) throws IOException {
        DeviceKey key = DeviceKey.load(home.keys().resolve("device.key"));
        return new Stored(
                home,
                origin(key),
                key,
                new DiskStorage(),
                clock,
                terminal,
                this::projections,
                () -> HomeLock.take(home, files));
    }

    /** Where the daemon listens on loopback; 0 where it does not, or not yet. */
    interface Ports {
        /** In a client without a daemon. */
        Ports NONE = new Ports() {
            @Override
            public int http() {
                return 0;
            }

            @Override
            public int signal() {
                return 0;
            }
        };

        int http();

        int signal();
    }

    /** Where clients of messages reach them. */
    private static String signalBase(Config config, int port) {
        URI url = config.signal().url();
        return url == null ? "http://127.0.0.1:" + port : url.toString();
    }

    /**
     * Opens the log and builds everything on it.
     *
     * @param writable false for a client without a daemon, which only reads
     */
    Core core(Config config, boolean writable, Ports ports) throws IOException {
        IntSupplier port = ports::http;
        DeviceKey key = DeviceKey.load(home.keys().resolve("device.key"));
        String origin = origin(key);
        EventLog log = writable
                ? EventLog.open(home, origin, new DiskStorage(), clock, key)
                : EventLog.openForReading(home, origin, new DiskStorage(), clock, key);
        Continuity continuity =
                new Continuity(home.continuity(), config.vault(), new Projects(real(user)), clock, files);
        State state = State.empty(continuity, clock, new SecureRandom(), config::approvalsExpire, config.twoDevices());
        Contracts contracts = new Contracts(key, origin, state.signers());
        PolicyStore policies = new PolicyStore(home.policy(), key, files, state.signers());
        if (writable) {
            policies.installDefault();
            VerifyGuide.write(home, origin);
        }
        ClaimGuard claims = new ClaimGuard(state.facts(), config.publishable());
        Projector projector = new Projector(log, state.projections());
        Zones zones = new Zones(real(user), real(home.root()), real(program).resolveSibling("app"), temp());
        ClaudeConnection connection = new ClaudeConnection(home, program, files);
        ClaudeFolders claude = new ClaudeFolders(user, connection);
        ClaudeServers servers = new ClaudeServers(state.tools(), claude, home, program, port, key);
        TiersFile tiers = new TiersFile(home.tiers(), environment, System.getProperty("user.name"), System::nanoTime);
        List<Check> checks = List.of(
                state.denials(),
                servers,
                new MirrorServers(new Connections(home, program, files)),
                new SkillCheck(contracts, claude),
                new AirGap(home),
                new LocalOnly(tiers),
                new IdentityCheck(state.identity()),
                new TaintCheck(state.taint(), zones),
                claims);
        Gate gate = new Gate(
                home,
                projector,
                policies,
                zones,
                state.approvals(),
                state.leases(),
                checks,
                state.budgets(),
                System::nanoTime);
        projector.catchUp();
        VaultChanges changes = new VaultChanges(config.vault(), files, this::record, home.changes(), clock);
        if (writable) {
            open.set(projector);
            settleFiles();
            for (String trouble : changes.recover()) {
                record(Draft.of(
                        "mirror.upkeep.failed.v1", "daemon", Json.object().put("reason", trouble)));
            }
        }
        ShellContext shell = new ShellContext(real(user), shellEnvironment(), PathResolver.onDisk());
        Signals signals = new Signals(
                home,
                state.signals(),
                projector,
                state.leases(),
                key.key("lease"),
                gate,
                new Channels(
                        home.root(),
                        real(user),
                        System.getProperty("os.name", ""),
                        environment,
                        shell,
                        place -> ProviderKey.find(place, environment, System.getProperty("user.name"))),
                clock,
                config.zone(),
                new SecureRandom(),
                task -> Thread.ofVirtual().name("signal").start(task),
                () -> signalBase(config, ports.signal()));
        OrganismRegistry organisms = writable
                ? new OrganismRegistry(
                        home,
                        real(user),
                        projector,
                        state.organisms(),
                        state.leases(),
                        contracts,
                        gate,
                        continuity,
                        shell,
                        environment,
                        List.of(Notices.organism(signals)),
                        drive())
                : null;
        Supervisor services = writable
                ? new Supervisor(
                        home,
                        real(user),
                        projector,
                        state.services(),
                        state.leases(),
                        contracts,
                        gate,
                        new ShellContext(real(user), shellEnvironment(), PathResolver.onDisk()),
                        files,
                        environment,
                        clock,
                        new SecureRandom())
                : null;
        LiveVault notes = new LiveVault(
                config.vault(),
                home.index().resolve("vault"),
                clock,
                config.embeddings() ? new Embeddings(Embedder::load, clock) : null);
        return new Core(
                home,
                config,
                key,
                projector,
                files,
                policies,
                state,
                contracts,
                servers,
                new ToolEffects(shellEnvironment(), PathResolver.onDisk()),
                gate,
                zones,
                claims,
                notes,
                changes,
                new Knowledge(config.vault(), projector, state.claims(), changes),
                new LiveTriage(
                        new Triage(
                                config.vault(),
                                home,
                                user,
                                changes,
                                new Staging(home, new DiskCalls()),
                                state.triage(),
                                this::record,
                                clock,
                                ZoneId.systemDefault(),
                                notes::isLinked),
                        clock),
                signals,
                organisms,
                services,
                tiers,
                new Agents(
                        home,
                        projector,
                        state.agents(),
                        continuity,
                        state.budgets(),
                        clock,
                        new SecureRandom(),
                        List.of(
                                new ClaudeRunner(connection, user, Path.of("/etc/claude-code"), environment),
                                new CodexRunner(new CodexConnection(home, program, files), user, environment),
                                new GeminiRunner(
                                        new GeminiConnection(home, program, files),
                                        user,
                                        Path.of("/etc/gemini-cli"),
                                        environment,
                                        clock))),
                new ClientProbe(
                        environment, Path.of(environment.getOrDefault("TMPDIR", "/tmp")), ClientProbe.Limits.STANDARD),
                transport(config, log, writable),
                clock,
                program,
                clock.instant(),
                port,
                new Invitations(clock, new SecureRandom()),
                new Pairings(clock, new SecureRandom()));
    }

    /** The road of calls of models; built for the daemon alone, once the log was caught up with. */
    static Gateway gateway(Core core) {
        State state = core.state();
        Receipts receipts = new Receipts(core.projector());
        ScheduledExecutorService watch = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon(true).name("upstream-watch").factory());
        Upstreams upstreams = new Upstreams((SSLSocketFactory) SSLSocketFactory.getDefault(), watch, System::nanoTime);
        LlamaEngine llama = new LlamaEngine(new AvailableMemory()::orFree, core.clock(), new SecureRandom());
        ScheduledFuture<?> _ = watch.scheduleWithFixedDelay(llama::unloadIdle, 30, 30, TimeUnit.SECONDS);
        return new Gateway(
                core.tiers(),
                state.leases(),
                core.key().key("lease"),
                new Governor(
                        core.gate(),
                        core.projector(),
                        state.budgets(),
                        state.leases(),
                        receipts,
                        core.clock(),
                        new SecureRandom()),
                new Breakers(core.clock(), state.breakers()),
                state.catalog(),
                upstreams,
                llama,
                receipts,
                new Survey(
                        core.tiers(),
                        core.gate(),
                        core.projector(),
                        state.catalog(),
                        upstreams,
                        core.home().root(),
                        core.clock()),
                new AnswerCache(core.home().index().resolve("answers"), core.clock()),
                core.notes()::meaning,
                core.home().root(),
                core.clock(),
                new SecureRandom(),
                new Offline(
                        state.leases(),
                        core.gate(),
                        core.projector(),
                        receipts,
                        new OfflineTier(core.notes()),
                        core.notes().root().toString(),
                        core.home(),
                        core.clock()));
    }

    /** The owner's questions to several models, through that road. */
    static Councils councils(Core core, Gateway gateway) {
        State state = core.state();
        return new Councils(
                core.tiers(),
                gateway,
                state.leases(),
                core.key(),
                core.projector(),
                state.councils(),
                state.skills(),
                new VaultEvidence(core.notes()),
                core.clock(),
                new SecureRandom(),
                task -> Thread.ofVirtual().name("council").start(task));
    }

    /** What looks at everything every few minutes. */
    static Heartbeat pulse(Core core, Connections clients, Path user) {
        PulseFile file = new PulseFile(core.home().pulse(), user);
        Pulse pulse = new Pulse(
                Watches.of(
                        core,
                        file,
                        new HealthLook(core, clients),
                        new DriftLook(core, new Capsules(core, user, null, System::nanoTime, Runnable::run))),
                core.state().checkups(),
                core.projector(),
                core.clock(),
                task -> Thread.ofVirtual().name("check").start(task),
                LOOK,
                id -> file.current().isCritical(id) || Watches.isCriticalService(core, id));
        return new Heartbeat(pulse, () -> file.current().every(), core.clock());
    }

    /** What mends what that finds wrong. */
    Healing healing(Core core, Heartbeat pulse) {
        Supervisor services = Objects.requireNonNull(core.services());
        Permits permits = new GatePermits(core.home().kill(), core.state().leases(), core.gate());
        HealFolder fixes = new HealFolder(
                core.home(),
                real(user),
                core.contracts(),
                services,
                new Tools(real(user), environment),
                new ShellContext(real(user), shellEnvironment(), PathResolver.onDisk()));
        Healer healer = new Healer(
                core.state().heals(),
                () -> fixes.read().heals(),
                permits,
                services::mayRemedy,
                Healer.Looks.of(pulse),
                core.projector(),
                core.clock(),
                Pause.REAL,
                task -> Thread.ofVirtual().name("heal").start(task));
        Reaper reaper = new Reaper(
                core.home().reaper(),
                core.contracts(),
                new LinuxProcesses(Path.of("/proc")),
                ProcessHandle.current().pid(),
                permits,
                services::mayRemedy,
                core.projector(),
                real(user),
                System::nanoTime,
                Pause.REAL);
        return new Healing(healer, fixes, reaper);
    }

    /** Graphs of tasks for models, through the same road. */
    static Swarms swarms(Core core, Gateway gateway) {
        State state = core.state();
        return new Swarms(
                core.tiers(),
                gateway,
                state.leases(),
                core.key(),
                core.projector(),
                state.swarms(),
                new AvailableMemory(),
                core.clock(),
                new SecureRandom(),
                task -> Thread.ofVirtual().name("swarm").start(task));
    }

    private List<Projection> projections() {
        return fresh(clock).projections();
    }

    /** The state before the first event, for replay: where files would go and how long requests live does not matter to a fold. */
    State fresh(InstantSource time) {
        return State.empty(
                new Continuity(home.continuity(), home.root(), new Projects(user), time, files),
                time,
                new SecureRandom(),
                () -> Duration.ZERO,
                Set.of());
    }

    /** What the last run left open, and what the owner changed in the configuration since. Damage is for {@code doctor} to name. */
    private void settleFiles() throws IOException {
        files.recover();
        try {
            if (Files.exists(home.config())) {
                files.keep(home.config(), "unknown");
            }
        } catch (RejectedWrite e) {
            // It is in the rejection log; Mirror starts without this version of its configuration being kept.
        }
    }

    private Drive drive() {
        ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon(true).name("organism-timer").factory());
        return new Drive(
                task -> Thread.ofVirtual().name("organism").start(task),
                (delay, task) -> {
                    var _ = timer.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
                },
                clock,
                new SecureRandom());
    }

    /** Variables whose values agents' shells share with the daemon; everything else counts as unknown there. */
    Map<String, String> shellEnvironment() {
        Map<String, String> known = new HashMap<>();
        known.put("HOME", user.toString());
        known.put("USER", System.getProperty("user.name"));
        known.put("TMPDIR", environment.getOrDefault("TMPDIR", "/tmp"));
        known.put("PATH", environment.getOrDefault("PATH", "/usr/bin:/bin"));
        return known;
    }

    /** Not started yet: the daemon does that when it serves. */
    private BusTransport transport(Config config, EventLog log, boolean writable) {
        RedisAddress redis = config.redis();
        return redis == null || !writable
                ? new EmbeddedTransport(log)
                : new RedisTransport(
                        redis,
                        log,
                        new DiskStorage(),
                        home.chain(log.origin()),
                        RedisTransport.WINDOW,
                        Backoff.standard(new SecureRandom()),
                        clock);
    }

    private List<Path> temp() {
        List<Path> folders = new ArrayList<>(List.of(Path.of("/tmp"), Path.of("/var/tmp"), Path.of("/private/tmp")));
        String variable = environment.get("TMPDIR");
        if (variable != null
                && Path.of(variable).isAbsolute()
                && Path.of(variable).getNameCount() > 1) {
            folders.add(real(Path.of(variable)));
        }
        return List.copyOf(folders);
    }

    private static Path real(Path path) {
        try {
            return path.toRealPath();
        } catch (IOException e) {
            return path.toAbsolutePath().normalize();
        }
    }
}
