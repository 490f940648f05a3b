package mirror.app;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import java.util.stream.Stream;
import mirror.bus.AtomicFiles;
import mirror.bus.DiskStorage;
import mirror.bus.Event;
import mirror.bus.EventLog;
import mirror.bus.Home;
import mirror.bus.Projector;
import mirror.continuity.Continuity;
import mirror.mesh.Backoff;
import mirror.mesh.BusTransport;
import mirror.mesh.EmbeddedTransport;
import mirror.mesh.RedisAddress;
import mirror.mesh.RedisTransport;
import mirror.surface.Config;
import mirror.surface.Core;
import mirror.trust.Approvals;
import mirror.trust.DeviceKey;
import mirror.trust.Gate;
import mirror.trust.PolicyStore;
import mirror.trust.Zones;

/** Builds the object graph, from the home folder up. This is the only place that knows all rooms. */
final class Boot {
    /** What {@code sun_path} holds besides its final zero: 108 bytes on Linux, 104 on BSD and macOS. */
    private static final int SOCKET_PATH = System.getProperty("os.name", "").startsWith("Linux") ? 107 : 103;

    private final Home home;
    private final Path user;
    private final Path program;
    private final Map<String, String> environment;
    private final InstantSource clock = InstantSource.system();

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
    }

    /** Makes the folders that a new home lacks. */
    void folders() throws IOException {
        for (Path folder :
                List.of(home.root(), home.keys(), home.policy(), home.continuity(), home.run(), home.bus())) {
            if (!Files.isDirectory(folder)) {
                Files.createDirectories(
                        folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            }
        }
    }

    /** Makes what else a new home lacks: configuration, device key, token, vault. What is there is left as it is. */
    void prepare(Config config) throws IOException {
        if (!Files.exists(home.config())) {
            AtomicFiles.write(home.config(), Config.TEMPLATE);
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
            AtomicFiles.write(token, java.util.HexFormat.of().formatHex(random) + "\n");
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
    private @org.jspecify.annotations.Nullable Path chain() throws IOException {
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

    /**
     * Opens the log and builds everything on it.
     *
     * @param writable false for a client without a daemon, which only reads
     */
    Core core(Config config, boolean writable, IntSupplier port) throws IOException {
        DeviceKey key = DeviceKey.load(home.keys().resolve("device.key"));
        String origin = origin(key);
        EventLog log = writable
                ? EventLog.open(home, origin, new DiskStorage(), clock, key)
                : EventLog.openForReading(home, origin, new DiskStorage(), clock, key);
        PolicyStore policies = new PolicyStore(home.policy(), key);
        if (writable) {
            policies.installDefault();
        }
        Approvals approvals = new Approvals(clock, new SecureRandom(), config.approvalsExpire());
        Continuity continuity = new Continuity(home.continuity(), config.vault(), clock);
        List<Consumer<Event>> projections = new ArrayList<>(continuity.projections());
        projections.add(approvals);
        Projector projector = new Projector(log, projections);
        Zones zones = new Zones(real(user), real(home.root()), real(program).resolveSibling("app"), temp());
        Gate gate = new Gate(home, projector, policies, zones, approvals, System::nanoTime);
        projector.catchUp();
        return new Core(
                home,
                config,
                key,
                projector,
                policies,
                approvals,
                gate,
                zones,
                continuity,
                transport(config, log, writable),
                clock,
                program,
                clock.instant(),
                port);
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
