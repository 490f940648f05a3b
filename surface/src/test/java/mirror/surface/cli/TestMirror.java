package mirror.surface.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import mirror.bus.DiskCalls;
import mirror.bus.DiskStorage;
import mirror.bus.Event;
import mirror.bus.EventLog;
import mirror.bus.FileStore;
import mirror.bus.Home;
import mirror.bus.Json;
import mirror.bus.Projector;
import mirror.bus.Staging;
import mirror.continuity.Continuity;
import mirror.continuity.Projects;
import mirror.mesh.EmbeddedTransport;
import mirror.pulse.check.Heartbeat;
import mirror.pulse.check.Pulse;
import mirror.pulse.check.PulseFile;
import mirror.surface.Config;
import mirror.surface.Core;
import mirror.surface.LeasedModel;
import mirror.surface.State;
import mirror.surface.Watches;
import mirror.surface.agent.Agents;
import mirror.surface.agent.ClaudeRunner;
import mirror.surface.agent.CodexRunner;
import mirror.surface.agent.GeminiRunner;
import mirror.surface.drift.Capsules;
import mirror.surface.drift.DriftLook;
import mirror.surface.hook.ClaudeConnection;
import mirror.surface.hook.ClaudeFolders;
import mirror.surface.hook.ClaudeServers;
import mirror.surface.hook.CodexConnection;
import mirror.surface.hook.Connections;
import mirror.surface.hook.GeminiConnection;
import mirror.surface.hook.ToolEffects;
import mirror.surface.probe.ClientProbe;
import mirror.surface.signal.Channels;
import mirror.surface.signal.Signals;
import mirror.tiers.ProviderKey;
import mirror.tiers.TiersFile;
import mirror.tiers.council.Councils;
import mirror.tiers.gateway.Gateway;
import mirror.tiers.swarm.Swarms;
import mirror.trust.Contracts;
import mirror.trust.DeviceKey;
import mirror.trust.Gate;
import mirror.trust.IdentityCheck;
import mirror.trust.Invitations;
import mirror.trust.PolicyStore;
import mirror.trust.Zones;
import mirror.trust.claims.ClaimGuard;
import mirror.trust.claims.Publishable;
import mirror.trust.shell.PathResolver;
import mirror.trust.shell.ShellContext;
import mirror.vault.LiveVault;
import mirror.vault.canon.Knowledge;
import mirror.vault.change.VaultChanges;
import mirror.vault.triage.LiveTriage;
import mirror.vault.triage.Triage;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** A Mirror without daemon and clients in a folder, for the tests of its commands: real log, real files, a clock that stands. */
final class TestMirror implements AutoCloseable {
    /** A script answers at once; a hook that is silent is waited for as long as it takes to see that nobody goes on. */
    static final ClientProbe.Limits LIMITS = new ClientProbe.Limits(
            Duration.ofSeconds(30), Duration.ofSeconds(10), Duration.ofMillis(200), Duration.ofSeconds(1));

    private final Path root;
    private final Core core;
    private @Nullable Councils councils;
    private @Nullable Gateway gateway;
    private @Nullable Swarms swarms;
    private @Nullable Heartbeat pulse;
    private Instant now = Instant.parse("2026-01-02T03:04:05Z");

    /** What a command printed and asked, and how it ended. */
    record Answer(int exit, String text, List<String> questions, String error) {
        JsonNode json() {
            return Json.MAPPER.readTree(text);
        }
    }

    private static final class Paper implements Out {
        final StringBuilder text = new StringBuilder();
        final List<String> questions = new ArrayList<>();

        @Override
        public void print(String more) {
            text.append(more);
        }

        @Override
        public void flush() {}

        @Override
        public void confirm(String question) {
            questions.add(question);
        }
    }

