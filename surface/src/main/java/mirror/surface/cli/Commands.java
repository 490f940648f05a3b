package mirror.surface.cli;

import java.io.IOException;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.Consumer;
import mirror.bus.BusException;
import mirror.bus.RejectedWrite;
import mirror.mesh.TransportException;
import mirror.pulse.check.Heartbeat;
import mirror.surface.Core;
import mirror.surface.Healing;
import mirror.surface.drift.Capsules;
import mirror.surface.hook.Connections;
import mirror.tiers.council.Councils;
import mirror.tiers.gateway.Gateway;
import mirror.tiers.swarm.Swarms;
import mirror.trust.TrustException;
import mirror.vault.change.ChangeRefused;
import org.jspecify.annotations.Nullable;

/** All commands by name, and how one is found and run. Thread-safe. */
public final class Commands {
    private final Map<String, Command> commands = new LinkedHashMap<>();
    private final Core core;

    /** Without a daemon, which models could be asked through. */
    public Commands(Core core, Connections clients, @Nullable Consumer<Boolean> stop) {
        this(core, clients, stop, null, null, null, null, null, null);
    }

    /**
     * @param stop what ends the daemon, told whether services are left running; null when there is none to end
     * @param councils what asks several models, or null without a daemon
     * @param gateway the road of calls of models, or null without a daemon
     * @param swarms what runs graphs of tasks, or null without a daemon
     * @param pulse what looks at everything, or null without a daemon
     * @param healing what mends what that finds, or null without a daemon
     * @param capsules what evaluates models, or null without a daemon
     */
    public Commands(
            Core core,
            Connections clients,
            @Nullable Consumer<Boolean> stop,
            @Nullable Councils councils,
            @Nullable Gateway gateway,
            @Nullable Swarms swarms,
            @Nullable Heartbeat pulse,
            @Nullable Healing healing,
            @Nullable Capsules capsules) {
        this.core = core;
        for (Command command : all(clients, stop, councils, gateway, swarms, pulse, healing, capsules)) {
            commands.put(command.name(), command);
        }
    }

    private static final List<FileCommand> FILES =
            List.of(new VerifyCommand(), new RepairCommand(), new ReplayCommand(), new GuardCommand());

    private static List<Command> all(
            Connections clients,
            @Nullable Consumer<Boolean> stop,
            @Nullable Councils councils,
            @Nullable Gateway gateway,
            @Nullable Swarms swarms,
            @Nullable Heartbeat pulse,
            @Nullable Healing healing,
            @Nullable Capsules capsules) {
        return List.of(
                new StatusCommand(clients),
                new HealthCommand(clients),
                new PulseCommand(pulse),
                new HealCommand(healing),
                new ReapCommand(healing),
                new ReliabilityCommand(),
                new DiagnoseCommand(gateway),
                new StatsCommand(),
                new KernelCommand(clients, pulse),
                new DriftCommand(capsules),
                new LogCommand(),
                new ListenCommand(),
                new ShowCommand(),
                FILES.get(0),
                FILES.get(1),
                FILES.get(2),
                new ProveCommand(),
                new ProvenanceCommand(),
                new SessionCommand(),
                new ContinuityCommand(),
                new MemoryCommand(),
                new HandoffCommand(),
                new FocusCommand(),
                new DreamCommand(),
                new ShipCommand(),
                new SearchCommand(),
                new AskCommand(),
                new CouncilCommand(councils),
                new SwarmCommand(swarms),
                new CanonCommand(),
                new VaultCommand(),
                new TriageCommand(),
                new ImportCommand(),
                new IdentityCommand(),
                new ConnectCommand(clients),
                new DisconnectCommand(clients),
                new ApprovalsCommand(),
                new AnswerCommand("approve", true),
                new AnswerCommand("deny", false),
                new DenialsCommand(),
                new BudgetCommand(),
                new CostCommand(),
                new TiersCommand(gateway),
                new SignalCommand(),
                new ReportCommand(),
                new AwayCommand(),
                new DeviceCommand(),
                new ConsoleCommand(),
                new PolicyCommand(),
                FILES.get(3),
                new TaintCommand(),
                new AirgapCommand(),
                new RollbackCommand(),
                new EraseCommand(),
                new LeaseCommand(),
                new SignCommand(),
                new TrustCommand(),
                new OrganismsCommand(),
                new ServiceCommand(),
                new AgentCommand(),
                new ProbeCommand(),
                new ClaimsCommand(),
                new DoctorCommand(clients),
                new StopCommand(stop),
                new VersionCommand());
    }

    /** Runs a command; a failure is a {@link CliException} with its sentence. */
    public int run(String name, Call call, Out out) throws IOException, InterruptedException {
        return run(core, name, call, out);
    }

    /**
     * Runs a command that only looks.
     *
     * @param at what it looks at
     */
    public int run(Core at, String name, Call call, Out out) throws IOException, InterruptedException {
        if (isHelp(name)) {
            out.print(overview(commands.values()));
            return Exit.OK;
        }
        Command command = commands.get(name.equals("--version") ? "version" : name);
        if (command == null) {
            throw CliException.usage("there is no command '" + Style.plain(name) + "'; 'mirror help' lists them");
        }
        if (call.args().contains("--help")) {
            out.print("usage: mirror " + command.usage() + "\n\n" + command.summary() + "\n"
                    + (command.help().isEmpty() ? "" : "\n" + command.help()));
            return Exit.OK;
        }
        try {
            return command.run(at, call, out);
        } catch (BusException | TrustException | RejectedWrite | ChangeRefused | TransportException e) {
            throw CliException.no(String.valueOf(e.getMessage()));
        }
    }

    /** Runs a command that needs only the stored files, or nothing when {@code name} is not one. */
    public static OptionalInt run(String name, Stored stored, Call call, Out out) throws IOException {
        for (FileCommand command : FILES) {
            if (command.name().equals(name) && !call.args().contains("--help")) {
                try {
                    return OptionalInt.of(command.run(stored, call, out));
                } catch (BusException | TrustException e) {
                    throw CliException.no(String.valueOf(e.getMessage()));
                }
            }
        }
        return OptionalInt.empty();
    }

    /** Whether the command works without a daemon. */
    public boolean offline(String name) {
        Command command = commands.get(name);
        return command == null || command.offline();
    }

    private static boolean isHelp(String name) {
        return name.isEmpty() || name.equals("help") || name.equals("--help") || name.equals("-h");
    }

    /** The list of commands where there is no home yet to run one on; empty when the name does not ask for it. */
    public static String help(String name, Connections clients) {
        return isHelp(name) ? overview(all(clients, null, null, null, null, null, null, null)) : "";
    }

    private static String overview(Collection<Command> commands) {
        StringBuilder text = new StringBuilder("usage: mirror <command> [--json] [--help]\n\n");
        text.append("  %-12s %s%n".formatted("boot", "start Mirror; the first time, build it and make its home"));
        for (Command command : commands) {
            text.append("  %-12s %s%n".formatted(command.name(), command.summary()));
        }
        text.append("  %-12s %s%n".formatted("mcp", "MCP server on standard input and output, for clients"));
        text.append("  %-12s %s%n".formatted("test", "run all tests of Mirror itself"));
        text.append("  %-12s %s%n".formatted("bench", "measure Mirror on this machine"));
        text.append("\nexit codes: 0 yes, 1 no, 2 wrong usage, 3 no daemon\n");
        return text.toString();
    }
}
