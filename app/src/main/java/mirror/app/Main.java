package mirror.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import mirror.bus.BusException;
import mirror.bus.Home;
import mirror.surface.Config;
import mirror.surface.cli.Call;
import mirror.surface.cli.CliException;
import mirror.surface.cli.Commands;
import mirror.surface.cli.Exit;
import mirror.surface.cli.NumberCheck;
import mirror.surface.cli.Out;
import mirror.surface.cli.ProofCheck;
import mirror.surface.cli.ProvenanceCheck;
import mirror.surface.hook.Connections;
import mirror.surface.relay.RelayProcess;
import mirror.trust.TrustException;

/**
 * Entry point. {@code daemon} serves; {@code client <command> …} runs a command on the files when no daemon answers. Started by the
 * launcher, which passes {@code -Dmirror.home}, {@code -Dmirror.user} and {@code -Dmirror.launcher}.
 */
public final class Main {
    private Main() {}

    public static void main(String[] args) throws InterruptedException {
        int exit;
        try {
            exit = run(List.of(args));
        } catch (CliException e) {
            System.err.println("mirror: " + e.getMessage());
            exit = e.exit();
        } catch (StartupException | Config.Faulty | BusException | TrustException e) {
            System.err.println("mirror: " + e.getMessage());
            exit = Exit.NO;
        } catch (IOException e) {
            System.err.println("mirror: " + e.getClass().getSimpleName() + ": " + e.getMessage());
            exit = Exit.NO;
        }
        System.out.flush();
        Runtime.getRuntime().exit(exit);
    }

    private static int run(List<String> args) throws IOException, InterruptedException {
        Home home = new Home(Path.of(System.getProperty("mirror.home")));
        Path user = Path.of(System.getProperty("mirror.user"));
        Path launcher = Path.of(System.getProperty("mirror.launcher"));
        String mode = args.isEmpty() ? "" : args.getFirst();
        return switch (mode) {
            case "daemon" -> {
                new Daemon(home, user, launcher).run();
                yield Exit.OK;
            }
            case "client" -> client(home, user, launcher, args.subList(1, args.size()));
            default -> throw new CliException(Exit.USAGE, "start Mirror with " + launcher);
        };
    }

    private static int client(Home home, Path user, Path launcher, List<String> args)
            throws IOException, InterruptedException {
        String name = args.isEmpty() ? "" : args.getFirst();
        Boot boot = new Boot(home, user, launcher, System.getenv());
        Connections clients = new Connections(home, launcher, boot.files());
        Call call = new Call(
                args.isEmpty() ? args : args.subList(1, args.size()),
                Path.of("").toAbsolutePath(),
                user,
                Call.folders(System.getenv()),
                "1".equals(System.getenv("MIRROR_COLOR")),
                100,
                null);
        boolean there = Files.exists(home.keys().resolve("device.key"));
        if (ProofCheck.standsAlone(name, call, there)) {
            return ProofCheck.run(call, new StandardOut());
        }
        if (ProvenanceCheck.standsAlone(name, call, there)) {
            return ProvenanceCheck.run(call, new StandardOut());
        }
        if (NumberCheck.standsAlone(name, call, there)) {
            return NumberCheck.run(call, new StandardOut());
        }
        if (!there) {
            String help = Commands.help(name, clients);
            if (!help.isEmpty()) {
                System.out.print(help);
                return Exit.OK;
            }
            throw new CliException(Exit.NO_DAEMON, "there is no Mirror in " + home.root() + "; run 'mirror boot'");
        }
        Boot.checkOwner(home, System.getProperty("user.name"));
        if (name.equals("relay")) {
            List<String> words = call.args();
            if (words.size() < 3
                    || !words.get(1).equals("--")
                    || !words.getFirst().matches("[A-Za-z0-9_.-]{1,64}")) {
                throw new CliException(Exit.USAGE, "usage: mirror mcp guard NAME -- COMMAND [ARGUMENT …]");
            }
            return RelayProcess.run(
                    home, words.getFirst(), words.subList(2, words.size()), System.in, System.out, System.err);
        }
        OptionalInt exit = Commands.run(
                name,
                boot.stored("1".equals(System.getenv("MIRROR_PROGRESS")) ? System.err : null),
                call,
                new StandardOut());
        if (exit.isPresent()) {
            return exit.getAsInt();
        }
        Commands commands = new Commands(boot.core(Config.read(home, user), false, Boot.Ports.NONE), clients, null);
        if (!commands.offline(name)) {
            throw new CliException(
                    Exit.NO_DAEMON, "no daemon runs for " + home.root() + "; start it with 'mirror boot'");
        }
        return commands.run(name, call, new StandardOut());
    }

    private static final class StandardOut implements Out {
        @Override
        public void print(String text) {
            System.out.print(text);
        }

        @Override
        public void flush() throws IOException {
            if (System.out.checkError()) {
                throw new IOException("nobody reads any more");
            }
        }

        @Override
        public void confirm(String question) {
            throw new CliException(Exit.NO_DAEMON, "this needs the daemon; run 'mirror boot'");
        }
    }
}