    TestMirror(Path folder) throws IOException {
        root = folder.toRealPath();
        Files.createDirectories(work());
        Home home = new Home(root.resolve("home"));
        Path vault = root.resolve("vault");
        DeviceKey key = DeviceKey.create(home.keys().resolve("device.key"));
        EventLog log = EventLog.open(home, "t-" + key.shortId(), new DiskStorage(), () -> now, key);
        AtomicReference<Projector> projector = new AtomicReference<>();
        FileStore files = new FileStore(
                home, new DiskCalls(), () -> now, draft -> projector.get().record(draft));
        Continuity continuity = new Continuity(home.continuity(), vault, new Projects(root), () -> now, files);
        Config config = new Config(
                vault,
                false,
                0,
                Duration.ofMinutes(10),
                Set.of(),
                2000,
                new Publishable(),
                null,
                null,
                new Config.Signal(Config.Signal.OFF, null),
                ZoneOffset.UTC,
                Config.SEVEN);
        State state = State.empty(continuity, () -> now, new Random(7), config::approvalsExpire, config.twoDevices());
        projector.set(new Projector(log, state.projections()));
        PolicyStore policies = new PolicyStore(home.policy(), key, files);
        policies.installDefault();
        Zones zones = new Zones(root, home.root(), root.resolve("app"), List.of());
        Path program = root.resolve("mirror");
        ClaudeConnection connection = new ClaudeConnection(home, program, files);
        ClaudeFolders claude = new ClaudeFolders(root, connection);
        Map<String, String> environment =
                Map.of("PATH", root.resolve("bin") + ":/usr/bin:/bin", "HOME", root.toString(), "STRANGE", "x");
        VaultChanges changes =
                new VaultChanges(vault, files, draft -> projector.get().record(draft), home.changes(), () -> now);
        Gate gate = new Gate(
                home,
                projector.get(),
                policies,
                zones,
                state.approvals(),
                state.leases(),
                List.of(state.denials(), new IdentityCheck(state.identity())),
                state.budgets(),
                () -> 0);
        Signals signals = new Signals(
                home,
                state.signals(),
                projector.get(),
                state.leases(),
                key.key("lease"),
                gate,
                new Channels(
                        home.root(),
                        root,
                        "Linux",
                        environment,
                        new ShellContext(root, environment, PathResolver.onDisk()),
                        place -> ProviderKey.find(place, environment, System.getProperty("user.name"))),
                () -> now,
                ZoneOffset.UTC,
                new Random(11),
                Runnable::run,
                () -> "http://127.0.0.1:7718");
        core = new Core(
                home,
                config,
                key,
                projector.get(),
                files,
                policies,
                state,
                new Contracts(key, log.origin(), state.signers()),
                new ClaudeServers(state.tools(), claude, home, program, () -> 0, key),
                new ToolEffects(Map.of("HOME", root.toString()), PathResolver.onDisk()),
                gate,
                zones,
                new ClaimGuard(state.facts(), config.publishable()),
                new LiveVault(vault, home.index().resolve("vault"), () -> now, null),
                changes,
                new Knowledge(vault, projector.get(), state.claims(), changes),
                new LiveTriage(
                        new Triage(
                                vault,
                                home,
                                root,
                                changes,
                                new Staging(home, new DiskCalls()),
                                state.triage(),
                                draft -> projector.get().record(draft),
                                () -> now,
                                ZoneOffset.UTC,
                                _ -> false),
                        () -> now),
                signals,
                null,
                null,
                new TiersFile(home.tiers(), environment, System.getProperty("user.name"), System::nanoTime),
                new Agents(
                        home,
                        projector.get(),
                        state.agents(),
                        continuity,
                        state.budgets(),
                        () -> now,
                        new Random(8),
                        List.of(
                                new ClaudeRunner(connection, root, root.resolve("etc"), environment),
                                new CodexRunner(new CodexConnection(home, program, files), root, environment),
                                new GeminiRunner(
                                        new GeminiConnection(home, program, files),
                                        root,
                                        root.resolve("etc"),
                                        environment,
                                        () -> now))),
                new ClientProbe(environment, Files.createDirectories(root.resolve("tmp")), LIMITS),
                new EmbeddedTransport(log),
                () -> now,
                program,
                now,
                () -> 7717,
                new Invitations(() -> now, new Random(9)),
                new mirror.surface.console.Pairings(() -> now, new Random(10)));
    }

    Core core() {
        return core;
    }

    /** The state before the first event. */
    State fresh(InstantSource time) {
        return State.empty(
                new Continuity(core.home().continuity(), root, new Projects(root), time, core.files()),
                time,
                new Random(12),
                () -> Duration.ZERO,
                Set.of());
    }

    Path root() {
        return root;
    }

    /** The folder that commands are called in. */
    Path work() {
        return root.resolve("work");
    }

    /** What commands ask several models through from now on. */
    void councils(@Nullable Councils asking) {
        councils = asking;
    }

    /** The road of calls of models that commands know from now on. */
    void gateway(@Nullable Gateway road) {
        gateway = road;
    }

    /** What commands run graphs of tasks with from now on. */
    void swarms(@Nullable Swarms running) {
        swarms = running;
    }

    /** The pulse over what a daemon looks at. */
    void pulse() {
        PulseFile file = new PulseFile(core.home().pulse(), root);
        Pulse looks = new Pulse(
                Watches.of(
                        core,
                        file,
                        new HealthLook(core, new Connections(core.home(), core.program(), core.files())),
                        new DriftLook(core, new Capsules(core, root, null, System::nanoTime, Runnable::run))),
                core.state().checkups(),
                core.projector(),
                core.clock(),
                task -> Thread.ofVirtual().start(task),
                Duration.ofSeconds(60),
                id -> file.current().isCritical(id));
        pulse = new Heartbeat(looks, () -> file.current().every(), core.clock());
    }

    void pass(Duration time) {
        now = now.plus(time);
    }

    Answer run(String command, String... args) throws Exception {
        Paper paper = new Paper();
        Commands commands = new Commands(
                core,
                new Connections(core.home(), core.program(), core.files()),
                null,
                councils,
                gateway,
                swarms,
                pulse,
                null,
                gateway == null
                        ? null
                        : new Capsules(
                                core,
                                root,
                                new LeasedModel(core, gateway, new Random(3)),
                                System::nanoTime,
                                Runnable::run));
        Call call = new Call(List.of(args), work(), root, Map.of(), false, 100, null);
        try {
            int exit = commands.run(command, call, paper);
            return new Answer(exit, paper.text.toString(), paper.questions, "");
        } catch (CliException e) {
            return new Answer(e.exit(), paper.text.toString(), paper.questions, String.valueOf(e.getMessage()));
        }
    }

    /** All events of a type, oldest first. */
    List<Event> events(String type) {
        List<Event> events = new ArrayList<>();
        core.projector().log().replay(1, event -> {
            if (event.type().equals(type)) {
                events.add(event);
            }
        });
        return events;
    }

    @Override
    public void close() {
        core.agents().close();
        core.notes().close();
        core.projector().log().close();
    }
}
