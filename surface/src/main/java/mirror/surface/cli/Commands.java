package mirror.surface.cli;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import mirror.bus.BusException;
import mirror.mesh.TransportException;
import mirror.surface.Core;
import mirror.surface.hook.ClaudeConnection;
import mirror.trust.TrustException;
import org.jspecify.annotations.Nullable;

/** All commands by name, and how one is found and run. Thread-safe. */
public final class Commands {
    private final Map<String, Command> commands = new LinkedHashMap<>();
    private final Core core;

    /** @param stop what ends the daemon, or null when there is none to end */
    public Commands(Core core, ClaudeConnection claude, @Nullable Runnable stop) {
        this.core = core;
        for (Command command : List.of(
                new StatusCommand(claude),
                new HealthCommand(claude),
                new LogCommand(),
                new ListenCommand(),
                new ShowCommand(),
                new VerifyCommand(),
                new SessionCommand(),
                new ContinuityCommand(),
                new ConnectCommand(claude),
                new DisconnectCommand(claude),
                new ApprovalsCommand(),
                new AnswerCommand("approve", true),
                new AnswerCommand("deny", false),
                new PolicyCommand(),
                new DoctorCommand(claude),
                new StopCommand(stop),
                new VersionCommand())) {
            commands.put(command.name(), command);
        }
    }

    /** Runs a command; a failure is a {@link CliException} with its sentence. */
    public int run(String name, Call call, Out out) throws IOException, InterruptedException {
        if (name.isEmpty() || name.equals("help") || name.equals("--help") || name.equals("-h")) {
            out.print(overview());
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
            return command.run(core, call, out);
        } catch (BusException | TrustException | TransportException e) {
            throw CliException.no(String.valueOf(e.getMessage()));
        }
    }

    /** Whether the command works without a daemon. */
    public boolean offline(String name) {
        Command command = commands.get(name);
        return command == null || command.offline();
    }

    private String overview() {
        StringBuilder text = new StringBuilder("usage: mirror <command> [--json] [--help]\n\n");
        text.append("  %-12s %s%n".formatted("boot", "start Mirror; the first time, build it and make its home"));
        for (Command command : commands.values()) {
            text.append("  %-12s %s%n".formatted(command.name(), command.summary()));
        }
        text.append("  %-12s %s%n".formatted("mcp", "MCP server on standard input and output, for clients"));
        text.append("  %-12s %s%n".formatted("test", "run all tests of Mirror itself"));
        text.append("  %-12s %s%n".formatted("bench", "measure Mirror on this machine"));
        text.append("\nexit codes: 0 yes, 1 no, 2 wrong usage, 3 no daemon\n");
        return text.toString();
    }
}
